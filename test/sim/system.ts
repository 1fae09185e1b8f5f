/**
 * The whole system in a simulated world: one account, its endpoints, records, gates, queues and D1,
 * wired as env.ts would.
 */
import { BY_RECEIVER } from '../../src/core/audit.ts';
import { parseDeliveryId, recordName, shardName, type ShardsOf, splitRecordName } from '../../src/core/ids.ts';
import type { JobStart } from '../../src/core/job.ts';
import { SWEEP_LEFT_WAIT_MS } from '../../src/core/limits.ts';
import type { LoggedRecord } from '../../src/core/log.ts';
import type { ClaimRef } from '../../src/core/rpc.ts';
import { EndpointCache } from '../../src/lookup/endpoint-cache.ts';
import { SettingsCache } from '../../src/lookup/settings.ts';
import { EndpointHints } from '../../src/shard/hints.ts';
import { consumeFanout } from '../../src/queues/fanout.ts';
import { consumeLog } from '../../src/queues/log.ts';
import { writeLog } from '../../src/store/log/log-write.ts';
import { addressIn, shardsOf } from '../../src/lookup/address.ts';
import { ACCOUNT, AccountHost } from './account-object.ts';
import { Endpoints } from './endpoints.ts';
import { GateHost } from './gate-object.ts';
import { Publisher } from './publisher.ts';
import { SimQueue } from './queues.ts';
import { Receivers } from './receivers.ts';
import { RecordHost, ShardHost, type ShardInstance, type ShardReach } from './shard-object.ts';
import { Life } from './schedule.ts';
import { SqliteD1 } from './sqlite.ts';
import { isAnythingDue, type StoredEvent } from './stored.ts';
import { Watch } from './watch.ts';
import { type Node, World } from './world.ts';

const REMOVAL_PASSES = 2;
const REMOVAL_REST_MS = 61_000;

/** `isQuiet`: of a Shard that waits for nothing but retention. */
type Alarm = { what: string; atMs: number; isQuiet: boolean; ring: () => void };

export class System {
  readonly world: World;
  readonly shards = new Map<string, ShardHost>();
  readonly records = new Map<string, RecordHost>();
  readonly gates = new Map<string, GateHost>();
  readonly account: AccountHost;
  readonly endpoints: Endpoints;
  readonly receivers: Receivers;
  readonly publisher: Publisher;
  readonly fanout: SimQueue;
  readonly slow: SimQueue;
  readonly log: SimQueue;
  readonly d1: SqliteD1;
  readonly watch: Watch;
  readonly #person = new Life('person');
  readonly #job = new Life('job');
  readonly #jobs = new Set<string>();
  /** Where each endpoint's account has, or had, its Shards. */
  readonly #places = new Map<string, ShardsOf>();
  readonly #caches = new Map<Node, SettingsCache>();
  readonly #endpointCaches = new Map<Node, EndpointCache>();
  readonly #reach: ShardReach;

