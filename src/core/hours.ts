/**
 * Whole hours of UTC, by which the log is rolled up (store/log/hours.ts), and what of a window they
 * cover. Pure.
 */
import { HOUR_MS } from './limits.ts';

/** From `fromMs` to before `toMs`. */
export type Span = { fromMs: number; toMs: number };

export function hourOf(ms: number): number {
  return Math.floor(ms / HOUR_MS) * HOUR_MS;
}

/**
 * `rolled`: the hours that are there; `rest`: what has to be counted row by row, at most one part
 * before and one after them.
 */
export function partsOf(window: Span, there: Span | null): { rolled: Span | null; rest: Span[] } {
  if (there === null) return { rolled: null, rest: [window] };
  const fromMs = Math.max(-hourOf(-window.fromMs), there.fromMs);
  const toMs = Math.min(hourOf(window.toMs), there.toMs);
  if (fromMs >= toMs) return { rolled: null, rest: [window] };
  const rest = [
    { fromMs: window.fromMs, toMs: fromMs },
    { fromMs: toMs, toMs: window.toMs },
  ];
  return { rolled: { fromMs, toMs }, rest: rest.filter((part) => part.fromMs < part.toMs) };
}
