/**
 * Looks at every record after every turn and at every request, and asks the invariants. Counts what
 * a run really saw.
 */
import type { Ordering } from '../../src/core/endpoint.ts';
import { deliveryId } from '../../src/core/ids.ts';
import { CLAIM_GRACE_MS } from '../../src/core/limits.ts';
import type { AttemptRequest } from '../../src/core/rpc.ts';
import type { KeptMs } from '../../src/core/retention.ts';
import * as invariants from '../support/invariants.ts';
import { type StoredDelivery, Violation } from '../support/invariants.ts';
import type { RecordHost, ShardHost } from './shard-object.ts';
import type { Sent } from './receivers.ts';
import { pinsOld } from './publisher.ts';
import type { SqliteD1 } from './sqlite.ts';
import { keyOf, payloadRows, readStored, type StoredEvent } from './stored.ts';
import type { World } from './world.ts';

type LaneHistory = {
  /** Sequences in the order of their first request. */
  sent: number[];
  version: number | null;
  /** Of each delivery, its first request, and the attempt numbers that left. */
  first: Map<string, { request: AttemptRequest; numbers: Set<number> }>;
  running: Sent[];
};

/** An event whose row retention took. */
export type GoneEvent = StoredEvent & { endedAtMs: number };

export type WatchLinks = {
  /** The shortest that the account has ever said, in ms from an event's end. */
  keptMsMin: () => KeptMs;
  /** The ordering that an endpoint has always had; null where it was changed. */
  orderingOf(endpoint: string): Ordering | null;
  isParked(endpoint: string, record: string): boolean;
  /** Of an account that was removed: its Gates and its log may have gone before it. */
  isFormer(record: string): boolean;
};

export class Watch {
  readonly #world: World;
  readonly #links: WatchLinks;
  readonly #d1: SqliteD1;
  readonly #stored = new Map<RecordHost, Map<number, StoredEvent>>();
  /** As it was before the last turn. */
  readonly #before = new Map<RecordHost, ReadonlyMap<number, StoredEvent>>();
  readonly #lanes = new Map<string, LaneHistory>();
  readonly #changed = new Set<RecordHost>();
  readonly #gone = new Map<RecordHost, Map<number, GoneEvent>>();
  readonly #departed = new Map<string, { number: number; atMs: number }>();
  #departures = 0;
  /** Thrown inside code that catches: kept until the step ends. */
  violation: Error | null = null;

  constructor(world: World, d1: SqliteD1, links: WatchLinks) {
    this.#world = world;
    this.#d1 = d1;
    this.#links = links;
  }

  stored(host: RecordHost): ReadonlyMap<number, StoredEvent> {
    return this.#stored.get(host) ?? new Map<number, StoredEvent>();
  }

  gone(host: RecordHost): ReadonlyMap<number, GoneEvent> {
    return this.#gone.get(host) ?? new Map<number, GoneEvent>();
  }

  committed(host: RecordHost): void {
    this.#changed.add(host);
    this.#guard(() => this.#look(host));
  }

