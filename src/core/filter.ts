/**
 * An endpoint's filter (E1): conditions on fields of an event, as they are saved and shown, and
 * whether an event meets them. What may be saved is checked in filter-rules.ts; what integrators
 * read is docs/filters.md.
 *
 * Decided once for each event, when it is accepted. A condition that cannot be decided, because it
 * would have to look at too many values, because its filter or its publish has used up its steps,
 * or because a newer release saved it, is neither true nor false; where the whole filter depends on
 * it, the event is sent: one event too many can be ignored by who receives it, one too few is never
 * seen.
 */
import { EventValues, type FieldValues, type FilteredEvent } from './filter-values.ts';
import { FILTER_STEPS_MAX, PUBLISH_FILTER_STEPS_MAX } from './limits.ts';

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

/** Null: cannot be decided. */
type Verdict = boolean | null;

/** What one filter may still look at, of one event. */
type Steps = { left: number };

/** For one event by itself; events of a publish share a budget (accept-request.ts). */
export function filterable(event: FilteredEvent): EventValues {
  return new EventValues(event, { left: PUBLISH_FILTER_STEPS_MAX });
}

/** Total: any event, any saved filter. Absent or null: every event. */
export function meets(filter: Filter | null | undefined, event: EventValues): boolean {
  if (filter === null || filter === undefined) return true;
  return decide(filter, event, { left: FILTER_STEPS_MAX }) !== false;
}

function decide(filter: Filter, event: EventValues, steps: Steps): Verdict {
  if ('and' in filter) return firstOf(false, filter.and, event, steps);
  if ('or' in filter) return firstOf(true, filter.or, event, steps);
  if ('not' in filter) return opposite(decide(filter.not, event, steps));
  const comparisons = 'in' in filter ? filter.in.length : 1;
  const values = event.of(filter.field, 'exists' in filter ? 'itself' : 'elements', comparisons);
  // As many whoever asked for the field first: what one filter decides does not depend on the
  // others.
  steps.left -= (values?.looked ?? 0) + comparisons;
  if (values === null || steps.left < 0) return null;
  if ('exists' in filter) {
    const isThere = orUnknown(values, values.hasOtherThanNull());
    return filter.exists ? isThere : opposite(isThere);
  }
  const holds = holdsFor(filter, values);
  return holds === null ? null : orUnknown(values, holds);
}

/**
 * One member with this verdict gives it to all; otherwise one that cannot be decided leaves them
 * so.
 */
function firstOf(verdict: boolean, filters: Filter[], event: EventValues, steps: Steps): Verdict {
  let all: Verdict = !verdict;
  for (const filter of filters) {
    const one = decide(filter, event, steps);
    if (one === verdict) return verdict;
    if (one === null) all = null;
  }
  return all;
}

function opposite(verdict: Verdict): Verdict {
  return verdict === null ? null : !verdict;
}

function orUnknown({ isComplete }: FieldValues, holds: boolean): Verdict {
  return holds || isComplete ? holds : null;
}

/**
 * For one of the values that were looked at. Of a condition that a newer release saved, nothing can
 * be said.
 */
function holdsFor(condition: Exclude<Condition, { exists: boolean }>, values: FieldValues): Verdict {
  if ('equals' in condition) return values.has(condition.equals);
  if ('in' in condition) return condition.in.some((wanted) => values.has(wanted));
  if ('lessThan' in condition) return (values.compared(condition.lessThan)?.least ?? 0) < 0;
  if ('lessOrEqual' in condition) return (values.compared(condition.lessOrEqual)?.least ?? 1) <= 0;
  if ('greaterThan' in condition) return (values.compared(condition.greaterThan)?.most ?? 0) > 0;
  if ('greaterOrEqual' in condition) return (values.compared(condition.greaterOrEqual)?.most ?? -1) >= 0;
  if ('prefix' in condition) return values.hasPrefix(condition.prefix);
  return null;
}
