/** Settings for tests: whole and valid, with what a test cares about put in. */
import type { AccountSettings, EndpointSettings } from '../../src/core/endpoint.ts';

export function anEndpoint(given: Partial<EndpointSettings> = {}): EndpointSettings {
  return {
    id: 'ep_00000000000000000000000001',
    url: 'https://example.com/',
    description: '',
    eventTypes: [],
    filter: null,
    headerNames: [],
    headers: null,
    externalId: null,
    ordering: 'ordered',
    timeoutMs: 15_000,
    retry: { scheduleSeconds: [10], windowSeconds: 60, alsoRetry: [] },
    rateLimitPerSecond: null,
    traceContext: false,
    payloadFormat: 'standard',
    isWatched: false,
    status: 'enabled',
    statusReason: null,
    cutoff: null,
    secrets: [],
    createdAtMs: 1,
    updatedAtMs: 1,
    ...given,
  };
}

export function anAccount(given: Partial<AccountSettings> = {}): AccountSettings {
  const { account = 'acme' } = given;
  return {
    account,
    revision: 1,
    name: account,
    incarnation: 'a'.repeat(12),
    shards: 4,
    targets: { deliverWithinMs: 5_000, warnAfterMs: 60_000 },
    retention: { payloadDays: 30, logDays: 30 },
    createdAtMs: 1,
    endpoints: [],
    ...given,
  };
}
