/**
 * The Durable Object of one endpoint's Gate: storage, alarm and the other objects around
 * gate-core.ts. It decides nothing.
 */
import { DurableObject } from 'cloudflare:workers';
import { retryable } from 'cloudflare:durable-objects';
import type { GateSettings } from '../core/admission.ts';
import { type AccountPlace, parseGateName } from '../core/ids.ts';
import type { Report } from '../core/report.ts';
import { GATE_ANSWER_MS } from '../core/limits.ts';
import type { GateRpc } from '../core/rpc.ts';
import type { SqlValue } from '../core/sql.ts';
import { withTimeout } from '../lookup/with-timeout.ts';
import type { Bindings } from '../env.ts';
import { accountStub, liveStub, shardStub } from '../lookup/stubs.ts';
import { GateCore } from './gate-core.ts';
import { logLine } from '../log-line.ts';

export class Gate extends DurableObject<Bindings> implements GateRpc {
  #core: GateCore;
  readonly #place: AccountPlace;
  readonly #endpoint: string;

  static {
    retryable(this.prototype.changed, this.prototype.read, this.prototype.probe, this.prototype.erase);
  }

  constructor(ctx: DurableObjectState, env: Bindings) {
    super(ctx, env);
    const name = parseGateName(ctx.id.name ?? '');
    if (name === null) throw new Error('a Gate is addressed by gateName() of core/ids.ts');
    this.#place = name;
    this.#endpoint = name.endpoint;
    this.#core = this.#open();
    void ctx.blockConcurrencyWhile(async () => this.#core.found(await ctx.storage.getAlarm()));
  }

  async admit(record: string, seen: GateSettings) {
    return this.#core.admit(record, seen);
  }

  async report(record: string, reports: Report[]) {
    this.#core.report(record, reports);
  }

  async changed(settings: GateSettings) {
    this.#core.changed(settings);
  }

  async read() {
    return this.#core.view();
  }

  async probe() {
    return this.#core.probe();
  }

  async erase() {
    this.#core = this.#open();
    await this.ctx.storage.deleteAll();
  }

  override async alarm(): Promise<void> {
    await this.#core.alarm();
  }

  #open(): GateCore {
    const { storage } = this.ctx;
    const account = () => accountStub(this.env, this.#place.account);
    const sql = {
      exec: (query: string, ...bindings: SqlValue[]) => storage.sql.exec(query, ...bindings),
      transaction: <T>(work: () => T) => storage.transactionSync(work),
    };
    return new GateCore(sql, {
      nowMs: () => Date.now(),
      random: Math.random,
      setAlarm: (atMs) => storage.setAlarm(atMs),
      deleteAlarm: () => storage.deleteAlarm(),
      wake: (shard, revision, wakes) =>
        withTimeout(GATE_ANSWER_MS, Promise.resolve(shardStub(this.env, shard).wake(this.#endpoint, revision, wakes))),
      watch: (isWatched) => Promise.resolve(account().watchEndpoint(this.#endpoint, isWatched)),
      disableFailing: (sinceMs) => Promise.resolve(account().disableFailing(this.#endpoint, sinceMs)),
      notifyViewers: async () => {
        await liveStub(this.env, this.#place).settingsChanged();
      },
      keep: (work) => this.ctx.waitUntil(work),
      failed: (step, error) => {
        const { message } = error instanceof Error ? error : new Error(String(error));
        logLine('error', 'gate step failed', { step, endpoint: this.#endpoint, error: message });
      },
    });
  }
}
