/**
 * Which endpoints want an event. By type and filter: an endpoint's status plays no part, because
 * what arrives while it is paused or disabled still becomes a delivery, held or cancelled, that
 * everyone can see.
 */
import type { EndpointSettings } from './endpoint.ts';
import { filterable, meets } from './filter.ts';
import type { FilteredEvent } from './filter-values.ts';
import { MATCHED_TYPES_REMEMBERED_MAX } from './limits.ts';

export const WILDCARD_SUFFIX = '.*';

/** `ticket.*` is every type below `ticket`, at any depth, and not `ticket` itself. */
function matchesPattern(pattern: string, type: string): boolean {
  return pattern.endsWith(WILDCARD_SUFFIX) ? type.startsWith(pattern.slice(0, -1)) : type === pattern;
}

export function wantsEvent(endpoint: Pick<EndpointSettings, 'eventTypes' | 'filter'>, event: FilteredEvent): boolean {
  return wants(endpoint, event.type) && meets(endpoint.filter, filterable(event));
}

/** By type alone. No event types means all of them. */
export function wants(endpoint: Pick<EndpointSettings, 'eventTypes'>, type: string): boolean {
  return endpoint.eventTypes.length === 0 || endpoint.eventTypes.some((pattern) => matchesPattern(pattern, type));
}

/**
 * The endpoints of one account by what they ask for, so that a publish does not try each pattern of
 * each endpoint with each event. Their order is kept: it is that of an event's deliveries.
 */
class TypeIndex {
  readonly #endpoints: readonly EndpointSettings[];
  /**
   * Positions by exact type, and by what stands before the `*`; '' has those that want everything.
   */
  readonly #exact = new Map<string, number[]>();
  readonly #below = new Map<string, number[]>();
  readonly #matched = new Map<string, readonly EndpointSettings[]>();

  constructor(endpoints: readonly EndpointSettings[]) {
    this.#endpoints = endpoints;
    endpoints.forEach(({ eventTypes }, position) => {
      if (eventTypes.length === 0) add(this.#below, '', position);
      for (const pattern of eventTypes) {
        if (pattern.endsWith(WILDCARD_SUFFIX)) add(this.#below, pattern.slice(0, -1), position);
        else add(this.#exact, pattern, position);
      }
    });
  }

  find(type: string): readonly EndpointSettings[] {
    const known = this.#matched.get(type);
    if (known !== undefined) return known;
    const positions = new Set(this.#exact.get(type));
    for (let end = 0; end < type.length; end = type.indexOf('.', end) + 1 || type.length) {
      for (const position of this.#below.get(type.slice(0, end)) ?? []) positions.add(position);
    }
    const found = [...positions].sort((a, b) => a - b).flatMap((position) => this.#endpoints[position] ?? []);
    if (this.#matched.size >= MATCHED_TYPES_REMEMBERED_MAX) this.#matched.clear();
    this.#matched.set(type, found);
    return found;
  }
}

function add(positions: Map<string, number[]>, key: string, position: number): void {
  const there = positions.get(key);
  if (there === undefined) positions.set(key, [position]);
  else there.push(position);
}

/** Settings that an isolate remembers are the same list from publish to publish. */
const indexes = new WeakMap<readonly EndpointSettings[], TypeIndex>();

/** By type alone, in their order. The list must not change afterwards. */
export function wanting(endpoints: readonly EndpointSettings[], type: string): readonly EndpointSettings[] {
  let index = indexes.get(endpoints);
  if (index === undefined) indexes.set(endpoints, (index = new TypeIndex(endpoints)));
  return index.find(type);
}