  constructor(seed: number) {
    const world = new World(seed);
    this.world = world;
    this.d1 = new SqliteD1((what, work) => this.#databaseCall(what, work));
    this.watch = new Watch(world, this.d1, {
      orderingOf: (endpoint) => this.endpoints.orderingOf(endpoint),
      keptMsMin: () => this.endpoints.keptMsMin,
      isFormer: (record) => this.isFormer(record),
      isParked: (endpoint, record) => this.gates.get(endpoint)?.parked().has(record) ?? false,
    });
    this.receivers = new Receivers(world, this.watch);
    this.fanout = new SimQueue(world, 'FANOUT');
    this.slow = new SimQueue(world, 'SLOW');
    this.log = new SimQueue(world, 'LOG');
    this.account = new AccountHost(world, {
      changed: (from, endpoint, settings) =>
        world.call(from, `gate ${endpoint.slice(-4)}.changed(${JSON.stringify(settings)})`, true, () => {
          const gate = this.#gate(endpoint).running();
          return { life: gate.life, run: () => gate.changed(settings) };
        }),
      startJob: (start) => this.#startJob(start),
      lastSuccessMs: (endpoint, sinceMs) => this.#lastSuccessMs(endpoint, sinceMs),
    });
    this.endpoints = new Endpoints(world, this.account, world.prng.pick([0, 0, 14, 60]));
    this.#notePlaces();
    for (const node of world.nodes) this.#forgetSettings(node);
    this.#reach = this.#shardReach();
    this.publisher = new Publisher(world, {
      settings: (node, isFresh) =>
        isFresh
          ? this.#cache(node).fresh(ACCOUNT, world.clockOf(node))
          : this.#cache(node).get(ACCOUNT, world.clockOf(node)),
      accept: (from, record, request) =>
        this.#call(from, record, 'accept', true, async ({ core }, of) => {
          const [results = []] = await core.accept([{ record: of, request: structuredClone(request) }]);
          return results;
        }),
      known: (record, id) => {
        const host = this.#record(record);
        const of = (events: Iterable<StoredEvent>, isGone: boolean) =>
          [...events].filter(({ facts }) => facts.id === id).map(({ facts }) => ({ ...facts, isGone }));
        const known = [...of(this.watch.stored(host).values(), false), ...of(this.watch.gone(host).values(), true)];
        return known.sort((a, b) => b.sequence - a.sequence);
      },
      broken: (error) => this.watch.broken(error),
      isFormer: (record) => this.isFormer(record),
    });
  }

  #cache(node: Node): SettingsCache {
    const cache = this.#caches.get(node);
    if (cache === undefined) throw new Error(`${node.name} has no settings cache`);
    return cache;
  }

  #forgetSettings(node: Node): void {
    const life = new Life(node.name);
    const read = () =>
      this.world.call(life, 'account.settings', true, () => ({
        life: this.account.life,
        run: async () => this.account.ledger.settings(),
      }));
    this.#caches.set(node, new SettingsCache({ read }));
    const readSome = (_: string, endpoints: string[]) =>
      this.world.call(life, 'account.settings', true, () => ({
        life: this.account.life,
        run: async () => this.account.ledger.settingsOf(endpoints),
      }));
    this.#endpointCaches.set(node, new EndpointCache(readSome));
    node.hints = new EndpointHints();
  }

  #gate(endpoint: string): GateHost {
    const known = this.gates.get(endpoint);
    if (known !== undefined) return known;
    const { world } = this;
    const gate = new GateHost(world, endpoint, {
      wake: (from, shard, of, revision, wakes) =>
        this.#callShard(from, shard, `wake(${of.slice(-4)}, ${revision}, ${wakes.length})`, true, ({ core }) =>
          core.wake(of, revision, structuredClone(wakes)),
        ),
      watch: (from, of, isWatched) =>
        world.call(from, `account.watchEndpoint(${of.slice(-4)}, ${isWatched})`, true, () => ({
          life: this.account.life,
          run: async () => this.account.change((book) => book.watchEndpoint(of, isWatched)),
        })),
      disableFailing: (from, of, sinceMs) =>
        world.call(from, `account.disableFailing(${of.slice(-4)})`, false, () => ({
          life: this.account.life,
          run: () => this.account.disableFailing(of, sinceMs),
        })),
    });
    this.gates.set(endpoint, gate);
    return gate;
  }

  #shard(name: string): ShardHost {
    const known = this.shards.get(name);
    if (known !== undefined) return known;
    const host = new ShardHost(this.world, name, this.#reach);
    this.shards.set(name, host);
    return host;
  }

  #record(name: string): RecordHost {
    const known = this.records.get(name);
    if (known !== undefined) return known;
    const parts = splitRecordName(name);
    if (parts === null) throw new Error(`${name} is no record's name`);
    const host = new RecordHost(this.#shard(parts.shard), parts.record);
    this.records.set(name, host);
    return host;
  }

  /** `run` is handed the record as its Shard names it. */
  #call<T>(
    from: Life,
    name: string,
    what: string,
    isRetryable: boolean,
    run: (instance: ShardInstance, record: string) => Promise<T>,
  ): Promise<T> {
    const { shard, record } = this.#record(name);
    return this.#callShard(from, shard.name, `${name.slice(-6)}.${what}`, isRetryable, (instance) =>
      run(instance, record),
    );
  }

  #callShard<T>(
    from: Life,
    shard: string,
    what: string,
    isRetryable: boolean,
    run: (instance: ShardInstance) => Promise<T>,
  ): Promise<T> {
    return this.world.call(from, `shard ${shard.slice(-3)} ${what}`, isRetryable, () => {
      const instance = this.#shard(shard).running();
      return { life: instance.life, run: () => run(instance) };
    });
  }

  #shardReach(): ShardReach {
    const { world } = this;
    return {
      settings: async (node, { endpoints, ...need }) => {
        const cache = this.#endpointCaches.get(node);
        if (cache === undefined) throw new Error(`${node.name} has no cache of endpoints`);
        return cache.get(ACCOUNT, endpoints, world.clockOf(node), need);
      },
      attempt: (from, node, request) =>
        this.receivers.attempt(from, node, this.#recordNameOf(request.delivery), request),
      sendClaims: (from, queue, bodies) => this[queue].send(from, bodies),
      sendLog: (from, message) => this.log.send(from, [message]),
      admit: (from, endpoint, record, seen) =>
        world.call(from, `gate ${endpoint.slice(-4)}.admit(${record.slice(-6)}, ${seen.revision})`, false, () => {
          const gate = this.#gate(endpoint).running();
          return { life: gate.life, run: () => gate.admit(record, seen) };
        }),
      report: (from, endpoint, record, reports) =>
        world.call(from, `gate ${endpoint.slice(-4)}.report(${record.slice(-6)})`, false, () => {
          const gate = this.#gate(endpoint).running();
          return { life: gate.life, run: () => gate.report(record, reports) };
        }),
      disable: (from, endpoint, reason, seenRevision) =>
        world.call(from, 'account.disableEndpoint', true, () => ({
          life: this.account.life,
          run: async () => {
            this.account.change((book, nowMs) =>
              book.disableEndpoint(endpoint, reason, seenRevision, BY_RECEIVER, nowMs, this.account.sweep('tubepost')),
            );
          },
        })),
      committed: (shard, records) => {
        for (const record of records) this.watch.committed(this.#record(`${shard.name}/${record}`));
      },
      removed: (shard) => this.#forget(shard),
      alarmFailed: (shard, nowMs) => this.watch.alarmFailed(shard, nowMs),
      departs: (shard, request) => this.watch.departs(this.#record(`${shard.name}/${request.claim.record}`), request),
    };
  }

  /** A call to D1: it may fail before or after its work. */
  #databaseCall<T>(what: string, work: () => T): Promise<T> {
    const { world } = this;
    const { promise, resolve, reject } = Promise.withResolvers<T>();
    const run = () => {
      const fail = (when: string) => {
        world.saw(`D1 failed ${when}`);
        reject(new Error(`D1 failed ${when}`));
      };
      if (world.prng.chance(world.faults.databaseFails)) return fail('before its work');
      const result = work();
      if (world.prng.chance(world.faults.databaseFailsLate)) return fail('after its work');
      resolve(result);
    };
    world.schedule.add(what, () => {
      try {
        run();
      } catch (error) {
        reject(error instanceof Error ? error : new Error(String(error)));
      }
    });
    return promise;
  }

  #lastSuccessMs(endpoint: string, sinceMs: number): number | null {
    const [row] = this.d1.storage.query(
      `SELECT max(ended_at_ms) AS at FROM deliveries WHERE endpoint = ? AND status = 'delivered' AND ended_at_ms > ?`,
      endpoint,
      sinceMs,
    );
    return typeof row?.['at'] === 'number' ? row['at'] : null;
  }

  #notePlaces(): void {
    const { place } = this.account;
    for (const { id } of this.endpoints.all()) if (!this.#places.has(id)) this.#places.set(id, place);
  }

  /** A delivery's id leads to its record. */
  #recordNameOf(delivery: string): string {
    const located = parseDeliveryId(delivery);
    if (located === null) throw new Error(`${delivery} is no delivery id`);
    if (!this.#places.has(located.endpoint)) this.#notePlaces();
    const place = this.#places.get(located.endpoint);
    if (place === undefined) throw new Error(`${located.endpoint} was never made`);
    return recordName(addressIn(place, located));
  }

  /** A record, or its Shard, of an account that was removed. */
  isFormer(name: string): boolean {
    const facts = this.account.ledger.facts();
    return facts === null || !name.includes(`:${facts.incarnation}:`);
  }

  /** An endpoint of an account that was removed. */
  isFormerEndpoint(endpoint: string): boolean {
    const place = this.#places.get(endpoint);
    return place !== undefined && place.incarnation !== this.account.ledger.facts()?.incarnation;
  }

  #forget(shard: ShardHost): void {
    const hosts = [...this.records.values()].filter((host) => host.shard === shard);
    this.watch.forget(hosts);
    for (const { name } of hosts) this.records.delete(name);
    shard.poisoned.clear();
  }

  /** As the job of src/job/sweep.ts: every Shard, until nothing waits. */
  #startJob({ id, spec }: JobStart): void {
    if (this.#jobs.has(id) || spec.kind !== 'sweep') return;
    this.#jobs.add(id);
    const { endpoint, revision } = spec;
    const sweepAll = () =>
      Promise.all(shardsOf(spec).map((shard) => this.#sweep(shardName(shard), endpoint, revision)));
    sweepAll().catch((error: unknown) => this.watch.broken(error));
  }

  async #sweep(shard: string, endpoint: string, revision: number): Promise<void> {
    const { world } = this;
    for (;;) {
      const { cancelled, left, isMore } = await this.#untilDone(`sweep(${endpoint.slice(-4)})`, () =>
        this.#callShard(this.#job, shard, `sweep(${endpoint.slice(-4)}, ${revision})`, true, ({ core }) =>
          core.sweep(endpoint, revision),
        ),
      );
      if (cancelled > 0) world.saw('swept');
      if (!isMore && left === 0) return;
      await world.later('a sweep comes again', this.#job, isMore ? 0 : SWEEP_LEFT_WAIT_MS, () => undefined);
    }
  }

  /** As a job repeats an item that failed. */
  async #untilDone<T>(what: string, work: () => Promise<T>): Promise<T> {
    for (;;) {
      try {
        return await work();
      } catch (error) {
        this.world.note(`${what} failed, comes again: ${String(error)}`);
        await this.world.later(`${what} again`, this.#job, 1_000, () => undefined);
      }
    }
  }

  /** The account goes, and after a while there is another of its id. */
  removeAccount(): string {
    if (this.account.ledger.facts() === null) return 'there is no account to remove';
    this.#notePlaces();
    const removal = this.account.remove();
    if (removal === null) throw new Error('an account that is there was not removed');
    this.world.saw('account removed');
    this.#remove(removal).catch((error: unknown) => this.watch.broken(error));
    return `the account ${removal.place.incarnation} is removed`;
  }

  /**
   * As the job of src/job/account-removal.ts: Gates, Shards and rows, in passes; then the Account.
   */
  async #remove({ id, place }: { id: string; place: ShardsOf }): Promise<void> {
    const { world } = this;
    for (let pass = 1; pass <= REMOVAL_PASSES; pass += 1) {
      for (const endpoint of this.account.endpointsOfRemoved(id)) {
        await this.#untilDone('gate.erase', () =>
          world.call(this.#job, `gate ${endpoint.slice(-4)}.erase`, true, () => {
            const gate = this.#gate(endpoint);
            return { life: this.account.life, run: async () => gate.erase() };
          }),
        );
      }
      for (const shard of shardsOf(place)) {
        await this.#untilDone('shard.remove', () =>
          this.#callShard(this.#job, shardName(shard), 'remove', true, async ({ core }) => core.remove()),
        );
      }
      await this.#untilDone('rows', () =>
        this.#databaseCall('rows of a removed account', () => {
          for (const table of ['deliveries', 'attempts', 'events']) this.d1.storage.query(`DELETE FROM ${table}`);
        }),
      );
      await world.later('another pass of a removal', this.#job, REMOVAL_REST_MS, () => undefined);
    }
    this.account.erase(id);
    await world.later('another account is made', this.#job, world.prng.between(0, 60_000), () => undefined);
    this.account.make();
    this.endpoints.begin();
    this.#notePlaces();
    world.saw('account made again');
  }

  consumeClaims(queue: 'fanout' | 'slow'): boolean {
    const { world } = this;
    return this[queue].deliver((batch, life) => {
      const node = world.prng.pick(world.nodes);
      return consumeFanout(batch, {
        shard: (name) => ({
          begin: (claims: ClaimRef[]) =>
            this.#callShard(life, name, 'begin', false, ({ core }) => core.begin(structuredClone(claims))),
          settle: (settled) =>
            this.#callShard(life, name, 'settle', true, ({ core }) => core.settle(structuredClone(settled))),
        }),
        send: (request) => {
          world.saw('attempt by a consumer');
          return this.receivers.attempt(life, node, this.#recordNameOf(request.delivery), request);
        },
        nowMs: () => world.clockOf(node),
        wait: (ms) => world.later('a group of outcomes is full', life, ms, () => undefined),
        report: (message, facts) => world.note(`${message} ${JSON.stringify(facts)}`.slice(0, 160)),
      });
    });
  }

  consumeLog(): boolean {
    return this.log.deliver((batch, life) =>
      consumeLog(batch, {
        write: (records: LoggedRecord[]) => writeLog(this.d1.binding(), records),
        isUp: () =>
          this.d1.first('SELECT 1', []).then(
            () => true,
            () => false,
          ),
        confirm: (shard, confirmed) =>
          this.#callShard(life, shard, 'confirm', true, ({ core }) => core.confirm(structuredClone(confirmed))),
        recordFaults: () => Promise.resolve(),
        exportSpans: () => undefined,
        report: (line) => this.world.note(JSON.stringify(line).slice(0, 160)),
      }),
    );
  }

  /**
   * A person replays or discards some delivery, perhaps of an event that is gone, or has a payload
   * erased.
   */
  act(): string {
    const { prng } = this.world;
    const eventsOf = (host: RecordHost) => [
      ...this.watch.stored(host).values(),
      ...(prng.chance(0.2) ? this.watch.gone(host).values() : []),
    ];
    const hosts = [...this.records.values()].filter((host) => this.watch.stored(host).size > 0);
    if (hosts.length === 0) return 'nothing to act on';
    const host = prng.pick(hosts);
    const events = eventsOf(host);
    if (prng.chance(0.1)) {
      const { facts } = prng.pick(events);
      this.#call(this.#person, host.name, 'erasePayload', true, ({ core }, record) =>
        core.erasePayload(record, facts.id),
      ).catch(() => this.world.saw('erasure without an answer'));
      return `erase ${facts.id} of ${host.name.slice(-6)}`;
    }
    const deliveries = events.flatMap((event) => event.deliveries);
    if (deliveries.length === 0) return 'nothing to act on';
    const dead = deliveries.filter(({ delivery }) => delivery.state.as === 'dead');
    const { sequence, delivery } = prng.pick(dead.length > 0 && prng.chance(0.5) ? dead : deliveries);
    const ref = { sequence, endpoint: delivery.endpoint, replay: delivery.replay };
    const text = `of ${host.name.slice(-6)} ${sequence}/${delivery.endpoint.slice(-4)}/${delivery.replay}`;
    if (prng.chance(0.7)) {
      const by = this.#replayer();
      this.#call(this.#person, host.name, 'replay', by.job !== undefined, ({ core }, record) =>
        core.replay(record, ref, by),
      ).then(
        (result) => this.world.saw(result.ok ? 'replay accepted' : `replay refused: ${result.error.reason}`),
        () => this.world.saw('replay without an answer'),
      );
      return `replay ${text}`;
    }
    if (prng.chance(0.5)) return this.#sendMissing(host);
    const by = { key: 'key_1', reason: prng.chance(0.5) ? 'not needed' : null };
    this.#call(this.#person, host.name, 'discard', false, ({ core }, record) => core.discard(record, ref, by)).then(
      (result) => this.world.saw(result.ok ? 'discarded' : `discard refused: ${result.error.reason}`),
      () => this.world.saw('discard without an answer'),
    );
    return `discard ${text}`;
  }

  /** No more faults; every receiver is well, every endpoint enabled. */
  calmDown(): void {
    this.world.calmDown();
    this.receivers.isCalm = true;
    this.endpoints.enableAll();
  }

  /** Hostile again. */
  goOn(): void {
    this.world.faults = this.world.drawn;
    this.receivers.isCalm = false;
  }

  /** A person, or a job, whose calls come again. */
  #replayer() {
    const { prng } = this.world;
    const job = prng.chance(0.5) ? 'job_1' : undefined;
    return { key: 'key_1', reason: null, force: prng.chance(0.3), job };
  }

  /** Some event to some endpoint, which mostly has a delivery of it. */
  #sendMissing(host: RecordHost): string {
    const { prng } = this.world;
    const all = this.endpoints.all();
    if (all.length === 0) return 'nothing to send to';
    const missing = { sequence: prng.pick([...this.watch.stored(host).keys()]), endpoint: prng.pick(all).id };
    const by = this.#replayer();
    this.#call(this.#person, host.name, 'replayMissing', by.job !== undefined, ({ core }, record) =>
      core.replayMissing(record, missing, by),
    ).then(
      (result) => this.world.saw(result.ok ? 'missing event sent' : `missing event refused: ${result.error.reason}`),
      () => this.world.saw('missing event without an answer'),
    );
    return `send ${host.name.slice(-6)} ${missing.sequence} to ${missing.endpoint.slice(-4)} as missing`;
  }

  /** Something dies: one shard's instance, a gate's, or a machine with all that ran there. */
  crash(): string {
    const { prng, nodes } = this.world;
    const running = [...this.shards.values()].filter(({ instance }) => instance !== null);
    const what = prng.weighted({ shard: 55, gate: 10, node: 7, evict: 28 });
    if (what === 'node') {
      const node = prng.pick(nodes);
      for (const host of running) if (host.instance?.node === node) host.crash();
      this.#forgetSettings(node);
      this.world.saw('machine crashed');
      return `${node.name} crashes`;
    }
    if (what === 'gate') {
      const gates = [...this.gates.values()];
      if (gates.length > 0) prng.pick(gates).crash();
      return 'a gate crashes';
    }
    if (running.length === 0) return 'nothing runs';
    if (what === 'evict') {
      const idle = running.find((host) => host.evict());
      if (idle !== undefined) this.world.saw('evicted');
      return idle === undefined ? 'nothing is idle' : `${idle.name.slice(-6)} is evicted`;
    }
    const host = prng.pick(running);
    host.crash();
    this.world.saw('shard crashed');
    return `${host.name.slice(-6)} crashes`;
  }

  /** Alarms whose time has come. */
  alarms(): Alarm[] {
    const alarms: Alarm[] = [];
    for (const host of this.shards.values()) {
      if (host.alarmAtMs === null) continue;
      const isQuiet = host.isArmedWhole && !isAnythingDue(host.storage);
      const what = `${isQuiet ? 'quiet alarm' : 'alarm'} of ${host.name.slice(-3)}`;
      const ring = () => {
        const { entriesTold } = host;
        host.ring();
        if (isQuiet) this.watch.rangQuietly(host, host.entriesTold - entriesTold);
        if (this.world.prng.chance(this.world.faults.alarmRepeats)) this.#ringAgain(host);
      };
      alarms.push({ what, atMs: host.alarmAtMs, isQuiet, ring });
    }
    for (const gate of this.gates.values()) {
      if (gate.alarmAtMs === null || gate.isRinging) continue;
      const what = `alarm of gate ${gate.endpoint.slice(-4)}`;
      alarms.push({ what, atMs: gate.alarmAtMs, isQuiet: false, ring: () => gate.ring() });
    }
    const { account } = this;
    if (account.alarmAtMs !== null && !account.isSending) {
      const ring = () => account.ring();
      alarms.push({ what: 'alarm of the account', atMs: account.alarmAtMs, isQuiet: false, ring });
    }
    return alarms;
  }

  /** The platform runs one alarm of an object at a time: it comes again once this one has ended. */
  #ringAgain(host: ShardHost): void {
    this.world.schedule.add('an alarm runs once more', () => {
      this.world.saw('alarm rang twice');
      host.ring();
    });
  }
}
