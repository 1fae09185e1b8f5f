/**
 * The protocol of a Record over SQL, without a runtime: accept, plan, begin, settle, confirm, wake time. Each public method is one
 * synchronous turn that commits whole or not at all, and returns what must happen outside: requests, queue messages, log entries,
 * and when to wake. Losing any of these effects does no harm: the rows say what is owed, and the wake time brings it back.
 *
 * Refuses to know: clocks, networks, settings beyond the turn they were handed in, who calls.
 */
import { isGuarded, type Woken } from '../core/admission.ts';
import type { Claim, Parked } from '../core/delivery.ts';
import type { AccountSettings, EndpointSettings } from '../core/endpoint.ts';
import type { DeliveryRef, RecordAddress } from '../core/ids.ts';
import { PASS_MS, PASS_QUEUED_MS } from '../core/limits.ts';
import type { Confirmation, LogEntry } from '../core/log.ts';
import type { AttemptOutcome } from '../core/outcome.ts';
import type { AcceptRequest, AcceptResult } from '../core/publish.ts';
import type { Result } from '../core/result.ts';
import type { ClaimRef, DiscardRefusal, ReplayRefusal, Swept } from '../core/rpc.ts';
import type { Sql } from '../core/sql.ts';
import type { DeliveryView, EventView } from '../core/view.ts';
import { acceptEvents } from './accepting.ts';
import type { Rang } from './alarm.ts';
import { type Begin, begin, findClaimed, giveBack, hold, promise, isHandedOut, wakeLane } from './departing.ts';
import { eraseEvent } from './erasing.ts';
import { nextExpiryMs } from './expiring.ts';
import type { Run } from './lanes.ts';
import { begins } from './life.ts';
import { Memory } from './memory.ts';
import { replayMissing } from './missing.ts';
import { collectLog, confirmLog, logFailed, nextLogMs } from './outbox.ts';
import { Passes } from './passes.ts';
import { type PlanningFacts, planTurn } from './planning.ts';
import { discardDelivery, type Person, type Replayer, replayDelivery } from './replaying.ts';
import { expire, settle } from './settling.ts';
import { letGo, type Look, RetentionClock } from './retaining.ts';
import { sweepLane } from './sweeping.ts';
import { readEvent } from './views.ts';

export type Effects = {
  run: Run[];
  /** Claims for the FANOUT and the SLOW queue. */
  fanout: ClaimRef[];
  slow: ClaimRef[];
  log: LogEntry[];
  /** Endpoints whose receiver asked to be disabled, with the reason and the settings that its request left under. */
  disable: { endpoint: string; reason: string; seenRevision: number }[];
  /** Outcomes that Gates must hear of. */
  reports: { endpoint: string; outcome: AttemptOutcome }[];
  /** Null: nothing is owed. */
  wakeAtMs: number | null;
  /** Of the account's retention; where nothing is owed, also when to wake. */
  look: Look;
};

export type At = { nowMs: number; random: () => number };

export type LedgerOptions = {
  address: RecordAddress;
  /** What others in this isolate learned of an endpoint's latency; may always answer null. */
  latencyElsewhere?: (endpoint: string) => number | null;
};

/** What a Record asked its Gate under, and so what the answer stands for. */
export type Asked = { seenRevision: number; wakes: number };

