/**
 * The truth about one account: its facts, its endpoints, and the one `revision` that grows with every change of either.
 * Runtime-free. Every change owes its news to others (outbox.ts) in the same transaction that makes it.
 * Refuses to check what a request may set (core/endpoint-rules.ts) and to read secrets: they arrive sealed and stay so. What a change
 * makes of the settings is changes.ts.
 */
import { type GateNews, newsOf } from '../core/admission.ts';
import { type AuditAct, changesBetween } from '../core/audit.ts';
import type { AccountSettings, EndpointSecret, EndpointSettings } from '../core/endpoint.ts';
import { checkPayloadFormat } from '../core/endpoint-rules.ts';
import { liveSecrets, type RemovalRefusal, rotated, withoutSecret } from '../core/endpoint-secrets.ts';
import type { JobStart } from '../core/job.ts';
import { fail, ok, type Result } from '../core/result.ts';
import type { AccountChange, EndpointChange, EndpointRefusal, EndpointResealing, FixedField } from '../core/rpc.ts';
import type { Sql } from '../core/sql.ts';
import { audit } from './audit.ts';
import { changed, concernsGate, created, defaults, given, ownerOfExternalId, same } from './changes.ts';
import { type SweepOrder, sweepStart } from './jobs.ts';
import { owe, oweJob } from './outbox.ts';
import { resealed } from './resealed.ts';
import { hasTables, migrate } from './tables.ts';
import { storedEndpoint, storedFacts, type StoredFacts } from './stored.ts';

/** Names of Shards follow from them: changed, what was accepted would not be found again. */
const FIXED_FIELDS = ['shards', 'jurisdiction'] as const satisfies FixedField['field'][];

/** Of an endpoint's settings: they follow from what is changed, or are audited by themselves. */
const NOT_CHANGED_BY_PEOPLE = ['updatedAtMs', 'isWatched', 'cutoff', 'secrets'];

type Entry = { revision: number; settings: EndpointSettings };
/** What the tables say. The object is their only writer, so this stays right until a change fails half-way. */
type Image = { revision: number; facts: StoredFacts; endpoints: Map<string, Entry> };

export class AccountBook {
  readonly #sql: Sql;
  readonly #account: string;
  #image: Image | null | undefined;

  constructor(sql: Sql, account: string) {
    this.#sql = sql;
    this.#account = account;
  }

  settings(): AccountSettings | null {
    const image = this.#read();
    if (image === null) return null;
    return { ...image.facts, revision: image.revision, endpoints: settingsIn(image) };
  }

  /** What others need of an account with ten thousand endpoints is seldom all of it. */
  settingsWith(isWanted: (endpoint: EndpointSettings) => boolean): AccountSettings | null {
    const settings = this.settings();
    return settings && { ...settings, endpoints: settings.endpoints.filter(isWanted) };
  }