  /** Its account was removed: nothing that is known of these records holds any more. */
  forget(hosts: readonly RecordHost[]): void {
    for (const host of hosts) {
      for (const known of [this.#stored, this.#before, this.#gone]) known.delete(host);
      this.#changed.delete(host);
      for (const key of this.#lanes.keys()) if (key.startsWith(`${host.name}/`)) this.#lanes.delete(key);
    }
  }

  alarmFailed(shard: ShardHost, nowMs: number): void {
    this.#world.saw('alarm that failed');
    this.#guard(() => invariants.ringsAgainSoon(shard.name, shard.alarmAtMs, nowMs));
  }

  /** A ring for retention must not tell the log what that has, and has perhaps deleted since. */
  rangQuietly(shard: ShardHost, entries: number): void {
    this.#world.saw('quiet ring');
    this.#guard(() => {
      if (entries > 0) throw new Violation('I8', shard.name, `a quiet ring told the log of ${entries} entries`);
    });
  }

  /** After a step: what must hold between turns. */
  afterStep(): void {
    for (const host of this.#changed) this.#guard(() => this.#between(host));
    this.#changed.clear();
    if (this.violation !== null) throw this.violation;
  }

  #guard(check: () => void): void {
    try {
      check();
    } catch (error) {
      this.broken(error);
    }
  }

  broken(error: unknown): void {
    this.violation ??= error instanceof Error ? error : new Error(String(error));
  }

  #look(host: RecordHost): void {
    const before = this.stored(host);
    const after = readStored(host.shard.storage, host.record, before);
    this.#before.set(host, before);
    this.#stored.set(host, after);
    this.#lookAtRetention(host, before, after);
    invariants.sequencesAreDense(host.name, after.keys(), this.gone(host).keys());
    for (const [sequence, event] of after) {
      const old = before.get(sequence);
      if (old === event) continue;
      invariants.isReplayedOnceByAJob(host.name, event.deliveries);
      const was = new Map(old?.deliveries.map((one) => [keyOf(one), one]));
      for (const one of event.deliveries) {
        const earlier = was.get(keyOf(one));
        if (earlier !== undefined && earlier.delivery !== one.delivery) {
          const hasLeft = this.#departed.has(claimKey(host.name, one, earlier.delivery.claim?.number));
          invariants.changesLegally(host.name, earlier, one, { nowMs: host.shard.turnMs, hasLeft });
        }
        this.#count(host, earlier, one, after);
      }
    }
  }

