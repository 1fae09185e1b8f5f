/**
 * Canonical JSON (RFC 8785): one text for one value, whatever the order of its members. What the
 * content hash of P2 is taken of. Never sent to anyone: receivers get the publisher's own text
 * (body.ts).
 */

import { normalDecimal } from './decimal.ts';
import { exactNumber, isRawJson } from './json.ts';

/** A list or object that is being written. */
type Frame = { list: readonly unknown[]; next: number } | { members: readonly [string, unknown][]; next: number };

/**
 * Takes what JSON.parse and parseExact (json.ts) return, and members that are `undefined`, which
 * are left out as JSON.stringify does. Throws on anything that JSON cannot say (NaN, bigint,
 * functions). An explicit stack, not recursion: no nesting overflows it.
 *
 * Beside RFC 8785: a number that no double holds is written in its normal form, where the RFC would
 * round it: two that differ are not taken for the same, those that are equal are, and no text and
 * no object is taken for a number; a lone surrogate is written as its escape, where the RFC would
 * refuse it.
 */
export function canonicalJson(value: unknown): string {
  const frames: Frame[] = [];
  let text = begin(value, frames);
  for (let frame = frames.at(-1); frame !== undefined; frame = frames.at(-1)) {
    const at = frame.next;
    frame.next += 1;
    if ('list' in frame) {
      if (at < frame.list.length) text += (at > 0 ? ',' : '') + begin(frame.list[at], frames);
      else text += end(']', frames);
    } else {
      const member = frame.members[at];
      if (member === undefined) text += end('}', frames);
      else text += `${at > 0 ? ',' : ''}${JSON.stringify(member[0])}:${begin(member[1], frames)}`;
    }
  }
  return text;
}

/** All of a scalar; the bracket of what holds others, which are written next. */
function begin(value: unknown, frames: Frame[]): string {
  if (typeof value !== 'object' || value === null) return scalar(value);
  if (Array.isArray(value)) {
    frames.push({ list: value, next: 0 });
    return '[';
  }
  if (isRawJson(value)) {
    const number = exactNumber(value);
    return typeof number === 'number' ? scalar(number) : (normalDecimal(value.rawJSON) ?? value.rawJSON);
  }
  const members = Object.entries(value).filter(([, inner]) => inner !== undefined);
  // By UTF-16 code units, as the RFC asks; localeCompare would not.
  if (members.length > 1) members.sort(([a], [b]) => (a < b ? -1 : 1));
  frames.push({ members, next: 0 });
  return '{';
}

function end(bracket: string, frames: Frame[]): string {
  frames.pop();
  return bracket;
}

function scalar(value: unknown): string {
  if (value === null || typeof value === 'boolean' || typeof value === 'string') return JSON.stringify(value);
  if (typeof value === 'number' && Number.isFinite(value)) return JSON.stringify(value);
  throw new TypeError(`not a JSON value: ${typeof value}`);
}
