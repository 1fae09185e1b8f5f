/**
 * The Record's picture of itself in memory: every id, every lane, and the events that are not finished with. Built from the summary
 * and the rows when an instance starts and after a failed turn; these are the truth. Applies no rule.
 */
import type { Delivery } from '../core/delivery.ts';
import type { Ordering } from '../core/endpoint.ts';
import type { RecordAddress } from '../core/ids.ts';
import { DELIVERIES_PER_ROW } from '../core/limits.ts';
import type { Sql } from '../core/sql.ts';
import { isOpen } from '../core/status.ts';
import { Finished } from './finished.ts';
import {
  isFinished,
  type Lane,
  keptEvent,
  laneFrom,
  laneKey,
  learn,
  type MemoryEvent,
  newLane,
  noteSent,
  nothingStarted,
  quietLog,
  setLogged,
  type Slot,
  type Started,
} from './lanes.ts';
import { Rows } from './rows.ts';
import type { Kept, KeptEvent, Summary } from './stored.ts';

export class Memory {
  readonly rows: Rows;
  /** Event id → sequence. */
  readonly ids = new Map<string, number>();
  readonly lanes = new Map<string, Lane>();
  /** Events with something open, claimed or unknown to the log. Oldest first as far as they were not loaded again later. */
  readonly events = new Map<number, MemoryEvent>();
  readonly finished = new Finished();
  readonly claimed = new Set<Slot>();
  /** Open live deliveries that expire (expiring.ts). */
  readonly expiring = new Set<Slot>();
  /** Open deliveries of events whose payload was erased (erasing.ts). */
  readonly erased = new Set<Slot>();
  readonly unlogged = new Set<Slot>();
  readonly unloggedEvents = new Set<MemoryEvent>();
  /** Nothing is due for the log before this. Perhaps too early, never too late: what was logged meanwhile does not move it. */
  logFromMs = Infinity;
  /** Lanes whose plan may have changed in this turn. */
  readonly touched = new Set<Lane>();
  /** Lanes with something due that found no slot. */
  readonly capped = new Set<Lane>();
  /** Rows to write when the turn ends: bodies of new events, and changed chunks by sequence. */
  readonly inserted = new Map<number, string>();
  readonly dirty = new Map<number, Set<number>>();
  readonly #maybeFinished = new Set<MemoryEvent>();
  /** Claims made in this turn. */
  started: Started = nothingStarted();
  readonly address: RecordAddress;
  lastSequence = 0;
  /** The highest sequence of which retention took the row; what came before may still have one. */
  goneThrough = 0;
  /** Deliveries that are open or still claimed. */
  open = 0;
  /** The record key; null for events without one, before the first event, and once none is left. */
  record: string | null = null;
  /** When its account was created (life.ts); null: not known, of a release that did not ask. */
  life: number | null = null;

  /**
   * `suspectFrom` is when unconfirmed entries are to be sent again. Null says that no alarm was armed: the last instance knew that
   * the log has everything (confirmation costs no row of its own).
   */
  constructor(sql: Sql, address: RecordAddress, suspectFromMs: number | null) {
    this.address = address;
    this.rows = new Rows(sql);
    const summary = this.rows.summary();
    if (summary !== null) this.#recall(summary);
    const known = Math.max(summary?.loggedThrough ?? 0, this.rows.loggedThrough());
    const loggedThrough = suspectFromMs === null ? Infinity : known;
    for (const kept of this.rows.events()) {
      const event = this.adopt(kept);
      this.lastSequence = Math.max(this.lastSequence, event.facts.sequence);
      this.record = event.facts.record;
      this.life = event.facts.accountCreatedAtMs ?? this.life;
      this.ids.set(event.facts.id, event.facts.sequence);
      this.#admit(event, suspectFromMs, event.facts.sequence <= loggedThrough);
    }
    this.touched.clear();
    for (const lane of this.lanes.values()) this.touched.add(lane);
  }

