/**
 * What an operator looks at first (V5): where it fails, where it piles up, and who takes nothing.
 * Pure: the log counts, this decides.
 */
import type { ErrorKind } from './outcome.ts';

/**
 * Failed attempts of one endpoint that were answered alike. Those of ours (outcome.ts) are among
 * them, by their kind.
 */
export type FailureGroup = {
  endpoint: string;
  statusCode: number | null;
  errorKind: ErrorKind;
  count: number;
  lastAtMs: number;
};

/**
 * Of one endpoint within the window. `drained`: successes of deliveries that were accepted before
 * it.
 */
export type EndpointTotals = {
  endpoint: string;
  succeeded: number;
  failed: number;
  drained: number;
  lastSuccessMs: number | null;
};

/** What waits for an endpoint now; `fresh` of it was accepted within the window. */
export type OpenTotals = { endpoint: string; waiting: number; fresh: number; oldestAcceptedAtMs: number };

export type Backlog = {
  endpoint: string;
  waiting: number;
  oldestAcceptedAtMs: number;
  /**
   * How much more waits than when the window began: what came and still waits, less what was
   * drained of what waited then.
   */
  growth: number;
  isGrowing: boolean;
};

export type Silent = { endpoint: string; failed: number; waiting: number };

const NONE = { succeeded: 0, failed: 0, drained: 0 };

/**
 * Not seen: what waited and then died or was cancelled, so a backlog that only dies away seems to
 * stand still, and never to grow.
 */
export function backlogs(open: readonly OpenTotals[], totals: readonly EndpointTotals[]): Backlog[] {
  const byEndpoint = new Map(totals.map((one) => [one.endpoint, one]));
  return open
    .map(({ endpoint, waiting, fresh, oldestAcceptedAtMs }) => {
      const { drained } = byEndpoint.get(endpoint) ?? NONE;
      const growth = fresh - drained;
      return { endpoint, waiting, oldestAcceptedAtMs, growth, isGrowing: growth > 0 };
    })
    .sort((a, b) => b.growth - a.growth || b.waiting - a.waiting || (a.endpoint < b.endpoint ? -1 : 1));
}

/**
 * Endpoints that something was to reach and nothing has reached within the window; those that
 * nothing was sent to are not among them.
 */
export function silentEndpoints(open: readonly OpenTotals[], totals: readonly EndpointTotals[]): Silent[] {
  const byEndpoint = new Map(totals.map((one) => [one.endpoint, one]));
  const waiting = new Map(open.map((one) => [one.endpoint, one.waiting]));
  return [...new Set([...byEndpoint.keys(), ...waiting.keys()])]
    .filter((endpoint) => (byEndpoint.get(endpoint) ?? NONE).succeeded === 0)
    .map((endpoint) => ({
      endpoint,
      failed: (byEndpoint.get(endpoint) ?? NONE).failed,
      waiting: waiting.get(endpoint) ?? 0,
    }))
    .filter(({ failed, waiting: n }) => failed + n > 0)
    .sort((a, b) => b.failed + b.waiting - a.failed - a.waiting || (a.endpoint < b.endpoint ? -1 : 1));
}
