/** The JSON that the log stores of attempts: the embedded first attempt, and response headers. Parsed again when read. */
import { z } from 'zod';
import { TRIGGERS } from '../../core/delivery.ts';
import type { LoggedAttempt } from '../../core/log.ts';
import { ERROR_KINDS } from '../../core/outcome.ts';

export const errorSchema = z.object({ kind: z.enum(ERROR_KINDS), message: z.string() });

export const headersSchema = z.record(z.string(), z.string());

export const triggerSchema = z.enum(TRIGGERS);

/** Attempt 1 inside its delivery's row, which has its time. */
const storedAttemptSchema = z.object({
  latencyMs: z.number(),
  statusCode: z.number().nullable(),
  error: errorSchema.nullable(),
  responseHeaders: headersSchema.nullable(),
  responseBody: z.string().nullable(),
  trigger: triggerSchema,
  willRetry: z.boolean(),
  nextAttemptAtMs: z.number().nullable(),
}) satisfies z.ZodType<Omit<LoggedAttempt, 'number' | 'atMs'>>;

export function packAttempt(attempt: LoggedAttempt): string {
  return JSON.stringify(storedAttemptSchema.parse(attempt));
}

export function unpackAttempt(atMs: number, stored: string): LoggedAttempt {
  return { number: 1, atMs, ...storedAttemptSchema.parse(JSON.parse(stored)) };
}

export function unpackHeaders(stored: string | null): Record<string, string> | null {
  return stored === null ? null : headersSchema.parse(JSON.parse(stored));
}
