/**
 * Publishes that one isolate has begun and not answered, so that an overload is refused before
 * anything of it is stored. Pure: the caller says what time it is.
 *
 * Refused is what comes while the isolate is behind, and only of an account that has its share
 * already:
 *
 *   behind     more than UNDER_WAY_EVENTS_MAX events are under way and one has waited for UNDER_WAY_MS_MAX,
 *              or their payloads would pass UNDER_WAY_CHARS_MAX
 *   its share  that bound, divided by the accounts that have something under way
 *
 * So one account that floods an isolate leaves the others their places, and a large batch into an
 * isolate that is idle is taken whole.
 */
import { UNDER_WAY_CHARS_MAX, UNDER_WAY_EVENTS_MAX, UNDER_WAY_MS_MAX } from './limits.ts';

/** `chars`: of the payloads, as JSON. */
export type Load = { events: number; chars: number };
type Entry = Load & { sinceMs: number };

export class UnderWay {
  /** By account. A Set keeps the order of entry, so the first entry is the oldest. */
  readonly #entries = new Map<string, Set<Entry>>();
  readonly #total: Load = { events: 0, chars: 0 };

  /**
   * Begins a publish. Returns the function that ends it, to be called once; null: the publish is
   * refused.
   */
  enter(account: string, load: Load, nowMs: number): (() => void) | null {
    if (this.refuses(account, load, nowMs)) return null;
    const entry: Entry = { ...load, sinceMs: nowMs };
    const own = this.#entries.get(account) ?? new Set<Entry>();
    this.#entries.set(account, own.add(entry));
    this.#add(entry, 1);
    return () => {
      if (!own.delete(entry)) return;
      if (own.size === 0) this.#entries.delete(account);
      this.#add(entry, -1);
    };
  }

  refuses(account: string, { events, chars }: Load, nowMs: number): boolean {
    const isFull = this.#total.chars > 0 && this.#total.chars + chars > UNDER_WAY_CHARS_MAX;
    const isLate = this.#total.events + events > UNDER_WAY_EVENTS_MAX && this.#waitedMs(nowMs) >= UNDER_WAY_MS_MAX;
    if (!isFull && !isLate) return false;
    const own = sum(this.#entries.get(account) ?? []);
    const accounts = this.#entries.size + (this.#entries.has(account) ? 0 : 1);
    return (
      (isLate && own.events + events > UNDER_WAY_EVENTS_MAX / accounts) ||
      (isFull && own.chars + chars > UNDER_WAY_CHARS_MAX / accounts)
    );
  }

  #waitedMs(nowMs: number): number {
    let sinceMs = nowMs;
    for (const [oldest] of this.#entries.values()) sinceMs = Math.min(sinceMs, oldest?.sinceMs ?? nowMs);
    return nowMs - sinceMs;
  }

  #add({ events, chars }: Load, sign: 1 | -1): void {
    this.#total.events += sign * events;
    this.#total.chars += sign * chars;
  }
}

function sum(entries: Iterable<Load>): Load {
  let [events, chars] = [0, 0];
  for (const entry of entries) {
    events += entry.events;
    chars += entry.chars;
  }
  return { events, chars };
}
