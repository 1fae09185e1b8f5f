/**
 * The Durable Object of one record: a shell around its ledger (the protocol) and runner (the effects). It owns the alarm and the
 * edges: storage, queues, the other objects, the network. It decides nothing.
 */
import { DurableObject } from 'cloudflare:workers';
import { retryable } from 'cloudflare:durable-objects';
import type { Admission, GateNews } from '../core/admission.ts';
import type { AccountSettings, EndpointSettings } from '../core/endpoint.ts';
import { type DeliveryRef, parseRecordName, type RecordAddress, recordName } from '../core/ids.ts';
import { GATE_ANSWER_MS, QUEUE_SEND_BATCH_MAX } from '../core/limits.ts';
import type { Confirmation, LogEntry } from '../core/log.ts';
import type { AttemptOutcome } from '../core/outcome.ts';
import type { AcceptRequest } from '../core/publish.ts';
import { fail, ok } from '../core/result.ts';
import { quietPhaseMs } from '../core/retention.ts';
import type { AttemptRequest, ClaimRef, RecordRpc } from '../core/rpc.ts';
import type { Sql } from '../core/sql.ts';
import { type Sender, createSender } from '../delivery/sender.ts';
import { EndpointCache } from '../delivery/endpoint-cache.ts';
import { within } from '../delivery/within.ts';
import { type Bindings, requireVars } from '../env.ts';
import { accountStub, gateStub } from '../stubs.ts';
import { RecordAlarm } from './alarm.ts';
import { EndpointHints } from './hints.ts';
import { type Effects, Ledger } from './ledger.ts';
import { isOfAnother, isOver } from './life.ts';
import { packLog } from './log-messages.ts';
import { Memory } from './memory.ts';
import { ofJob, type Replayer } from './replaying.ts';
import { Runner, type RunnerDeps } from './runner.ts';
import { readDelivery, readEvent, readEventIds, readEvents, readRecord } from './views.ts';

/** Shared by the Records of this isolate. */
let endpointCache: EndpointCache | null = null;
let sender: Sender | null = null;
const hints = new EndpointHints();
const NO_ROWS: Sql = {
  exec: () => ({ toArray: () => [] }),
  transaction: (work) => work(),
};

export class Record extends DurableObject<Bindings> implements RecordRpc {
  readonly #address: RecordAddress;
  /** Of what was stored here: over once it is erased. */
  #life = { isOver: false };
  #ledger: Ledger | null = null;
  #runner: Runner | null = null;
  readonly #alarm: RecordAlarm;

  static {
    retryable(this.prototype.accept, this.prototype.settle, this.prototype.confirm, this.prototype.wake);
    retryable(this.prototype.sweep, this.prototype.erase, this.prototype.erasePayload);
    retryable(
      this.prototype.readRecord,
      this.prototype.readEvent,
      this.prototype.readEvents,
      this.prototype.readEventIds,
      this.prototype.readDelivery,
    );
  }

