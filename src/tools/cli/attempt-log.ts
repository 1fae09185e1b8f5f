/**
 * The log of attempts, read again and again: each look answers what no look before it has. The log
 * lists by the start of an attempt, newest first, and hears of an attempt when it has ended; a
 * crash of the service may bring it a minute later still. So a look may find something new anywhere
 * in the last 90 s.
 */
import type { Item } from '../../client/client.ts';
import type { Context } from './connect.ts';

/**
 * The longest attempt, 30 s, and a minute until a confirmation that was lost is asked for again.
 */
const LATE_MS = 90_000;
/** How often all of that is read. In between a look ends where it meets what is known. */
const WHOLE_EVERY_MS = 15_000;
/** So many known attempts in a row, two pages, are what is known. */
const KNOWN_IN_A_ROW = 400;
/** Of one look, so that it ends: some 200 attempts a second for 90 s. */
const READ_PER_LOOK_MAX = 20_000;

export type Attempt = Item<'listAllAttempts'> | Item<'listAttempts'>;

export type Filter = { endpoint?: string[]; type?: string[]; record?: string[]; code?: string[] };

/**
 * `fresh`: oldest first. `leftOut`: the time in which there may be more than what was read, or
 * null.
 */
export type Look = { fresh: Attempt[]; leftOut: { from: string; to: string } | null };

export class AttemptLog {
  readonly #context: Context;
  readonly #account: string | null;
  readonly #filter: Filter;
  readonly #startMs: number;
  readonly #known = new Map<string, number>();
  #wholeMs: number | null = null;

  /** `account` null: of all that the key may see. */
  constructor(context: Context, account: string | null, filter: Filter, startMs: number) {
    this.#context = context;
    this.#account = account;
    this.#filter = filter;
    this.#startMs = startMs;
  }

  async look(): Promise<Look> {
    const nowMs = this.#context.io.nowMs();
    const isWhole = this.#wholeMs === null || nowMs - this.#wholeMs >= WHOLE_EVERY_MS;
    const fromMs = Math.max(this.#startMs, this.#wholeMs === null ? 0 : this.#wholeMs - LATE_MS);
    if (isWhole) this.#wholeMs = nowMs;

    const fresh: Attempt[] = [];
    let read = 0;
    let knownInARow = 0;
    let leftOut: Look['leftOut'] = null;
    for await (const attempt of this.#list(new Date(fromMs).toISOString())) {
      if (read === READ_PER_LOOK_MAX) {
        leftOut = { from: new Date(fromMs).toISOString(), to: attempt.at };
        break;
      }
      read += 1;
      const isKnown = this.#known.has(attempt.id);
      knownInARow = isKnown ? knownInARow + 1 : 0;
      if (!isKnown) fresh.push(attempt);
      if (!isWhole && knownInARow >= KNOWN_IN_A_ROW) break;
    }
    for (const { id, at } of fresh) this.#known.set(id, Date.parse(at));
    for (const [id, atMs] of this.#known) if (atMs < fromMs) this.#known.delete(id);
    return { fresh: fresh.reverse(), leftOut };
  }

  #list(from: string): AsyncIterable<Attempt> {
    const { endpoint, type, record, code } = this.#filter;
    const query = {
      from,
      limit: 200,
      ...(endpoint === undefined ? {} : { endpoint }),
      ...(type === undefined ? {} : { eventType: type }),
      ...(record === undefined ? {} : { record }),
      ...(code === undefined ? {} : { statusCode: code }),
    };
    const { client } = this.#context;
    return this.#account === null
      ? client.list('listAllAttempts', { query })
      : client.list('listAttempts', { path: { account: this.#account }, query });
  }
}
