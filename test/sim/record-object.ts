/**
 * A Record as the platform runs it: storage and alarm that stay, instances that come and go. Mirrors src/record/record.ts around
 * the same ledger, runner and alarm; keep the two alike.
 */
import { parseRecordName, type DeliveryRef, type RecordAddress } from '../../src/core/ids.ts';
import type { Admission, GateNews } from '../../src/core/admission.ts';
import type { Report } from '../../src/core/report.ts';
import type { AccountSettings } from '../../src/core/endpoint.ts';
import type { Confirmation, LogEntry, LogMessage } from '../../src/core/log.ts';
import type { AttemptOutcome } from '../../src/core/outcome.ts';
import type { AcceptRequest } from '../../src/core/publish.ts';
import { ok } from '../../src/core/result.ts';
import { quietPhaseMs } from '../../src/core/retention.ts';
import type { AttemptRequest, BeginResult, ClaimRef } from '../../src/core/rpc.ts';
import { isQuietTime, RecordAlarm } from '../../src/record/alarm.ts';
import { type At, type Effects, Ledger } from '../../src/record/ledger.ts';
import { packLog } from '../../src/record/log-messages.ts';
import { ofJob, type Replayer } from '../../src/record/replaying.ts';
import { Runner, type RunnerDeps } from '../../src/record/runner.ts';
import { Life } from './schedule.ts';
import { ObjectStorage } from './sqlite.ts';
import { ignore, type Node, type World } from './world.ts';

/** What a Record reaches. Every promise is settled by a step of the world. */
export type RecordLinks = {
  settings(node: Node, need: Parameters<RunnerDeps['settings']>[0]): Promise<AccountSettings | null>;
  attempt(from: Life, node: Node, request: AttemptRequest): Promise<AttemptOutcome>;
  sendClaims(from: Life, queue: 'fanout' | 'slow', bodies: { v: 1; record: string; claim: ClaimRef }[]): Promise<void>;
  sendLog(from: Life, message: LogMessage): Promise<void>;
  admit(from: Life, endpoint: string, record: string, seen: GateNews): Promise<Admission>;
  report(from: Life, endpoint: string, record: string, reports: Report[]): Promise<void>;
  disable(from: Life, endpoint: string, reason: string, seenRevision: number): Promise<void>;
  /** After each turn that committed. */
  committed(host: RecordHost): void;
  /** After a ring that was for retention. */
  rangQuietly(host: RecordHost, effects: Effects): void;
  /** After a ring whose turn did not commit. */
  rangInVain(host: RecordHost, nowMs: number): void;
  /** A request is about to leave, in the turn that says so. */
  departs(host: RecordHost, request: AttemptRequest): void;
};

export class RecordHost {
  readonly name: string;
  readonly address: RecordAddress;
  readonly storage = new ObjectStorage();
  readonly world: World;
  readonly links: RecordLinks;
  alarmAtMs: number | null = null;
  instance: RecordInstance | null = null;
  /** The clock that the last turn read. */
  turnMs = 0;
  /** The last turn was a ring that failed: nothing was planned in it, so what was due still is. */
  hasRungInVain = false;
  #lives = 0;

  constructor(world: World, name: string, links: RecordLinks) {
    const address = parseRecordName(name);
    if (address === null) throw new Error(`${name} is no record's name`);
    this.name = name;
    this.address = address;
    this.world = world;
    this.links = links;
  }

  /** Its alarm is armed, for nothing but its retention. */
  get isArmedQuietly(): boolean {
    return isQuietTime(this.alarmAtMs, quietPhaseMs(this.address.hash));
  }

