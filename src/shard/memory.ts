/**
 * One record in its Shard's memory, as a unit of work: an identity map of its events and their
 * slots, indexes over them (lanes, claimed, expiring, erased, unlogged, capped), and the rows that
 * the turn has changed. Others read the indexes and change a record by the acts of this class
 * alone, so that each index and each row follows. `write` ends a turn.
 *
 * Loaded from the newest rows, as far back as one that knows the lanes, and from the rows that were
 * open then; rows are the truth. Applies no rule.
 */
import type { Delivery } from '../core/delivery.ts';
import type { Ordering } from '../core/endpoint.ts';
import { parseMadeEventId, type RecordAddress } from '../core/ids.ts';
import { DELIVERIES_PER_ROW, LANES_KEPT_EVERY, MADE_ID_EARLY_MS } from '../core/limits.ts';
import type { ClaimRef } from '../core/rpc.ts';
import { isOpen } from '../core/status.ts';
import {
  endedAtMs,
  isFinished,
  type Lane,
  keptEvent,
  laneKey,
  learn,
  type MemoryEvent,
  newLane,
  noteSent,
  nothingStarted,
  packLane,
  quietLog,
  setLogged,
  type Run,
  type Slot,
  type Started,
  unpackLane,
} from './lanes.ts';
import type { Past } from './past.ts';
import { RecentIds } from './recent-ids.ts';
import type { Rows } from './rows.ts';
import type { Slots } from './slots.ts';
import type { Kept, KeptEvent, LanesKept } from './stored.ts';

/**
 * What an earlier instance may have owed: from when the log is sent again what it did not confirm
 * (null: the log has everything), and the events that were changed after they had ended.
 */
export type Doubt = { fromMs: number | null; reopened: readonly number[] };

const NOTHING_KEPT: LanesKept = { goneThrough: 0, open: [], lanes: [] };

export class Memory {
  readonly rows: Rows;
  readonly slots: Slots;
  readonly #lanes = new Map<string, Lane>();
  /**
   * Events with something open, claimed or unknown to the log. Oldest first as far as they were not
   * loaded again later.
   */
  readonly #events = new Map<number, MemoryEvent>();
  readonly #claimed = new Set<Slot>();
  /** Open live deliveries that expire (expiring.ts). */
  readonly #expiring = new Set<Slot>();
  /** Open deliveries of events whose payload was erased (erasing.ts). */
  readonly #erased = new Set<Slot>();
  readonly #unlogged = new Set<Slot>();
  readonly #unloggedEvents = new Set<MemoryEvent>();
  /**
   * Nothing is due for the log before this. Perhaps too early, never too late: what was logged
   * meanwhile does not move it.
   */
  #logFromMs = Infinity;
  /** Lanes whose plan may have changed in this turn. */
  readonly #touched = new Set<Lane>();
  /** Lanes with something due that found no slot. */
  readonly #capped = new Set<Lane>();
  /** Rows to write when the turn ends: bodies of new events, and changed chunks by sequence. */
  readonly #inserted = new Map<number, string>();
  readonly #dirty = new Map<number, Set<number>>();
  /** Of new events: those that their publisher named. */
  readonly #chosen = new Set<number>();
  /** Events that were changed after they had ended, until they are finished with once more. */
  readonly #reopened = new Set<number>();
  readonly #maybeFinished = new Set<MemoryEvent>();
  /** Ids of `events`. */
  readonly #ids = new Map<string, number>();
  readonly #recent = new RecentIds();
  #isLoading = true;
  /** Claims made in this turn. */
  #started: Started = nothingStarted();
  readonly address: RecordAddress;
  lastSequence = 0;
  #lastAcceptedAtMs = 0;
  /** The newest event that is stored with its lanes. */
  #lanesKeptAt = 0;
  /** The highest sequence of which retention took the row; what came before may still have one. */
  goneThrough = 0;
  /** Deliveries that are open or still claimed. */
  open = 0;
  /** The record key; null for events without one, and before the first event of this instance. */
  record: string | null = null;

