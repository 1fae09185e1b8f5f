/**
 * The Durable Object of one account: a shell around its ledger, its outbox and its idempotency keys
 * (files of those names). A change answers once it is durable here; telling D1 and the Gates comes
 * after, and may fail without harm to the change.
 */
import { DurableObject } from 'cloudflare:workers';
import { retryable } from 'cloudflare:durable-objects';
import { asksForAlerts } from '../core/alert-event.ts';
import { type AuditAct, type AuditFilter, BY_RECEIVER, BY_TUBEPOST } from '../core/audit.ts';
import { base32 } from '../core/base32.ts';
import type { AccountFacts, AccountSettings, EndpointSecret, EndpointSettings } from '../core/endpoint.ts';
import { INCARNATION_CHARS, type Jurisdiction } from '../core/ids.ts';
import { OUTBOX_FIRST_WAIT_MS, OUTBOX_TRY_MS } from '../core/limits.ts';
import { type Bucket, QUOTA_DEFAULT, type QuotaExceeded, take } from '../core/quota.ts';
import { fail } from '../core/result.ts';
import type { AccountChange, AccountRpc, EndpointChange, EndpointResealing } from '../core/rpc.ts';
import type { Sql } from '../core/sql.ts';
import { liveStub } from '../lookup/stubs.ts';
import { withTimeout } from '../lookup/with-timeout.ts';
import type { Bindings } from '../env.ts';
import { lastSuccessMs } from '../store/log/last-success.ts';
import { auditPage } from './audit.ts';
import { AccountLedger } from './ledger.ts';
import * as idempotency from './idempotency.ts';
import { newSweep, removalStart, startJob } from './jobs.ts';
import { disableFailing } from './failing.ts';
import { endpointOf, nextDueMs } from './outbox.ts';
import { OutboxSender } from './outbox-sender.ts';
import { beginRemoval, endpointsOfRemoved, removalOf, setRemovalDue } from './removal.ts';
import { beginTest } from './test-sends.ts';
import { sendOwed } from './send-owed.ts';
import { logLine } from '../log-line.ts';

/** Names the caller of a release that did not say who asks. */
const UNNAMED = 'unnamed';
const NAME = /^v1:([A-Za-z0-9_-]{1,64})$/;

export class Account extends DurableObject<Bindings> implements AccountRpc {
  readonly #sql: Sql;
  readonly #ledger: AccountLedger;
  #bucket: Bucket | null = null;
  readonly #outbox: OutboxSender;

  static {
    // Safe to repeat: reads, and changes that end in the same state. The others answer differently
    // when they run twice.
    retryable(
      this.prototype.remove,
      this.prototype.endpointsOfRemoved,
      this.prototype.erase,
      this.prototype.settings,
      this.prototype.settingsSince,
      this.prototype.settingsPart,
      this.prototype.settingsForAlerts,
      this.prototype.createEndpoint,
      this.prototype.changeEndpoint,
      this.prototype.rotateSecret,
      this.prototype.reseal,
      this.prototype.audit,
    );
    retryable(this.prototype.disableEndpoint, this.prototype.watchEndpoint, this.prototype.idempotencyEnd);
  }

