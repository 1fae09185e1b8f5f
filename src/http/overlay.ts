/**
 * What a Shard's answer says once the account's settings of this instant are laid over it (E5):
 * reads show a pause, a disable or a removal at once, also while the news still travels to ten
 * thousand records. Pure. It changes only what waits; what has ended stays as it ended, and what is
 * under way may still arrive.
 *
 * `src/shard` will write the same facts when the news reaches it; where the two differ, the Shard's
 * later answer is right.
 */
import type { AccountSettings, EndpointSettings } from '../core/endpoint.ts';
import { isReplay } from '../core/ids.ts';
import { note } from '../core/note.ts';
import { disabledReason, ENDPOINT_REMOVED } from '../core/reasons.ts';
import type { DeliveryView } from '../core/view.ts';

export type ShownDelivery = DeliveryView & { note: string; late: boolean };

/** The account as it is now: endpoints by id, because an event may have ten thousand deliveries. */
export type Present = {
  endpoints: ReadonlyMap<string, EndpointSettings>;
  targets: AccountSettings['targets'];
  nowMs: number;
  /** When endpoints whose circuit is open are probed next, where that was asked. */
  probesAtMs?: ReadonlyMap<string, number>;
};

export function presentOf(settings: AccountSettings, nowMs: number): Present {
  const endpoints = new Map(settings.endpoints.map((endpoint) => [endpoint.id, endpoint]));
  return { endpoints, targets: settings.targets, nowMs };
}

export function overlay(view: DeliveryView, { endpoints, targets, nowMs, probesAtMs }: Present): ShownDelivery {
  const endpoint = endpoints.get(view.endpoint);
  const now = isWaiting(view) ? withEndpoint(view, endpoint, nowMs) : view;
  const context = {
    endpointName: nameOf(endpoint),
    targets,
    nextProbeAtMs: probesAtMs?.get(view.endpoint) ?? null,
  };
  return { ...now, ...note(now, nowMs, context) };
}

function isWaiting({ status }: DeliveryView): boolean {
  return status === 'queued' || status === 'retrying' || status === 'held';
}

function withEndpoint(view: DeliveryView, endpoint: EndpointSettings | undefined, nowMs: number): DeliveryView {
  if (endpoint === undefined) return cancelled(view, ENDPOINT_REMOVED, null);
  const { status, statusReason, cutoff } = endpoint;
  if (status === 'disabled') return cancelled(view, disabledReason(statusReason), cutoff?.atMs ?? null);
  // A replay was asked for after the event was accepted, perhaps after the cutoff: only its Shard
  // knows.
  if (cutoff !== null && view.acceptedAtMs <= cutoff.atMs && !isReplay(view.id)) {
    return cancelled(view, cutoff.reason, cutoff.atMs);
  }
  if (status === 'paused') return { ...view, status: 'held', nextAttemptAtMs: null };
  const now: DeliveryView =
    view.status === 'held' ? { ...view, status: view.attempts === 0 ? 'queued' : 'retrying' } : view;
  const isOverdue = now.blockedBy === null && (now.nextAttemptAtMs ?? 0) <= nowMs;
  return now.parked === undefined && endpoint.isWatched === true && isOverdue ? { ...now, parked: 'watched' } : now;
}

function cancelled(view: DeliveryView, reason: string, endedAtMs: number | null): DeliveryView {
  return { ...view, status: 'cancelled', reason, endedAtMs, nextAttemptAtMs: null, blockedBy: null };
}

export function nameOf(endpoint: EndpointSettings | undefined): string {
  if (endpoint === undefined) return 'a removed endpoint';
  return endpoint.description === '' ? hostOf(endpoint.url) : endpoint.description;
}

function hostOf(url: string): string {
  return URL.canParse(url) ? new URL(url).host : url;
}
