/**
 * The protocol of one record over SQL, without a runtime: accept, plan, begin, settle, confirm,
 * wake time. Each public method is one synchronous turn that commits whole or not at all, and
 * returns what must happen outside: requests, queue messages, log entries, and when to look again.
 * Losing any of these effects does no harm: the rows say what is owed, and the time brings it back.
 *
 * Refuses to know: other records of its Shard, clocks, networks, settings beyond the turn they were
 * handed in, the caller.
 */
import { isGuarded, type Woken } from '../core/admission.ts';
import type { Claim, Parked } from '../core/delivery.ts';
import type { AccountSettings, EndpointSettings } from '../core/endpoint.ts';
import { type DeliveryRef, type RecordAddress, recordId } from '../core/ids.ts';
import { CAPPED_LOOK_MS, PASS_MS, PASS_QUEUED_MS } from '../core/limits.ts';
import type { Confirmation, LogEntry } from '../core/log.ts';
import type { AttemptOutcome } from '../core/outcome.ts';
import type { AcceptRequest, AcceptResult } from '../core/publish.ts';
import type { Result } from '../core/result.ts';
import type { ClaimRef, DiscardRefusal, ReplayRefusal, Swept } from '../core/rpc.ts';
import type { DeliveryView, EventView } from '../core/view.ts';
import { acceptEvents } from './accepting.ts';
import { type Begin, begin, findClaimed, giveBack, hold, promise, isHandedOut, wakeLane } from './departing.ts';
import { eraseEvent } from './erasing.ts';
import { nextExpiryMs } from './expiring.ts';
import type { Run } from './lanes.ts';
import { type Doubt, Memory } from './memory.ts';
import { replayMissing } from './missing.ts';
import { collectLog, confirmLog, logFailed, nextLogMs } from './outbox.ts';
import { Passes } from './passes.ts';
import { type PlanningFacts, planTurn } from './planning.ts';
import { discardDelivery, type Person, type Replayer, replayDelivery } from './replaying.ts';
import { expire, settle } from './settling.ts';
import type { Past } from './past.ts';
import { type Purged, purgeEvents } from './purging.ts';
import { Rows } from './rows.ts';
import type { Slots } from './slots.ts';
import type { Tables } from './tables.ts';
import { sweepLane } from './sweeping.ts';
import { readEvent } from './views.ts';

export type Effects = {
  run: Run[];
  /** Claims for the FANOUT and the SLOW queue. */
  fanout: ClaimRef[];
  slow: ClaimRef[];
  log: LogEntry[];
  owed: Owed;
  /** Of `settle` alone. */
  settled?: Settled;
};

/** What outcomes ask for beyond their record. */
export type Settled = {
  /**
   * Endpoints whose receiver asked to be disabled, with the reason and the settings that its
   * request left under.
   */
  disable: { endpoint: string; reason: string; seenRevision: number }[];
  /** Outcomes to report to Gates. */
  reports: { endpoint: string; outcome: AttemptOutcome }[];
};

export type Owed = {
  /** When to look again; null: nothing is owed. */
  wakeAtMs: number | null;
  /** Something is claimed, or the log may lack something: more than a time is waited for. */
  isBusy: boolean;
  /** Something is due that found no slot of its Shard. */
  isCapped: boolean;
  /** Events that were changed after they had ended, and are not through with that. */
  reopened: number[];
};

export type At = { nowMs: number; random: () => number };

export type LedgerOptions = {
  address: RecordAddress;
  /** What is shared by the records of a Shard. */
  tables: Tables;
  past: Past;
  slots: Slots;
  /** Attempts that the Shard itself may have under way. */
  slotsMax: number;
  /** What others in this isolate learned of an endpoint's latency; may always answer null. */
  latencyElsewhere?: (endpoint: string) => number | null;
};

/** What a record asked its Gate under, and so what the answer stands for. */
export type Asked = { seenRevision: number; wakes: number };

export class Ledger {
  readonly #options: LedgerOptions;
  readonly #rows: Rows;
  #memory: Memory | null = null;
  /**
   * By endpoint, the revision that settings must have: its Gate, or a publish, knew better. In no
   * row, so it outlives `#memory`.
   */
  readonly #revisions = new Map<string, number>();
  readonly #passes = new Passes();
  readonly #planning: PlanningFacts;
  /** What to doubt at the next load; null: nothing is owed, and the log has everything. */
  #doubt: Doubt | null;

