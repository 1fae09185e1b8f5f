/**
 * Many endpoints of one account with the same trouble are one trouble: the first ALERT_LIKE_MAX
 * have an alert each, one more says how many are like them. While it is open, no further endpoint
 * of the account opens an alert of this rule, so that a repair in small steps does not send each of
 * them after all. Pure.
 */
import { type Alert, type Condition, isSummary, type Scope, scopeKey } from './alert.ts';
import { ALERT_LIKE_MAX } from './limits.ts';

/**
 * `open`: as for reconcile. Conditions of single endpoints that the summary speaks for are left
 * out.
 */
export function withSummaries(open: readonly Alert[], conditions: readonly Condition[]): Condition[] {
  const openOf = Map.groupBy(open, groupKey);
  const summaries = new Set(open.filter(isSummary).map(summaryKey));
  const groups = Map.groupBy(conditions, groupKey);
  return [...groups].flatMap(([key, group]) =>
    key === null ? group : summarised(group, openOf.get(key) ?? [], summaries.has(key)),
  );
}

/**
 * `group`: the conditions of one rule and account, each about an endpoint; `own`: its open alerts
 * about endpoints.
 */
function summarised(group: Condition[], own: readonly Alert[], hasSummary: boolean): Condition[] {
  const known = new Set(own.map(scopeKey));
  const others = group.filter((condition) => !known.has(scopeKey(condition)));
  const opening = others.filter(({ strength }) => strength === 'opens');
  const room = hasSummary ? 0 : Math.max(0, ALERT_LIKE_MAX - own.length);
  if (!hasSummary && opening.length <= room) return group;
  const alone = new Set(opening.slice(0, room));
  const rest = new Set(others.filter((condition) => !alone.has(condition)));
  return [...group.filter((condition) => !rest.has(condition)), ...summaryOf([...rest])];
}

function summaryOf(rest: readonly Condition[]): Condition[] {
  const [first] = rest;
  if (first === undefined) return [];
  const opening = rest.filter(({ strength }) => strength === 'opens');
  const example = opening[0] ?? first;
  const value = opening.length;
  return [
    {
      rule: first.rule,
      account: first.account,
      endpoint: null,
      strength: value > 0 ? 'opens' : 'holds',
      value,
      threshold: 1,
      detail: `and ${value} more like it: ${value === 1 ? 'endpoint' : 'endpoints, among them'} ${example.endpoint}`,
    },
  ];
}

/** Null: not about a single endpoint. */
function groupKey(scope: Scope): string | null {
  return scope.endpoint === null ? null : summaryKey(scope);
}

function summaryKey({ rule, account }: Scope): string {
  return `${rule} ${account ?? ''}`;
}
