/**
 * An isolate's memory of account settings, at most SETTINGS_FRESH_MS old (E7). It holds values, never promises: a promise
 * made in one request may not be awaited in another on Workers, so reads of one account at once each read.
 * What is not there is never remembered: an account unknown a moment ago may exist now.
 */
import type { AccountSettings } from '../core/endpoint.ts';
import { SETTINGS_CACHED_ACCOUNTS_MAX, SETTINGS_CACHED_ENDPOINTS_MAX, SETTINGS_FRESH_MS } from '../core/limits.ts';
import type { QuotaExceeded } from '../core/quota.ts';
import { fail, ok, type Result } from '../core/result.ts';

/** The Account object. Throws where it does not answer. */
export type SettingsSource = {
  /**
   * It may answer that nothing has changed since `known`. The `events` of a publish are counted there, and refused over the
   * account's quota; 0 never are.
   */
  read(
    account: string,
    known: AccountSettings | null,
    events: number,
  ): Promise<AccountSettings | 'unchanged' | QuotaExceeded | null>;
};

/** Shared by all who ask: not to be changed. `readAtMs` is before the read began, so their age is never understated. */
export type KnownSettings = { readonly settings: AccountSettings; readonly readAtMs: number };

export class SettingsCache {
  readonly #source: SettingsSource;
  /** Least recently used first. */
  readonly #known = new Map<string, KnownSettings>();
  #endpoints = 0;

  constructor(source: SettingsSource) {
    this.#source = source;
  }

  /** Null for an unknown account. With `minRevision` above what is remembered, reads; the answer may still be older. */
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
    const answer = await this.admit(account, nowMs, 0);
    if (!answer.ok) throw new Error('a question about no events was over a quota');
    return answer.value;
  }

  /** The same for a publish of so many `events`: refused by the source where they are over the account's quota. */
  async admit(account: string, nowMs: number, events: number): Promise<Result<KnownSettings | null, QuotaExceeded>> {
    const before = this.#known.get(account)?.settings ?? null;
    const answer = await this.#source.read(account, before, events);
    if (answer !== null && answer !== 'unchanged' && 'reason' in answer) return fail(answer);
    const settings = answer === 'unchanged' ? before : answer;
    if (settings === null) {
      this.#forget(account);
      return ok(null);
    }
    const read = { settings, readAtMs: nowMs };
    // A slow read must not take the place of a newer one that overtook it.
    const known = this.#known.get(account);
    if (known === undefined || !isOlder(read, known)) this.#remember(account, read);
    return ok(read);
  }

  #remember(account: string, known: KnownSettings): void {
    this.#forget(account);
    this.#known.set(account, known);
    this.#endpoints += known.settings.endpoints.length;
    for (const oldest of this.#known.keys()) {
      const isOver = this.#known.size > SETTINGS_CACHED_ACCOUNTS_MAX || this.#endpoints > SETTINGS_CACHED_ENDPOINTS_MAX;
      // The newest stays, however large: an account of ten thousand endpoints would else be read for each event.
      if (!isOver || oldest === account) break;
      this.#forget(oldest);
    }
  }

  #forget(account: string): void {
    const known = this.#known.get(account);
    if (known === undefined) return;
    this.#known.delete(account);
    this.#endpoints -= known.settings.endpoints.length;
  }
}

/** A clock that was set back makes what is remembered stale, not eternal. */
function isFresh({ readAtMs }: KnownSettings, nowMs: number): boolean {
  return nowMs >= readAtMs && nowMs - readAtMs < SETTINGS_FRESH_MS;
}

/** By when it was read, not by revision alone: an account that was erased and made again begins at 1. */
function isOlder(a: KnownSettings, b: KnownSettings): boolean {
  if (a.readAtMs !== b.readAtMs) return a.readAtMs < b.readAtMs;
  return a.settings.revision < b.settings.revision;
}
