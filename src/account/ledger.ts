/**
 * The truth about one account: its facts, its endpoints, and the one `revision` that grows with
 * every change of either. Runtime-free. Every change owes its news to others (outbox.ts) in the
 * same transaction that makes it. Refuses to check what a request may set (core/endpoint-rules.ts)
 * and to read secrets: they arrive sealed and stay so. What a change makes of the settings is
 * changes.ts.
 */
import { type GateSettings, gateSettingsOf } from '../core/admission.ts';
import { type AuditAct, BY_RECEIVER, BY_TUBEPOST, changesBetween } from '../core/audit.ts';
import type { AccountFacts, AccountSettings, EndpointSecret, EndpointSettings } from '../core/endpoint.ts';
import { checkPayloadFormat } from '../core/endpoint-rules.ts';
import { liveSecrets, type RemovalRefusal, rotated, withoutSecret } from '../core/endpoint-secrets.ts';
import type { JobStart } from '../core/job.ts';
import {
  SETTINGS_BYTES_FOR_SECRETS,
  SETTINGS_BYTES_MAX,
  SETTINGS_PART_BYTES,
  SETTINGS_ROWS_AT_ONCE,
} from '../core/limits.ts';
import { fail, ok, type Result } from '../core/result.ts';
import type {
  AccountChange,
  EndpointChange,
  EndpointRefusal,
  EndpointResealing,
  EndpointsPart,
  FixedField,
  SettingsChanges,
  SettingsFull,
} from '../core/rpc.ts';
import type { Sql } from '../core/sql.ts';
import { utf8Bytes } from '../core/text.ts';
import { audit } from './audit.ts';
import { ChangedSince } from './changed-since.ts';
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

/** `bytes`: of its JSON, as it is stored. */
type Entry = { revision: number; settings: EndpointSettings; bytes: number };
/**
 * What the tables say. The object is their only writer, so this stays right until a change fails
 * half-way.
 */
type Image = {
  revision: number;
  facts: StoredFacts;
  endpoints: Map<string, Entry>;
  /** Of all endpoints. */
  bytes: number;
  changes: ChangedSince;
};

export class AccountLedger {
  readonly #sql: Sql;
  readonly #account: string;
  #image: Image | null | undefined;

  constructor(sql: Sql, account: string) {
    this.#sql = sql;
    this.#account = account;
  }

  settings(): AccountSettings | null {
    const image = this.#read();
    return image && { ...factsOf(image), endpoints: settingsIn(image) };
  }

  facts(): AccountFacts | null {
    const image = this.#read();
    return image && factsOf(image);
  }

  /**
   * What has changed for a caller that knows a revision of this account; all, in parts, where that
   * is not remembered.
   */
  changesSince({ revision, createdAtMs }: Pick<AccountFacts, 'revision' | 'createdAtMs'>): SettingsChanges | null {
    const image = this.#read();
    if (image === null) return null;
    const facts = factsOf(image);
    const { bytes } = image;
    const ids = createdAtMs === facts.createdAtMs ? image.changes.after(revision) : null;
    const changed = (ids ?? []).map((id) => [id, image.endpoints.get(id)] as const);
    const size = changed.reduce((sum, [, entry]) => sum + (entry?.bytes ?? 0), 0);
    if (ids === null || size > SETTINGS_PART_BYTES) return { kind: 'part', facts, bytes, part: partOf(image, '') };
    return {
      kind: 'changes',
      facts,
      bytes,
      endpoints: changed.flatMap(([, entry]) => entry?.settings ?? []),
      removed: changed.flatMap(([id, entry]) => (entry === undefined ? [id] : [])),
    };
  }

  part(after: string): EndpointsPart | null {
    const image = this.#read();
    return image && partOf(image, after);
  }

  /** What others need of an account with ten thousand endpoints is seldom all of it. */
  settingsWith(isWanted: (endpoint: EndpointSettings) => boolean): AccountSettings | null {
    const settings = this.settings();
    return settings && { ...settings, endpoints: settings.endpoints.filter(isWanted) };
  }