  /** The one instance, started where there is none. */
  running(): RecordInstance {
    if (this.instance === null) {
      this.#lives += 1;
      const node = this.world.prng.pick(this.world.nodes);
      this.instance = new RecordInstance(this, new Life(`${this.name.slice(-6)}#${this.#lives}`), node);
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

  /** The platform lets go only of what has nothing under way. */
  evict(): boolean {
    if (this.instance === null || this.world.schedule.isBusy(this.instance.life)) return false;
    this.instance.life.end();
    this.instance = null;
    return true;
  }

  /** Rings at or after its time. The armed alarm goes once the handler is through; if the instance dies in it, it rings again. */
  ring(): void {
    const before = this.alarmAtMs;
    // As measured on workerd: an instance that the alarm wakes finds none armed, and learns from the ring what it was armed for.
    this.alarmAtMs = null;
    const instance = this.running();
    instance.ring(before);
    if (!instance.life.isAlive) this.alarmAtMs = before;
  }
}

export class RecordInstance {
  readonly life: Life;
  readonly node: Node;
  readonly #host: RecordHost;
  readonly #alarm: RecordAlarm;
  readonly #sql;
  #ledger: Ledger | null = null;
  #runner: Runner | null = null;
  /** A turn of its own: from then on it doubts what the log knows. */
  #hasFailed = false;

  constructor(host: RecordHost, life: Life, node: Node) {
    this.#host = host;
    this.life = life;
    this.node = node;
    this.#sql = host.storage.sqlFor(
      life,
      () => {
        const fault = host.world.turnFault();
        this.#hasFailed ||= fault !== 'none';
        return fault;
      },
      () => host.crash(),
      () => {
        host.hasRungInVain = false;
        host.links.committed(host);
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
    this.#alarm = new RecordAlarm(storage, quietPhaseMs(host.address.hash));
    this.#alarm.found(host.alarmAtMs);
  }

  async accept(request: AcceptRequest) {
    return this.#perform(this.#open().accept(request, this.#at()));
  }

  async begin(claims: ClaimRef[]): Promise<BeginResult[]> {
    return this.#run().begin(claims);
  }

  async settle(settled: { claim: ClaimRef; outcome: AttemptOutcome }[]) {
    this.#run().settle(settled);
  }

  async confirm(confirmations: Confirmation[]) {
    this.#run().perform(this.#open().confirm(confirmations, this.#at()));
  }

  async wake(endpoint: string, revision: number, passes: number | null) {
    return this.#perform(this.#open().wake(endpoint, revision, passes, this.#at()));
  }

  async replay(ref: DeliveryRef, by: Replayer) {
    const own = ofJob(this.#open().memory, ref, by.job);
    if (own !== null) return ok(own);
    const endpoint = await this.#endpointNow(ref.endpoint);
    return this.#perform(this.#open().replay(ref, by, endpoint, this.#at()));
  }

  async erasePayload(id: string) {
    return this.#perform(this.#open().erasePayload(id, this.#at()));
  }

  async replayMissing(missing: { sequence: number; endpoint: string }, by: Replayer) {
    const own = ofJob(this.#open().memory, { ...missing, replay: 0 }, by.job);
    if (own !== null) return ok(own);
    const endpoint = await this.#endpointNow(missing.endpoint);
    return this.#perform(this.#open().replayMissing(missing, by, endpoint, this.#at()));
  }

  async #endpointNow(id: string) {
    const settings = await this.#host.links.settings(this.node, { minRevision: 0, isFresh: true, endpoints: [id] });
    return settings?.endpoints.find((endpoint) => endpoint.id === id);
  }

  async discard(ref: DeliveryRef, by: { key: string; reason: string | null }) {
    return this.#perform(this.#open().discard(ref, by, this.#at()));
  }

  ring(scheduledMs: number | null): void {
    const rang = this.#alarm.rang(this.#ledger !== null, scheduledMs);
    try {
      const effects = this.#open().alarm(this.#at(), rang);
      if (rang.isQuiet && !this.#hasFailed) this.#host.links.rangQuietly(this.#host, effects);
      this.#run().perform(effects);
    } catch (error) {
      this.#failed('alarm', error);
      const nowMs = this.#nowMs();
      this.#alarm.failed(nowMs);
      this.#host.hasRungInVain = true;
      if (this.life.isAlive) this.#host.links.rangInVain(this.#host, nowMs);
    }
  }

  #nowMs(): number {
    const nowMs = this.#host.world.clockOf(this.node);
    this.#host.turnMs = nowMs;
    return nowMs;
  }

  #open(): Ledger {
    this.#ledger ??= this.#observed(
      new Ledger(this.#sql, this.#alarm.suspectFromMs(this.#nowMs()), {
        address: this.#host.address,
        latencyElsewhere: (endpoint) => this.node.hints.latencyMs(endpoint),
      }),
    );
    return this.#ledger;
  }

  /** Requests are seen in the very turn that lets them leave. */
  #observed(ledger: Ledger): Ledger {
    const departs = (request: AttemptRequest) => this.#host.links.departs(this.#host, request);
    const accept = ledger.accept.bind(ledger);
    ledger.accept = (request, at) => {
      const answer = accept(request, at);
      for (const run of answer.effects.run) if (run.request !== null) departs(run.request);
      return answer;
    };
    const begin = ledger.begin.bind(ledger);
    ledger.begin = (ref, settings, at, isAdmitted) => {
      const answer = begin(ref, settings, at, isAdmitted);
      if (answer.result.kind === 'request') departs(answer.result.request);
      return answer;
    };
    return ledger;
  }

  #run(): Runner {
    this.#runner ??= new Runner(this.#open(), this.#deps());
    return this.#runner;
  }

  #at(): At {
    return { nowMs: this.#nowMs(), random: this.#host.world.prng.next };
  }

  #perform<T>({ result, effects }: { result: T; effects: Effects }): T {
    this.#run().perform(effects);
    return result;
  }

  #deps(): RunnerDeps {
    const { links, world, name } = this.#host;
    return {
      nowMs: () => this.#nowMs(),
      random: world.prng.next,
      settings: (need) => links.settings(this.node, need),
      attempt: (request) => links.attempt(this.life, this.node, request),
      sendClaims: (queue, claims) =>
        links.sendClaims(
          this.life,
          queue,
          claims.map((claim) => ({ v: 1, record: name, claim })),
        ),
      sendLog: (entries) => this.#sendLog(entries),
      admit: (endpoint, seen) => links.admit(this.life, endpoint, name, seen),
      report: (endpoint, reports) => links.report(this.life, endpoint, name, reports),
      hints: this.node.hints,
      disable: (endpoint, reason, seenRevision) => links.disable(this.life, endpoint, reason, seenRevision),
      erase: () => Promise.reject(new Error('no account of the simulation is removed')),
      arm: ({ wakeAtMs, look }) => this.#alarm.arm(wakeAtMs, look),
      keep: (work) => void work.catch(ignore),
      failed: (what, error) => this.#failed(what, error),
    };
  }

  async #sendLog(entries: LogEntry[]): Promise<void> {
    const { memory } = this.#open();
    for (const message of packLog(this.#host.address, memory.record, entries)) {
      await this.#host.links.sendLog(this.life, message);
    }
  }

  #failed(what: string, error: unknown): void {
    this.#hasFailed = true;
    this.#host.world.note(
      `${this.life.name} failed: ${what}: ${error instanceof Error ? error.message : String(error)}`,
    );
  }
}
