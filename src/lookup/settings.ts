/**
 * An isolate's memory of account settings, at most SETTINGS_FRESH_MS old (E7), for who needs all
 * endpoints of an account. It holds values, never promises: a promise made in one request may not
 * be awaited in another on Workers, so reads of one account at once each read. What is read is what
 * has changed since it was read last; all of it comes in parts. What is not there is never
 * remembered: an account unknown a moment ago may exist now.
 */
import type { AccountSettings } from '../core/endpoint.ts';
import {
  ENDPOINT_BYTES_ASSUMED,
  SETTINGS_CACHED_ACCOUNTS_MAX,
  SETTINGS_CACHED_BYTES_MAX,
  SETTINGS_FRESH_MS,
  SETTINGS_READS_MAX,
} from '../core/limits.ts';
import type { QuotaExceeded } from '../core/quota.ts';
import { fail, ok, type Result } from '../core/result.ts';
import type { EndpointsPart, SettingsAnswer, SettingsChanges } from '../core/rpc.ts';
import { applied } from '../core/settings-changes.ts';

/** The Account object. Throws where it does not answer. */
export type SettingsSource = {
  /**
   * It may answer that nothing has changed since `known`, or what has. The `events` of a publish
   * are counted there, and refused over the account's quota; 0 never are.
   */
  read(account: string, known: AccountSettings | null, events: number): Promise<SettingsAnswer>;
  /**
   * What follows a first part; null: there is no such account any more. Absent where the source
   * answers in one.
   */
  part?(account: string, after: string): Promise<EndpointsPart | null>;
};

/**
 * Shared by all who ask: not to be changed. `readAtMs` is before the read began, so their age is
 * never understated.
 */
export type KnownSettings = { readonly settings: AccountSettings; readonly readAtMs: number };
/** `bytes`: what the endpoints take as JSON. */
type Remembered = KnownSettings & { readonly bytes: number };
type Whole = { settings: AccountSettings; bytes: number };

export class SettingsCache {
  readonly #source: SettingsSource;
  /** Least recently used first. */
  readonly #known = new Map<string, Remembered>();
  #bytes = 0;

  constructor(source: SettingsSource) {
    this.#source = source;
  }

  /**
   * Null for an unknown account. With `minRevision` above what is remembered, reads; the answer may
   * still be older.
   */
  async get(account: string, nowMs: number, need: { minRevision?: number } = {}): Promise<KnownSettings | null> {
    const known = this.#known.get(account);
    if (known === undefined || !isFresh(known, nowMs) || known.settings.revision < (need.minRevision ?? 0)) {
      return this.fresh(account, nowMs);
    }
    this.#known.delete(account);
    this.#known.set(account, known);
    return known;
  }

  /** Without asking; null where nothing fresh is remembered. */
  remembered(account: string, nowMs: number): KnownSettings | null {
    const known = this.#known.get(account);
    return known !== undefined && isFresh(known, nowMs) ? known : null;
  }

  /** Reads, whatever is remembered: for every "there is none" that is about to be believed. */
  async fresh(account: string, nowMs: number): Promise<KnownSettings | null> {
    const answer = await this.forPublish(account, nowMs, 0);
    if (!answer.ok) throw new Error('a question about no events was over a quota');
    return answer.value;
  }

  /**
   * The same for a publish of so many `events`: refused by the source where they are over the
   * account's quota.
   */
  async forPublish(
    account: string,
    nowMs: number,
    events: number,
  ): Promise<Result<KnownSettings | null, QuotaExceeded>> {
    const before = this.#known.get(account) ?? null;
    const answer = await this.#source.read(account, before?.settings ?? null, events);
    if (isQuota(answer)) return fail(answer);
    const whole = await this.#whole(account, before, answer);
    if (whole === null) {
      this.#forget(account);
      return ok(null);
    }
    const read = { settings: whole.settings, readAtMs: nowMs };
    // A slow read must not take the place of a newer one that overtook it.
    const known = this.#known.get(account);
    if (known === undefined || !isOlder(read, known)) this.#remember(account, { ...read, bytes: whole.bytes });
    return ok(read);
  }

  /** Parts that were read one after the other are made one by what has changed since the first. */
  async #whole(account: string, before: Whole | null, first: SettingsAnswer): Promise<Whole | null> {
    let known = before;
    let answer = first;
    for (let reads = 1; reads <= SETTINGS_READS_MAX; reads += 1) {
      if (answer === 'unchanged') return known;
      if (answer === null || isQuota(answer)) return null;
      if (!('kind' in answer)) return { settings: answer, bytes: answer.endpoints.length * ENDPOINT_BYTES_ASSUMED };
      if (answer.kind === 'changes') {
        // Nobody answers what has changed to one who knows nothing.
        return known === null ? null : { settings: applied(known.settings, answer), bytes: answer.bytes };
      }
      known = await this.#parts(account, answer);
      if (known === null || answer.part.next === null) return known;
      answer = await this.#source.read(account, known.settings, 0);
    }
    throw new Error(`the settings of ${account} kept changing while they were read`);
  }

  async #parts(
    account: string,
    { facts, bytes, part }: Extract<SettingsChanges, { kind: 'part' }>,
  ): Promise<Whole | null> {
    const endpoints = [...part.endpoints];
    for (let { next } = part; next !== null;) {
      const more = await this.#source.part?.(account, next);
      if (more === null || more === undefined) return null;
      endpoints.push(...more.endpoints);
      next = more.next;
    }
    return { settings: { ...facts, endpoints }, bytes };
  }

  #remember(account: string, known: Remembered): void {
    this.#forget(account);
    this.#known.set(account, known);
    this.#bytes += known.bytes;
    for (const oldest of this.#known.keys()) {
      const isOver = this.#known.size > SETTINGS_CACHED_ACCOUNTS_MAX || this.#bytes > SETTINGS_CACHED_BYTES_MAX;
      // The newest stays, however large: otherwise an account of ten thousand endpoints would be
      // read for each event.
      if (!isOver || oldest === account) break;
      this.#forget(oldest);
    }
  }

  #forget(account: string): void {
    const known = this.#known.get(account);
    if (known === undefined) return;
    this.#known.delete(account);
    this.#bytes -= known.bytes;
  }
}

function isQuota(answer: SettingsAnswer): answer is QuotaExceeded {
  return answer !== null && answer !== 'unchanged' && 'reason' in answer;
}

/** A clock that was set back makes what is remembered stale, not eternal. */
function isFresh({ readAtMs }: KnownSettings, nowMs: number): boolean {
  return nowMs >= readAtMs && nowMs - readAtMs < SETTINGS_FRESH_MS;
}

/**
 * By when it was read, not by revision alone: an account that was erased and made again begins at
 * 1.
 */
function isOlder(a: KnownSettings, b: KnownSettings): boolean {
  if (a.readAtMs !== b.readAtMs) return a.readAtMs < b.readAtMs;
  return a.settings.revision < b.settings.revision;
}