  put(
    change: AccountChange,
    by: string,
    nowMs: number,
    incarnation: string,
  ): Result<{ created: boolean; settings: AccountSettings }, FixedField> {
    const image = this.#read();
    if (image === null) {
      this.#create(created(this.#account, incarnation, change, nowMs), by);
      return ok({ created: true, settings: this.#settingsOfExisting() });
    }
    const fixed = FIXED_FIELDS.find((field) => change[field] !== undefined && change[field] !== image.facts[field]);
    if (fixed !== undefined) return fail({ reason: 'fixed', field: fixed });
    const facts = { ...image.facts, ...given(change) };
    if (!same(facts, image.facts)) {
      this.#change(image, (revision) => {
        this.#sql.exec('UPDATE account SET facts = ?', JSON.stringify(facts));
        this.#audit({ action: 'account.changed', changes: changesBetween(image.facts, facts) }, by, nowMs);
        image.facts = facts;
        owe(this.#sql, 'account', revision, nowMs);
      });
    }
    return ok({ created: false, settings: this.#settingsOfExisting() });
  }

  createEndpoint(
    endpoint: EndpointSettings,
    by: string,
    nowMs: number,
  ): Result<EndpointSettings, { reason: 'no-account' } | { reason: 'full'; most: number } | EndpointRefusal> {
    const image = this.#read();
    if (image === null) return fail({ reason: 'no-account' });
    const known = image.endpoints.get(endpoint.id);
    if (known !== undefined) return ok(known.settings);
    const { endpointsMax } = image.facts.quota;
    if (image.endpoints.size >= endpointsMax) return fail({ reason: 'full', most: endpointsMax });
    const refused = this.#refusal(image, endpoint);
    if (refused !== null) return fail(refused);

    this.#change(image, (revision) => {
      this.#store(image, endpoint, revision, nowMs);
      const { id, url, secrets } = endpoint;
      this.#audit({ action: 'endpoint.created', endpoint: id, changes: changesBetween({}, { url }) }, by, nowMs);
      for (const secret of secrets) {
        this.#audit({ action: 'secret.created', endpoint: id, secret: secret.id }, by, nowMs);
      }
    });
    return ok(endpoint);
  }

  changeEndpoint(
    id: string,
    change: EndpointChange,
    by: string,
    nowMs: number,
    sweep: SweepOrder | null = null,
  ): Result<EndpointSettings, { reason: 'not-found' } | EndpointRefusal> & { job?: JobStart } {
    const image = this.#read();
    const entry = image?.endpoints.get(id);
    if (!image || entry === undefined) return fail({ reason: 'not-found' });
    const before = entry.settings;
    const after = changed(before, change, nowMs);
    const refused = this.#refusal(image, after);
    if (refused !== null) return fail(refused);
    if (same({ ...after, updatedAtMs: before.updatedAtMs }, before)) return ok(before);
    const changes = changesBetween(before, after, { secret: ['headers'], leftOut: NOT_CHANGED_BY_PEOPLE });
    after.secrets = liveSecrets(after.secrets, nowMs);

    let job: JobStart | null = null;
    this.#change(image, (revision) => {
      this.#store(image, after, revision, nowMs);
      this.#audit({ action: 'endpoint.changed', endpoint: id, changes }, by, nowMs);
      if (concernsGate(before, after)) owe(this.#sql, `gate:${id}`, revision, nowMs);
      if (after.status === 'disabled' && before.status !== 'disabled') {
        job = this.#sweep(id, 'disabled', sweep, revision, nowMs);
      }
    });
    return job === null ? ok(after) : { ...ok(after), job };
  }

