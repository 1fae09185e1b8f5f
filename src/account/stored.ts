/**
 * The JSON that an Account keeps of its endpoints, parsed on the way out. Old and new code coexist
 * during a deploy: fields are only ever added, with a default, and unknown ones pass through
 * unread.
 */
import { z } from 'zod';
import { type EndpointSettings, PAYLOAD_FORMATS } from '../core/endpoint.ts';
import type { Filter } from '../core/filter.ts';
import { JURISDICTIONS } from '../core/ids.ts';
import { QUOTA_DEFAULT } from '../core/quota.ts';
import { stored } from '../core/stored.ts';

const sealed = z.object({ key: z.string(), sealed: z.string() });

const secretFacts = {
  id: z.string(),
  secret: sealed,
  createdAtMs: z.number(),
  expiresAtMs: z.number().nullable(),
};
/** The first secrets were stored without a kind. */
const storedSecret = z.union([
  z.object({ ...secretFacts, kind: z.literal('ed25519'), publicKey: z.string() }),
  z.object({ ...secretFacts, kind: z.literal('hmac').default('hmac') }),
]);

export const storedEndpoint = stored<EndpointSettings>()(
  z.object({
    id: z.string(),
    url: z.string(),
    description: z.string(),
    eventTypes: z.array(z.string()),
    // Checked when it was saved. Not again: a filter of a newer release, read after a rollback,
    // must not close the account.
    filter: z
      .custom<Filter>((value) => typeof value === 'object' && value !== null)
      .nullable()
      .default(null),
    schemaVersions: z.record(z.string(), z.string()).default({}),
    payloadFormat: z.enum(PAYLOAD_FORMATS).default('standard'),
    headerNames: z.array(z.string()),
    headers: sealed.nullable(),
    externalId: z.string().nullable(),
    ordering: z.enum(['ordered', 'latest', 'unordered']),
    timeoutMs: z.number(),
    retry: z.object({
      scheduleSeconds: z.array(z.number()),
      windowSeconds: z.number(),
      alsoRetry: z.array(z.number()),
    }),
    rateLimitPerSecond: z.number().nullable().default(null),
    traceContext: z.boolean().default(false),
    isWatched: z.boolean().default(false),
    status: z.enum(['enabled', 'paused', 'disabled']),
    statusReason: z.string().nullable(),
    cutoff: z.object({ atMs: z.number(), reason: z.string() }).nullable(),
    secrets: z.array(storedSecret),
    createdAtMs: z.number(),
    updatedAtMs: z.number(),
  }),
);

export const storedFacts = z.object({
  account: z.string(),
  name: z.string(),
  incarnation: z.string(),
  shards: z.number(),
  jurisdiction: z.enum(JURISDICTIONS).nullable().default(null),
  targets: z.object({ deliverWithinMs: z.number(), warnAfterMs: z.number() }),
  retention: z.object({ payloadDays: z.number(), logDays: z.number() }),
  quota: z.object({ eventsPerSecond: z.number().nullable(), endpointsMax: z.number() }).default(QUOTA_DEFAULT),
  createdAtMs: z.number(),
});
export type StoredFacts = z.infer<typeof storedFacts>;
