/**
 * A replay of a range (R2, R3) as the real kind, over real Shards and the real log on node:sqlite:
 * the job's instance dies between any two of its effects, or the answer of one is lost, and the
 * Shard's with it.
 */
import { DatabaseSync } from 'node:sqlite';
import { expect, test } from 'vitest';
import { type DeliveryRef, parseShardName, type RecordAddress, recordId } from '../../src/core/ids.ts';
import type { BulkRange, JobStart } from '../../src/core/job.ts';
import type { AttemptOutcome } from '../../src/core/outcome.ts';
import { matchedOf, type NewEvent } from '../../src/core/publish.ts';
import type { ClaimRef } from '../../src/core/rpc.ts';
import type { Bindings } from '../../src/env.ts';
import { BULK_KIND } from '../../src/job/bulk.ts';
import { JobLedger } from '../../src/job/ledger.ts';
import { replayWork } from '../../src/job/replay.ts';
import type { Item, Outcome } from '../../src/job/work.ts';
import type { Effects, Ledger } from '../../src/shard/ledger.ts';
import type { Replayer } from '../../src/core/rpc.ts';
import { ShardLedger } from '../../src/shard/shard-ledger.ts';
import { Tables } from '../../src/shard/tables.ts';
import { readEvents } from '../../src/shard/views.ts';
import { writeLog } from '../../src/store/log/log-write.ts';
import { endpointOf, FAILURE, START_MS, SUCCESS, sqlOf } from '../shard/bench.ts';
import { SqliteD1 } from '../sim/sqlite.ts';
import { anAccount } from '../support/settings.ts';

const RECORDS = 3;
const EVENTS = 4;
const TOTAL = RECORDS * EVENTS;
const STEPS_MAX = 400;
const SHARD = { account: 'acme', jurisdiction: null, incarnation: 'a'.repeat(12), generation: 0 } as const;
const CRM = endpointOf('crm');
const LATER = endpointOf('later');
const REFUSED = { ...FAILURE, statusCode: 401, error: { kind: 'http-4xx', message: 'no' } } as const;

class Crash extends Error {}

/**
 * One record in a Shard of its own: its rows stay, its instance may end. What its attempts sent
 * arrives at once.
 */
class RecordHost {
  readonly address: RecordAddress;
  readonly #database = new DatabaseSync(':memory:');
  readonly #world: World;
  #shard: ShardLedger;

  constructor(world: World, n: number) {
    this.#world = world;
    this.address = { ...SHARD, shard: n, kind: 'k', hash: 'abcdefgh'.charAt(n).repeat(32) };
    this.#shard = this.#open(null);
  }

  #open(doubtFromMs: number | null): ShardLedger {
    const tables = new Tables(sqlOf(this.#database));
    return new ShardLedger(tables, doubtFromMs, { address: this.address, slotsMax: 6 });
  }

  /** For reads. */
  get ledger(): Ledger {
    return this.#shard.ledger(recordId(this.address));
  }

  crash(): void {
    this.#shard = this.#open(this.#world.nowMs);
  }

  #turn<T>(run: (ledger: Ledger) => { result: T; effects: Effects }): T {
    const record = recordId(this.address);
    const [done] = this.#shard.turn([{ record, isPublish: true, run }], this.#world.at);
    if (done?.ok !== true) throw done?.error ?? new Error('a task has no outcome');
    this.perform(done.effects);
    // A turn answers its task with what the task itself returned.
    return done.result as T;
  }

  publish(id: string): void {
    const event: NewEvent = {
      ...{ id, type: 'plan.updated', version: null, schemaVersion: null, occurredAt: null },
      ...{ contentHash: id, dataJson: '{}', matches: [CRM.id] },
    };
    const settings = {
      revision: 1,
      readAtMs: this.#world.nowMs,
      endpoints: [CRM],
      retention: { payloadDays: 30, logDays: 30 },
    };
    const request = {
      account: 'acme',
      record: this.address.hash,
      events: [event],
      endpoints: [matchedOf(CRM)],
      settings,
    };
    this.#turn((ledger) => ledger.accept(request, this.#world.at));
  }

  replay(ref: DeliveryRef, by: Replayer) {
    return this.#turn((ledger) => ledger.replay(ref, by, CRM, this.#world.at));
  }

  replayMissing(missing: { sequence: number; endpoint: string }, by: Replayer) {
    return this.#turn((ledger) => ledger.replayMissing(missing, by, LATER, this.#world.at));
  }

  ring(): void {
    this.#turn((ledger) => ({ result: null, effects: ledger.look(this.#world.at) }));
  }

