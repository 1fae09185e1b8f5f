/**
 * The protocol of a Record over SQL, without a runtime: accept, plan, begin, settle, confirm, wake time. Each public method is one
 * synchronous turn that commits whole or not at all, and returns what must happen outside: requests, queue messages, log entries,
 * and when to wake. Losing any of these effects does no harm: the rows say what is owed, and the wake time brings it back.
 *
 * Refuses to know: clocks, networks, settings beyond the turn they were handed in, who calls.
 */
import type { AccountSettings, EndpointSettings } from '../core/endpoint.ts';
import type { DeliveryRef, RecordAddress } from '../core/ids.ts';
import { planLane } from '../core/lane.ts';
import {
  CLAIM_BEGIN_WITHIN_MS,
  CLAIM_GRACE_MS,
  CLAIM_SETTINGS_MS,
  FANOUT_CLAIMS_MAX,
  QUICK_ANSWER_MS,
  SELF_ATTEMPTS_MAX,
  SETTINGS_FRESH_MS,
  TIMEOUT_MS_MAX,
} from '../core/limits.ts';
import type { Confirmation, LogEntry } from '../core/log.ts';
import type { AttemptOutcome } from '../core/outcome.ts';
import { type InFlight, place } from '../core/placing.ts';
import type { AcceptRequest, AcceptResult } from '../core/publish.ts';
import type { Result } from '../core/result.ts';
import type { ClaimRef, DiscardRefusal, ReplayRefusal } from '../core/rpc.ts';
import type { Sql } from '../core/sql.ts';
import { claimed, ended } from '../core/status.ts';
import type { DeliveryView } from '../core/view.ts';
import { acceptEvents } from './accepting.ts';
import {
  type Begin,
  begin,
  depart,
  findClaimed,
  giveBack,
  hold,
  isCutOff,
  isHandedOut,
  refOf,
  wakeLane,
} from './departing.ts';
import { type Lane, type Run, type Slot, Memory } from './memory.ts';
import { collectLog, confirmLog, logChanged, logFailed, nextLogMs } from './outbox.ts';
import { discardDelivery, type Person, replayDelivery } from './replaying.ts';
import { expire, settle } from './settling.ts';

export type Effects = {
  run: Run[];
  /** Claims for the FANOUT queue. */
  fanout: ClaimRef[];
  log: LogEntry[];
  /** Endpoints whose receiver asked to be disabled, with the reason and the settings that its request left under. */
  disable: { endpoint: string; reason: string; seenRevision: number }[];
  /** Null: nothing is owed. */
  wakeAtMs: number | null;
};

export type At = { nowMs: number; random: () => number };

export type LedgerOptions = {
  address: RecordAddress;
  /** What others in this isolate learned of an endpoint's latency; may always answer false. */
  isQuickElsewhere?: (endpoint: string) => boolean;
};

export class Ledger {
  readonly #sql: Sql;
  readonly #options: LedgerOptions;
  #memory: Memory | null = null;
  /** By endpoint, the settings under which its Gate woke this record. In no row, so it outlives the picture in memory: a park under way needs it. */
  readonly #revisions = new Map<string, number>();
  /** When to tell the log again what it may lack; null: no alarm was armed, so an earlier instance knew that it lacks nothing. */
  #suspectFromMs: number | null;

  constructor(sql: Sql, suspectFromMs: number | null, options: LedgerOptions) {
    this.#sql = sql;
    this.#suspectFromMs = suspectFromMs;
    this.#options = options;
  }

  /** The picture, for reads (views.ts). Building it writes nothing. */
  get memory(): Memory {
    this.#memory ??= new Memory(this.#sql, this.#options.address, this.#suspectFromMs);
    return this.#memory;
  }

