/** What a person's act and a person's question have to do with a circuit (C8): the one probes it now, the other is told when. */
import type { AccountPlace } from '../core/ids.ts';
import { GATE_ANSWER_MS, PROBES_READ_MAX } from '../core/limits.ts';
import type { DeliveryView } from '../core/view.ts';
import { withTimeout } from '../lookup/with-timeout.ts';
import { gateStub } from '../lookup/stubs.ts';
import type { Bindings } from '../env.ts';
import type { AppContext } from './context.ts';

/** The endpoint is worth a probe now: a test of it arrived, or a person replays. What is lost here costs the rest of a pause. */
export function probeNow(c: AppContext, place: AccountPlace, endpoint: string): void {
  const asked = Promise.resolve(gateStub(c.env, place, endpoint).probe());
  c.executionCtx.waitUntil(
    asked.catch((error: unknown) =>
      console.warn(JSON.stringify({ message: 'endpoint not probed', endpoint, error: String(error) })),
    ),
  );
}

/** When each endpoint is probed next for which some of these wait; none for those whose Gate does not answer. */
export async function nextProbes(
  env: Bindings,
  place: AccountPlace,
  views: readonly DeliveryView[],
): Promise<Map<string, number>> {
  const waiting = new Set(views.filter(({ parked }) => parked === 'circuit').map(({ endpoint }) => endpoint));
  const asked = await Promise.allSettled(
    [...waiting].slice(0, PROBES_READ_MAX).map(async (endpoint) => {
      const { nextProbeAtMs } = await withTimeout(GATE_ANSWER_MS, gateStub(env, place, endpoint).read());
      return [endpoint, nextProbeAtMs] as const;
    }),
  );
  const known = asked.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
  return new Map(known.flatMap(([endpoint, atMs]) => (atMs === null ? [] : [[endpoint, atMs] as const])));
}
