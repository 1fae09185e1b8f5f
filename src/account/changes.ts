/**
 * What a change makes of an account's facts or of an endpoint's settings. Pure; the ledger writes
 * it down.
 *
 *   enabled ⇄ paused     waiting deliveries are held, then sent
 *   any → disabled       sets `cutoff`: what was accepted until now is cancelled
 *   disabled → any       keeps `cutoff`: what was cancelled stays so
 */
import type { EndpointSettings } from '../core/endpoint.ts';
import { RETENTION_DAYS_DEFAULT, TARGET_DELIVER_MS_DEFAULT, TARGET_WARN_MS_DEFAULT } from '../core/limits.ts';
import { QUOTA_DEFAULT, shardsFor } from '../core/quota.ts';
import { disabledReason } from '../core/reasons.ts';
import type { EndpointChange } from '../core/rpc.ts';
import type { StoredFacts } from './stored.ts';

/** `incarnation`: random, for this creation alone. */
export function created(
  account: string,
  incarnation: string,
  change: Partial<StoredFacts>,
  nowMs: number,
): StoredFacts {
  const facts = { ...defaults(account, incarnation, nowMs), ...given(change) };
  return change.shards === undefined ? { ...facts, shards: shardsFor(facts.quota) } : facts;
}

export function defaults(account: string, incarnation: string, nowMs: number): StoredFacts {
  return {
    account,
    name: account,
    incarnation,
    shards: shardsFor(QUOTA_DEFAULT),
    jurisdiction: null,
    targets: { deliverWithinMs: TARGET_DELIVER_MS_DEFAULT, warnAfterMs: TARGET_WARN_MS_DEFAULT },
    retention: { payloadDays: RETENTION_DAYS_DEFAULT, logDays: RETENTION_DAYS_DEFAULT },
    quota: QUOTA_DEFAULT,
    createdAtMs: nowMs,
  };
}

export function changed(before: EndpointSettings, change: EndpointChange, nowMs: number): EndpointSettings {
  const after: EndpointSettings = { ...before, ...given(change), updatedAtMs: nowMs };
  if (after.status !== before.status) {
    after.statusReason = change.statusReason ?? null;
    if (after.status === 'disabled') after.cutoff = { atMs: nowMs, reason: disabledReason(after.statusReason) };
  }
  if (after.status === 'enabled') after.statusReason = null;
  // What was held is sent at the pace of a recovery: its Gate is asked, and says when that is over.
  if (after.status !== before.status) after.isWatched = after.status === 'enabled';
  return after;
}

/**
 * What its Gate decides by; and what may repair a failing endpoint, at which its Gate looks again
 * at once.
 */
export function concernsGate(before: EndpointSettings, after: EndpointSettings): boolean {
  const facts = ({ status, rateLimitPerSecond, url, headers, timeoutMs }: EndpointSettings) =>
    JSON.stringify([status, rateLimitPerSecond ?? null, url, headers, timeoutMs]);
  return facts(before) !== facts(after);
}

export function ownerOfExternalId(endpoints: Iterable<EndpointSettings>, endpoint: EndpointSettings): string | null {
  if (endpoint.externalId === null) return null;
  for (const settings of endpoints) {
    if (settings.externalId === endpoint.externalId && settings.id !== endpoint.id) return settings.id;
  }
  return null;
}

/**
 * Without the fields that are undefined: over RPC they arrive as own properties and would erase
 * what they were to leave alone.
 */
export function given<T extends object>(change: T): T {
  // The cast only forgets that entries were dropped, and those were undefined.
  return Object.fromEntries(Object.entries(change).filter(([, value]) => value !== undefined)) as T;
}

/** Both come from the same spread, so their fields stand in the same order. */
export function same(a: object, b: object): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}
