/** Endpoints, their secrets, and what was sent to them. */
import { z } from '@hono/zod-openapi';
import { PAYLOAD_FORMATS } from '../core/endpoint.ts';
import { count, effective, orNull, pageOf, text, time } from './shared-shapes.ts';

export const endpointStatus = z.enum(['enabled', 'paused', 'disabled']);
const ordering = z.enum(['ordered', 'latest', 'unordered']);

const secretFacts = {
  id: text(),
  kind: z.enum(['hmac', 'ed25519']),
  publicKey: text().optional(),
  createdAt: time(),
  expiresAt: time().nullable(),
};
const secretShape = z.strictObject(secretFacts).openapi('Secret', { description: 'Without its text' });

const endpointShape = z
  .strictObject({
    id: text(),
    account: text(),
    url: text(),
    description: text(),
    eventTypes: z.array(text()),
    filter: z.record(z.string(), z.unknown()).nullable(),
    schemaVersions: z.record(z.string(), text()),
    payloadFormat: z.enum(PAYLOAD_FORMATS),
    headerNames: z.array(text()),
    externalId: text().nullable(),
    ordering,
    timeoutMs: count(),
    retry: z.strictObject({ scheduleSeconds: z.array(count()), windowSeconds: count(), alsoRetry: z.array(count()) }),
    rateLimitPerSecond: count().nullable(),
    status: endpointStatus,
    statusReason: text().nullable(),
    secrets: z.array(secretShape),
    createdAt: time(),
    updatedAt: time(),
  })
  .openapi('Endpoint');

export const endpointsShape = pageOf('EndpointPage', endpointShape);

export const circuitShape = z
  .strictObject({
    state: z.enum(['closed', 'open', 'half-open']),
    since: time().nullable(),
    nextProbeAt: time().nullable(),
    perSecond: z.number().nullable(),
    waitingRecords: count(),
  })
  .openapi('Circuit');
export const endpointNowShape = z
  .strictObject({ ...endpointShape.shape, circuit: orNull(circuitShape) })
  .openapi('EndpointNow');
export const createdEndpointShape = z
  .strictObject({ ...endpointShape.shape, secret: text(), ...effective })
  .openapi('CreatedEndpoint');
export const changedEndpointShape = z
  .strictObject({ ...endpointShape.shape, ...effective, job: text().optional() })
  .openapi('ChangedEndpoint');
export const removedEndpointShape = z
  .strictObject({ id: text(), job: text(), ...effective })
  .openapi('RemovedEndpoint');

export const listedEndpointsShape = pageOf(
  'ListedEndpointPage',
  z
    .strictObject({
      id: text(),
      account: text(),
      url: text(),
      description: text(),
      externalId: text().nullable(),
      eventTypes: z.array(text()),
      ordering,
      status: endpointStatus,
      statusReason: text().nullable(),
      createdAt: time(),
      updatedAt: time(),
    })
    .openapi('ListedEndpoint'),
);

const ownedSecret = { ...secretFacts, account: text(), endpoint: text(), secret: text() };
export const secretTextShape = z.strictObject(ownedSecret).openapi('SecretText');
export const rotatedSecretShape = z
  .strictObject({ ...ownedSecret, secrets: z.array(secretShape), ...effective })
  .openapi('RotatedSecret');

export const sentTypesShape = z
  .strictObject({
    endpoint: text(),
    eventTypes: z.array(text()),
    from: time(),
    complete: z.boolean(),
    data: z.array(z.strictObject({ eventType: text(), events: count(), lastSentAt: time() })),
  })
  .openapi('SentEventTypes');
