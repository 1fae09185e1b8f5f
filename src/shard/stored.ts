/**
 * The stored JSON of a Shard's rows (tables.ts): parsed here and nowhere else. What is null, and
 * the usual value where a default names one, is left out when it is written (packed.ts).
 */
import { z } from 'zod';
import { type Delivery, ENDED_STATUSES, TRIGGERS, WAITING_STATUSES } from '../core/delivery.ts';
import type { LoggedAttempt } from '../core/log.ts';
import { ERROR_KINDS } from '../core/outcome.ts';
import { unpackSent } from '../core/sent.ts';
import { stored } from '../core/stored.ts';

const attemptError = z
  .object({ kind: z.enum(ERROR_KINDS), message: z.string() })
  .nullable()
  .default(null);
const trigger = z.enum(TRIGGERS).default('first');
const ordering = z.enum(['ordered', 'latest', 'unordered']);
const sent = z
  .tuple([z.string(), z.number(), z.string(), z.number().nullable(), z.array(z.string()), z.string().optional()])
  .transform(unpackSent);
const retryPolicy = z.object({
  scheduleSeconds: z.array(z.number()),
  windowSeconds: z.number(),
  alsoRetry: z.array(z.number()),
});

const loggedAttempt = stored<LoggedAttempt>()(
  z.object({
    atMs: z.number(),
    latencyMs: z.number(),
    statusCode: z.number().nullable().default(null),
    error: attemptError,
    responseHeaders: z.record(z.string(), z.string()).nullable().default(null),
    responseBody: z.string().nullable().default(null),
    sent: sent.optional(),
    number: z.number().default(1),
    trigger,
    willRetry: z.boolean().default(false),
    nextAttemptAtMs: z.number().nullable().default(null),
  }),
);

const delivery = stored<Delivery>()(
  z.object({
    endpoint: z.string(),
    replay: z.number().default(0),
    form: z.string().optional(),
    replayFacts: z
      .object({
        of: z.number(),
        by: z.string(),
        reason: z.string().nullable().default(null),
        atMs: z.number(),
        force: z.boolean(),
        job: z.string().optional(),
        isMissing: z.boolean().optional(),
        isOutOfOrder: z.boolean().optional(),
      })
      .nullable()
      .default(null),
    ordering: ordering.default('ordered'),
    state: z.discriminatedUnion('kind', [
      z.object({
        kind: z.literal('waiting'),
        as: z.enum(WAITING_STATUSES),
        dueMs: z.number(),
        parked: z.enum(['circuit', 'pace']).optional(),
      }),
      z.object({
        kind: z.literal('ended'),
        as: z.enum(ENDED_STATUSES),
        atMs: z.number(),
        reason: z.string().nullable().default(null),
        supersededBy: z.number().nullable().default(null),
      }),
    ]),
    claim: z
      .object({
        number: z.number().default(1),
        attempt: z.number(),
        via: z.enum(['self', 'fanout', 'slow']),
        trigger,
        begunAtMs: z.number().nullable().default(null),
        untilMs: z.number(),
        under: z
          .object({ revision: z.number(), retry: retryPolicy, isWatched: z.boolean().optional() })
          .nullable()
          .default(null),
      })
      .nullable()
      .default(null),
    claims: z.number(),
    attempts: z.number(),
    retries: z.number().default(0),
    firstAttemptAtMs: z.number().nullable().default(null),
    heldMs: z.number().default(0),
    heldSinceMs: z.number().nullable().default(null),
    last: z
      .object({
        atMs: z.number(),
        statusCode: z.number().nullable().default(null),
        error: attemptError,
        latencyMs: z.number(),
      })
      .nullable()
      .default(null),
    previous: z
      .object({ sequence: z.number().nullable().default(null) })
      .nullable()
      .default(null),
    revision: z.number(),
  }),
);

/**
 * A delivery as stored: with its successful attempt, and how much of it the log is known to have.
 */