  /** Of none: without reading any, so that what stands there cannot stand in the way. */
  settingsOf(ids: readonly string[]): AccountSettings | null {
    if (ids.length === 0 && this.#image === undefined) {
      const stored = storedFactsIn(this.#sql);
      if (stored === null) return null;
      const endpointCount = Number(this.#sql.exec('SELECT count(*) AS n FROM endpoint').toArray()[0]?.['n'] ?? 0);
      return { ...stored.facts, revision: stored.revision, endpoints: [], endpointCount };
    }
    const image = this.#read();
    if (image === null) return null;
    const endpoints = ids.flatMap((id) => image.endpoints.get(id)?.settings ?? []);
    return { ...factsOf(image), endpoints, endpointCount: image.endpoints.size };
  }

  put(
    change: AccountChange,
    by: string,
    nowMs: number,
    incarnation: string,
  ): Result<{ created: boolean; settings: AccountSettings }, FixedField> {
    const image = this.#read();
    const answer = (created: boolean) => {
      const endpointCount = this.#read()?.endpoints.size ?? 0;
      return ok({ created, settings: { ...this.#factsOfExisting(), endpoints: [], endpointCount } });
    };
    if (image === null) {
      this.#create(created(this.#account, incarnation, change, nowMs), by);
      return answer(true);
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
    return answer(false);
  }

  createEndpoint(
    endpoint: EndpointSettings,
    by: string,
    nowMs: number,
  ): Result<
    EndpointSettings,
    { reason: 'no-account' } | { reason: 'full'; most: number } | SettingsFull | EndpointRefusal
  > {
    const image = this.#read();
    if (image === null) return fail({ reason: 'no-account' });
    const known = image.endpoints.get(endpoint.id);
    if (known !== undefined) return ok(known.settings);
    const { endpointsMax } = image.facts.quota;
    if (image.endpoints.size >= endpointsMax) return fail({ reason: 'full', most: endpointsMax });
    const refused = this.#refusal(image, endpoint) ?? overBudget(image, endpoint);
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
  ): Result<EndpointSettings, { reason: 'not-found' } | SettingsFull | EndpointRefusal> & { job?: JobStart } {
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
    const full = by === BY_RECEIVER || by === BY_TUBEPOST ? null : overBudget(image, after);
    if (full !== null) return fail(full);

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

  /**
   * From its Gate. Nobody's decision: it does not stand in the way of one that was made before
   * (`disableEndpoint`).
   */
  watchEndpoint(id: string, isWatched: boolean): GateSettings {
    const image = this.#read();
    const entry = image?.endpoints.get(id);
    if (!image || entry === undefined) return gateSettingsOf(image?.revision ?? 0, undefined);
    if ((entry.settings.isWatched ?? false) !== isWatched) {
      const { revision } = entry;
      this.#change(image, (now) => this.#write(image, { ...entry.settings, isWatched }, revision, now));
    }
    return gateSettingsOf(image.revision, image.endpoints.get(id)?.settings);
  }

  /**
   * The account is removed, or what was left of it is erased: what was read before holds no longer.
   */
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
      image.bytes -= image.endpoints.get(id)?.bytes ?? 0;
      image.endpoints.delete(id);
      image.changes.add(id, revision);
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
    const start = sweepStart(this.#factsOfExisting(), endpoint, because, revision, order);
    oweJob(this.#sql, start, revision, nowMs);
    return start;
  }

  rotateSecret(
    id: string,
    fresh: EndpointSecret,
    overlapSeconds: number,
    by: string,
    nowMs: number,
  ): Result<EndpointSettings, { reason: 'not-found' } | { reason: 'full'; most: number } | SettingsFull> {
    const image = this.#read();
    const before = image?.endpoints.get(id)?.settings;
    if (!image || before === undefined) return fail({ reason: 'not-found' });
    if (before.secrets.some((secret) => secret.id === fresh.id)) return ok(before);
    const secrets = rotated(before.secrets, fresh, overlapSeconds, nowMs);
    if (!secrets.ok) return secrets;
    const full = overBudget(image, { ...before, secrets: secrets.value }, SETTINGS_BYTES_FOR_SECRETS);
    if (full !== null) return fail(full);
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
   * Texts that another change has replaced meanwhile are left alone. Endpoints are stored without
   * news for anybody (they are as they were), but under a new revision, so that no isolate keeps
   * the texts of a key that is about to go.
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

  /**
   * From the delivery path, which saw `seenRevision`: whoever changed the endpoint since then has
   * decided anew.
   */
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

  #factsOfExisting(): AccountFacts {
    const facts = this.facts();
    if (facts === null) throw new Error(`account ${this.#account} vanished while it was changed`);
    return facts;
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
    this.#image = { revision: 1, facts, endpoints: new Map(), bytes: 0, changes: new ChangedSince(1) };
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

  /**
   * Of something that happens elsewhere, before it does. False where there is no account: then it
   * may not happen.
   */
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

  /** `revision`: the endpoint's; `now`: the account's, where that is another. */
  #write(image: Image, settings: EndpointSettings, revision: number, now = revision): void {
    const json = JSON.stringify(settings);
    this.#sql.exec(
      `INSERT INTO endpoint (id, revision, settings) VALUES (?, ?, ?)
       ON CONFLICT (id) DO UPDATE SET revision = excluded.revision, settings = excluded.settings`,
      settings.id,
      revision,
      json,
    );
    const bytes = utf8Bytes(json);
    image.bytes += bytes - (image.endpoints.get(settings.id)?.bytes ?? 0);
    image.endpoints.set(settings.id, { revision, settings, bytes });
    image.changes.add(settings.id, now);
  }

  #read(): Image | null {
    if (this.#image === undefined) this.#image = this.#load();
    return this.#image;
  }

  #load(): Image | null {
    const stored = storedFactsIn(this.#sql);
    if (stored === null) return null;
    const image: Image = { ...stored, endpoints: new Map(), bytes: 0, changes: new ChangedSince(stored.revision) };
    for (const { id, revision, settings } of storedRows(this.#sql)) {
      const json = String(settings);
      const bytes = utf8Bytes(json);
      image.bytes += bytes;
      const parsed = storedEndpoint.parse(JSON.parse(json));
      image.endpoints.set(String(id), { revision: Number(revision), settings: parsed, bytes });
    }
    return image;
  }
}

/**
 * Some at a time: all of them as text beside all of them as objects would be too much memory for
 * one isolate.
 */
function* storedRows(sql: Sql) {
  let after = '';
  for (;;) {
    const query = 'SELECT id, revision, settings FROM endpoint WHERE id > ? ORDER BY id LIMIT ?';
    const rows = sql.exec(query, after, SETTINGS_ROWS_AT_ONCE).toArray();
    yield* rows;
    if (rows.length < SETTINGS_ROWS_AT_ONCE) return;
    after = String(rows.at(-1)?.['id']);
  }
}

function storedFactsIn(sql: Sql): { revision: number; facts: StoredFacts } | null {
  if (!hasTables(sql)) return null;
  const row = sql.exec('SELECT revision, facts FROM account').toArray()[0];
  if (row === undefined) return null;
  return { revision: Number(row['revision']), facts: storedFacts.parse(JSON.parse(String(row['facts']))) };
}

function factsOf({ facts, revision }: Image): AccountFacts {
  return { ...facts, revision };
}

function settingsIn(image: Image): EndpointSettings[] {
  return [...image.endpoints.values()].map(({ settings }) => settings);
}

/**
 * In the order in which they are held where all fit; else by id, which is what the next part goes
 * on from.
 */
function partOf(image: Image, after: string): EndpointsPart {
  if (after === '' && image.bytes <= SETTINGS_PART_BYTES) return { endpoints: settingsIn(image), next: null };
  const endpoints: EndpointSettings[] = [];
  let bytes = 0;
  for (const id of [...image.endpoints.keys()].filter((one) => one > after).sort()) {
    const entry = image.endpoints.get(id);
    if (entry === undefined) continue;
    bytes += entry.bytes;
    const last = endpoints.at(-1);
    if (bytes > SETTINGS_PART_BYTES && last !== undefined) return { endpoints, next: last.id };
    endpoints.push(entry.settings);
  }
  return { endpoints, next: null };
}

/**
 * What shrinks is never refused: an account that is over its budget, by an earlier release, gets
 * out of it so.
 */
function overBudget(image: Image, after: EndpointSettings, beyond = 0): SettingsFull | null {
  const before = image.endpoints.get(after.id)?.bytes ?? 0;
  const size = utf8Bytes(JSON.stringify(after));
  const bytes = image.bytes - before + size;
  const most = SETTINGS_BYTES_MAX + beyond;
  return size > before && bytes > most ? { reason: 'settings-full', bytes, most } : null;
}