  constructor(options: LedgerOptions, doubt: Doubt | null) {
    this.#options = options;
    this.#rows = new Rows(options.tables, recordId(options.address));
    this.#doubt = doubt;
    this.#planning = {
      latencyElsewhere: (endpoint) => options.latencyElsewhere?.(endpoint) ?? null,
      revisionNeeded: (endpoint) => this.revisionNeeded(endpoint),
      slots: options.slotsMax,
    };
  }

  /** For reads (views.ts). Loading it writes nothing. */
  get memory(): Memory {
    const { past, slots, address } = this.#options;
    this.#memory ??= new Memory(this.#rows, past, slots, address, this.#doubt);
    this.#doubt = null;
    return this.#memory;
  }

  /** Something of it is claimed, or due without a slot, or the log may lack something of it. */
  get isBusy(): boolean {
    return (this.#doubt?.fromMs ?? null) !== null || (this.#memory !== null && isBusy(this.#memory));
  }

  /**
   * What memory holds may not be what rows hold: they are read again, and the log is sent again
   * what it may lack.
   */
  forget(doubt: Doubt): void {
    if (this.#memory !== null) this.#options.slots.drop(this.#memory);
    this.#memory = null;
    this.#doubt = doubt;
  }

  /** `storageBytes`: what the Shard's database holds. */
  accept(request: AcceptRequest, at: At, storageBytes = 0): { result: AcceptResult[]; effects: Effects } {
    for (const endpoint of request.endpoints) {
      // What the publish knows of a pause or a limit is in force here at once, whatever this
      // isolate remembers.
      const isHeldBack = endpoint.status !== 'enabled' || isGuarded(endpoint);
      if (isHeldBack && request.settings !== null) this.#need(endpoint.id, request.settings.revision);
    }
    return this.#turn(at, (memory) => {
      const answers = acceptEvents(memory, request, { nowMs: at.nowMs, storageBytes });
      planTurn(memory, at.nowMs, request.settings, this.#planning);
      return answers.map((answer) => answer());
    });
  }

  /** Ends claims that ran out, starts what is due, sends the log again what nobody confirmed. */
  look(at: At): Effects {
    return this.#turn(at, () => undefined).effects;
  }

  /**
   * Rows of finished events whose retention is over, or only their payloads. Answers how many were
   * left, being not finished.
   */
  purge(gone: readonly Purged[], removed: ReadonlySet<string>, at: At): { result: number; effects: Effects } {
    return this.#turn(at, (memory) => purgeEvents(memory, this.#options.past, gone, removed, at.nowMs));
  }

  /**
   * Asks for the request of a claim, under settings read just now (null: the account is gone).
   * `isAdmitted`: its Gate said go.
   */
  begin(
    ref: ClaimRef,
    settings: AccountSettings | null,
    at: At,
    isAdmitted = false,
  ): { result: Begin; effects: Effects } {
    const mayPass = (endpoint: string, { via }: Claim) =>
      isAdmitted || this.#passes.take(endpoint, at.nowMs, via === 'self' ? PASS_MS : PASS_QUEUED_MS);
    return this.#turn(at, (memory) => begin(memory, ref, settings, mayPass, at.nowMs));
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

  /** What is asked of a Gate now; hand it in with the answer. */
  asking(endpoint: string, seenRevision: number): Asked {
    return { seenRevision, wakes: this.#passes.wakes(endpoint) };
  }

  /** The Gate has taken this record in. */
  parked(ref: ClaimRef, why: Parked | 'paused', asked: Asked, at: At): Effects {
    const isWoken =
      this.revisionNeeded(ref.endpoint) > asked.seenRevision || this.#passes.wakes(ref.endpoint) !== asked.wakes;
    return this.#turn(at, (memory) => {
      hold(memory, ref, why, isWoken, at);
    }).effects;
  }

  /** The Gate has reserved a start for then. */
  promised(ref: ClaimRef, atMs: number, at: At): Effects {
    this.#passes.add(ref.endpoint, atMs, 1);
    return this.#turn(at, (memory) => {
      promise(memory, ref, atMs, at.nowMs);
    }).effects;
  }

  /**
   * The Gate knows settings as new as `revision` under which nothing waits: the claim goes back,
   * and they are read.
   */
  unparked(ref: ClaimRef, revision: number, dueMs: number, at: At): Effects {
    this.#need(ref.endpoint, revision);
    return this.release([ref], dueMs, at);
  }

  /**
   * The Gate admits a lane, under settings at least as new as `revision`: `passes` attempts, or
   * (null) as it likes.
   */
  wake(endpoint: string, revision: number, passes: number | null, at: At): { result: Woken; effects: Effects } {
    this.#need(endpoint, revision);
    this.#passes.woken(endpoint);
    if (passes !== null) this.#passes.add(endpoint, at.nowMs, passes);
    const { result, effects } = this.#turn(at, (memory) => {
      const lane = memory.lanes.get(endpoint);
      return lane === undefined ? false : wakeLane(memory, lane, passes ?? Infinity, at.nowMs);
    });
    const claims = [...effects.run.map(({ claim }) => claim), ...effects.fanout, ...effects.slow];
    const started = claims.filter((claim) => claim.endpoint === endpoint).length;
    return { result: { started, isStillParked: result }, effects };
  }

  #need(endpoint: string, revision: number): void {
    this.#revisions.set(endpoint, Math.max(revision, this.revisionNeeded(endpoint)));
  }

  /** Settings for this lane must be at least this new: its Gate knew better. */
  revisionNeeded(endpoint: string): number {
    return this.#revisions.get(endpoint) ?? 0;
  }

  /**
   * Cancels some of what waits for an endpoint that takes it no longer, under settings read just
   * now (null: the account is gone).
   */
  sweep(endpoint: string, settings: AccountSettings | null, at: At): { result: Swept; effects: Effects } {
    return this.#turn(at, (memory) => sweepLane(memory, endpoint, settings, at.nowMs));
  }

  settle(settled: { claim: ClaimRef; outcome: AttemptOutcome }[], at: At): Effects {
    const disable: Settled['disable'] = [];
    const reports: Settled['reports'] = [];
    const { effects } = this.#turn(at, (memory) => {
      for (const { claim, outcome } of settled) {
        const { endpoint } = claim;
        const found = findClaimed(memory, claim);
        // A claim that is settled again reports nothing, and a fault of ours is none of the
        // endpoint.
        const isOfEndpoint = found !== null && outcome.error?.kind !== 'not-sent';
        const isNew = isOfEndpoint && (found.claim.under?.isWatched === true || outcome.error !== null);
        if (isNew) reports.push({ endpoint, outcome });
        const asked = settle(memory, claim, outcome, at);
        if (asked !== null) disable.push({ endpoint, ...asked });
      }
    });
    return { ...effects, settled: { disable, reports } };
  }

  confirm(confirmations: Confirmation[], at: At): Effects {
    return this.#turn(at, (memory) => {
      confirmLog(memory, confirmations, at.nowMs);
    }).effects;
  }

  /** The LOG queue did not take these entries; they are sent again at `dueMs`. */
  logFailed(entries: LogEntry[], dueMs: number, at: At): Effects {
    return this.#turn(at, (memory) => {
      logFailed(memory, entries, dueMs);
    }).effects;
  }

  replay(
    ref: DeliveryRef,
    by: Replayer,
    endpoint: EndpointSettings | undefined,
    at: At,
    storageBytes = 0,
  ): { result: Result<DeliveryView, ReplayRefusal>; effects: Effects } {
    return this.#turn(at, (memory) => replayDelivery(memory, ref, by, endpoint, { nowMs: at.nowMs, storageBytes }));
  }

  replayMissing(
    missing: { sequence: number; endpoint: string },
    by: Replayer,
    endpoint: EndpointSettings | undefined,
    at: At,
    storageBytes = 0,
  ): { result: Result<DeliveryView, ReplayRefusal>; effects: Effects } {
    return this.#turn(at, (memory) => replayMissing(memory, missing, by, endpoint, { nowMs: at.nowMs, storageBytes }));
  }

  erasePayload(id: string, at: At): { result: EventView | null; effects: Effects } {
    const { result, effects } = this.#turn(at, (memory) => eraseEvent(memory, id, at.nowMs));
    return { result: result ? readEvent(this.memory, id) : null, effects };
  }

  discard(ref: DeliveryRef, by: Person, at: At): { result: Result<DeliveryView, DiscardRefusal>; effects: Effects } {
    return this.#turn(at, (memory) => discardDelivery(memory, ref, by, at.nowMs));
  }

  /** All rows of a turn or none; what memory holds falls with them. */
  #turn<T>(at: At, work: (memory: Memory) => T): { result: T; effects: Effects } {
    try {
      return this.#options.tables.sql.transaction(() => {
        const { memory } = this;
        const result = work(memory);
        for (const slot of [...memory.claimed]) {
          const { claim } = slot.delivery;
          if (claim !== null && claim.untilMs <= at.nowMs) expire(memory, slot, claim, at);
        }
        planTurn(memory, at.nowMs, null, this.#planning);
        const log = collectLog(memory, at.nowMs);
        memory.write();
        return {
          result,
          effects: { ...memory.takeStarted(), log, owed: owedBy(memory, at.nowMs) },
        };
      });
    } catch (error) {
      // What was owed before is still owed, and the log may lack anything that this instance had
      // sent it.
      const reopened = this.#memory === null ? [] : [...this.#memory.reopened];
      this.forget(this.#doubt ?? { fromMs: at.nowMs, reopened });
      throw error;
    }
  }
}

/** The one place that derives when to look again (I5). */
function owedBy(memory: Memory, nowMs: number): Owed {
  let wakeAtMs = Math.min(nextLogMs(memory), nextExpiryMs(memory));
  for (const lane of memory.lanes.values()) wakeAtMs = Math.min(wakeAtMs, lane.dueMs ?? Infinity);
  for (const { delivery } of memory.claimed) wakeAtMs = Math.min(wakeAtMs, delivery.claim?.untilMs ?? Infinity);
  const isCapped = memory.capped.size > 0;
  // A slot that becomes free starts it sooner; this is for when none does.
  if (isCapped) wakeAtMs = Math.min(wakeAtMs, nowMs + CAPPED_LOOK_MS);
  return {
    wakeAtMs: wakeAtMs === Infinity ? null : wakeAtMs,
    isBusy: isBusy(memory),
    isCapped,
    reopened: [...memory.reopened],
  };
}

function isBusy({ claimed, capped, unlogged, unloggedEvents }: Memory): boolean {
  return claimed.size > 0 || capped.size > 0 || unlogged.size > 0 || unloggedEvents.size > 0;
}
