/**
 * Which endpoints want an event. By type and filter: an endpoint's status plays no part, because what arrives while it is paused or
 * disabled still becomes a delivery, held or cancelled, that everyone can see.
 */
import type { EndpointSettings } from './endpoint.ts';
import { type FilteredEvent, meets } from './filter.ts';

export const WILDCARD_SUFFIX = '.*';

/** `ticket.*` is every type below `ticket`, at any depth, and not `ticket` itself. */
function matchesPattern(pattern: string, type: string): boolean {
  return pattern.endsWith(WILDCARD_SUFFIX) ? type.startsWith(pattern.slice(0, -1)) : type === pattern;
}

export function wantsEvent(endpoint: Pick<EndpointSettings, 'eventTypes' | 'filter'>, event: FilteredEvent): boolean {
  return wants(endpoint, event.type) && meets(endpoint.filter, event);
}

/** By type alone. No event types means all of them. */
export function wants(endpoint: Pick<EndpointSettings, 'eventTypes'>, type: string): boolean {
  return endpoint.eventTypes.length === 0 || endpoint.eventTypes.some((pattern) => matchesPattern(pattern, type));
}