  /** `doubt` null: nothing is owed, and the log has everything. */
  constructor(rows: Rows, past: Past, slots: Slots, address: RecordAddress, doubt: Doubt | null) {
    this.address = address;
    this.rows = rows;
    this.slots = slots;
    const since = rows.sinceLanes().reverse();
    const [oldest] = since;
    const before = oldest?.event.facts.sequence ?? Infinity;
    const known = oldest?.lanes ?? past.get(rows.record) ?? NOTHING_KEPT;
    this.lastSequence = known.goneThrough;
    this.goneThrough = known.goneThrough;
    this.#lanesKeptAt = (oldest?.lanes ?? null) === null ? known.goneThrough : before;
    for (const packed of known.lanes) {
      const lane = unpackLane(packed);
      this.#lanes.set(lane.endpoint, lane);
    }
    const loggedThrough = Math.max(0, ...since.map((row) => row.loggedThrough));
    const { open } = known;
    const earlier = open.flatMap(([from, to]) => rows.between(from, to));
    const reopened = (doubt?.reopened ?? []).filter(
      (sequence) => sequence < before && !open.some(([from, to]) => from <= sequence && sequence <= to),
    );
    const again = reopened.flatMap((sequence) => rows.event(sequence) ?? []);
    for (const kept of [...again, ...earlier, ...since.map(({ event }) => event)]) {
      const event = this.#adopt(kept, true);
      const { sequence, acceptedAtMs, record } = event.facts;
      if (sequence > this.lastSequence) this.lastSequence = sequence;
      this.#lastAcceptedAtMs = Math.max(this.#lastAcceptedAtMs, acceptedAtMs);
      this.record = record;
      this.#resume(event, doubt, sequence <= loggedThrough);
    }
    for (const sequence of doubt?.reopened ?? []) if (this.#events.has(sequence)) this.#reopened.add(sequence);
    this.#touched.clear();
    for (const lane of this.#lanes.values()) this.#touched.add(lane);
    this.#recent.completeFrom(this.#lastAcceptedAtMs);
    this.#isLoading = false;
  }

  get lanes(): ReadonlyMap<string, Lane> {
    return this.#lanes;
  }

  get events(): ReadonlyMap<number, MemoryEvent> {
    return this.#events;
  }

  get claimed(): ReadonlySet<Slot> {
    return this.#claimed;
  }

  get expiring(): ReadonlySet<Slot> {
    return this.#expiring;
  }

  get erased(): ReadonlySet<Slot> {
    return this.#erased;
  }

  get unlogged(): ReadonlySet<Slot> {
    return this.#unlogged;
  }

  get unloggedEvents(): ReadonlySet<MemoryEvent> {
    return this.#unloggedEvents;
  }

  get capped(): ReadonlySet<Lane> {
    return this.#capped;
  }

  get reopened(): ReadonlySet<number> {
    return this.#reopened;
  }

  get logFromMs(): number {
    return this.#logFromMs;
  }

  /** The body of an event of this turn, which has no row yet. */
  newBody(sequence: number): string | undefined {
    return this.#inserted.get(sequence);
  }

  /** Null where the record has no event of this id. `isMade`: by us, for this very publish. */
  sequenceOf(id: string, isMade: boolean): number | null {
    const known = this.#ids.get(id) ?? this.#recent.get(id);
    if (known !== undefined) return known;
    if (this.lastSequence === this.goneThrough) return null;
    const chosen = isMade ? null : this.rows.sequenceOfChosen(id);
    if (chosen !== null) return chosen;
    const made = parseMadeEventId(id);
    if (made === null || this.#recent.knowsAllSince(made.atMs - MADE_ID_EARLY_MS)) return null;
    return this.rows.sequenceOfMade(id, made.atMs, this.lastSequence);
  }

  /** A new event, with the next sequence; its body is stored when the turn ends. */
  insert(event: MemoryEvent, body: string, isChosen: boolean): void {
    const { sequence, id, record, acceptedAtMs } = event.facts;
    this.lastSequence = sequence;
    this.#lastAcceptedAtMs = Math.max(this.#lastAcceptedAtMs, acceptedAtMs);
    this.record = record;
    this.#ids.set(id, sequence);
    this.#recent.add(id, sequence, acceptedAtMs);
    this.#events.set(sequence, event);
    this.#inserted.set(sequence, body);
    if (isChosen) this.#chosen.add(sequence);
  }

  /** Builds an event's slots. `isNew`: to the lanes, which learn from them. */
  #adopt(kept: KeptEvent, isNew: boolean): MemoryEvent {
    const event: MemoryEvent = { facts: kept.facts, slots: [], log: quietLog() };
    for (const [index, one] of kept.kept.entries()) {
      const slot = this.#slot(event, one, index);
      if (isNew) learn(this.laneOf(slot), slot);
    }
    return event;
  }

  /** One more delivery of an event. */
  addSlot(event: MemoryEvent, kept: Kept, index: number): Slot {
    const slot = this.#slot(event, kept, index);
    learn(this.laneOf(slot), slot);
    return slot;
  }

  #slot(event: MemoryEvent, { success, acked, ackedAttempts, delivery }: Kept, index: number): Slot {
    const { sequence, type, version, latestGroup, latestOnly } = event.facts;
    const slot: Slot = {
      sequence,
      type,
      version,
      latestGroup,
      latestOnly,
      event,
      index,
      delivery,
      success,
      acked,
      ackedAttempts,
      log: quietLog(),
    };
    event.slots.push(slot);
    return slot;
  }

  /**
   * Puts a stored event under watch, unless it is finished with. `settled`: a later row says that
   * the log had all of it.
   */
  #resume(event: MemoryEvent, doubt: Doubt | null, settled: boolean): void {
    const suspectFromMs = doubt?.fromMs ?? null;
    const wasReopened = doubt?.reopened.includes(event.facts.sequence) === true;
    for (const slot of event.slots) {
      // What was changed after it was settled (a replay, a discard) was stored with what the log
      // had of it until then.
      const changedSince = slot.acked < slot.delivery.revision && (slot.acked > 0 || slot.delivery.replay > 0);
      const isSuspect =
        suspectFromMs !== null && (wasReopened || (settled ? changedSince : slot.acked < slot.delivery.revision));
      if (isSuspect) this.logAt(slot, suspectFromMs);
      else setLogged(slot);
    }
    if (event.slots.length === 0 && suspectFromMs !== null && !settled) {
      this.logEventAt(event, suspectFromMs);
      this.#events.set(event.facts.sequence, event);
    }
    if (!isFinished(event)) for (const slot of event.slots) this.track(slot);
    if (this.#events.has(event.facts.sequence)) this.#ids.set(event.facts.id, event.facts.sequence);
  }

  /**
   * The event, loaded back from its row if it was finished with; null if there is none. What is
   * loaded back is for this turn alone: it stays in memory only if something in it is changed
   * (`put`, `logAt`).
   */
  load(sequence: number): MemoryEvent | null {
    const inMemory = this.#events.get(sequence);
    if (inMemory !== undefined) return inMemory;
    const kept = this.rows.event(sequence);
    if (kept === null) return null;
    const event = this.#adopt(kept, false);
    for (const slot of event.slots) setLogged(slot);
    return event;
  }

  #isUnlogged(event: MemoryEvent): boolean {
    return event.log.dueMs !== null || event.slots.some((slot) => slot.log.dueMs !== null);
  }

