/**
 * A Shard as the platform runs it: storage and alarm that stay, instances that come and go. Around
 * the same ShardCore as src/shard/shard.ts, so what it decides is what runs.
 */
import type { Admission, GateSettings } from '../../src/core/admission.ts';
import type { Report } from '../../src/core/report.ts';
import type { AccountSettings } from '../../src/core/endpoint.ts';
import {
  parseRecordId,
  parseShardName,
  type RecordAddress,
  recordName,
  type ShardAddress,
} from '../../src/core/ids.ts';
import { DUE_RECORDS_PER_TURN } from '../../src/core/limits.ts';
import type { LogMessage } from '../../src/core/log.ts';
import type { AttemptOutcome } from '../../src/core/outcome.ts';
import type { AttemptRequest, ClaimRef, FanoutMessage } from '../../src/core/rpc.ts';
import { isWholeTime, ShardAlarm, wholePhaseMs } from '../../src/shard/alarm.ts';
import { Ledger } from '../../src/shard/ledger.ts';
import { cutLog } from '../../src/shard/log-messages.ts';
import { LogSender } from '../../src/shard/log-sender.ts';
import { runAlarm, ShardCore, type ShardLinks } from '../../src/shard/shard-core.ts';
import { Life } from './schedule.ts';
import { ObjectStorage } from './sqlite.ts';
import { isRemoved } from './stored.ts';
import { ignore, type Node, type World } from './world.ts';

/** What a Shard reaches. Every promise is settled by a step of the world. */
export type ShardReach = {
  settings(node: Node, need: Parameters<ShardLinks['settings']>[0]): Promise<AccountSettings | null>;
  attempt(from: Life, node: Node, request: AttemptRequest): Promise<AttemptOutcome>;
  sendClaims(from: Life, queue: 'fanout' | 'slow', bodies: FanoutMessage[]): Promise<void>;
  sendLog(from: Life, message: LogMessage): Promise<void>;
  admit(from: Life, endpoint: string, record: string, seen: GateSettings): Promise<Admission>;
  report(from: Life, endpoint: string, record: string, reports: Report[]): Promise<void>;
  disable(from: Life, endpoint: string, reason: string, seenRevision: number): Promise<void>;
  /** After each turn that committed: the records whose rows it wrote. */
  committed(shard: ShardHost, records: ReadonlySet<string>): void;
  /** It holds nothing any more, but that its account was removed. */
  removed(shard: ShardHost): void;
  /** After an alarm whose turn did not commit. */
  alarmFailed(shard: ShardHost, nowMs: number): void;
  /** A request is about to leave, by the turn that has just committed. */
  departs(shard: ShardHost, request: AttemptRequest): void;
};

/** Requests that the turn under way lets leave: seen once it has committed. */
let departing: AttemptRequest[] = [];
observeDepartures();

function observeDepartures(): void {
  // oxlint-disable-next-line typescript/unbound-method -- called with their ledger below
  const { accept, begin } = Ledger.prototype;
  Ledger.prototype.accept = function observed(this: Ledger, ...args: Parameters<Ledger['accept']>) {
    const answer = accept.apply(this, args);
    for (const { request } of answer.effects.run) if (request !== null) departing.push(request);
    return answer;
  };
  Ledger.prototype.begin = function observed(this: Ledger, ...args: Parameters<Ledger['begin']>) {
    const answer = begin.apply(this, args);
    if (answer.result.kind === 'request') departing.push(answer.result.request);
    return answer;
  };
}

export class ShardHost {
  readonly name: string;
  readonly address: ShardAddress;
  readonly storage = new ObjectStorage();
  readonly world: World;
  readonly reach: ShardReach;
  alarmAtMs: number | null = null;
  instance: ShardInstance | null = null;
  /** The clock that the last turn read. */
  turnMs = 0;
  /**
   * The last turn was an alarm's and failed: nothing was planned in it, so what was due still is.
   */
  hasAlarmFailed = false;
  /** That its instances have handed to the log so far, repetitions included. */
  entriesTold = 0;
  /** Records whose last turn threw by itself: nothing was planned in it either. */
  readonly poisoned = new Set<string>();
  #lives = 0;

  constructor(world: World, name: string, reach: ShardReach) {
    const address = parseShardName(name);
    if (address === null) throw new Error(`${name} is no shard's name`);
    this.name = name;
    this.address = address;
    this.world = world;
    this.reach = reach;
  }

  /** Its alarm says that nothing is under way and that the log has everything. */
  get isArmedWhole(): boolean {
    return isWholeTime(this.alarmAtMs, wholePhaseMs(this.name));
  }

  /** The one instance, started where there is none. */
  running(): ShardInstance {
    if (this.instance === null) {
      this.#lives += 1;
      const node = this.world.prng.pick(this.world.nodes);
      this.instance = new ShardInstance(this, new Life(`${this.name.slice(-3)}#${this.#lives}`), node);
    }
    return this.instance;
  }

  crash(): void {
    const { instance } = this;
    if (instance === null) return;
    this.instance = null;
    instance.life.end();
    this.world.schedule.bury(instance.life, this.world.prng);
  }

  /** The platform ends only what has nothing under way. */
  evict(): boolean {
    if (this.instance === null || this.world.schedule.isBusy(this.instance.life)) return false;
    this.instance.life.end();
    this.instance = null;
    return true;
  }