  constructor(ctx: DurableObjectState, env: Bindings) {
    super(ctx, env);
    const address = parseRecordName(ctx.id.name ?? '');
    if (address === null) throw new Error('a Record is addressed by recordName() of core/ids.ts');
    this.#address = address;
    const storage = {
      set: (atMs: number) => void ctx.storage.setAlarm(atMs),
      delete: () => void ctx.storage.deleteAlarm(),
    };
    this.#alarm = new RecordAlarm(storage, quietPhaseMs(address.hash));
    void ctx.blockConcurrencyWhile(async () => this.#alarm.found(await ctx.storage.getAlarm()));
  }

  async accept(request: AcceptRequest) {
    if (request.account !== this.#address.account) throw new Error('a publish reached the record of another account');
    return this.#perform(this.#open().accept(request, this.#at(), this.#storageBytes));
  }

  async begin(claims: ClaimRef[]) {
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

  async sweep(endpoint: string, revision: number) {
    const settings = await this.#settings({ minRevision: revision, isFresh: true, endpoints: [endpoint] });
    return this.#perform(this.#open().sweep(endpoint, settings, this.#at()));
  }

  /** Attempts under way still end; their outcomes then find nothing to write to. */
  async erase(): Promise<void> {
    this.#life.isOver = true;
    this.#life = { isOver: false };
    this.#ledger = null;
    this.#runner = null;
    this.#alarm.found(null);
    await this.ctx.storage.deleteAll();
  }

  async readRecord(life?: number) {
    return readRecord(this.#seenBy(life));
  }

  async readEvent(id: string, life?: number) {
    return readEvent(this.#seenBy(life), id);
  }

  async readEvents(after: number, limit: number, life?: number) {
    return readEvents(this.#seenBy(life), after, limit);
  }

  async readEventIds(most: number, life?: number) {
    return readEventIds(this.#seenBy(life), most);
  }

  async readDelivery(ref: DeliveryRef, life?: number) {
    return readDelivery(this.#seenBy(life), ref);
  }

  /** What is of a former account is as nothing. */
  #seenBy(life: number | undefined): Memory {
    const { memory } = this.#open();
    return isOfAnother(memory, life) ? new Memory(NO_ROWS, this.#address, null) : memory;
  }

  async replay(ref: DeliveryRef, by: Replayer) {
    const own = ofJob(this.#open().memory, ref, by.job);
    if (own !== null) return ok(own);
    const settings = await this.#settings({ minRevision: 0, isFresh: true, endpoints: [ref.endpoint] });
    if (isOver(this.#open().memory, settings)) return fail({ reason: 'not-found' as const });
    const endpoint = endpointIn(settings, ref.endpoint);
    return this.#perform(this.#open().replay(ref, by, endpoint, this.#at(), this.#storageBytes));
  }

  async replayMissing(missing: { sequence: number; endpoint: string }, by: Replayer) {
    const own = ofJob(this.#open().memory, { ...missing, replay: 0 }, by.job);
    if (own !== null) return ok(own);
    const settings = await this.#settings({ minRevision: 0, isFresh: true, endpoints: [missing.endpoint] });
    if (isOver(this.#open().memory, settings)) return fail({ reason: 'not-found' as const });
    const endpoint = endpointIn(settings, missing.endpoint);
    return this.#perform(this.#open().replayMissing(missing, by, endpoint, this.#at(), this.#storageBytes));
  }

  get #storageBytes(): number {
    return this.ctx.storage.sql.databaseSize;
  }

  async erasePayload(id: string) {
    // A record that never accepted anything stays without a row.
    if (readEvent(this.#open().memory, id) === null) return null;
    return this.#perform(this.#open().erasePayload(id, this.#at()));
  }

  async discard(ref: DeliveryRef, by: { key: string; reason: string | null }, life?: number) {
    if (isOfAnother(this.#open().memory, life)) return fail({ reason: 'not-found' as const });
    return this.#perform(this.#open().discard(ref, by, this.#at()));
  }

  /** Never awaits the network and never throws: the platform drops an alarm that fails too often. */
  override async alarm(info?: AlarmInvocationInfo): Promise<void> {
    const rang = this.#alarm.rang(this.#ledger !== null, info?.scheduledTime ?? null);
    try {
      this.#run().perform(this.#open().alarm(this.#at(), rang));
    } catch (error) {
      this.#failed('alarm', error);
      this.#alarm.failed(Date.now());
    }
  }

  #open(): Ledger {
    this.#ledger ??= new Ledger(this.#sql(this.#life), this.#alarm.suspectFromMs(Date.now()), {
      address: this.#address,
      latencyElsewhere: (endpoint) => hints.latencyMs(endpoint),
    });
    return this.#ledger;
  }

  /** A ledger that outlives what was stored here, for an attempt under way, must not write into what may be stored next. */
  #sql(life: { isOver: boolean }): Sql {
    const { storage } = this.ctx;
    return {
      exec: (query, ...bindings) => storage.sql.exec(query, ...bindings),
      transaction: (work) => {
        if (life.isOver) throw new Error('the record was erased');
        return storage.transactionSync(work);
      },
    };
  }

  #run(): Runner {
    this.#runner ??= new Runner(this.#open(), this.#deps());
    return this.#runner;
  }

  #at() {
    return { nowMs: Date.now(), random: Math.random };
  }

  #perform<T>({ result, effects }: { result: T; effects: Effects }): T {
    this.#run().perform(effects);
    return result;
  }

  #deps(): RunnerDeps {
    return {
      nowMs: () => Date.now(),
      random: Math.random,
      settings: (need) => this.#settings(need),
      attempt: (request) => this.#attempt(request),
      sendClaims: (queue, claims) => this.#sendClaims(queue === 'slow' ? this.env.SLOW : this.env.FANOUT, claims),
      sendLog: (entries) => this.#sendLog(entries),
      admit: (endpoint, seen) => within(GATE_ANSWER_MS, this.#admit(endpoint, seen)),
      report: (endpoint, reports) => this.#gate(endpoint).report(recordName(this.#address), reports),
      hints,
      disable: (endpoint, reason, seenRevision) => this.#account().disableEndpoint(endpoint, reason, seenRevision),
      erase: () => this.erase(),
      arm: ({ wakeAtMs, look }) => this.#alarm.arm(wakeAtMs, look),
      keep: (work) => this.ctx.waitUntil(work),
      failed: (what, error) => this.#failed(what, error),
    };
  }

  #account() {
    return accountStub(this.env, this.#address.account);
  }

  #gate(endpoint: string) {
    return gateStub(this.env, this.#address, endpoint);
  }

  async #admit(endpoint: string, seen: GateNews): Promise<Admission> {
    return this.#gate(endpoint).admit(recordName(this.#address), seen);
  }

  #settings({ endpoints, ...need }: Parameters<RunnerDeps['settings']>[0]): Promise<AccountSettings | null> {
    endpointCache ??= new EndpointCache((account, ids) => accountStub(this.env, account).settings(ids));
    return endpointCache.get(this.#address.account, endpoints, Date.now(), need);
  }

  async #attempt(request: AttemptRequest): Promise<AttemptOutcome> {
    sender ??= createSender(
      () => requireVars(this.env),
      { fetch: (url, init) => fetch(url, init), nowMs: () => Date.now() },
      console.log,
    );
    return sender(request);
  }

  async #sendClaims(queue: Bindings['FANOUT'], claims: ClaimRef[]): Promise<void> {
    const record = recordName(this.#address);
    for (let from = 0; from < claims.length; from += QUEUE_SEND_BATCH_MAX) {
      const batch = claims.slice(from, from + QUEUE_SEND_BATCH_MAX);
      await queue.sendBatch(batch.map((claim) => ({ body: { v: 1 as const, record, claim } })));
    }
  }

  async #sendLog(entries: LogEntry[]): Promise<void> {
    const { memory } = this.#open();
    for (const message of packLog(this.#address, memory.record, entries)) await this.env.LOG.send(message);
  }

  #failed(what: string, error: unknown): void {
    const { account, kind, hash } = this.#address;
    const message = error instanceof Error ? error.message : String(error);
    console.error(
      JSON.stringify({ message: 'record step failed', step: what, account, record: kind + hash, error: message }),
    );
  }
}

/** Undefined once removed. */
function endpointIn(settings: AccountSettings | null, id: string): EndpointSettings | undefined {
  return settings?.endpoints.find((endpoint) => endpoint.id === id);
}