  lane(endpoint: string, ordering: Ordering): Lane {
    const known = this.#lanes.get(endpoint);
    if (known !== undefined) return known;
    const lane = newLane(endpoint, ordering);
    this.#lanes.set(endpoint, lane);
    return lane;
  }

  laneOf(slot: Slot): Lane {
    return this.lane(slot.delivery.endpoint, slot.delivery.ordering);
  }

  /** An attempt of this delivery has left, or may have. */
  sent(slot: Slot): void {
    noteSent(this.laneOf(slot), slot);
  }

  /**
   * What `webhook-previous` names. A delivery whose instance died may itself be the last that was,
   * or may have been, sent.
   */
  sentBefore(slot: Slot): number | null {
    const { lastSent, sentBefore } = this.laneOf(slot);
    return (lastSent?.sequence === slot.sequence ? sentBefore : lastSent)?.sequence ?? null;
  }

  /** Keeps the indexes true for a slot after its delivery was replaced. */
  track(slot: Slot): void {
    const lane = this.laneOf(slot);
    const isActive = isOpen(slot.delivery) || slot.delivery.claim !== null;
    const key = laneKey(slot);
    const isCounted = lane.items.has(key);
    if (isActive && !isCounted) lane.items.set(key, slot);
    if (!isActive && isCounted) lane.items.delete(key);
    if (slot.delivery.claim === null) this.#claimed.delete(slot);
    else this.#claimed.add(slot);
    this.slots.track(slot, this);
    if (slot.event.facts.expiresAtMs !== undefined) {
      if (isOpen(slot.delivery) && slot.delivery.replay === 0) this.#expiring.add(slot);
      else this.#expiring.delete(slot);
    }
    if (slot.event.facts.erasedAtMs !== undefined) {
      if (isOpen(slot.delivery)) this.#erased.add(slot);
      else this.#erased.delete(slot);
    }
    this.open += Number(isActive) - Number(isCounted);
    if (isActive) this.#keep(slot);
    // Also where the log has all of it already: a claim of what has ended was given back.
    else this.#maybeFinished.add(slot.event);
    this.#touched.add(lane);
  }

