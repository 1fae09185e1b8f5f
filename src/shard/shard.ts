/**
 * The Durable Object of one Shard: many records of one account. A shell around ShardCore, which
 * decides; the simulation drives the same ShardCore. It owns the edges only: storage, the alarm,
 * queues, the other objects and the network.
 */
import { DurableObject } from 'cloudflare:workers';
import { retryable } from 'cloudflare:durable-objects';
import type { Report } from '../core/report.ts';
import { type DeliveryRef, parseShardName, recordName, type ShardAddress, shardName } from '../core/ids.ts';
import {
  DUE_RECORDS_PER_TURN,
  GATE_ANSWER_MS,
  LIVE_ANSWER_MS,
  QUEUE_SEND_BATCH_MAX,
  SELF_ATTEMPTS_LOCAL_MAX,
  SELF_ATTEMPTS_MAX,
} from '../core/limits.ts';
import type { AccountSettings } from '../core/endpoint.ts';
import type { Confirmation } from '../core/log.ts';
import type { AttemptOutcome } from '../core/outcome.ts';
import type { AcceptRequest } from '../core/publish.ts';
import type { AttemptRequest, ClaimRef, Replayer, ShardRpc, Wakeup } from '../core/rpc.ts';
import type { Sql } from '../core/sql.ts';
import { createSender, type Sender } from '../delivery/sender.ts';
import { EndpointCache } from '../lookup/endpoint-cache.ts';
import { withTimeout } from '../lookup/with-timeout.ts';
import { type Bindings, isLocal, requireVars } from '../env.ts';
import { accountStub, gateStub, liveStub } from '../lookup/stubs.ts';
import { ShardAlarm, wholePhaseMs } from './alarm.ts';
import { EndpointHints } from './hints.ts';
import { cutLog } from './log-messages.ts';
import { LogSender } from './log-sender.ts';
import type { RunnerDeps } from './runner.ts';
import { runAlarm, ShardCore } from './shard-core.ts';
import { logLine } from '../log-line.ts';

/** Shared by the Shards of this isolate. */
let endpointCache: EndpointCache | null = null;
let sender: Sender | null = null;
const hints = new EndpointHints();

export class Shard extends DurableObject<Bindings> implements ShardRpc {
  readonly #address: ShardAddress;
  readonly #name: string;
  readonly #alarm: ShardAlarm;
  readonly #log: LogSender;
  #core: ShardCore | null = null;

  static {
    retryable(this.prototype.accept, this.prototype.settle, this.prototype.confirm, this.prototype.wake);
    retryable(this.prototype.sweep, this.prototype.remove, this.prototype.erasePayload);
    retryable(
      this.prototype.readRecord,
      this.prototype.view,
      this.prototype.readEvent,
      this.prototype.readEvents,
      this.prototype.readEventIds,
      this.prototype.readDelivery,
    );
  }

