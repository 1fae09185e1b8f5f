/**
 * What endpoints are sent, as `webhooks` of the document: a receiver can be generated from it. The
 * contract is docs/contract.md. The bodies are no components: oapi-codegen drops those that only a
 * webhook names, and still refers to them.
 */
import { type OpenAPIHono, z } from '@hono/zod-openapi';
import { alertShape } from '../shapes/alert-shapes.ts';
import { version } from '../shapes/delivery-shapes.ts';
import { anything, count, text } from '../shapes/shared-shapes.ts';

type Registry = OpenAPIHono['openAPIRegistry'];

const envelope = {
  id: text('Id of the event, as in `webhook-id`: deduplicate on it'),
  // No date-time: it may be what the publisher wrote.
  timestamp: text('When it happened, or was accepted where the publisher did not say (RFC 3339)'),
  record: text('Key of the record that it is about; null: none').nullable(),
  sequence: count('Its place in the order of its record, from 1, without gaps; null without a record').nullable(),
  version: version('Version of the record, as the publisher gave it; null: none').nullable(),
  schemaVersion: text('Version of the schema that `data` is in; null: none').nullable(),
};
const eventShape = z.strictObject({
  ...envelope,
  type: text('Event type: a dotted name like `ticket.created`'),
  data: anything('What the publisher sent, numbers with the digits that it wrote'),
});
const testShape = z.strictObject({
  ...envelope,
  type: z.literal('tubepost.test').openapi({ description: 'Nothing has happened' }),
  data: z
    .strictObject({
      message: text('That nothing has happened, in words'),
      endpoint: text('Id of the endpoint that is tested'),
    })
    .openapi({ description: 'What a test says' }),
});
const alertEventShape = z.strictObject({
  ...envelope,
  type: z
    .enum(['tubepost.alert.opened', 'tubepost.alert.updated', 'tubepost.alert.resolved'])
    .openapi({ description: 'What became of the alert' }),
  data: z
    .strictObject({
      text: text('The alert in one sentence'),
      alert: alertShape.omit({ acknowledged: true }).openapi({ description: 'The alert' }),
    })
    .openapi({ description: 'What an alert says' }),
});

const signature =
  '`v1,` and the base64 of the HMAC-SHA256 of `id.timestamp.body`, one for each live secret, separated by single spaces; `v1a,` beside it for each Ed25519 key';
const headers = z.object({
  'webhook-id': z.string().openapi({ description: "The event's id: the same for every attempt and every replay" }),
  'webhook-timestamp': z.string().openapi({ description: 'When this attempt started, Unix seconds' }),
  'webhook-signature': z.string().openapi({ description: signature }),
  'webhook-attempt': z.string().openapi({ description: '1, 2, …' }),
  'webhook-previous': z
    .string()
    .openapi({ description: 'The sequence sent before this one in the record, to you; or `none`' })
    .optional(),
  'webhook-replay': z
    .string()
    .openapi({ description: 'Only on a replay: the id of the replaying delivery' })
    .optional(),
  traceparent: z
    .string()
    .openapi({
      description: 'Only where the endpoint has `traceContext`: the trace of the publish (W3C Trace Context)',
    })
    .optional(),
});

const DELIVERED = {
  id: 'evt_01m7zwa1bhhrfxj6hm9mbevn8xkpbbyzzcmzrflr3inlltkvqketfdzkuaf001',
  type: 'ticket.created',
  timestamp: '2026-11-21T18:00:00.000Z',
  record: 'ticket/4211',
  sequence: 1,
  version: 1,
  schemaVersion: null,
};

export function addWebhooks(registry: Registry): void {
  const add = (name: string, operationId: string, summary: string, schema: z.ZodType, example: object) =>
    registry.registerWebhook({
      method: 'post',
      path: name,
      operationId,
      summary,
      description: 'Verify the signature over the raw bytes, before parsing.',
      tags: ['Webhooks'],
      security: [],
      request: {
        headers,
        body: { required: true, content: { 'application/json': { schema, example: { ...DELIVERED, ...example } } } },
      },
      responses: {
        '2XX': { description: 'Delivered' },
        '410': { description: 'The endpoint is disabled' },
        default: { description: '408, 425, 429, 5xx: tried again; else a dead letter' },
      },
    });
  add('event', 'receiveEvent', 'An event that the endpoint is subscribed to', eventShape, { data: { number: 4211 } });
  add('test', 'receiveTest', 'A test that somebody asked for: nothing has happened', testShape, {
    type: 'tubepost.test',
    record: null,
    sequence: null,
    version: null,
    data: { message: 'A test from Tubepost: nothing has happened.', endpoint: 'ep_01m7zwa195yxn0znmzves0kyvm' },
  });
  add('alert', 'receiveAlert', 'An alert, to endpoints that ask for them by name', alertEventShape, ALERT);
}

const ALERT = {
  type: 'tubepost.alert.opened',
  record: 'alert/alr_01m7zwe3k0q6w5c1r8d2nt9fxb',
  version: null,
  data: {
    text: 'Tubepost: dead-letter opened for acme: 3 dead letters in 15 minutes (1 is enough)',
    alert: {
      id: 'alr_01m7zwe3k0q6w5c1r8d2nt9fxb',
      rule: 'dead-letter',
      account: 'acme',
      endpoint: null,
      status: 'open',
      value: 3,
      threshold: 1,
      unit: 'dead letters in 15 minutes',
      detail: '3 dead letters in 15 minutes (1 is enough)',
      openedAt: '2026-11-21T18:00:00.000Z',
      updatedAt: '2026-11-21T18:00:00.000Z',
      resolvedAt: null,
    },
  },
};