  /** Replaces a slot's delivery; its row is written when the turn ends. */
  put(slot: Slot, delivery: Delivery): void {
    slot.delivery = delivery;
    this.track(slot);
    this.markDirty(slot);
  }

  markDirty(slot: Slot): void {
    const chunks = this.#dirty.get(slot.sequence) ?? new Set<number>();
    chunks.add(Math.floor(slot.index / DELIVERIES_PER_ROW));
    this.#dirty.set(slot.sequence, chunks);
    this.#keep(slot);
  }

  /**
   * In memory until it is finished with. One that was not there had ended before: rows name it
   * where a start would not find it.
   */
  #keep({ sequence, event }: Slot): void {
    if (this.#events.has(sequence)) return;
    this.#events.set(sequence, event);
    this.#ids.set(event.facts.id, sequence);
    if (!this.#isLoading) this.#reopened.add(sequence);
  }

  logEventAt(event: MemoryEvent, dueMs: number): void {
    event.log.dueMs = dueMs;
    this.#logFromMs = Math.min(this.#logFromMs, dueMs);
    this.#unloggedEvents.add(event);
  }

  logAt(slot: Slot, dueMs: number): void {
    slot.log.dueMs = dueMs;
    this.#logFromMs = Math.min(this.#logFromMs, dueMs);
    this.#unlogged.add(slot);
    this.#keep(slot);
  }

  /**
   * What was due for the log is on its way: when something is due again follows from each clock.
   */
  logCollected(): void {
    this.#logFromMs = Infinity;
    for (const { log } of [...this.#unlogged, ...this.#unloggedEvents]) {
      this.#logFromMs = Math.min(this.#logFromMs, log.dueMs ?? Infinity);
    }
  }

  markLogged(slot: Slot): void {
    setLogged(slot);
    this.#unlogged.delete(slot);
    this.#maybeFinished.add(slot.event);
  }

  markEventLogged(event: MemoryEvent): void {
    event.log = quietLog();
    this.#unloggedEvents.delete(event);
    this.#maybeFinished.add(event);
  }

  /**
   * The lanes to plan: changed, due, and as many of those without a slot as there may be slots for.
   */
  lanesToPlan(nowMs: number, freeSlots: number): Lane[] {
    const lanes = new Set(this.#touched);
    for (const lane of this.#lanes.values()) if (lane.dueMs !== null && lane.dueMs <= nowMs) lanes.add(lane);
    for (const lane of this.#capped) {
      if (lanes.size >= this.#touched.size + freeSlots) break;
      lanes.add(lane);
    }
    this.#touched.clear();
    for (const lane of lanes) this.#capped.delete(lane);
    return [...lanes];
  }

  /** Notes an attempt that the Shard makes itself, once the turn has committed. */
  startHere(run: Run): void {
    this.#started.run.push(run);
  }

  /** Notes a claim for a queue. */
  startVia(queue: 'fanout' | 'slow', claim: ClaimRef): void {
    this.#started[queue].push(claim);
  }

  /** More of this lane is due than there are slots for. */
  cap(lane: Lane): void {
    this.#capped.add(lane);
  }

  /** Ends the planning of a turn. `waiting`: due, and without a slot. */
  planned(waiting: readonly Slot[]): void {
    this.#touched.clear();
    for (const slot of waiting) this.cap(this.laneOf(slot));
  }

  takeStarted(): Started {
    const started = this.#started;
    this.#started = nothingStarted();
    return started;
  }

  /**
   * Everything up to here is finished and known to the log: stored with the next event, so that a
   * new instance need not doubt it.
   */
  loggedThrough(): number {
    let oldest = this.lastSequence + 1;
    for (const sequence of this.#events.keys()) oldest = Math.min(oldest, sequence);
    return oldest - 1;
  }

  /**
   * Ends a turn: writes each changed row once, then drops what is finished and known to the log.
   */
  write(): void {
    this.#writeInserted();
    for (const [sequence, chunks] of this.#dirty) {
      const event = this.#present(sequence);
      const kept = keptEvent(event);
      const endedMs = endedAtMs(event);
      // The first row of a wide event holds its end, whichever part of it changed last.
      if (endedMs !== null) chunks.add(0);
      for (const chunk of chunks) this.rows.updateChunk(kept, chunk, endedMs);
    }
    this.#dirty.clear();
    let isTaught = false;
    for (const event of this.#maybeFinished) {
      if (!isFinished(event) || this.#isUnlogged(event)) continue;
      isTaught ||= this.#reopened.has(event.facts.sequence);
      this.#drop(event);
    }
    this.#maybeFinished.clear();
    // A load reads no row as old as that of a replay: what the replay taught the lanes is stored
    // where it will be found.
    if (isTaught) this.#keepLanes();
  }

  #keepLanes(): void {
    const newest = this.rows.newestSequence();
    if (newest === null) return;
    this.rows.updateLanes(newest, this.#lanesKept(newest));
    this.#lanesKeptAt = newest;
  }

  #drop({ facts: { sequence, id } }: MemoryEvent): void {
    this.#events.delete(sequence);
    this.#reopened.delete(sequence);
    this.#ids.delete(id);
  }

  #writeInserted(): void {
    if (this.#inserted.size === 0) return;
    const loggedThrough = this.loggedThrough();
    const isLanesDue = this.lastSequence - this.#lanesKeptAt >= LANES_KEPT_EVERY;
    for (const [sequence, body] of this.#inserted) {
      const event = this.#present(sequence);
      const isLast = sequence === this.lastSequence;
      this.rows.insertEvent(
        keptEvent(event),
        {
          chosenId: this.#chosen.has(sequence) ? event.facts.id : null,
          endedMs: endedAtMs(event),
          loggedThrough,
          lanes: isLast && isLanesDue ? this.#lanesKept(sequence) : null,
        },
        body,
      );
      this.#dirty.delete(sequence);
    }
    if (isLanesDue) this.#lanesKeptAt = this.lastSequence;
    this.#inserted.clear();
    this.#chosen.clear();
  }

  /** What a load that begins with this event must know. */
  #lanesKept(sequence: number): LanesKept {
    const open: LanesKept['open'] = [];
    for (const before of [...this.#events.keys()].filter((one) => one < sequence).sort((a, b) => a - b)) {
      const range = open.at(-1);
      if (range !== undefined && before === range[1] + 1) range[1] = before;
      else open.push([before, before]);
    }
    return { goneThrough: this.goneThrough, open, lanes: [...this.#lanes.values()].map(packLane) };
  }

  /**
   * Rows of finished events have gone: what they taught the lanes stays, in the newest row or,
   * where none is left, in `past`. `isPresent`: the endpoint is still there.
   */
  forgetRows(sequences: readonly number[], past: Past, isPresent: (endpoint: string) => boolean): void {
    this.rows.deleteEvents(sequences);
    this.#recent.forget(new Set(sequences));
    this.goneThrough = Math.max(this.goneThrough, ...sequences);
    if (this.rows.newestSequence() !== null) {
      this.#keepLanes();
      return;
    }
    for (const endpoint of this.#lanes.keys()) if (!isPresent(endpoint)) this.#lanes.delete(endpoint);
    // Nothing older is left for it to be compared with.
    for (const lane of this.#lanes.values()) lane.attemptedOfType.clear();
    this.goneThrough = this.lastSequence;
    past.put(this.rows.record, this.#lanesKept(Infinity));
  }

  #present(sequence: number): MemoryEvent {
    const event = this.#events.get(sequence);
    if (event === undefined) throw new Error(`event ${sequence} was changed but is not in memory`);
    return event;
  }
}
