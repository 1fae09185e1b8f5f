/**
 * An isolate's memory of single endpoints, at most SETTINGS_FRESH_MS old (E7), for who needs some
 * of an account and not all: a Shard for its attempts, a list for the names that it shows. Values,
 * never promises, as in settings.ts.
 */
import type { AccountFacts, AccountSettings, EndpointSettings } from '../core/endpoint.ts';
import { ENDPOINTS_CACHED_BYTES_MAX, SETTINGS_FRESH_MS } from '../core/limits.ts';

/** The Account object, asked for these endpoints only. Throws where it does not answer. */
type EndpointSource = (account: string, endpoints: string[]) => Promise<AccountSettings | null>;
/** `endpoint` undefined: there was none. */
type Known = { facts: AccountFacts; endpoint: EndpointSettings | undefined; readAtMs: number; bytes: number };
/** `isFresh`: as they are now, whatever is remembered. */
export type EndpointNeed = { minRevision?: number; isFresh?: boolean };

/** In the place of an endpoint where only the account is asked about. */
const NONE = '';
/** What an entry takes beside its endpoint's JSON. */
const ENTRY_BYTES = 500;

export class EndpointCache {
  readonly #source: EndpointSource;
  /** Least recently used first. */
  readonly #known = new Map<string, Known>();
  #bytes = 0;

  constructor(source: EndpointSource) {
    this.#source = source;
  }

  /**
   * With these endpoints, as far as there are such. The revision is one that all of them are as new
   * as. Null for an unknown account.
   */
  async get(
    account: string,
    ids: readonly string[],
    nowMs: number,
    { minRevision = 0, isFresh = false }: EndpointNeed = {},
  ): Promise<AccountSettings | null> {
    const wanted = [...new Set(ids)];
    const known = (wanted.length === 0 ? [NONE] : wanted).map((id) => this.#known.get(keyOf(account, id)));
    const isUsable = (one: Known | undefined) =>
      one !== undefined && isYoung(one, nowMs) && one.facts.revision >= minRevision;
    // Of two accounts that had the same id, one after the other, nothing may be mixed.
    const isOfOne = new Set(known.map((one) => one?.facts.createdAtMs)).size === 1;
    if (isFresh || !isOfOne || !known.every(isUsable)) return this.#read(account, wanted, nowMs);
    return together(known.filter((one) => one !== undefined));
  }

  async #read(account: string, ids: string[], nowMs: number): Promise<AccountSettings | null> {
    const settings = await this.#source(account, ids);
    if (settings === null) {
      for (const id of [NONE, ...ids]) this.#forget(keyOf(account, id));
      return null;
    }
    const { endpoints, ...facts } = settings;
    const found = new Map(endpoints.map((endpoint) => [endpoint.id, endpoint]));
    for (const id of [NONE, ...ids]) {
      const endpoint = found.get(id);
      const bytes = ENTRY_BYTES + (endpoint === undefined ? 0 : JSON.stringify(endpoint).length);
      this.#remember(keyOf(account, id), { facts, endpoint, readAtMs: nowMs, bytes });
    }
    // A release before answers all of them.
    return { ...facts, endpoints: ids.flatMap((id) => found.get(id) ?? []) };
  }

  #remember(key: string, known: Known): void {
    const before = this.#known.get(key);
    // A slow read must not take the place of a newer one that overtook it.
    if (before !== undefined && before.readAtMs > known.readAtMs) return;
    this.#forget(key);
    this.#known.set(key, known);
    this.#bytes += known.bytes;
    for (const oldest of this.#known.keys()) {
      if (this.#bytes <= ENDPOINTS_CACHED_BYTES_MAX) return;
      this.#forget(oldest);
    }
  }

  #forget(key: string): void {
    const known = this.#known.get(key);
    if (known === undefined) return;
    this.#known.delete(key);
    this.#bytes -= known.bytes;
  }
}

function together(known: readonly Known[]): AccountSettings | null {
  const [first] = known;
  if (first === undefined) return null;
  const oldest = known.reduce((a, b) => (b.facts.revision < a.facts.revision ? b : a), first);
  return { ...oldest.facts, endpoints: known.flatMap(({ endpoint }) => endpoint ?? []) };
}

function isYoung({ readAtMs }: Known, nowMs: number): boolean {
  return nowMs >= readAtMs && nowMs - readAtMs < SETTINGS_FRESH_MS;
}

function keyOf(account: string, endpoint: string): string {
  return `${account} ${endpoint}`;
}
