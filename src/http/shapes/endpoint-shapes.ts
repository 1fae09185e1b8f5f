/** Endpoints, their secrets, and what was sent to them. */
import { z } from '@hono/zod-openapi';
import { PROBE_OUTCOMES } from '../../core/admission.ts';
import { PAYLOAD_FORMATS } from '../../core/endpoint.ts';
import { count, effective, flag, pageOf, text, time } from './shared-shapes.ts';

export const endpointStatus = z
  .enum(['enabled', 'paused', 'disabled'])
  .openapi({ description: '`paused`: events wait for it; `disabled`: it gets none' });
export const statusReason = text('Why it has this status; null: nobody said').nullable();
const ordering = z
  .enum(['ordered', 'latest', 'unordered'])
  .openapi({ description: '`ordered`: each after the one before; `latest`: newer replaces what waits; `unordered`' });

const secretFacts = {
  id: text('Id of the secret (`sec_…`)'),
  kind: z.enum(['hmac', 'ed25519']).openapi({ description: 'How it signs: `v1` or `v1a`' }),
  publicKey: text('What receivers verify `v1a` with (`whpk_…`); only of `ed25519`').optional(),
  createdAt: time('When the secret was made'),
  expiresAt: time('When it stops signing; null: it is current').nullable(),
};
const secretShape = z.strictObject(secretFacts).openapi('EndpointSecret', { description: 'A secret without its text' });
const secrets = z.array(secretShape).openapi({ description: 'Live secrets, without their text' });

const retry = z
  .strictObject({
    scheduleSeconds: z
      .array(z.int().min(1))
      .openapi({ description: 'Seconds before retry 1, 2, …; empty: one attempt and no retry' }),
    windowSeconds: count('Nothing is retried later than so many seconds after the first attempt'),
    alsoRetry: z.array(z.int()).openapi({ description: 'HTTP statuses retried although they are final' }),
  })
  .openapi('RetryPolicy', { description: 'When failures are tried again' });

const facts = {
  id: text('Id of the endpoint (`ep_…`)'),
  account: text('The account that it belongs to'),
  url: text('Where its events are sent'),
  description: text('What it is, for people; empty: nobody said'),
  eventTypes: z.array(z.string()).openapi({ description: 'Types that it gets: exact names or `prefix.*`; empty: all' }),
  externalId: text('An id of yours, unique in the account; null: none').nullable(),
  ordering,
  status: endpointStatus,
  statusReason,
  createdAt: time('When the endpoint was created'),
  updatedAt: time('When it was last changed'),
};

const endpointShape = z
  .strictObject({
    ...facts,
    filter: z
      .record(z.string(), z.unknown())
      .openapi({ description: 'Condition that an event must meet (docs/filters.md); null: none' })
      .nullable(),
    schemaVersions: z
      .record(z.string(), z.string())
      .openapi({ description: 'Schema version by event type; of those that are not named, the newest' }),
    payloadFormat: z
      .enum(PAYLOAD_FORMATS)
      .openapi({ description: '`slack`: alerts as Slack takes them (docs/alerts.md)' }),
    headerNames: z.array(z.string()).openapi({ description: 'Names of its own headers; values are never read back' }),
    timeoutMs: count('How long an attempt may take, in ms'),
    retry,
    rateLimitPerSecond: count('Requests that it gets in a second at most; null: no limit').nullable(),
    traceContext: z.boolean().openapi({ description: 'Requests carry `traceparent` (docs/tracing.md)' }),
    secrets,
  })
  .openapi('Endpoint');

export const endpointsShape = pageOf('EndpointPage', endpointShape, 'Endpoints of the account, newest first');

const circuit = z.strictObject({
  state: z
    .enum(['closed', 'open', 'half-open'])
    .openapi({ description: '`closed`: all goes; `open`: nothing goes but a probe; `half-open`: a growing pace' }),
  since: time('Since when it has this state; null: always').nullable(),
  nextProbeAt: time('When one delivery tests whether the endpoint is back; null: no test is planned').nullable(),
  perSecond: z.number().openapi({ description: 'Requests a second that go now; null: no limit' }).nullable(),
  waitingRecords: count('Records with something parked or held for the endpoint'),
});
export const circuitShape = circuit
  .nullable()
  .openapi('Circuit', { description: 'What its Gate knows; null: it did not answer in time' });
export const endpointNowShape = z
  .strictObject({ ...endpointShape.shape, circuit: circuitShape })
  .openapi('EndpointNow');
export const probedShape = z
  .strictObject({
    endpoint: facts.id,
    outcome: z.enum(PROBE_OUTCOMES).openapi({
      description:
        '`probing`: what waits longest goes now; `under-way`: a probe is on its way; `nothing-waits`: the next event ' +
        'goes at once; `not-needed`: its circuit is not open; `paused`, `disabled`: nothing is sent to it',
    }),
    note: text('The same in a plain sentence'),
    circuit: circuitShape,
  })
  .openapi('ProbedEndpoint');
export const createdEndpointShape = z
  .strictObject({
    ...endpointShape.shape,
    secret: text('The signing secret (`whsec_…`), shown here and on an audited read only'),
    ...effective,
  })
  .openapi('CreatedEndpoint');
export const changedEndpointShape = z
  .strictObject({
    ...endpointShape.shape,
    ...effective,
    job: text('Id of the job that cancels what waits, where the endpoint was disabled').optional(),
  })
  .openapi('ChangedEndpoint');
export const removedEndpointShape = z
  .strictObject({ id: facts.id, job: text('Id of the job that cancels what waits'), ...effective })
  .openapi('RemovedEndpoint');

export const listedEndpointsShape = pageOf(
  'ListedEndpointPage',
  z.strictObject(facts).openapi('ListedEndpoint'),
  'Endpoints of all accounts, newest first',
);

const ownedSecret = (words: string) => ({
  ...secretFacts,
  account: text('The account of the endpoint'),
  endpoint: text('Id of the endpoint that it signs for'),
  secret: text(words),
});
export const secretTextShape = z
  .strictObject(ownedSecret('The secret itself (`whsec_…` or `whsk_…`). This read is in the audit log'))
  .openapi('SecretText');
export const rotatedSecretShape = z
  .strictObject({
    ...ownedSecret('The new secret itself (`whsec_…` or `whsk_…`), shown here and on an audited read only'),
    secrets,
    ...effective,
  })
  .openapi('RotatedSecret');

export const sentTypesShape = z
  .strictObject({
    endpoint: text('Id of the endpoint'),
    eventTypes: z.array(z.string()).openapi({ description: 'What it is subscribed to now' }),
    from: time('Counted from here'),
    complete: flag('Whether all of the days were counted'),
    data: z
      .array(
        z
          .strictObject({
            eventType: text('Event type'),
            events: count('Events of this type that it was sent'),
            lastSentAt: time('When the last one was sent'),
          })
          .openapi('SentEventType'),
      )
      .openapi({ description: 'The types, most events first' }),
  })
  .openapi('SentEventTypes');