  accept(request: AcceptRequest, at: At): { result: AcceptResult[]; effects: Effects } {
    return this.#turn(at, (memory) => {
      const results = acceptEvents(memory, request, at.nowMs);
      this.#plan(memory, at, request.settings);
      return results;
    });
  }

  /**
   * Claims that ran out, deliveries that are due, log entries that nobody confirmed. `isInherited`: the alarm was set by an
   * instance that is gone, and perhaps the log lacks what that one knew.
   */
  alarm(at: At, isInherited: boolean): Effects {
    if (isInherited) {
      this.#memory = null;
      this.#suspectFromMs = at.nowMs;
    }
    return this.#turn(at, () => undefined).effects;
  }

  /** Asks for the request of a claim, under settings read just now (null: the account is gone). */
  begin(ref: ClaimRef, settings: AccountSettings | null, at: At): { result: Begin; effects: Effects } {
    return this.#turn(at, (memory) => begin(memory, ref, settings, at.nowMs));
  }

  /** Gives claims back of which certainly no request has left; they are due again at `dueMs`. */
  release(refs: ClaimRef[], dueMs: number, at: At): Effects {
    return this.#turn(at, (memory) => {
      for (const ref of refs) {
        const found = findClaimed(memory, ref);
        if (found === null || isHandedOut(found.claim)) continue;
        giveBack(memory, found.slot, dueMs, at.nowMs);
      }
    }).effects;
  }

  /** The Gate has taken this record in, knowing no settings newer than `seenRevision`. */
  parked(ref: ClaimRef, seenRevision: number, at: At): Effects {
    return this.#turn(at, (memory) => {
      hold(memory, ref, this.revisionNeeded(ref.endpoint) > seenRevision, at);
    }).effects;
  }

  /** The Gate knows settings as new as `revision` under which nothing waits: the claim goes back, and they are read. */
  unparked(ref: ClaimRef, revision: number, dueMs: number, at: At): Effects {
    this.#revisions.set(ref.endpoint, Math.max(revision, this.revisionNeeded(ref.endpoint)));
    return this.release([ref], dueMs, at);
  }

  /** The Gate lets a lane go on, under settings at least as new as `revision`. */
  wake(endpoint: string, revision: number, at: At): Effects {
    return this.#turn(at, (memory) => {
      const lane = memory.lanes.get(endpoint);
      if (lane === undefined) return;
      this.#revisions.set(endpoint, Math.max(revision, this.revisionNeeded(endpoint)));
      wakeLane(memory, lane, at.nowMs);
    }).effects;
  }

  /** Settings for this lane must be at least this new: its Gate knew better. */
  revisionNeeded(endpoint: string): number {
    return this.#revisions.get(endpoint) ?? 0;
  }

  settle(settled: { claim: ClaimRef; outcome: AttemptOutcome }[], at: At): Effects {
    const disable: Effects['disable'] = [];
    const { effects } = this.#turn(at, (memory) => {
      for (const { claim, outcome } of settled) {
        const asked = settle(memory, claim, outcome, at);
        if (asked !== null) disable.push({ endpoint: claim.endpoint, ...asked });
      }
    });
    return { ...effects, disable };
  }

  confirm(confirmations: Confirmation[], at: At): Effects {
    return this.#turn(at, (memory) => {
      confirmLog(memory, confirmations, at.nowMs);
    }).effects;
  }

  /** The LOG queue did not take these entries; they are told again at `dueMs`. */
  logFailed(entries: LogEntry[], dueMs: number, at: At): Effects {
    return this.#turn(at, (memory) => {
      logFailed(memory, entries, dueMs);
    }).effects;
  }

  replay(
    ref: DeliveryRef,
    by: Person & { force: boolean },
    endpoint: EndpointSettings | undefined,
    at: At,
  ): { result: Result<DeliveryView, ReplayRefusal>; effects: Effects } {
    return this.#turn(at, (memory) => replayDelivery(memory, ref, by, endpoint, at.nowMs));
  }

  discard(ref: DeliveryRef, by: Person, at: At): { result: Result<DeliveryView, DiscardRefusal>; effects: Effects } {
    return this.#turn(at, (memory) => discardDelivery(memory, ref, by, at.nowMs));
  }

  /** All rows of a turn or none; the picture in memory falls with them. */
  #turn<T>(at: At, work: (memory: Memory) => T): { result: T; effects: Effects } {
    try {
      return this.#sql.transaction(() => {
        const { memory } = this;
        const result = work(memory);
        for (const slot of [...memory.claimed]) {
          const { claim } = slot.delivery;
          if (claim !== null && claim.untilMs <= at.nowMs) expire(memory, slot, claim, at);
        }
        this.#plan(memory, at, null);
        const log = collectLog(memory, at.nowMs);
        memory.write();
        return { result, effects: { ...memory.takeStarted(), log, disable: [], wakeAtMs: this.#wakeAtMs(memory) } };
      });
    } catch (error) {
      // What was owed before is still owed, and the log may lack anything that this instance had told it.
      this.#memory = null;
      this.#suspectFromMs ??= at.nowMs;
      throw error;
    }
  }

  /** Supersedes what has been overtaken and claims what may start, in every lane that changed or is due. */
  #plan(memory: Memory, at: At, carried: AcceptRequest['settings']): void {
    const inFlight = this.#inFlight(memory);
    const freeSlots = SELF_ATTEMPTS_MAX - inFlight.self + FANOUT_CLAIMS_MAX - inFlight.fanout;
    const starts: Slot[] = [];
    for (const lane of memory.lanesToPlan(at.nowMs, freeSlots)) {
      starts.push(...this.#planLane(memory, lane, at.nowMs, freeSlots));
    }
    starts.sort((a, b) => dueOf(a) - dueOf(b) || a.sequence - b.sequence);
    const placing = place(starts, (slot) => this.#isQuick(memory, slot), inFlight);
    for (const slot of placing.self) this.#startHere(memory, slot, carried, at.nowMs);
    for (const slot of placing.fanout) {
      const untilMs = at.nowMs + CLAIM_BEGIN_WITHIN_MS;
      memory.put(slot, claimed(slot.delivery, { via: 'fanout', begunAtMs: null, untilMs }));
      memory.started.fanout.push(refOf(slot));
    }
    memory.touched.clear();
    for (const slot of placing.waiting) memory.capped.add(memory.laneOf(slot));
  }

  #planLane(memory: Memory, lane: Lane, nowMs: number, freeSlots: number): Slot[] {
    const plan = planLane(lane, nowMs, freeSlots);
    lane.dueMs = plan.dueMs;
    if (plan.isCut) memory.capped.add(lane);
    for (const { item, by } of plan.superseded) {
      memory.put(item, ended(item.delivery, 'superseded', nowMs, { supersededBy: by }));
      logChanged(memory, item, nowMs);
    }
    return plan.start;
  }

  /**
   * Claims an attempt for this Record. With fresh settings in hand the request is made in the same turn, at no row of its own. A
   * claim that has still to read them counts as begun, unless a pause is already known: then surely nothing leaves before `begin`.
   */
  #startHere(memory: Memory, slot: Slot, carried: AcceptRequest['settings'], nowMs: number): void {
    const untilMs = nowMs + CLAIM_SETTINGS_MS + TIMEOUT_MS_MAX + CLAIM_GRACE_MS;
    const isPaused = carried?.endpoints.some(({ id, status }) => id === slot.delivery.endpoint && status === 'paused');
    const begunAtMs = isPaused === true ? null : nowMs;
    memory.put(slot, claimed(slot.delivery, { via: 'self', begunAtMs, untilMs }));
    const { claim } = slot.delivery;
    const endpoint = this.#settingsInHand(memory, slot, carried, nowMs);
    const request =
      endpoint === null || claim === null ? null : depart(memory, slot, claim, endpoint, carried?.revision ?? 0, nowMs);
    memory.started.run.push({ claim: refOf(slot), request });
  }

  #settingsInHand(
    memory: Memory,
    slot: Slot,
    carried: AcceptRequest['settings'],
    nowMs: number,
  ): EndpointSettings | null {
    const lane = memory.laneOf(slot);
    if (carried === null || Math.abs(nowMs - carried.readAtMs) > SETTINGS_FRESH_MS) return null;
    if (carried.revision < this.revisionNeeded(lane.endpoint)) return null;
    const endpoint = carried.endpoints.find((one) => one.id === slot.delivery.endpoint);
    if (endpoint === undefined || endpoint.status !== 'enabled' || isCutOff(slot, endpoint)) return null;
    const ordering = memory.address.kind === 'k' ? endpoint.ordering : 'unordered';
    return ordering === lane.ordering ? endpoint : null;
  }

  #isQuick(memory: Memory, slot: Slot): boolean {
    const { latencyMs } = memory.laneOf(slot);
    if (latencyMs !== null) return latencyMs <= QUICK_ANSWER_MS;
    return this.#options.isQuickElsewhere?.(slot.delivery.endpoint) ?? false;
  }

  #inFlight(memory: Memory): InFlight {
    const inFlight: InFlight = { self: 0, selfUnproven: 0, fanout: 0 };
    for (const slot of memory.claimed) {
      if (slot.delivery.claim?.via === 'fanout') inFlight.fanout += 1;
      else {
        inFlight.self += 1;
        if (!this.#isQuick(memory, slot)) inFlight.selfUnproven += 1;
      }
    }
    return inFlight;
  }

  /** The one place that derives when to wake (I5). */
  #wakeAtMs(memory: Memory): number | null {
    let wakeAtMs = nextLogMs(memory);
    for (const lane of memory.lanes.values()) wakeAtMs = Math.min(wakeAtMs, lane.dueMs ?? Infinity);
    for (const { delivery } of memory.claimed) wakeAtMs = Math.min(wakeAtMs, delivery.claim?.untilMs ?? Infinity);
    return wakeAtMs === Infinity ? null : wakeAtMs;
  }
}

function dueOf({ delivery }: Slot): number {
  return delivery.state.kind === 'waiting' ? delivery.state.dueMs : 0;
}
