/**
 * Which condition of a filter kept an event from its endpoint, in words that name the field and
 * what the filter asks for, and never what the event holds: the sentence outlives the payload.
 * Pure.
 */
import type { EventValues } from './filter-values.ts';
import { type Condition, type Filter, meets, type Scalar } from './filter.ts';
import { FILTER_VALUES_NAMED_MAX, SHOWN_VALUE_CHARS_MAX } from './limits.ts';

/** Only for a filter that the event does not meet. */
export function unmet(filter: Filter, event: EventValues): string {
  if ('and' in filter) {
    const failing = filter.and.find((one) => !meets(one, event));
    return failing === undefined ? 'a condition is not met' : unmet(failing, event);
  }
  if ('or' in filter) {
    const [first, ...others] = filter.or;
    if (first === undefined) return 'it has no alternative';
    return others.length === 0 ? unmet(first, event) : `${unmet(first, event)}, and no alternative holds`;
  }
  return 'not' in filter ? met(filter.not, event) : said(filter, false);
}

/** Only for one that it meets: behind a `not`. */
function met(filter: Filter, event: EventValues): string {
  if ('and' in filter) return filter.and.map((one) => met(one, event)).join(' and ');
  if ('or' in filter) {
    const holding = filter.or.find((one) => !meets({ not: one }, event));
    return holding === undefined ? 'an alternative holds' : met(holding, event);
  }
  return 'not' in filter ? unmet(filter.not, event) : said(filter, true);
}

function said(condition: Condition, holds: boolean): string {
  const { field } = condition;
  const is = holds ? 'is' : 'is not';
  if ('equals' in condition) return `${field} ${is} ${value(condition.equals)}`;
  if ('in' in condition) return `${field} is ${holds ? 'one' : 'none'} of ${several(condition.in)}`;
  if ('lessThan' in condition) return `${field} ${is} below ${value(condition.lessThan)}`;
  if ('lessOrEqual' in condition) return `${field} ${is} at most ${value(condition.lessOrEqual)}`;
  if ('greaterThan' in condition) return `${field} ${is} above ${value(condition.greaterThan)}`;
  if ('greaterOrEqual' in condition) return `${field} ${is} at least ${value(condition.greaterOrEqual)}`;
  if ('prefix' in condition) return `${field} ${holds ? 'begins' : 'does not begin'} with ${value(condition.prefix)}`;
  return `${field} is ${condition.exists === holds ? 'there' : 'missing'}`;
}

function several(values: readonly Scalar[]): string {
  const more = values.length - FILTER_VALUES_NAMED_MAX;
  const named = values.slice(0, FILTER_VALUES_NAMED_MAX).map(value).join(', ');
  return more > 0 ? `${named} and ${more} more values` : named;
}

function value(scalar: Scalar): string {
  const text = JSON.stringify(scalar);
  return text.length > SHOWN_VALUE_CHARS_MAX ? `${text.slice(0, SHOWN_VALUE_CHARS_MAX)}…` : text;
}