  #lookAtRetention(
    host: RecordHost,
    before: ReadonlyMap<number, StoredEvent>,
    after: ReadonlyMap<number, StoredEvent>,
  ): void {
    const kept = this.#links.keptMsMin();
    for (const [sequence, event] of before) {
      if (after.has(sequence)) continue;
      invariants.mayGo(host.name, 'row', event.deliveries, host.shard.turnMs, kept.rows);
      this.#logHas(host, event);
      const gone = this.#gone.get(host) ?? new Map<number, GoneEvent>();
      this.#gone.set(host, gone.set(sequence, { ...event, endedAtMs: endedAtMs(event) }));
      this.#world.saw('row purged');
    }
    if (before.size > 0 && after.size === 0) this.#world.saw('record emptied');
    for (const [sequence, event] of after) {
      const { erasedAtMs, payloadExpiredAtMs } = event.facts;
      if (before.get(sequence) === event || (erasedAtMs ?? payloadExpiredAtMs) === undefined) continue;
      const old = before.get(sequence)?.facts;
      if (erasedAtMs !== undefined && old?.erasedAtMs === undefined) this.#world.saw('payload erased');
      if (payloadExpiredAtMs !== undefined && old?.payloadExpiredAtMs === undefined) {
        invariants.mayGo(host.name, 'payload', event.deliveries, host.shard.turnMs, kept.payload);
        this.#world.saw('payload expired');
      }
      invariants.payloadIsGone(host.name, sequence, payloadRows(host.shard.storage, host.record, sequence));
    }
  }

  #count(
    host: RecordHost,
    earlier: StoredDelivery | undefined,
    one: StoredDelivery,
    all: ReadonlyMap<number, StoredEvent>,
  ): void {
    const { state, claim, last, endpoint } = one.delivery;
    const world = this.#world;
    if (earlier === undefined && one.delivery.replay > 0) world.saw('replay');
    if (earlier !== undefined && one.delivery.attempts > earlier.delivery.attempts) {
      world.saw(last?.error?.kind === 'lost' ? 'attempt lost' : 'attempt settled');
    }
    if (earlier !== undefined && one.delivery.attempts === earlier.delivery.attempts) {
      const wasLost = earlier.delivery.last?.error?.kind === 'lost';
      if (wasLost && last?.error?.kind !== 'lost') world.saw('outcome after its loss');
    }
    if (claim?.via === 'fanout' && earlier?.delivery.claim?.number !== claim.number) world.saw('claim for the queue');
    if (earlier?.delivery.state.as === state.as) return;
    world.saw(`became ${state.as}`);
    if (state.kind !== 'ended') return;
    if (state.reason !== null) world.saw(`${state.as}: ${state.reason.split(':')[0]}`);
    if (state.reason === 'expired') world.saw(`expired while ${earlier?.delivery.state.as}`);
    if (earlier?.delivery.last?.error?.kind === 'lost' && state.as === 'delivered') world.saw('delivered after a loss');
    if (state.as !== 'superseded') return;
    // The newer event may have gone out as a replay only.
    const newer = all.get(state.supersededBy ?? 0) ?? this.gone(host).get(state.supersededBy ?? 0);
    const candidates = newer?.deliveries.filter((by) => by.delivery.endpoint === endpoint) ?? [];
    const by = candidates.find(({ delivery }) => delivery.claims > 0) ?? candidates[0];
    const ordering = host.address.kind === 'k' ? this.#links.orderingOf(endpoint) : 'unordered';
    if (by !== undefined && by.type !== one.type && by.delivery.claims === 0) world.saw('superseded by its group');
    if (ordering === 'ordered') world.saw('superseded in an ordered lane');
    invariants.isSupersededRightly(host.name, one, by, ordering);
  }

  #between(host: RecordHost): void {
    if (this.#links.isFormer(host.name) || host.shard.hasAlarmFailed || host.shard.poisoned.has(host.record)) return;
    const stored = this.stored(host);
    const lanes = new Map<string, StoredDelivery[]>();
    for (const { deliveries } of stored.values()) {
      for (const one of deliveries) {
        const { endpoint, state, claim } = one.delivery;
        if (state.kind === 'ended' && claim === null) continue;
        lanes.set(endpoint, [...(lanes.get(endpoint) ?? []), one]);
      }
    }
    invariants.workIsWatched(host.name, {
      lanes: [...lanes].map(([endpoint, items]) => ({
        ordering: host.address.kind === 'k' ? this.#links.orderingOf(endpoint) : 'unordered',
        items,
      })),
      alarmAtMs: host.shard.alarmAtMs,
      turnMs: host.shard.turnMs,
      isParkedAt: (endpoint) => this.#links.isParked(endpoint, host.name),
    });
    // I8: such an alarm, or none, says that the log has everything.
    if (host.shard.alarmAtMs === null || host.shard.isArmedWhole) {
      for (const event of stored.values()) this.#logHas(host, event);
    }
  }

  #logHas(host: RecordHost, { facts, deliveries }: StoredEvent): void {
    if (this.#links.isFormer(host.name)) return;
    const rows = new Map(
      this.#d1.storage
        .query('SELECT id, revision, status FROM deliveries WHERE account = ? AND event_id = ?', 'acme', facts.id)
        .map((row) => [row['id'], row]),
    );
    for (const { sequence, delivery } of deliveries) {
      const id = deliveryId(host.address, { sequence, endpoint: delivery.endpoint, replay: delivery.replay });
      const { revision, state } = delivery;
      invariants.logAgrees(host.name, `${id} that nothing is owed of`, { revision, status: state.as }, rows.get(id));
    }
  }

  /** A request may leave: seen in the turn that decides so. */
  departs(host: RecordHost, request: AttemptRequest): void {
    this.#guard(() => this.#departs(host, request));
  }

  #departs(host: RecordHost, request: AttemptRequest): void {
    const isKeyed = host.address.kind === 'k';
    const { sequence, endpoint, replay } = request.claim;
    this.#world.note(
      `  ${host.name.slice(-6)} ${sequence}/${endpoint.slice(-4)}/${replay} departs: attempt ${request.attempt}, claim ${request.claim.claim}`,
    );
    const lane = laneOf(this.stored(host), endpoint);
    const before = laneOf(this.#before.get(host) ?? new Map<number, StoredEvent>(), endpoint);
    const history = this.#lane(host.name, endpoint);
    const nowMs = host.shard.turnMs;
    invariants.mayDepart(host.name, {
      request,
      isKeyed,
      lane,
      before,
      attemptedVersion: history.version,
      nowMs,
    });
    const isOrdered = isKeyed && this.#links.orderingOf(endpoint) === 'ordered';
    const key = `${sequence}/${replay}`;
    const known = history.first.get(key) ?? { request: structuredClone(request), numbers: new Set<number>() };
    history.first.set(key, known);
    invariants.isNewAttempt(host.name, known.numbers, request);
    invariants.isTheSame(host.name, known.request, request, isOrdered);
    known.numbers.add(request.attempt);
    if (isOrdered && replay === 0) {
      const ever = [...lane, ...laneOf(this.gone(host), endpoint)];
      const perhaps = ever.filter(({ delivery }) => delivery.attempts > 0).map((one) => one.sequence);
      invariants.namesPrevious(host.name, request, history.sent, perhaps);
    }
    if (replay === 0) history.sent.push(sequence);
    const facts = this.stored(host).get(sequence)?.facts;
    if (facts?.erasedAtMs !== undefined) throw new Violation('I6', host.name, `${sequence} left after its erasure`);
    const version = facts?.version ?? null;
    if (facts !== undefined) {
      const { id, type, forms } = facts;
      const older = pinsOld(endpoint) ? forms?.[0] : undefined;
      if (older !== undefined) this.#world.saw('older form sent');
      const schemaVersion = older ?? facts.schemaVersion;
      const published = { id, type, version, sequence: isKeyed ? sequence : null, schemaVersion };
      invariants.saysWhatWasPublished(host.name, request, published);
    }
    if (version !== null) history.version = Math.max(version, history.version ?? version);
    this.#departures += 1;
    this.#departed.set(this.#requestKey(host.name, request), { number: this.#departures, atMs: this.#world.nowMs });
  }

  #requestKey(record: string, { claim }: AttemptRequest): string {
    return `${record}/${claim.endpoint}/${claim.sequence}/${claim.replay}/${claim.claim}`;
  }

  /** A receiver starts to work on a request. */
  arrives(sent: Sent): void {
    this.#guard(() => {
      const { record, request } = sent;
      const history = this.#lane(record, request.claim.endpoint);
      const isStill = (one: Sent) => one.endMs === null || one.endMs > this.#world.nowMs;
      history.running = history.running.filter((one) => isStill(one) && !one.isOver);
      if (record.split('/')[1]?.startsWith('k') === true) {
        const running = history.running.map((one) => this.#running(one));
        invariants.doesNotOverlap(record, this.#running(sent), running, this.#world.nowMs);
      }
      history.running.push(sent);
    });
  }

  /** We count on a request until we have its outcome, or until its claim is given up. */
  #running({ request, record, isOver }: Sent): invariants.Running {
    const departed = this.#departed.get(this.#requestKey(record, request)) ?? { number: 0, atMs: 0 };
    const givenUpMs = departed.atMs + request.endpoint.timeoutMs + CLAIM_GRACE_MS - 2 * this.#world.drawn.clockSkewMs;
    return { request, departed: departed.number, isLiveUntilMs: isOver ? 0 : givenUpMs };
  }

  #lane(record: string, endpoint: string): LaneHistory {
    const key = `${record}/${endpoint}`;
    const lane = this.#lanes.get(key) ?? { sent: [], version: null, first: new Map(), running: [] };
    this.#lanes.set(key, lane);
    return lane;
  }
}

/** Of an event that has ended: of its last delivery, or its acceptance where it has none. */
export function endedAtMs({ facts, deliveries }: StoredEvent): number {
  const ends = deliveries.map(({ delivery: { state } }) => (state.kind === 'ended' ? state.atMs : Infinity));
  return Math.max(facts.acceptedAtMs, ...ends);
}

function claimKey(record: string, { sequence, delivery }: StoredDelivery, claim: number | undefined): string {
  return `${record}/${delivery.endpoint}/${sequence}/${delivery.replay}/${claim}`;
}

function laneOf(stored: ReadonlyMap<number, StoredEvent>, endpoint: string): StoredDelivery[] {
  return [...stored.values()].flatMap(({ deliveries }) =>
    deliveries.filter(({ delivery }) => delivery.endpoint === endpoint),
  );
}
