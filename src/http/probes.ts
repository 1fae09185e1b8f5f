/**
 * What a person's act and a person's question have to do with a circuit (C8): the one probes it
 * now, the other is told when.
 */
import type { AccountPlace } from '../core/ids.ts';
import type { AccountSettings } from '../core/endpoint.ts';
import { GATE_ANSWER_MS, PROBES_READ_MAX } from '../core/limits.ts';
import type { DeliveryView } from '../core/view.ts';
import { withTimeout } from '../lookup/with-timeout.ts';
import { gateStub } from '../lookup/stubs.ts';
import type { Bindings } from '../env.ts';
import type { AppContext } from './context.ts';
import { type Present, presentOf } from './overlay.ts';
import { logLine } from '../log-line.ts';

/**
 * The endpoint is worth a probe now: a test of it arrived, or a person replays. What is lost here
 * costs the rest of a pause.
 */
export function probeNow(c: AppContext, place: AccountPlace, endpoint: string): void {
  const asked = Promise.resolve(gateStub(c.env, place, endpoint).probe());
  c.executionCtx.waitUntil(
    asked.catch((error: unknown) => logLine('warn', 'endpoint not probed', { endpoint, error: String(error) })),
  );
}

/**
 * The account as it is now, with when each endpoint is probed next for which some of these wait.
 */
export async function presentFor(
  env: Bindings,
  settings: AccountSettings,
  views: readonly DeliveryView[],
): Promise<Present> {
  const probesAtMs = await nextProbes(env, settings, views);
  return { ...presentOf(settings, Date.now()), probesAtMs };
}

/**
 * When each endpoint is probed next for which some of these wait; none for those whose Gate does
 * not answer. The log does not know why a delivery waits: there, a watched endpoint is reason
 * enough to ask.
 */
export async function nextProbes(
  env: Bindings,
  settings: AccountSettings,
  views: readonly DeliveryView[],
): Promise<Map<string, number>> {
  const watched = new Set(settings.endpoints.filter(({ isWatched }) => isWatched).map(({ id }) => id));
  const isHeldUp = ({ status, parked, endpoint }: DeliveryView) =>
    parked === 'circuit' || (parked === undefined && isWaiting(status) && watched.has(endpoint));
  const waiting = new Set(views.filter(isHeldUp).map(({ endpoint }) => endpoint));
  const asked = await Promise.all(
    [...waiting].slice(0, PROBES_READ_MAX).map(async (endpoint) => {
      const atMs = await nextProbe(env, settings, endpoint);
      return atMs === null ? [] : [[endpoint, atMs] as const];
    }),
  );
  return new Map(asked.flat());
}

/** Null: its circuit is not open, or its Gate does not answer. */
export async function nextProbe(env: Bindings, place: AccountPlace, endpoint: string): Promise<number | null> {
  try {
    return (await withTimeout(GATE_ANSWER_MS, gateStub(env, place, endpoint).read())).nextProbeAtMs;
  } catch (error) {
    logLine('warn', 'gate not read', { endpoint, error: String(error) });
    return null;
  }
}

function isWaiting(status: DeliveryView['status']): boolean {
  return status === 'queued' || status === 'retrying';
}
