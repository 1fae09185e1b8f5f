/**
 * Times, spans and foreign text as people read them. English only, times in UTC as the API has
 * them.
 */

const SECOND_MS = 1_000;
const MINUTE_MS = 60 * SECOND_MS;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

/**
 * In the largest unit that leaves at least two, so that no span is rounded by more than half: "90
 * s", "36 h", "2.5 s", "12 ms".
 */
export function span(ms: number): string {
  const length = Math.max(0, ms);
  if (length < SECOND_MS) return `${Math.round(length)} ms`;
  if (length < 10 * SECOND_MS) return `${Number((length / SECOND_MS).toFixed(1))} s`;
  if (length < 2 * MINUTE_MS) return `${Math.round(length / SECOND_MS)} s`;
  if (length < 2 * HOUR_MS) return `${Math.round(length / MINUTE_MS)} min`;
  return length < 2 * DAY_MS ? `${Math.round(length / HOUR_MS)} h` : `${Math.round(length / DAY_MS)} d`;
}

export function spanBetween(from: string, to: string): string {
  return span(Date.parse(to) - Date.parse(from));
}

/** "3 min ago", "in 47 s". */
export function relative(at: string, nowMs: number): string {
  const ms = Date.parse(at) - nowMs;
  return ms > 0 ? `in ${span(ms)}` : `${span(-ms)} ago`;
}

/** `2026-11-30 22:05:01.123Z`: sortable, and short enough for a line. */
export function moment(at: string): string {
  return at.replace('T', ' ');
}

/** The time alone, for lines that follow each other. */
export function clock(at: string): string {
  return at.slice(11, 23);
}

export function count(number: number, one: string, many = `${one}s`): string {
  return `${number.toLocaleString('en')} ${number === 1 ? one : many}`;
}

/**
 * Text of strangers (descriptions, answers of receivers) on one line, without what would steer a
 * terminal.
 */
export function plain(text: string, charsMax = 200): string {
  const line = text
    .replaceAll(/\s+/g, ' ')
    .replaceAll(/[\p{Cc}\p{Bidi_Control}]/gu, '\ufffd')
    .trim();
  return line.length <= charsMax ? line : `${line.slice(0, charsMax - 1)}…`;
}

/** Seconds from "90", "90s", "15m", "2h", "3d"; null for anything else. */
export function parseSpanMs(text: string): number | null {
  const [, digits, unit = 's'] = /^(\d{1,9})\s*(ms|s|m|h|d)?$/.exec(text) ?? [];
  if (digits === undefined) return null;
  const units: Record<string, number> = { ms: 1, s: SECOND_MS, m: MINUTE_MS, h: HOUR_MS, d: DAY_MS };
  return Number(digits) * (units[unit] ?? SECOND_MS);
}