  /** Each of these may be the last thing that this instance does. */
  perform(effects: Effects): void {
    this.#world.told.push({ ...this.address, record: this.address.hash, entries: effects.log });
    for (const { claim } of effects.run) {
      this.#world.mayDie(this);
      const result = this.#turn((ledger) => ledger.begin(claim, this.#world.settings, this.#world.at));
      if (result.kind === 'request') this.#attempt(claim, result.request.eventId);
    }
  }

  #attempt(claim: ClaimRef, event: string): void {
    const key = `${event} ${claim.endpoint}`;
    if (this.#world.isUp) this.#world.arrived.set(key, (this.#world.arrived.get(key) ?? 0) + 1);
    const outcome: AttemptOutcome = {
      ...{ atMs: this.#world.nowMs, latencyMs: 20, statusCode: null, error: null },
      ...{ responseHeaders: null, responseBody: null, retryAfterMs: null, directive: null },
      ...(this.#world.isUp ? SUCCESS : REFUSED),
    };
    this.#turn((ledger) => ({ result: null, effects: ledger.settle([{ claim, outcome }], this.#world.at) }));
  }
}

class World {
  nowMs = START_MS;
  isUp = false;
  /** Points at which something may die, so far; it does at those that `deathsAt` names. */
  points = 0;
  deathsAt = new Set<number>();
  /** By event and endpoint. */
  readonly arrived = new Map<string, number>();
  told: Parameters<typeof writeLog>[1] = [];
  readonly d1 = new SqliteD1(async (_, work) => work());
  readonly records: RecordHost[];
  readonly settings = anAccount({ account: 'acme', revision: 1, createdAtMs: START_MS, endpoints: [CRM, LATER] });

  constructor() {
    this.records = Array.from({ length: RECORDS }, (_, n) => new RecordHost(this, n));
  }

  get at() {
    return { nowMs: this.nowMs, random: () => 0 };
  }

  mayDie(record?: RecordHost): void {
    this.points += 1;
    if (!this.deathsAt.has(this.points)) return;
    record?.crash();
    throw new Crash();
  }

  async log(): Promise<void> {
    const { told } = this;
    this.told = [];
    await writeLog(this.d1.binding(), told);
  }

  #shard(name: string): RecordHost {
    const at = parseShardName(name);
    const found = this.records.find(({ address }) => address.shard === at?.shard);
    if (found === undefined) throw new Error(`there is no shard ${name}`);
    return found;
  }

  /** The bindings that a replay uses. A call may be lost before it, or its answer after it. */
  env(): Bindings {
    const call = async <T>(record: RecordHost, act: () => T): Promise<T> => {
      this.mayDie();
      const answer = act();
      this.mayDie(record);
      return answer;
    };
    const SHARD_BINDING = {
      getByName: (name: string) => {
        const host = this.#shard(name);
        return {
          replay: (_: string, ref: DeliveryRef, by: Replayer) => call(host, () => host.replay(ref, by)),
          replayMissing: (_: string, ref: DeliveryRef, by: Replayer) => call(host, () => host.replayMissing(ref, by)),
        };
      },
    };
    return { LOG_DB: this.d1.binding(), SHARD: SHARD_BINDING, LOCAL_MODE: 'true' } as unknown as Bindings;
  }

  /** Endpoint CRM refused each event: all are dead, and the log knows. */
  async prepare(): Promise<void> {
    for (const [n, record] of this.records.entries()) {
      for (let i = 0; i < EVENTS; i += 1) {
        this.nowMs += 1_000;
        record.publish(`evt_${n}_${i}`);
        record.ring();
      }
    }
    await this.log();
    this.isUp = true;
    this.nowMs += 60_000;
  }

  /** Replays of a job, by the delivery's id. */
  replaysOf(endpoint: string) {
    return this.records.flatMap(({ ledger }) =>
      readEvents(ledger.memory, 0, 100).events.flatMap(({ deliveries }) =>
        deliveries.filter((one) => one.endpoint === endpoint && /_r\d+$/.test(one.id)),
      ),
    );
  }
}

class JobHost {
  readonly #database = new DatabaseSync(':memory:');
  readonly #world: World;
  readonly #given: JobStart;
  ledger: JobLedger;

