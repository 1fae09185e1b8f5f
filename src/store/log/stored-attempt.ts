/**
 * The JSON that the log stores of attempts: the embedded first attempt, and response headers.
 * Parsed again when read.
 */
import { z } from 'zod';
import { stored } from '../../core/stored.ts';
import { TRIGGERS } from '../../core/delivery.ts';
import type { LoggedAttempt } from '../../core/log.ts';
import { ERROR_KINDS } from '../../core/outcome.ts';
import { packSent, type Sent, unpackSent } from '../../core/sent.ts';

export const errorSchema = z.object({ kind: z.enum(ERROR_KINDS), message: z.string() });

export const headersSchema = z.record(z.string(), z.string());

export const triggerSchema = z.enum(TRIGGERS);

export const sentSchema = stored<Sent>()(
  z.object({
    url: z.string(),
    timestamp: z.int().nonnegative(),
    signature: z.string(),
    previous: z.int().nonnegative().nullable(),
    own: z.array(z.string()),
    traceparent: z.string().optional(),
  }),
);

const packedSent = z.tuple([
  z.string(),
  z.number(),
  z.string(),
  z.number().nullable(),
  z.array(z.string()),
  z.string().optional(),
]);

/** Attempt 1 inside its delivery's row, which has its time. */
const storedAttemptSchema = stored<Omit<LoggedAttempt, 'number' | 'atMs' | 'sent'>>()(
  z.object({
    latencyMs: z.number(),
    statusCode: z.number().nullable(),
    error: errorSchema.nullable(),
    responseHeaders: headersSchema.nullable(),
    responseBody: z.string().nullable(),
    sent: packedSent.optional(),
    trigger: triggerSchema,
    willRetry: z.boolean(),
    nextAttemptAtMs: z.number().nullable(),
  }),
);

export function packAttempt({ sent, ...attempt }: LoggedAttempt): string {
  const packed = sent === undefined ? {} : { sent: packSent(sent) };
  return JSON.stringify(storedAttemptSchema.parse({ ...attempt, ...packed }));
}

export function unpackAttempt(atMs: number, stored: string): LoggedAttempt {
  const { sent, ...attempt } = storedAttemptSchema.parse(JSON.parse(stored));
  return { number: 1, atMs, ...attempt, sent: sent === undefined ? undefined : unpackSent(sent) };
}

/**
 * Of an attempt with a row of its own. Undefined also of one that was written before this was kept.
 */
export function readSent(stored: string | null): Sent | undefined {
  return stored === null ? undefined : unpackSent(packedSent.parse(JSON.parse(stored)));
}

export function writeSent(sent: Sent | undefined): string | null {
  return sent === undefined ? null : JSON.stringify(packSent(sent));
}

export function unpackHeaders(stored: string | null): Record<string, string> | null {
  return stored === null ? null : headersSchema.parse(JSON.parse(stored));
}
