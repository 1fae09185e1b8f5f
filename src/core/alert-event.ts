/**
 * How an alert is sent (A2): as an event of a reserved type, through Tubepost itself. Its id is the
 * alert's and its revision, and what it says depends on nothing but that revision, so that telling
 * it again is the same event. Pure.
 */
import { type Alert, unitOf } from './alert.ts';
import { rfc3339 } from './body.ts';
import type { EndpointSettings } from './endpoint.ts';

export const ALERT_TYPE_PREFIX = 'tubepost.alert.';
export const ALERT_TYPES = [
  `${ALERT_TYPE_PREFIX}opened`,
  `${ALERT_TYPE_PREFIX}updated`,
  `${ALERT_TYPE_PREFIX}resolved`,
] as const;

export type AlertEvent = {
  id: string;
  type: (typeof ALERT_TYPES)[number];
  record: string;
  data: Record<string, unknown>;
};

/** What its revision says. */
export function alertKind({ resolvedAtMs, revision }: Alert): 'opened' | 'updated' | 'resolved' {
  if (resolvedAtMs !== null) return 'resolved';
  return revision === 1 ? 'opened' : 'updated';
}

export function alertEvent(alert: Alert): AlertEvent {
  const { id, rule, account, endpoint, detail } = alert;
  const kind = alertKind(alert);
  const where = endpoint ?? account ?? 'the whole service';
  return {
    id: `${id}-${alert.revision}`,
    type: `${ALERT_TYPE_PREFIX}${kind}`,
    record: `alert/${id}`,
    data: {
      text: `Tubepost: ${rule} ${kind} for ${where}: ${detail}`,
      alert: alertFacts(alert),
    },
  };
}

/**
 * An account's endpoint asks for alerts by name; "all types" does not. An endpoint is not told of
 * its own trouble.
 */
export function isSubscribed(endpoint: Pick<EndpointSettings, 'id' | 'eventTypes'>, alert: Alert): boolean {
  return endpoint.id !== alert.endpoint && asksForAlerts(endpoint);
}

export function asksForAlerts({ eventTypes }: Pick<EndpointSettings, 'eventTypes'>): boolean {
  return eventTypes.some((pattern) => pattern.startsWith(ALERT_TYPE_PREFIX));
}

/** What the event and the list say alike. */
export function alertFacts({ id, rule, account, endpoint, value, threshold, detail, ...at }: Alert) {
  return {
    id,
    rule,
    account,
    endpoint,
    status: at.resolvedAtMs === null ? 'open' : 'resolved',
    value,
    threshold,
    unit: unitOf({ rule, account, endpoint }),
    detail,
    openedAt: rfc3339(at.openedAtMs),
    updatedAt: rfc3339(at.updatedAtMs),
    resolvedAt: at.resolvedAtMs === null ? null : rfc3339(at.resolvedAtMs),
  };
}