  #refusal(image: Image, endpoint: EndpointSettings): EndpointRefusal | null {
    const owner = ownerOfExternalId(settingsIn(image), endpoint);
    if (owner !== null) return { reason: 'external-id-taken', endpoint: owner };
    const fault = checkPayloadFormat(endpoint);
    return fault === null ? null : { reason: 'payload-format', message: `payloadFormat ${fault}` };
  }

  /** From its Gate. Nobody's decision: it does not stand in the way of one that was made before (`disableEndpoint`). */
  watchEndpoint(id: string, isWatched: boolean): GateNews {
    const image = this.#read();
    const entry = image?.endpoints.get(id);
    if (!image || entry === undefined) return newsOf(image?.revision ?? 0, undefined);
    if ((entry.settings.isWatched ?? false) !== isWatched) {
      const { revision } = entry;
      this.#change(image, () => this.#write(image, { ...entry.settings, isWatched }, revision));
    }
    return newsOf(image.revision, image.endpoints.get(id)?.settings);
  }

  /** The account is removed, or what was left of it is erased: what was read before holds no longer. */
  forget(): void {
    this.#image = undefined;
  }

  /** False where there is no such endpoint; null where no sweep was asked for. */
  removeEndpoint(id: string, by: string, nowMs: number, sweep: SweepOrder | null = null): JobStart | null | false {
    const image = this.#read();
    if (!image?.endpoints.has(id)) return false;
    let job: JobStart | null = null;
    this.#change(image, (revision) => {
      this.#sql.exec('DELETE FROM endpoint WHERE id = ?', id);
      image.endpoints.delete(id);
      this.#audit({ action: 'endpoint.removed', endpoint: id }, by, nowMs);
      owe(this.#sql, `endpoint:${id}`, revision, nowMs);
      owe(this.#sql, `gate:${id}`, revision, nowMs);
      job = this.#sweep(id, 'removed', sweep, revision, nowMs);
    });
    return job;
  }

  /** What waits for the endpoint is looked for by a job, which is owed like any other news. */
  #sweep(
    endpoint: string,
    because: 'removed' | 'disabled',
    order: SweepOrder | null,
    revision: number,
    nowMs: number,
  ): JobStart | null {
    if (order === null) return null;
    const start = sweepStart(this.#settingsOfExisting(), endpoint, because, revision, order);
    oweJob(this.#sql, start, revision, nowMs);
    return start;
  }

  rotateSecret(
    id: string,
    fresh: EndpointSecret,
    overlapSeconds: number,
    by: string,
    nowMs: number,
  ): Result<EndpointSettings, { reason: 'not-found' } | { reason: 'full'; most: number }> {
    const image = this.#read();
    const before = image?.endpoints.get(id)?.settings;
    if (!image || before === undefined) return fail({ reason: 'not-found' });
    if (before.secrets.some((secret) => secret.id === fresh.id)) return ok(before);
    const secrets = rotated(before.secrets, fresh, overlapSeconds, nowMs);
    if (!secrets.ok) return secrets;
    const detail = `${fresh.kind}; the ones before it end within ${overlapSeconds} s`;
    return ok(
      this.#putSecrets(image, before, secrets.value, nowMs, () => {
        this.#audit({ action: 'secret.rotated', endpoint: id, secret: fresh.id, detail }, by, nowMs);
      }),
    );
  }

  removeSecret(
    id: string,
    secret: string,
    by: string,
    nowMs: number,
  ): Result<EndpointSettings, { reason: 'not-found' } | RemovalRefusal> {
    const image = this.#read();
    const before = image?.endpoints.get(id)?.settings;
    if (!image || before === undefined) return fail({ reason: 'not-found' });
    const secrets = withoutSecret(before.secrets, secret, nowMs);
    if (!secrets.ok) return secrets;
    return ok(
      this.#putSecrets(image, before, secrets.value, nowMs, () => {
        this.#audit({ action: 'secret.removed', endpoint: id, secret }, by, nowMs);
      }),
    );
  }

  /** The row first: where it cannot be written, there is no answer. */
  readSecret(
    id: string,
    secretId: string,
    by: string,
    nowMs: number,
  ): Result<EndpointSecret, { reason: 'not-found' } | { reason: 'unknown-secret' }> {
    const settings = this.#read()?.endpoints.get(id)?.settings;
    if (settings === undefined) return fail({ reason: 'not-found' });
    const secret = liveSecrets(settings.secrets, nowMs).find((candidate) => candidate.id === secretId);
    if (secret === undefined) return fail({ reason: 'unknown-secret' });
    this.#atomically(() => this.#audit({ action: 'secret.read', endpoint: id, secret: secretId }, by, nowMs));
    return ok(secret);
  }

  /**
   * Texts that another change has replaced meanwhile are left alone. Endpoints are stored without news for anybody (they are
   * as they were), but under a new revision, so that no isolate keeps the texts of a key that is about to go.
   */
  reseal(resealings: readonly EndpointResealing[], key: string, by: string, nowMs: number) {
    const image = this.#read();
    const counts = { endpoints: 0, secrets: 0, headers: 0 };
    const after = resealings.flatMap((resealing) => {
      const before = image?.endpoints.get(resealing.endpoint)?.settings;
      return before === undefined ? [] : [resealed(before, resealing, nowMs)];
    });
    const changes = after.filter(({ secrets, headers }) => secrets + headers > 0);
    if (!image || changes.length === 0) return counts;
    for (const { secrets, headers } of changes) {
      counts.endpoints += 1;
      counts.secrets += secrets;
      counts.headers += headers;
    }
    this.#change(image, (revision) => {
      for (const { settings } of changes) this.#write(image, settings, revision);
      const detail = `${counts.secrets} secrets and ${counts.headers} headers of ${counts.endpoints} endpoints, under ${key}`;
      this.#audit({ action: 'secrets.resealed', detail }, by, nowMs);
    });
    return counts;
  }

  /** From the delivery path, which saw `seenRevision`: whoever changed the endpoint since then has decided anew. */
  disableEndpoint(
    id: string,
    reason: string,
    seenRevision: number,
    by: string,
    nowMs: number,
    sweep: SweepOrder | null = null,
  ): void {
    const entry = this.#read()?.endpoints.get(id);
    if (entry === undefined || entry.revision > seenRevision || entry.settings.status === 'disabled') return;
    this.changeEndpoint(id, { status: 'disabled', statusReason: reason }, by, nowMs, sweep);
  }

  #settingsOfExisting(): AccountSettings {
    const settings = this.settings();
    if (settings === null) throw new Error(`account ${this.#account} vanished while it was changed`);
    return settings;
  }

  #create(facts: StoredFacts, by: string): void {
    this.#atomically(() => {
      const tables = migrate(this.#sql);
      this.#sql.exec(
        'INSERT INTO account (one, tables, revision, facts) VALUES (1, ?, 1, ?)',
        tables,
        JSON.stringify(facts),
      );
      const changes = changesBetween(defaults(this.#account, facts.incarnation, facts.createdAtMs), facts);
      this.#audit({ action: 'account.created', changes }, by, facts.createdAtMs);
      owe(this.#sql, 'account', 1, facts.createdAtMs);
    });
    this.#image = { revision: 1, facts, endpoints: new Map() };
  }

  #change(image: Image, write: (revision: number) => void): void {
    const revision = image.revision + 1;
    this.#atomically(() => {
      this.#sql.exec('UPDATE account SET revision = ?', revision);
      write(revision);
    });
    image.revision = revision;
  }

  /** The image is written along with the rows: where the rows are undone, it is read again. */
  #atomically(write: () => void): void {
    try {
      this.#sql.transaction(write);
    } catch (error) {
      this.#image = undefined;
      throw error;
    }
  }

  #putSecrets(
    image: Image,
    before: EndpointSettings,
    secrets: EndpointSecret[],
    nowMs: number,
    record: () => void,
  ): EndpointSettings {
    const after = { ...before, secrets, updatedAtMs: nowMs };
    this.#change(image, (revision) => {
      this.#store(image, after, revision, nowMs);
      record();
    });
    return after;
  }

  /** Of something that happens elsewhere, before it does. False where there is no account: then it may not happen. */
  auditAhead(act: AuditAct, by: string, nowMs: number): boolean {
    if (this.#read() === null) return false;
    this.#atomically(() => this.#audit(act, by, nowMs));
    return true;
  }

  #audit(act: AuditAct, by: string, atMs: number): void {
    audit(this.#sql, act, by, atMs);
  }

  #store(image: Image, settings: EndpointSettings, revision: number, nowMs: number): void {
    this.#write(image, settings, revision);
    owe(this.#sql, `endpoint:${settings.id}`, revision, nowMs);
  }

  #write(image: Image, settings: EndpointSettings, revision: number): void {
    this.#sql.exec(
      `INSERT INTO endpoint (id, revision, settings) VALUES (?, ?, ?)
       ON CONFLICT (id) DO UPDATE SET revision = excluded.revision, settings = excluded.settings`,
      settings.id,
      revision,
      JSON.stringify(settings),
    );
    image.endpoints.set(settings.id, { revision, settings });
  }

  #read(): Image | null {
    if (this.#image === undefined) this.#image = this.#load();
    return this.#image;
  }

  #load(): Image | null {
    if (!hasTables(this.#sql)) return null;
    const row = this.#sql.exec('SELECT revision, facts FROM account').toArray()[0];
    if (row === undefined) return null;
    const endpoints = new Map<string, Entry>();
    for (const { id, revision, settings } of this.#sql.exec('SELECT id, revision, settings FROM endpoint').toArray()) {
      const entry = { revision: Number(revision), settings: storedEndpoint.parse(JSON.parse(String(settings))) };
      endpoints.set(String(id), entry);
    }
    return { revision: Number(row['revision']), facts: storedFacts.parse(JSON.parse(String(row['facts']))), endpoints };
  }
}

function settingsIn(image: Image): EndpointSettings[] {
  return [...image.endpoints.values()].map(({ settings }) => settings);
}
