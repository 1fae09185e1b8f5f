/**
 * The receiver's own record: two lines of JSON for each request, one when it arrived and one when
 * it was over.
 */
import { readFile } from 'node:fs/promises';
import { z } from 'zod';

const arrived = z.object({
  kind: z.literal('arrived'),
  n: z.number(),
  atMs: z.number(),
  path: z.string(),
  event: z.string(),
  type: z.string(),
  record: z.string().nullable(),
  sequence: z.number().nullable(),
  version: z.number().nullable(),
  attempt: z.number(),
  /** `webhook-previous` as it stands. */
  previous: z.string(),
  /** `webhook-replay`, or null. */
  replay: z.string().nullable(),
  /** `webhook-timestamp`: when it was signed, in seconds. */
  signedAtSeconds: z.number(),
  bodyHash: z.string(),
  dataHash: z.string(),
  /** Which of the path's secrets, in the order in which it got them, both libraries agree on. */
  signedBy: z.array(z.number()),
  /** Null, or what is wrong with it. */
  fault: z.string().nullable(),
});
const over = z.object({
  kind: z.literal('over'),
  n: z.number(),
  atMs: z.number(),
  /** The status answered; or `dropped`: work done and no answer; or `hung-up`: the caller went. */
  end: z.union([z.number(), z.enum(['dropped', 'hung-up'])]),
});
const line = z.discriminatedUnion('kind', [arrived, over]);

export type Arrived = z.output<typeof arrived>;
export type Line = z.output<typeof line>;
/** A request, and how it ended; null: it never did. */
export type Seen = Arrived & { over: z.output<typeof over> | null };

/** In the order of arrival. A last line that was cut off is no line. */
export async function readSeen(file: string): Promise<Seen[]> {
  const seen = new Map<number, Seen>();
  for (const text of (await readFile(file, 'utf8')).split('\n')) {
    if (text === '') continue;
    const one = line.parse(JSON.parse(text));
    if (one.kind === 'arrived') seen.set(one.n, { ...one, over: null });
    const request = seen.get(one.n);
    if (one.kind === 'over' && request !== undefined) request.over = one;
  }
  return [...seen.values()].sort((a, b) => a.n - b.n);
}

/** The receiver has taken it, or will never: whatever the caller learned of it. */
export function isAnswered({ over: ended }: Seen): boolean {
  return ended !== null && (ended.end === 200 || ended.end === 404);
}

/** The work of the event was done. */
export function isDone({ over: ended }: Seen): boolean {
  return ended !== null && (ended.end === 200 || ended.end === 'dropped');
}
