/**
 * Parsers of option values: commander calls them with the text, and shows the message of what they
 * throw.
 */
import { InvalidArgumentError } from 'commander';
import { parseSpanMs } from './words.ts';

export function wholeNumber(least: number, most: number): (text: string) => number {
  return (text) => {
    const number = Number(text);
    if (/^\d+$/.test(text) && number >= least && number <= most) return number;
    throw new InvalidArgumentError(`It must be a whole number from ${least} to ${most}.`);
  };
}

/** For options that may be repeated, and may name several at once: `--status dead,cancelled`. */
export function collect(text: string, before: string[] | undefined): string[] {
  return [...(before ?? []), ...text.split(',').filter((part) => part !== '')];
}

/** The same for what may hold a comma. */
export function repeatable(text: string, before: string[] | undefined): string[] {
  return [...(before ?? []), text];
}

/** Milliseconds from "90s", "15m", "2h", "3d". */
export function spanMs(text: string): number {
  const ms = parseSpanMs(text);
  if (ms !== null) return ms;
  throw new InvalidArgumentError('It must be a span of time like 90s, 15m, 2h or 3d.');
}

/** A time as the API takes it: RFC 3339, or how long ago. */
export function timeOrAgo(text: string): { at: string } | { agoMs: number } {
  const agoMs = parseSpanMs(text);
  if (agoMs !== null) return { agoMs };
  const ms = Date.parse(text);
  if (!Number.isNaN(ms) && /^\d{4}-\d{2}-\d{2}T.*(Z|[+-]\d{2}:\d{2})$/i.test(text))
    return { at: new Date(ms).toISOString() };
  throw new InvalidArgumentError('It must be a time like 2026-11-30T22:00:00Z, or how long ago, like 2h.');
}

export type TimeOrAgo = ReturnType<typeof timeOrAgo>;

export function timeOf(time: TimeOrAgo, nowMs: number): string {
  return 'at' in time ? time.at : new Date(nowMs - time.agoMs).toISOString();
}
