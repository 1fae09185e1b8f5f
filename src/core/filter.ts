/**
 * An endpoint's filter (E1): conditions on fields of an event, as they are saved and shown, and whether an event meets them.
 * What may be saved is checked in filter-rules.ts; what integrators read is docs/filters.md.
 *
 * Decided once for each event, when it is accepted. A condition that cannot be decided, because it would have to look at too many
 * values (or a newer release saved it), is neither true nor false; where the whole filter depends on it, the event is sent:
 * one event too many can be ignored by who receives it, one too few is never seen.
 */
import { compareDecimals } from './decimal.ts';
import { FILTER_VALUES_LOOKED_AT_MAX } from './limits.ts';

export type Scalar = string | number | boolean | null;

/** `field`: `type`, `record`, `version`, `data`, or names below `data` separated by dots. */
export type Condition = { field: string } & (
  | { equals: Scalar }
  | { in: Scalar[] }
  | { lessThan: string | number }
  | { lessOrEqual: string | number }
  | { greaterThan: string | number }
  | { greaterOrEqual: string | number }
  | { prefix: string }
  | { exists: boolean }
);
export type Filter = { and: Filter[] } | { or: Filter[] } | { not: Filter } | Condition;

/** Numbers in `data` may be JSON.rawJSON objects, where JavaScript could not hold what was written. */
export type FilteredEvent = { type: string; record: string | null; version: number | null; data: unknown };

/** Null: cannot be decided. */
type Verdict = boolean | null;

/** Total: any event, any saved filter. Absent or null: every event. */
export function meets(filter: Filter | null | undefined, event: FilteredEvent): boolean {
  return filter === null || filter === undefined || decide(filter, event) !== false;
}

function decide(filter: Filter, event: FilteredEvent): Verdict {
  if ('and' in filter) return firstOf(false, filter.and, event);
  if ('or' in filter) return firstOf(true, filter.or, event);
  if ('not' in filter) return opposite(decide(filter.not, event));
  if ('exists' in filter) {
    const isThere = some(event, filter.field, 'itself', (value) => value !== null);
    return filter.exists ? isThere : opposite(isThere);
  }
  return some(event, filter.field, 'elements', testOf(filter));
}

/** One member with this verdict gives it to all; otherwise one that cannot be decided leaves them so. */
function firstOf(verdict: boolean, filters: Filter[], event: FilteredEvent): Verdict {
  let all: Verdict = !verdict;
  for (const filter of filters) {
    const one = decide(filter, event);
    if (one === verdict) return verdict;
    if (one === null) all = null;
  }
  return all;
}

function opposite(verdict: Verdict): Verdict {
  return verdict === null ? null : !verdict;
}

/** For one value that the field holds. Of a condition that a newer release saved, nothing can be said. */
function testOf(condition: Exclude<Condition, { exists: boolean }>): (value: unknown) => Verdict {
  if ('equals' in condition) return (value) => isSame(value, condition.equals);
  if ('in' in condition) return (value) => condition.in.some((wanted) => isSame(value, wanted));
  if ('lessThan' in condition) return (value) => order(value, condition.lessThan, (sign) => sign < 0);
  if ('lessOrEqual' in condition) return (value) => order(value, condition.lessOrEqual, (sign) => sign <= 0);
  if ('greaterThan' in condition) return (value) => order(value, condition.greaterThan, (sign) => sign > 0);
  if ('greaterOrEqual' in condition) return (value) => order(value, condition.greaterOrEqual, (sign) => sign >= 0);
  if ('prefix' in condition) return (value) => typeof value === 'string' && value.startsWith(condition.prefix);
  return () => null;
}

function isSame(value: unknown, wanted: Scalar): boolean {
  return typeof wanted === 'number' ? order(value, wanted, (sign) => sign === 0) : value === wanted;
}

/** Numbers with numbers and text with text, by UTF-16 code unit; anything else has no order. */
function order(value: unknown, wanted: string | number, isWanted: (sign: number) => boolean): boolean {
  const sign = compare(value, wanted);
  return sign !== null && isWanted(sign);
}

function compare(value: unknown, wanted: string | number): number | null {
  if (exact.isRawJSON(value)) return typeof wanted === 'number' ? compareDecimals(value.rawJSON, String(wanted)) : null;
  if (typeof value === 'number' && typeof wanted === 'number') return value - wanted;
  if (typeof value !== 'string' || typeof wanted !== 'string') return null;
  return value < wanted ? -1 : value > wanted ? 1 : 0;
}

// TypeScript's library does not know JSON.isRawJSON yet; V8 has it since 11.4.
const exact = JSON as unknown as { isRawJSON(value: unknown): value is { rawJSON: string } };

/**
 * Whether some value of the field passes. A list on the way stands for each of its elements, and so does one at the end, unless
 * the value `itself` is asked for.
 */
function some(
  event: FilteredEvent,
  field: string,
  ending: 'elements' | 'itself',
  passes: (value: unknown) => Verdict,
): Verdict {
  const [first = '', ...names] = field.split('.');
  let left = FILTER_VALUES_LOOKED_AT_MAX;

  const look = (value: unknown, depth: number): Verdict => {
    if (left === 0) return null;
    left -= 1;
    const isEnd = depth === names.length;
    if (isEnd && (ending === 'itself' || !Array.isArray(value))) return passes(value);
    if (Array.isArray(value)) return lookAtEach(value, depth);
    const name = names[depth];
    if (typeof value !== 'object' || value === null || exact.isRawJSON(value) || name === undefined) return false;
    return Object.hasOwn(value, name) ? look(Reflect.get(value, name), depth + 1) : false;
  };
  const lookAtEach = (list: unknown[], depth: number): Verdict => {
    let all: Verdict = false;
    for (const element of list) {
      if (left === 0) return null;
      const one = look(element, depth);
      if (one === true) return true;
      if (one === null) all = null;
    }
    return all;
  };
  return look(Reflect.get(event, first), 0);
}