  constructor(world: World, n: number, missing: boolean) {
    this.#world = world;
    const range: BulkRange = {
      ...{ endpoint: missing ? LATER.id : CRM.id, statuses: missing ? ['cancelled'] : ['dead'], missing },
      ...{ subscribed: [], fromMs: START_MS, toMs: world.nowMs },
    };
    const spec = {
      kind: 'replay',
      account: 'acme',
      incarnation: 'a'.repeat(12),
      shards: RECORDS,
      range,
      force: false,
      pacePerSecond: 50,
    } as const;
    this.#given = { id: `job_${String(n).repeat(26)}`, spec, by: 'support', reason: null };
    this.ledger = new JobLedger(sqlOf(this.#database));
    this.ledger.start(this.#given, BULK_KIND, world.nowMs);
  }

  view() {
    const view = this.ledger.read(BULK_KIND, this.#world.nowMs);
    if (view === null) throw new Error('the job was not started');
    return view;
  }

  /** As job.ts does it: what an item throws is tried again; a death ends the instance. */
  async step(): Promise<void> {
    const { nowMs } = this.#world;
    try {
      const task = this.ledger.next(BULK_KIND, nowMs);
      this.#world.mayDie();
      const { spec } = this.#given;
      if (spec.kind !== 'replay') throw new Error('no replay');
      const work = replayWork(this.#given, spec, this.ledger.startedMs(), this.#world.env());
      if (task.kind === 'list') {
        const page = await work.list(task.cursor, task.pass);
        this.#world.mayDie();
        this.ledger.listed(page, BULK_KIND, nowMs);
      } else if (task.kind === 'perform') {
        const outcomes: [Item, Outcome][] = [];
        for (const item of task.items) outcomes.push([item, await work.perform(item)]);
        this.#world.mayDie();
        this.ledger.performed(outcomes, BULK_KIND, nowMs, nowMs);
      } else if (task.kind === 'close') {
        this.ledger.closed(nowMs);
      }
    } catch (error) {
      if (!(error instanceof Crash)) throw error;
      this.ledger = new JobLedger(sqlOf(this.#database));
    }
  }

  get isRunning(): boolean {
    return this.view().status === 'running';
  }
}

async function finish(world: World, jobs: JobHost[]): Promise<void> {
  for (let steps = 0; steps < STEPS_MAX && jobs.some(({ isRunning }) => isRunning); steps += 1) {
    world.nowMs += 10_000;
    for (const job of jobs) await job.step();
    for (const record of world.records) {
      try {
        record.ring();
      } catch (error) {
        if (!(error instanceof Crash)) throw error;
      }
    }
    await world.log();
  }
}

async function prepared(missing: boolean, jobs: number): Promise<{ world: World; jobs: JobHost[] }> {
  const world = new World();
  await world.prepare();
  world.points = 0;
  return { world, jobs: Array.from({ length: jobs }, (_, n) => new JobHost(world, n + 1, missing)) };
}

/** How many points a run without a death has. */
async function pointsOf(missing: boolean, jobs: number): Promise<number> {
  const { world, jobs: all } = await prepared(missing, jobs);
  await finish(world, all);
  return world.points;
}

test.each([
  ['dead letters', false],
  ['missing events', true],
])(
  'a job that dies between any two effects replays %s exactly once, and counts them exactly',
  async (_, missing) => {
    const points = await pointsOf(missing, 1);
    expect(points).toBeGreaterThan(3 * TOTAL);
    for (let first = 1; first <= points; first += 1) {
      const { world, jobs } = await prepared(missing, 1);
      // And once more a while later, in whatever it does then.
      world.deathsAt = new Set([first, first + 1 + (first % 7)]);
      await finish(world, jobs);
      const endpoint = missing ? LATER.id : CRM.id;
      expect(jobs[0]?.view(), `death at ${first}`).toMatchObject({
        status: 'finished',
        progress: { total: TOTAL, done: TOTAL, failed: 0, skipped: 0 },
      });
      const replays = world.replaysOf(endpoint);
      expect(replays.map(({ status }) => status)).toEqual(Array.from({ length: TOTAL }, () => 'delivered'));
      expect(new Set(replays.map(({ event }) => event)).size).toBe(TOTAL);
      for (const { event, attempts } of replays) {
        const times = world.arrived.get(`${event} ${endpoint}`) ?? 0;
        expect(times).toBeGreaterThanOrEqual(1);
        expect(times).toBeLessThanOrEqual(attempts);
      }
    }
  },
  120_000,
);

test.each([
  ['dead letters', false],
  ['missing events', true],
])(
  'two jobs over the same %s, dying as they please, do not double them',
  async (_, missing) => {
    const points = await pointsOf(missing, 2);
    for (let first = 1; first <= points; first += 3) {
      const { world, jobs } = await prepared(missing, 2);
      world.deathsAt = new Set([first, first + 2 + (first % 5)]);
      await finish(world, jobs);
      const [a, b] = jobs.map((job) => job.view());
      for (const job of [a, b]) {
        expect(job?.status).toBe('finished');
        expect((job?.progress.done ?? 0) + (job?.progress.skipped ?? 0)).toBe(job?.progress.total);
      }
      expect((a?.progress.done ?? 0) + (b?.progress.done ?? 0)).toBe(TOTAL);
      expect(world.replaysOf(missing ? LATER.id : CRM.id)).toHaveLength(TOTAL);
    }
  },
  120_000,
);