export class Ledger {
  readonly #sql: Sql;
  readonly #options: LedgerOptions;
  #memory: Memory | null = null;
  /** By endpoint, the revision that settings must have: its Gate, or a publish, knew better. In no row, so it outlives the picture in memory. */
  readonly #revisions = new Map<string, number>();
  readonly #passes = new Passes();
  readonly #retention = new RetentionClock();
  readonly #planning: PlanningFacts = {
    latencyElsewhere: (endpoint) => this.#options.latencyElsewhere?.(endpoint) ?? null,
    revisionNeeded: (endpoint) => this.revisionNeeded(endpoint),
  };
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

  /** `storageBytes`: what its database holds. */
  accept(request: AcceptRequest, at: At, storageBytes = 0): { result: AcceptResult[]; effects: Effects } {
    for (const endpoint of request.endpoints) {
      // What the publish knows of a pause or a limit is in force here at once, whatever this isolate remembers.
      const isHeldBack = endpoint.status !== 'enabled' || isGuarded(endpoint);
      if (isHeldBack && request.settings !== null) this.#need(endpoint.id, request.settings.revision);
    }
    if (request.settings !== null) this.#retention.learn(request.settings);
    const work = (memory: Memory) => {
      const answers = acceptEvents(memory, request, { nowMs: at.nowMs, storageBytes });
      planTurn(memory, at.nowMs, request.settings, this.#planning);
      return answers.map((answer) => answer());
    };
    return this.#turn(at, work, { publishing: request.accountCreatedAtMs });
  }

  /**
   * Claims that ran out, deliveries that are due, log entries that nobody confirmed. `isInherited`: the alarm was set by an
   * instance that is gone, and perhaps the log lacks what that one knew. `isQuiet`: nothing was owed, it rings for retention.
   */
  alarm(at: At, { isInherited, isQuiet }: Rang): Effects {
    if (isInherited) {
      this.#memory = null;
      this.#suspectFromMs = at.nowMs;
    }
    return this.#turn(at, () => undefined, { isQuiet }).effects;
  }

  /** Lets go of some of what the account no longer keeps, under its settings, read just now. True: there is more. */
  retain(settings: AccountSettings, at: At): { result: boolean; effects: Effects } {
    this.#retention.learn(settings);
    return this.#turn(at, (memory) => letGo(memory, settings, at.nowMs));
  }

  /** Asks for the request of a claim, under settings read just now (null: the account is gone). `isAdmitted`: its Gate said go. */
  begin(
    ref: ClaimRef,
    settings: AccountSettings | null,
    at: At,
    isAdmitted = false,
  ): { result: Begin; effects: Effects } {
    const mayPass = (endpoint: string, { via }: Claim) =>
      isAdmitted || this.#passes.take(endpoint, at.nowMs, via === 'self' ? PASS_MS : PASS_QUEUED_MS);
    if (settings !== null) this.#retention.learn(settings);
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

  /** The Gate knows settings as new as `revision` under which nothing waits: the claim goes back, and they are read. */
  unparked(ref: ClaimRef, revision: number, dueMs: number, at: At): Effects {
    this.#need(ref.endpoint, revision);
    return this.release([ref], dueMs, at);
  }

  /** The Gate lets a lane go on, under settings at least as new as `revision`: `passes` attempts, or (null) as it likes. */
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

  /** Cancels some of what waits for an endpoint that takes it no longer, under settings read just now (null: the account is gone). */
  sweep(endpoint: string, settings: AccountSettings | null, at: At): { result: Swept; effects: Effects } {
    return this.#turn(at, (memory) => sweepLane(memory, endpoint, settings, at.nowMs));
  }

  settle(settled: { claim: ClaimRef; outcome: AttemptOutcome }[], at: At): Effects {
    const disable: Effects['disable'] = [];
    const reports: Effects['reports'] = [];
    const { effects } = this.#turn(at, (memory) => {
      for (const { claim, outcome } of settled) {
        const { endpoint } = claim;
        const found = findClaimed(memory, claim);
        // Settled once more, it is no news; nor is a fault of ours one of the endpoint.
        const isOfEndpoint = found !== null && outcome.error?.kind !== 'not-sent';
        const isNews = isOfEndpoint && (found.claim.under?.isWatched === true || outcome.error !== null);
        if (isNews) reports.push({ endpoint, outcome });
        const asked = settle(memory, claim, outcome, at);
        if (asked !== null) disable.push({ endpoint, ...asked });
      }
    });
    return { ...effects, disable, reports };
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

  /** All rows of a turn or none; the picture in memory falls with them. `publishing`: for whom it is a publish (life.ts). */
  #turn<T>(
    at: At,
    work: (memory: Memory) => T,
    { isQuiet = false, publishing }: { isQuiet?: boolean; publishing?: number | undefined } = {},
  ): { result: T; effects: Effects } {
    try {
      return this.#sql.transaction(() => {
        if (begins(this.memory, publishing)) this.#startAnew();
        const { memory } = this;
        memory.life = publishing ?? memory.life;
        const result = work(memory);
        for (const slot of [...memory.claimed]) {
          const { claim } = slot.delivery;
          if (claim !== null && claim.untilMs <= at.nowMs) expire(memory, slot, claim, at);
        }
        planTurn(memory, at.nowMs, null, this.#planning);
        const log = collectLog(memory, at.nowMs);
        memory.write();
        const wakeAtMs = this.#wakeAtMs(memory);
        const look = this.#retention.look(memory, at.nowMs, isQuiet);
        return { result, effects: { ...memory.takeStarted(), log, disable: [], reports: [], wakeAtMs, look } };
      });
    } catch (error) {
      // What was owed before is still owed, and the log may lack anything that this instance had told it.
      this.#memory = null;
      this.#suspectFromMs ??= at.nowMs;
      throw error;
    }
  }

  /** Nothing is known, and so nothing is owed, of what was here. */
  #startAnew(): void {
    this.memory.rows.dropAll();
    this.#suspectFromMs = null;
    this.#memory = null;
  }

  /** The one place that derives when to wake (I5). */
  #wakeAtMs(memory: Memory): number | null {
    let wakeAtMs = Math.min(nextLogMs(memory), nextExpiryMs(memory));
    for (const lane of memory.lanes.values()) wakeAtMs = Math.min(wakeAtMs, lane.dueMs ?? Infinity);
    for (const { delivery } of memory.claimed) wakeAtMs = Math.min(wakeAtMs, delivery.claim?.untilMs ?? Infinity);
    return wakeAtMs === Infinity ? null : wakeAtMs;
  }
}
