/**
 * Whether an endpoint asks for patience (Retry-After), or only some of its records do. A receiver
 * may limit each object, each of its own customers, or everything behind its URL, and every 429
 * looks the same; what tells them apart is how requests are answered that leave after somebody was
 * asked. Pure; the Gate keeps it in memory, and counts again what is lost with an instance.
 *
 * A record that is asked holds its own lane (core/retry.ts), whatever is decided here.
 */
import type { Report } from './report.ts';
import {
  ASKERS_MAX,
  ASKS_MIN,
  ASKS_SHARE,
  CIRCUIT_FAILING_RECORDS_MIN,
  CIRCUIT_FAILURES_OF_ONE_MIN,
  CIRCUIT_PAUSE_MS_MIN,
  RETRY_AFTER_MS_CAP,
} from './limits.ts';

type Asker = { untilMs: number; askedMs: number };

export type Asking = {
  /** Who was asked to wait and still has to, by record. */
  askers: ReadonlyMap<string, Asker>;
  /**
   * Of requests that left since then: how many were answered so too (the first one included), and
   * how many otherwise.
   */
  sinceMs: number;
  asks: number;
  others: number;
};

export const NOBODY_ASKS: Asking = { askers: new Map(), sinceMs: 0, asks: 0, others: 0 };

/**
 * How long a failure asks to be left alone; 0: not at all, or for so little that only its delivery
 * is concerned.
 */
export function askedMs({ answer, retryAfterMs }: Pick<Report, 'answer' | 'retryAfterMs'>): number {
  const isAsk = answer === 'failed' && retryAfterMs !== null && retryAfterMs >= CIRCUIT_PAUSE_MS_MIN;
  return isAsk ? Math.min(retryAfterMs, RETRY_AFTER_MS_CAP) : 0;
}

/**
 * After one more report of `record`. The successes that it carries may be older than the first ask,
 * which they do not speak to.
 */
export function counted(asking: Asking, record: string, report: Report, nowMs: number): Asking {
  const isAsk = askedMs(report) > 0;
  const standing = stillStanding(asking, nowMs);
  if (!isAsk && standing.askers.size === 0) return NOBODY_ASKS;
  const isSince = standing.asks > 0 && report.atMs >= standing.sinceMs;
  const others = standing.others + (isSince ? report.successes + Number(report.answer === 'delivered') : 0);
  // Others are served meanwhile: whoever asked, asked for itself, and the count begins with the
  // next who does.
  const isRefuted = others > (others + standing.asks) * (1 - ASKS_SHARE);
  const { asks, sinceMs } = isRefuted ? { asks: 0, sinceMs: 0 } : standing;
  const counted = { ...standing, asks, sinceMs, others: isRefuted ? 0 : others };
  if (!isAsk) return counted;
  const askers = withAsker(standing.askers, record, { untilMs: nowMs + askedMs(report), askedMs: askedMs(report) });
  if (asks === 0) return { askers, asks: 1, others: 0, sinceMs: nowMs };
  return { ...counted, askers, asks: asks + Number(isSince) };
}

/** Several records were asked one after the other, and little else was answered meanwhile. */
export function isEndpointAsking(asking: Asking): boolean {
  return asking.asks >= ASKS_MIN && areSeveral(asking);
}

/** For how long several records, at least, are asked to wait; null: it is only one or two. */
export function askedOfSeveral(asking: Asking): number | null {
  if (!areSeveral(asking)) return null;
  return Math.min(...Array.from(asking.askers.values(), (asker) => asker.askedMs));
}

function withAsker(askers: Asking['askers'], record: string, asker: Asker): Asking['askers'] {
  const kept = [...askers].filter(([name]) => name !== record).slice(1 - ASKERS_MAX);
  return new Map([...kept, [record, asker]]);
}

function areSeveral({ askers, asks }: Asking): boolean {
  return askers.size >= CIRCUIT_FAILING_RECORDS_MIN || asks >= CIRCUIT_FAILURES_OF_ONE_MIN;
}

function stillStanding(asking: Asking, nowMs: number): Asking {
  const askers = new Map([...asking.askers].filter(([, { untilMs }]) => untilMs > nowMs));
  if (askers.size === asking.askers.size) return asking;
  return askers.size === 0 ? NOBODY_ASKS : { ...asking, askers };
}
