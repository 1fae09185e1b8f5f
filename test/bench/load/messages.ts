/**
 * What the publisher and the receiver, programs of their own, are told and answer. Times are
 * milliseconds of the machine's monotonic clock, which all processes share: a time of one may be
 * subtracted from a time of another.
 */
import { z } from 'zod';

/**
 * Open loop: when a request is due follows from the phases alone, whatever became of those before
 * it.
 */
export const Plan = z.object({
  origin: z.string(),
  /** One for each account; requests take turns. A `POST` publishes, a `GET` sends no body. */
  targets: z.array(z.object({ method: z.enum(['GET', 'POST']), path: z.string() })),
  key: z.string(),
  /** One after the other, without a pause. */
  phases: z.array(z.object({ ratePerSecond: z.number(), seconds: z.number() })),
  /** Begins each id and record, so that one load meets no event of another. */
  prefix: z.string(),
  /** Events take turns over so many records; null: each is the first of its own. */
  records: z.number().nullable(),
  /** Records of these names exist from a load before: their prefix. Null: those of this load. */
  recordsOf: z.string().nullable(),
});
export type Plan = z.output<typeof Plan>;

/** Request `i` at index `i` of each list. */
export const Sent = z.object({
  dueMs: z.array(z.number()),
  sentMs: z.array(z.number()),
  /** Null: no answer came. */
  answeredMs: z.array(z.number().nullable()),
  /** 0: no answer came. */
  status: z.array(z.number()),
});
export type Sent = z.output<typeof Sent>;

export const Arrivals = z.object({ id: z.array(z.string()), path: z.array(z.string()), atMs: z.array(z.number()) });
export type Arrivals = z.output<typeof Arrivals>;

/** From the receiver: where it listens, then an answer to each question. */
export const FromReceiver = z.union([
  z.object({ port: z.number() }),
  z.object({ count: z.number() }),
  z.object({ arrivals: Arrivals }),
]);
export type FromReceiver = z.output<typeof FromReceiver>;

/** `take` also forgets what it answers. */
export type ToReceiver = 'count' | 'take';

/** When each request is due, in milliseconds from the first. */
export function dueTimes(phases: Plan['phases']): number[] {
  let startMs = 0;
  return phases.flatMap(({ ratePerSecond, seconds }) => {
    const fromMs = startMs;
    startMs += seconds * 1_000;
    return Array.from({ length: Math.round(ratePerSecond * seconds) }, (_, i) => fromMs + (i * 1_000) / ratePerSecond);
  });
}

export function eventId(prefix: string, index: number): string {
  return `${prefix}-${index}`;
}

export function nowMs(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}