  /**
   * Runs at or after its time. The armed alarm goes once the handler is through; if the instance
   * dies in it, it runs again.
   */
  ring(): void {
    const before = this.alarmAtMs;
    // As measured on workerd: an instance that the alarm starts finds none armed, and learns from
    // it what it was armed for.
    this.alarmAtMs = null;
    const instance = this.running();
    instance.ring(before);
    if (!instance.life.isAlive) this.alarmAtMs = before;
  }
}

/** One record of a Shard, as the checks see it. */
export class RecordHost {
  readonly shard: ShardHost;
  readonly record: string;
  readonly name: string;
  readonly address: RecordAddress;

  constructor(shard: ShardHost, record: string) {
    const ref = parseRecordId(record);
    if (ref === null) throw new Error(`${record} is no record's name`);
    this.shard = shard;
    this.record = record;
    this.address = { ...shard.address, ...ref };
    this.name = recordName(this.address);
  }
}

export class ShardInstance {
  readonly life: Life;
  readonly node: Node;
  readonly core: ShardCore;
  readonly #host: ShardHost;
  readonly #alarm: ShardAlarm;

  constructor(host: ShardHost, life: Life, node: Node) {
    this.#host = host;
    this.life = life;
    this.node = node;
    const { world, reach } = host;
    const sql = host.storage.sqlFor(
      life,
      {
        turn: () => world.turnFault(),
        part: () => world.prng.chance(world.faults.turnThrows / 4),
        parted: () => world.saw('a record was undone alone'),
      },
      () => host.crash(),
      (records, undone) => {
        host.hasAlarmFailed = false;
        for (const record of records) host.poisoned.delete(record);
        for (const record of undone) host.poisoned.add(record);
        if (records.size === 0 && isRemoved(host.storage)) reach.removed(host);
        reach.committed(host, records);
        const requests = departing;
        departing = [];
        for (const request of requests) reach.departs(host, request);
      },
      () => {
        departing = [];
      },
    );
    const storage = {
      set: (atMs: number) => {
        if (life.isAlive) host.alarmAtMs = atMs;
      },
      delete: () => {
        if (life.isAlive) host.alarmAtMs = null;
      },
    };
    this.#alarm = new ShardAlarm(storage, wholePhaseMs(host.name));
    this.#alarm.found(host.alarmAtMs);
    this.core = new ShardCore(sql, this.#alarm, this.#links());
  }

  ring(scheduledMs: number | null): void {
    const recordsMax = this.#host.world.prng.pick([1, 3, DUE_RECORDS_PER_TURN]);
    void runAlarm(
      this.#alarm,
      { wasRunning: true, scheduledMs, recordsMax },
      {
        open: () => this.core,
        nowMs: () => this.#nowMs(),
        deleteAll: async () => this.#deleteAll(),
        failed: (error, nowMs) => this.#alarmFailed(error, nowMs),
      },
    );
  }

  #deleteAll(): void {
    if (!this.life.isAlive) return;
    this.#host.world.saw('tombstone gone');
    this.#host.storage.clear();
    this.#host.alarmAtMs = null;
  }

  #alarmFailed(error: unknown, nowMs: number): void {
    this.#failed('alarm', error);
    this.#host.hasAlarmFailed = true;
    if (this.life.isAlive) this.#host.reach.alarmFailed(this.#host, nowMs);
  }

  #nowMs(): number {
    const nowMs = this.#host.world.clockOf(this.node);
    this.#host.turnMs = nowMs;
    return nowMs;
  }

  #links(): ShardLinks {
    const { reach, world, name, address } = this.#host;
    const log = new LogSender(name, {
      nowMs: () => this.#nowMs(),
      wait: (ms) => world.later('log entries were gathered', this.life, ms, () => undefined),
      send: (message) => reach.sendLog(this.life, message),
    });
    const nameOf = (record: string) => recordName(this.core.addressOf(record));
    return {
      address,
      slotsMax: 5,
      latencyElsewhere: (endpoint) => this.node.hints.latencyMs(endpoint),
      storageBytes: () => 0,
      wait: (ms) => world.later('viewers are told', this.life, ms, () => undefined),
      notifyViewers: async () => [],
      committed: () => world.later('a commit is durable', this.life, world.prng.between(0, 20), () => undefined),
      nowMs: () => this.#nowMs(),
      random: world.prng.next,
      settings: (need) => reach.settings(this.node, need),
      attempt: (request) => reach.attempt(this.life, this.node, request),
      sendClaims: (queue, claims: ClaimRef[]) =>
        reach.sendClaims(
          this.life,
          queue,
          claims.map((claim) => ({ v: 2, shard: name, claim })),
        ),
      sendLog: async (record, key, entries) => {
        this.#host.entriesTold += entries.length;
        await Promise.all(cutLog(this.core.addressOf(record), key, entries).map((part) => log.send(part)));
      },
      admit: (record, endpoint, seen) => reach.admit(this.life, endpoint, nameOf(record), seen),
      report: (record, endpoint, reports) => reach.report(this.life, endpoint, nameOf(record), reports),
      hints: this.node.hints,
      disable: (endpoint, reason, seenRevision) => reach.disable(this.life, endpoint, reason, seenRevision),
      keep: (work) => void work.catch(ignore),
      failed: (what, error) => this.#failed(what, error),
    };
  }

  #failed(what: string, error: unknown): void {
    this.#host.world.note(
      `${this.life.name} failed: ${what}: ${error instanceof Error ? error.message : String(error)}`,
    );
  }
}
