/**
 * The body of a LOG message, checked where it arrives. Fields that a newer release added are
 * dropped, not refused.
 */
import { z } from 'zod';
import { DELIVERY_STATUSES } from '../core/delivery.ts';
import { EVENT_ID, isEndpointId, parseShardName } from '../core/ids.ts';
import type { LogMessage } from '../core/log.ts';
import { stored } from '../core/stored.ts';
import { errorSchema, headersSchema, sentSchema, triggerSchema } from '../store/log/stored-attempt.ts';

const time = z.int().nonnegative();
const count = z.int().nonnegative();
const text = z.string().nullable();

const event = z.object({
  sequence: z.int().positive(),
  id: z.string().regex(EVENT_ID),
  type: z.string().min(1),
  version: z.number().nullable(),
  schemaVersion: text,
  occurredAt: text,
  acceptedAtMs: time,
  contentHash: z.string(),
  deliveryCount: count,
  traceparent: z.string().max(60).optional(),
  erasedAtMs: time.optional(),
});

const last = z.object({
  atMs: time,
  statusCode: z.int().nullable(),
  error: errorSchema.nullable(),
  latencyMs: z.number(),
});

const delivery = z.object({
  endpoint: z.string().refine(isEndpointId),
  replay: count,
  revision: count,
  status: z.enum(DELIVERY_STATUSES),
  attempts: count,
  last: last.nullable(),
  nextAttemptAtMs: time.nullable(),
  blockedBy: text,
  supersededBy: text,
  replayOf: text,
  replayedBy: text,
  replayJob: z.string().optional(),
  isOutOfOrder: z.boolean().optional(),
  reason: text,
  endedAtMs: time.nullable(),
});

const attempt = z.object({
  number: z.int().positive(),
  trigger: triggerSchema,
  atMs: time,
  latencyMs: z.number(),
  statusCode: z.int().nullable(),
  error: errorSchema.nullable(),
  responseHeaders: headersSchema.nullable(),
  responseBody: text,
  sent: sentSchema.optional(),
  willRetry: z.boolean(),
  nextAttemptAtMs: time.nullable(),
});

export const logMessageSchema = stored<LogMessage>()(
  z.object({
    v: z.literal(2),
    shard: z.string().refine((name) => parseShardName(name) !== null),
    records: z.array(
      z.object({
        kind: z.enum(['k', 'u']),
        hash: z.string().regex(/^[a-z2-7]{32}$/),
        record: text,
        entries: z.array(z.object({ event, delivery: delivery.nullable(), attempts: z.array(attempt) })),
      }),
    ),
  }),
);