  constructor(ctx: DurableObjectState, env: Bindings) {
    super(ctx, env);
    const address = parseShardName(ctx.id.name ?? '');
    if (address === null) throw new Error('a Shard is addressed by shardName() of core/ids.ts');
    this.#address = address;
    this.#name = shardName(address);
    const storage = {
      set: (atMs: number) => void ctx.storage.setAlarm(atMs),
      delete: () => void ctx.storage.deleteAlarm(),
    };
    this.#alarm = new ShardAlarm(storage, wholePhaseMs(this.#name));
    this.#log = new LogSender(this.#name, {
      nowMs: () => Date.now(),
      wait: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
      send: async (message) => void (await this.env.LOG.send(message)),
    });
    void ctx.blockConcurrencyWhile(async () => this.#alarm.found(await ctx.storage.getAlarm()));
  }

  async accept(publishes: { record: string; request: AcceptRequest }[]) {
    return this.#open().accept(publishes);
  }

  async begin(claims: ClaimRef[]) {
    return this.#open().begin(claims);
  }

  async settle(settled: { claim: ClaimRef; outcome: AttemptOutcome }[]) {
    await this.#open().settle(settled);
  }

  async confirm(confirmed: { record: string; confirmations: Confirmation[] }[]) {
    await this.#open().confirm(confirmed);
  }

  async wake(endpoint: string, revision: number, wakes: Wakeup[]) {
    return this.#open().wake(endpoint, revision, wakes);
  }

  async sweep(endpoint: string, revision: number) {
    return this.#open().sweep(endpoint, revision);
  }

  async remove() {
    this.#open().remove();
  }

  async readRecord(record: string) {
    return this.#open().readRecord(record);
  }

  async view(records: string[]) {
    return this.#open().view(records);
  }

  async readEvent(record: string, id: string) {
    return this.#open().readEvent(record, id);
  }

  async readEvents(record: string, after: number, limit: number) {
    return this.#open().readEvents(record, after, limit);
  }

  async readEventIds(record: string, most: number) {
    return this.#open().readEventIds(record, most);
  }

  async readDelivery(record: string, ref: DeliveryRef) {
    return this.#open().readDelivery(record, ref);
  }

  async replay(record: string, ref: DeliveryRef, by: Replayer) {
    return this.#open().replay(record, ref, by);
  }

  async replayMissing(record: string, missing: { sequence: number; endpoint: string }, by: Replayer) {
    return this.#open().replayMissing(record, missing, by);
  }

  async erasePayload(record: string, id: string) {
    return this.#open().erasePayload(record, id);
  }

  async discard(record: string, ref: DeliveryRef, by: { key: string; reason: string | null }) {
    return this.#open().discard(record, ref, by);
  }

  override async alarm(info?: AlarmInvocationInfo): Promise<void> {
    const fired = {
      wasRunning: this.#core !== null,
      scheduledMs: info?.scheduledTime ?? null,
      recordsMax: DUE_RECORDS_PER_TURN,
    };
    await runAlarm(this.#alarm, fired, {
      open: () => this.#open(),
      nowMs: () => Date.now(),
      deleteAll: () => this.ctx.storage.deleteAll(),
      failed: (error) => this.#failed('alarm', error),
    });
  }

  #open(): ShardCore {
    this.#core ??= new ShardCore(this.#sql(), this.#alarm, {
      address: this.#address,
      slotsMax: isLocal(this.env) ? SELF_ATTEMPTS_LOCAL_MAX : SELF_ATTEMPTS_MAX,
      latencyElsewhere: (endpoint) => hints.latencyMs(endpoint),
      storageBytes: () => this.ctx.storage.sql.databaseSize,
      committed: () => this.ctx.storage.sync(),
      wait: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
      notifyViewers: (records) =>
        withTimeout(LIVE_ANSWER_MS, Promise.resolve(liveStub(this.env, this.#address).changed(records))),
      ...this.#links(),
    });
    return this.#core;
  }

  #sql(): Sql {
    const { storage } = this.ctx;
    return {
      exec: (query, ...bindings) => storage.sql.exec(query, ...bindings),
      transaction: (work) => storage.transactionSync(work),
    };
  }

  #links(): Omit<RunnerDeps, 'act' | 'join' | 'ledger' | 'remove'> {
    return {
      nowMs: () => Date.now(),
      random: Math.random,
      settings: (need) => this.#settings(need),
      attempt: (request) => this.#attempt(request),
      sendClaims: (queue, claims) => this.#sendClaims(queue === 'slow' ? this.env.SLOW : this.env.FANOUT, claims),
      sendLog: async (record, key, entries) => {
        const parts = cutLog(this.#open().addressOf(record), key, entries);
        await Promise.all(parts.map((part) => this.#log.send(part)));
      },
      admit: (record, endpoint, seen) =>
        withTimeout(GATE_ANSWER_MS, Promise.resolve(this.#gate(endpoint).admit(this.#recordName(record), seen))),
      report: async (record, endpoint, reports: Report[]) => {
        await this.#gate(endpoint).report(this.#recordName(record), reports);
      },
      hints,
      disable: async (endpoint, reason, seenRevision) => {
        await accountStub(this.env, this.#address.account).disableEndpoint(endpoint, reason, seenRevision);
      },
      keep: (work) => this.ctx.waitUntil(work),
      failed: (what, error) => this.#failed(what, error),
    };
  }

  #recordName(record: string): string {
    return recordName(this.#open().addressOf(record));
  }

  #gate(endpoint: string) {
    return gateStub(this.env, this.#address, endpoint);
  }

  async #settings({ endpoints, ...need }: Parameters<RunnerDeps['settings']>[0]): Promise<AccountSettings | null> {
    endpointCache ??= new EndpointCache((account, ids) => accountStub(this.env, account).settings(ids));
    return endpointCache.get(this.#address.account, endpoints, Date.now(), need);
  }

  async #attempt(request: AttemptRequest): Promise<AttemptOutcome> {
    sender ??= createSender(
      () => requireVars(this.env),
      { fetch: (url, init) => fetch(url, init), nowMs: () => Date.now() },
      (message, facts) => logLine('log', message, facts),
    );
    return sender(request);
  }

  async #sendClaims(queue: Bindings['FANOUT'], claims: ClaimRef[]): Promise<void> {
    for (let from = 0; from < claims.length; from += QUEUE_SEND_BATCH_MAX) {
      const batch = claims.slice(from, from + QUEUE_SEND_BATCH_MAX);
      await queue.sendBatch(batch.map((claim) => ({ body: { v: 2 as const, shard: this.#name, claim } })));
    }
  }

  #failed(what: string, error: unknown): void {
    const message = error instanceof Error ? error.message : String(error);
    logLine('error', 'shard step failed', { step: what, shard: this.#name, error: message });
  }
}
