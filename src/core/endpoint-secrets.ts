/**
 * The secrets of one endpoint (E2): which are live, and what a rotation and a removal make of them.
 * Sealed all along.
 *
 *   current (expires never) ─rotate─▶ in overlap (expiresAtMs) ─▶ expired: signs nothing, dropped at the next change
 *
 * Of each kind at most one is current. There is always a current `hmac` one: every official library
 * verifies that kind, so no request is ever without a signature that they can read.
 */
import type { EndpointSecret } from './endpoint.ts';
import { LIVE_SECRETS_MAX, SECOND_MS } from './limits.ts';
import { fail, ok, type Result } from './result.ts';

export function isLive({ expiresAtMs }: Pick<EndpointSecret, 'expiresAtMs'>, nowMs: number): boolean {
  return expiresAtMs === null || expiresAtMs > nowMs;
}

export function liveSecrets(secrets: readonly EndpointSecret[], nowMs: number): EndpointSecret[] {
  return secrets.filter((secret) => isLive(secret, nowMs));
}

/** When the oldest current secret was made; null without one. */
export function currentSince(secrets: readonly EndpointSecret[]): number | null {
  const times = secrets.flatMap(({ createdAtMs, expiresAtMs }) => (expiresAtMs === null ? [createdAtMs] : []));
  return times.length === 0 ? null : Math.min(...times);
}

/**
 * `fresh` is current from now on; others of its kind end when the overlap does, or earlier if they
 * were to end earlier: a rotation never lengthens a life. Refused where it would leave more than
 * LIVE_SECRETS_MAX.
 */
export function rotated(
  secrets: readonly EndpointSecret[],
  fresh: EndpointSecret,
  overlapSeconds: number,
  nowMs: number,
): Result<EndpointSecret[], { reason: 'full'; most: number }> {
  const endMs = nowMs + overlapSeconds * SECOND_MS;
  const before = secrets.map((secret) =>
    secret.kind === fresh.kind ? { ...secret, expiresAtMs: Math.min(secret.expiresAtMs ?? endMs, endMs) } : secret,
  );
  const after = [...liveSecrets(before, nowMs), fresh];
  return after.length > LIVE_SECRETS_MAX ? fail({ reason: 'full', most: LIVE_SECRETS_MAX }) : ok(after);
}

export type RemovalRefusal = { reason: 'unknown-secret' } | { reason: 'current-secret' };

/**
 * A current `hmac` secret is not removed but rotated: without it requests would end up unsigned
 * when the others expire.
 */
export function withoutSecret(
  secrets: readonly EndpointSecret[],
  id: string,
  nowMs: number,
): Result<EndpointSecret[], RemovalRefusal> {
  const live = liveSecrets(secrets, nowMs);
  const secret = live.find((candidate) => candidate.id === id);
  if (secret === undefined) return fail({ reason: 'unknown-secret' });
  if (secret.kind === 'hmac' && secret.expiresAtMs === null) return fail({ reason: 'current-secret' });
  return ok(live.filter((candidate) => candidate !== secret));
}