  constructor(ctx: DurableObjectState, env: Bindings) {
    super(ctx, env);
    const account = accountOf(ctx.id);
    this.#sql = {
      exec: (query, ...bindings) => ctx.storage.sql.exec(query, ...bindings),
      transaction: (change) => ctx.storage.transactionSync(change),
    };
    this.#ledger = new AccountLedger(this.#sql, account);
    this.#outbox = new OutboxSender(this.#sql, {
      nowMs: () => Date.now(),
      random: Math.random,
      send: (topic) => sendOwed(this.env, topic, this.#ledger.settingsOf([endpointOf(topic)])),
      arm: () => this.#arm(),
      failed: ({ topic, failures }, error) =>
        logLine('warn', 'account outbox waits', {
          account: ctx.id.name,
          topic,
          failures: failures + 1,
          error: String(error),
        }),
    });
  }

  async put(change: AccountChange, by = UNNAMED) {
    const removal = removalOf(this.#sql);
    if (removal !== null) return fail({ reason: 'removing' as const, job: removal.start.id });
    return this.#after(this.#ledger.put(change, by, Date.now(), newIncarnation()));
  }

  async settings(endpoints?: string[]) {
    return endpoints === undefined ? this.#ledger.settings() : this.#ledger.settingsOf(endpoints);
  }

  async settingsForAlerts() {
    return this.#ledger.settingsWith(asksForAlerts);
  }

  /**
   * Compared with the creation too: an account that was erased and made again begins at revision 1.
   */
  async settingsSince(known: Pick<AccountSettings, 'revision' | 'createdAtMs'>, events = 0, inParts = false) {
    const facts = this.#ledger.facts();
    const exceeded = this.#count(facts, events);
    if (exceeded !== null) return exceeded;
    if (facts?.revision === known.revision && facts.createdAtMs === known.createdAtMs) return 'unchanged';
    return inParts ? this.#ledger.changesSince(known) : this.#ledger.settings();
  }

  async settingsPart(after: string) {
    return this.#ledger.part(after);
  }

  /**
   * In memory: a row for each publish would cost more than the events. An instance that starts anew
   * grants a burst.
   */
  #count(settings: AccountFacts | null, events: number): QuotaExceeded | null {
    const { eventsPerSecond } = settings?.quota ?? QUOTA_DEFAULT;
    if (eventsPerSecond === null) {
      this.#bucket = null;
      return null;
    }
    const { bucket, exceeded } = take(this.#bucket, eventsPerSecond, events, Date.now());
    this.#bucket = bucket;
    return exceeded;
  }

  async createEndpoint(endpoint: EndpointSettings, by = UNNAMED) {
    return this.#after(this.#ledger.createEndpoint(endpoint, by, Date.now()));
  }

  async changeEndpoint(id: string, change: EndpointChange, by = UNNAMED) {
    return this.#after(this.#ledger.changeEndpoint(id, change, by, Date.now(), newSweep(by)));
  }

  async removeEndpoint(id: string, by = UNNAMED) {
    return this.#after(this.#ledger.removeEndpoint(id, by, Date.now(), newSweep(by)) ?? false);
  }

  async rotateSecret(id: string, fresh: EndpointSecret, overlapSeconds: number, by: string) {
    return this.#after(this.#ledger.rotateSecret(id, fresh, overlapSeconds, by, Date.now()));
  }

  async removeSecret(id: string, secret: string, by: string) {
    return this.#after(this.#ledger.removeSecret(id, secret, by, Date.now()));
  }

  async readSecret(id: string, secret: string, by: string) {
    return this.#ledger.readSecret(id, secret, by, Date.now());
  }

  async reseal(resealings: EndpointResealing[], key: string, by: string) {
    return this.#ledger.reseal(resealings, key, by, Date.now());
  }

  async auditErasure(by: string, detail: string) {
    return this.#ledger.auditAhead({ action: 'payload.erased', detail }, by, Date.now());
  }

  async auditAhead(act: AuditAct, by: string) {
    return this.#ledger.auditAhead(act, by, Date.now());
  }

  async audit(before: number, limit: number, filter: AuditFilter = {}) {
    return auditPage(this.#sql, before, limit, filter);
  }

  async disableEndpoint(id: string, reason: string, seenRevision: number) {
    this.#after(this.#ledger.disableEndpoint(id, reason, seenRevision, BY_RECEIVER, Date.now(), newSweep(BY_TUBEPOST)));
  }

  async watchEndpoint(id: string, isWatched: boolean) {
    return this.#ledger.watchEndpoint(id, isWatched);
  }

  async disableFailing(id: string, sinceMs: number) {
    const lastSuccess = (account: string) => lastSuccessMs(this.env.LOG_DB, account, id, sinceMs);
    const sweep = { nowMs: () => Date.now(), order: () => newSweep(BY_TUBEPOST) };
    return this.#after(await disableFailing(this.#ledger, id, sinceMs, lastSuccess, sweep));
  }

  async remove(by: string, reason: string | null) {
    const before = removalOf(this.#sql);
    if (before !== null) return before.start;
    const settings = this.#ledger.settingsOf([]);
    if (settings === null) return null;
    const start = removalStart(settings, by, reason);
    beginRemoval(this.#sql, start, Date.now());
    this.#ledger.forget();
    this.#arm();
    this.ctx.waitUntil(this.#startRemoval());
    this.#notifyViewers(settings.jurisdiction);
    return start;
  }

  async endpointsOfRemoved(job: string, after: string, limit: number) {
    return removalOf(this.#sql)?.start.id === job ? endpointsOfRemoved(this.#sql, after, limit) : [];
  }

  async erase(job: string) {
    if (removalOf(this.#sql)?.start.id !== job) return;
    await this.ctx.storage.deleteAll();
    this.#ledger.forget();
  }

  async idempotencyBegin(key: string, request: string) {
    return idempotency.begin(this.#sql, key, request, Date.now());
  }

  async idempotencyEnd(key: string, answer: { status: number; sealed: string } | null) {
    idempotency.end(this.#sql, key, answer);
  }

  async beginTest(endpoint: string, by = UNNAMED) {
    return beginTest(this.#sql, this.#ledger.settingsOf([endpoint]), endpoint, by, Date.now());
  }

  /** Never throws: the platform drops an alarm that fails too often, and with it what is owed. */
  override async alarm(): Promise<void> {
    try {
      await (removalOf(this.#sql) === null ? this.#outbox.send() : this.#startRemoval());
    } catch (error) {
      logLine('error', 'account alarm failed', { account: this.ctx.id.name, error: String(error) });
      await this.ctx.storage.setAlarm(Date.now() + OUTBOX_TRY_MS);
    }
  }

  /** After any change: the alarm first, in the same turn as the rows, then the first try. */
  #after<T>(answer: T): T {
    if (nextDueMs(this.#sql) !== null) {
      this.#arm();
      this.ctx.waitUntil(this.#outbox.send());
      this.#notifyViewers(this.#ledger.facts()?.jurisdiction);
    }
    return answer;
  }

  /** Once: what is lost, viewers see at the next change, or when all is looked at. */
  #notifyViewers(jurisdiction: Jurisdiction | null = null): void {
    const place = { account: accountOf(this.ctx.id), jurisdiction };
    const telling = Promise.resolve(liveStub(this.env, place).settingsChanged());
    this.ctx.waitUntil(
      telling.catch((error: unknown) =>
        logLine('warn', 'viewers not notified of a change', { account: this.ctx.id.name, error: String(error) }),
      ),
    );
  }

  /**
   * The alarm is what the outbox says, and nothing else. Its write commits with the turn's rows, so
   * it needs no await.
   */
  #arm(): void {
    const dueMs = removalOf(this.#sql)?.dueMs ?? nextDueMs(this.#sql);
    void (dueMs === null ? this.ctx.storage.deleteAlarm() : this.ctx.storage.setAlarm(dueMs));
  }

  async #startRemoval(): Promise<void> {
    const removal = removalOf(this.#sql);
    if (removal === null || removal.dueMs === null) return;
    try {
      await withTimeout(OUTBOX_TRY_MS, startJob(this.env, removal.start));
      setRemovalDue(this.#sql, null);
    } catch (error) {
      setRemovalDue(this.#sql, Date.now() + OUTBOX_FIRST_WAIT_MS);
      logLine('warn', 'account removal waits', { account: this.ctx.id.name, error: String(error) });
    }
    this.#arm();
  }
}

function accountOf({ name }: DurableObjectId): string {
  const account = NAME.exec(name ?? '')?.[1];
  if (account === undefined) throw new Error('an Account is addressed by "v1:" and the account id');
  return account;
}

/** 60 random bits: no two accounts of one id have the same. */
function newIncarnation(): string {
  return base32(crypto.getRandomValues(new Uint8Array(8))).slice(0, INCARNATION_CHARS);
}