  #recall({ accountCreatedAtMs, lastSequence, goneThrough, lanes }: Summary): void {
    this.life = accountCreatedAtMs;
    this.lastSequence = lastSequence;
    this.goneThrough = goneThrough;
    for (const lane of lanes) this.lanes.set(lane.endpoint, laneFrom(lane));
  }

  /** Builds an event's slots and lets its lanes learn from them. */
  adopt(kept: KeptEvent): MemoryEvent {
    const event: MemoryEvent = { facts: kept.facts, slots: [], log: quietLog() };
    for (const [index, one] of kept.kept.entries()) this.addSlot(event, one, index);
    return event;
  }

  addSlot(event: MemoryEvent, kept: Kept, index: number): Slot {
    const { sequence, type, version, latestGroup, latestOnly } = event.facts;
    const { success, acked, ackedAttempts, delivery } = kept;
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
    learn(this.laneOf(slot), slot);
    return slot;
  }

  /** Puts a stored event under watch, unless it is finished with. `settled`: a later row says that the log had all of it. */
  #admit(event: MemoryEvent, suspectFromMs: number | null, settled: boolean): void {
    for (const slot of event.slots) {
      // What was changed after it was settled (a replay, a discard) was stored with what the log had of it until then.
      const changedSince = slot.acked < slot.delivery.revision && (slot.acked > 0 || slot.delivery.replay > 0);
      const isSuspect = suspectFromMs !== null && (settled ? changedSince : slot.acked < slot.delivery.revision);
      if (isSuspect) this.logAt(slot, suspectFromMs);
      else setLogged(slot);
    }
    if (event.slots.length === 0 && suspectFromMs !== null && !settled) {
      this.logEventAt(event, suspectFromMs);
      this.events.set(event.facts.sequence, event);
    }
    if (!isFinished(event)) for (const slot of event.slots) this.track(slot);
    else if (!this.events.has(event.facts.sequence)) this.finished.add(event);
  }

  /**
   * The event, loaded back from its row if it was finished with; null if there is none. What is loaded back is a picture for this
   * turn: it stays in memory only if something in it is changed (`put`, `logAt`).
   */
  load(sequence: number): MemoryEvent | null {
    const inMemory = this.events.get(sequence);
    if (inMemory !== undefined) return inMemory;
    const kept = this.rows.event(sequence);
    if (kept === null) return null;
    const event = this.adopt(kept);
    for (const slot of event.slots) setLogged(slot);
    return event;
  }

  #isUnlogged(event: MemoryEvent): boolean {
    return event.log.dueMs !== null || event.slots.some((slot) => slot.log.dueMs !== null);
  }

  lane(endpoint: string, ordering: Ordering): Lane {
    const known = this.lanes.get(endpoint);
    if (known !== undefined) return known;
    const lane = newLane(endpoint, ordering);
    this.lanes.set(endpoint, lane);
    return lane;
  }

  laneOf(slot: Slot): Lane {
    return this.lane(slot.delivery.endpoint, slot.delivery.ordering);
  }

  /** An attempt of this delivery has left, or may have. */
  sent(slot: Slot): void {
    noteSent(this.laneOf(slot), slot);
  }

  /** What `webhook-previous` names. A delivery whose instance died may itself be the last that was, or may have been, sent. */
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
    if (slot.delivery.claim === null) this.claimed.delete(slot);
    else this.claimed.add(slot);
    if (slot.event.facts.expiresAtMs !== undefined) {
      if (isOpen(slot.delivery) && slot.delivery.replay === 0) this.expiring.add(slot);
      else this.expiring.delete(slot);
    }
    if (slot.event.facts.erasedAtMs !== undefined) {
      if (isOpen(slot.delivery)) this.erased.add(slot);
      else this.erased.delete(slot);
    }
    this.open += Number(isActive) - Number(isCounted);
    if (isActive) this.events.set(slot.sequence, slot.event);
    // Also where the log has all of it already: a claim of what has ended was given back.
    else this.#maybeFinished.add(slot.event);
    this.touched.add(lane);
  }

  /** Replaces a slot's delivery; its row is written when the turn ends. */
  put(slot: Slot, delivery: Delivery): void {
    slot.delivery = delivery;
    this.track(slot);
    this.markDirty(slot);
  }

  markDirty(slot: Slot): void {
    const chunks = this.dirty.get(slot.sequence) ?? new Set<number>();
    chunks.add(Math.floor(slot.index / DELIVERIES_PER_ROW));
    this.dirty.set(slot.sequence, chunks);
    this.events.set(slot.sequence, slot.event);
  }

  logEventAt(event: MemoryEvent, dueMs: number): void {
    event.log.dueMs = dueMs;
    this.logFromMs = Math.min(this.logFromMs, dueMs);
    this.unloggedEvents.add(event);
  }

  logAt(slot: Slot, dueMs: number): void {
    slot.log.dueMs = dueMs;
    this.logFromMs = Math.min(this.logFromMs, dueMs);
    this.unlogged.add(slot);
    this.events.set(slot.sequence, slot.event);
  }

  markLogged(slot: Slot): void {
    setLogged(slot);
    this.unlogged.delete(slot);
    this.#maybeFinished.add(slot.event);
  }

  markEventLogged(event: MemoryEvent): void {
    event.log = quietLog();
    this.unloggedEvents.delete(event);
    this.#maybeFinished.add(event);
  }

  /** The lanes to plan: changed, due, and as many of those without a slot as there may be slots for. */
  lanesToPlan(nowMs: number, freeSlots: number): Lane[] {
    const lanes = new Set(this.touched);
    for (const lane of this.lanes.values()) if (lane.dueMs !== null && lane.dueMs <= nowMs) lanes.add(lane);
    for (const lane of this.capped) {
      if (lanes.size >= this.touched.size + freeSlots) break;
      lanes.add(lane);
    }
    this.touched.clear();
    for (const lane of lanes) this.capped.delete(lane);
    return [...lanes];
  }

  takeStarted(): Started {
    const { started } = this;
    this.started = nothingStarted();
    return started;
  }

  /** Everything up to here is finished and known to the log: stored with the next event, so that a new instance need not doubt it. */
  loggedThrough(): number {
    let oldest = this.lastSequence + 1;
    for (const sequence of this.events.keys()) oldest = Math.min(oldest, sequence);
    return oldest - 1;
  }

  /** Ends a turn: writes each changed row once, then lets go of what is finished and known to the log. */
  write(): void {
    if (this.inserted.size > 0) {
      const loggedThrough = this.loggedThrough();
      for (const [sequence, body] of this.inserted) {
        this.rows.insertEvent(keptEvent(this.#present(sequence)), loggedThrough, body);
        this.dirty.delete(sequence);
      }
      this.inserted.clear();
    }
    for (const [sequence, chunks] of this.dirty) {
      const kept = keptEvent(this.#present(sequence));
      for (const chunk of chunks) this.rows.updateChunk(kept, chunk);
    }
    this.dirty.clear();
    for (const event of this.#maybeFinished) {
      if (!isFinished(event) || this.#isUnlogged(event)) continue;
      this.events.delete(event.facts.sequence);
      this.finished.add(event);
    }
    this.#maybeFinished.clear();
  }

  #present(sequence: number): MemoryEvent {
    const event = this.events.get(sequence);
    if (event === undefined) throw new Error(`event ${sequence} was changed but is not in memory`);
    return event;
  }
}
