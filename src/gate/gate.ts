/**
 * The Durable Object of one endpoint's Gate: a shell around its ledger. It owns the alarm that walks the parked records, and tells
 * the Account what follows from the circuit.
 */
import { DurableObject } from 'cloudflare:workers';
import { retryable } from 'cloudflare:durable-objects';
import type { GateNews } from '../core/admission.ts';
import { type AccountPlace, parseGateName, splitRecordName } from '../core/ids.ts';
import type { Report } from '../core/report.ts';
import { GATE_ANSWER_MS, UNAVAILABLE_WAIT_MS_MIN } from '../core/limits.ts';
import type { GateRpc } from '../core/rpc.ts';
import { withTimeout } from '../lookup/with-timeout.ts';
import type { Bindings } from '../env.ts';
import { accountStub, liveStub, shardStub } from '../lookup/stubs.ts';
import { notBefore, toArm } from './alarm.ts';
import { type GateEffects, GateLedger, type Wake, type WakeResult } from './ledger.ts';
import { logLine } from '../log-line.ts';

export class Gate extends DurableObject<Bindings> implements GateRpc {
  #ledger: GateLedger;
  readonly #place: AccountPlace;
  readonly #endpoint: string;
  /** What is armed, as far as this instance knows: moving an alarm is a row. */
  #armedAtMs: number | null = null;
  /** What viewers of records were last told of the circuit. */
  #said: string;

  static {
    retryable(this.prototype.changed, this.prototype.read, this.prototype.probe, this.prototype.erase);
  }

  constructor(ctx: DurableObjectState, env: Bindings) {
    super(ctx, env);
    const name = parseGateName(ctx.id.name ?? '');
    if (name === null) throw new Error('a Gate is addressed by gateName() of core/ids.ts');
    this.#place = name;
    this.#endpoint = name.endpoint;
    this.#ledger = this.#open();
    this.#said = this.#ledger.said();
    void ctx.blockConcurrencyWhile(async () => {
      this.#armedAtMs = await ctx.storage.getAlarm();
    });
  }

  async admit(record: string, seen: GateNews) {
    const { answer, effects } = this.#ledger.admit(record, seen, this.#at());
    this.#perform(effects);
    return answer;
  }

  async report(record: string, reports: Report[]) {
    this.#perform(this.#ledger.report(record, reports, this.#at()));
  }

  async changed(news: GateNews) {
    this.#perform(this.#ledger.changed(news, this.#at()));
  }

  async read() {
    return this.#ledger.view();
  }

  async probe() {
    const { outcome, effects } = this.#ledger.probe(this.#at());
    this.#perform(effects);
    return outcome;
  }

  async erase() {
    this.#ledger = this.#open();
    this.#armedAtMs = null;
    await this.ctx.storage.deleteAll();
  }

  #open(): GateLedger {
    const { storage } = this.ctx;
    return new GateLedger({
      exec: (query, ...bindings) => storage.sql.exec(query, ...bindings),
      transaction: (work) => storage.transactionSync(work),
    });
  }

  /** One step of the walk. The safety alarm comes first: what follows may be cut off anywhere. Never throws. */
  override async alarm(): Promise<void> {
    this.#armedAtMs = Date.now() + UNAVAILABLE_WAIT_MS_MIN;
    await this.ctx.storage.setAlarm(this.#armedAtMs);
    try {
      const { wakes, revision, effects: first } = this.#ledger.due(this.#at());
      this.#tellOthers(first);
      const byShard = Map.groupBy(wakes, ({ record }) => splitRecordName(record)?.shard ?? '');
      const results = (await Promise.all([...byShard].map(([shard, of]) => this.#wake(shard, of, revision)))).flat();
      const effects = this.#ledger.settle(results, this.#at());
      this.#armedAtMs = effects.wakeAtMs === null ? null : notBefore(effects.wakeAtMs, Date.now());
      if (this.#armedAtMs === null) await this.ctx.storage.deleteAlarm();
      else await this.ctx.storage.setAlarm(this.#armedAtMs);
      this.#tellOthers(effects);
    } catch (error) {
      this.#failed('alarm', error);
    }
  }

  /** One call for all records of a Shard. */
  async #wake(shard: string, wakes: Wake[], revision: number): Promise<WakeResult[]> {
    try {
      const of = wakes.map(({ record, passes }) => ({ record: splitRecordName(record)?.record ?? '', passes }));
      const waking = shardStub(this.env, shard).wake(this.#endpoint, revision, of);
      const woken = await withTimeout(GATE_ANSWER_MS, Promise.resolve(waking));
      return wakes.map((wake, index) => ({ wake, woken: woken[index] ?? null }));
    } catch (error) {
      this.#failed('wake', error);
      return wakes.map((wake) => ({ wake, woken: null }));
    }
  }

  #at() {
    return { nowMs: Date.now(), random: Math.random };
  }

  #perform(effects: GateEffects): void {
    const atMs = effects.wakeAtMs === null ? null : toArm(this.#armedAtMs, effects.wakeAtMs, Date.now());
    if (atMs !== null) {
      this.#armedAtMs = atMs;
      void this.ctx.storage.setAlarm(atMs);
    }
    this.#tellOthers(effects);
  }

  #tellOthers({ watch, failing }: GateEffects): void {
    this.#tellViewers();
    if (watch !== null) this.ctx.waitUntil(this.#tell(watch));
    if (failing !== null) this.ctx.waitUntil(this.#disable(failing));
  }

  /** Once for each change. What is lost, viewers see at the next change, or when all is looked at. */
  #tellViewers(): void {
    const said = this.#ledger.said();
    if (said === this.#said) return;
    this.#said = said;
    const telling = Promise.resolve(liveStub(this.env, this.#place).settingsChanged());
    this.ctx.waitUntil(telling.catch((error: unknown) => this.#failed('viewers', error)));
  }

  /** Told again by the alarm until what the Account says is what this Gate wants. */
  async #tell(isWatched: boolean): Promise<void> {
    try {
      const news = await this.#accountObject().watchEndpoint(this.#endpoint, isWatched);
      this.#perform(this.#ledger.changed(news, this.#at()));
    } catch (error) {
      this.#failed('watch', error);
    }
  }

  async #disable({ sinceMs }: { sinceMs: number }): Promise<void> {
    try {
      const succeededAtMs = await this.#accountObject().disableFailing(this.#endpoint, sinceMs);
      if (succeededAtMs !== null) this.#perform(this.#ledger.succeeded(succeededAtMs, this.#at()));
    } catch (error) {
      this.#failed('disable', error);
    }
  }

  #accountObject() {
    return accountStub(this.env, this.#place.account);
  }

  #failed(step: string, error: unknown): void {
    const { message } = error instanceof Error ? error : new Error(String(error));
    logLine('error', 'gate step failed', { step, endpoint: this.#endpoint, error: message });
  }
}