const kept = z.object({
  delivery,
  success: loggedAttempt.nullable().default(null),
  acked: z.number().default(0),
  ackedAttempts: z.number().default(0),
});

const facts = z.object({
  sequence: z.number(),
  id: z.string(),
  type: z.string(),
  version: z.number().nullable().default(null),
  schemaVersion: z.string().nullable().default(null),
  occurredAt: z.string().nullable().default(null),
  acceptedAtMs: z.number(),
  contentHash: z.string(),
  forms: z.array(z.string()).optional(),
  expiresAtMs: z.number().optional(),
  retryWindowSeconds: z.number().optional(),
  latestGroup: z.string().optional(),
  latestOnly: z.boolean().optional(),
  traceparent: z.string().optional(),
  erasedAtMs: z.number().optional(),
  payloadExpiredAtMs: z.number().optional(),
  /** Live deliveries: those that matched at acceptance. */
  deliveryCount: z.number().default(1),
  record: z.string().nullable().default(null),
});

/** Of a row, whose columns say the first two; an older release wrote them into the facts too. */
export function parseFacts(json: string, columns: { sequence: number; acceptedAtMs: number }): KeptFacts {
  return facts.parse({ ...columns, ...z.looseObject({}).parse(JSON.parse(json)) });
}

/** A failed attempt, with the claim that made it: a late outcome finds its number by that. */
export const keptAttempt = loggedAttempt.extend({ claim: z.number() });

export type Kept = z.infer<typeof kept>;
export type KeptFacts = z.infer<typeof facts>;
export type KeptAttempt = z.infer<typeof keptAttempt>;
export type KeptEvent = { facts: KeptFacts; kept: Kept[] };

/** Deliveries of one row. Where the last attempt is the stored success, it is stored once. */
export const keptList = z.array(
  kept.transform(({ delivery, success, ...rest }) => {
    if (delivery.last !== null || success === null) return { delivery, success, ...rest };
    const { atMs, statusCode, error, latencyMs } = success;
    return { delivery: { ...delivery, last: { atMs, statusCode, error, latencyMs } }, success, ...rest };
  }),
);

/** A time and a sequence; or a version and a sequence. */
const pair = z.tuple([z.number(), z.number()]).nullable();

/**
 * One lane, in the order of `LaneSummary`: as short as possible, because it is stored with every
 * few events.
 */
const packedLane = z.tuple([
  z.string(),
  ordering,
  z.number(),
  pair,
  z.array(z.tuple([z.string(), z.number()])),
  z.array(z.number()),
  z.number(),
  pair,
  pair,
  z.number().nullable(),
]);
export const packedLanes = z.array(packedLane);
export type PackedLane = z.infer<typeof packedLane>;

/**
 * What the lanes of a record had learned when an event was stored, or when the rows before went.
 * Nothing personal: neither its key nor ids of events. `goneThrough`: the highest sequence of which
 * the row is gone. `open`: ranges of sequences, both ends included, that hold every event which was
 * open, under way or unknown to the log then: they may teach the lanes more.
 */
export const lanesKept = z.object({
  goneThrough: z.number(),
  open: z.array(z.tuple([z.number(), z.number()])),
  lanes: packedLanes,
});
export type LanesKept = z.infer<typeof lanesKept>;

/** By record. */
export const pastRecords = z.record(z.string(), lanesKept);

export const reopenedList = z.array(z.number());
export const watchedList = z.array(z.string());

/**
 * `atMs` null: nothing is stored. `after`: the record and sequence that the last page ended with;
 * null: the next is the first. `isLeft`: the pass under way came upon something that was over and
 * not finished with.
 */
export const retentionFact = z.object({
  atMs: z.number().nullable(),
  after: z.tuple([z.string(), z.number()]).nullable(),
  isLeft: z.boolean(),
});
export type RetentionFact = z.infer<typeof retentionFact>;
