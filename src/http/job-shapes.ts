/** Jobs: long work with a cursor. */
import { z } from '@hono/zod-openapi';
import { count, pageOf, text, time } from './shared-shapes.ts';

const listedJobShape = z
  .strictObject({
    id: text(),
    // Kinds are added.
    kind: text(),
    account: text().nullable(),
    endpoint: text().nullable(),
    event: text().nullable(),
    status: z.enum(['running', 'paused', 'finished', 'cancelled']),
    progress: z.strictObject({ total: count(), done: count(), failed: count(), skipped: count() }),
    by: text(),
    reason: text().nullable(),
    createdAt: time(),
    updatedAt: time(),
    endedAt: time().nullable(),
  })
  .openapi('ListedJob');
export const jobsShape = pageOf('JobPage', listedJobShape);

export const jobShape = z
  .strictObject({
    ...listedJobShape.shape,
    note: text(),
    pacePerSecond: z.number(),
    /** Why what was skipped was not needed, with how often. */
    skippedBy: z.record(text(), count()),
    /** The first of them. */
    skips: z.array(z.strictObject({ item: text(), reason: text() })),
    waitingFor: z.record(text(), count()),
    failures: z.array(z.strictObject({ item: text(), reason: text() })),
    history: z.array(
      z.strictObject({
        at: time(),
        by: text(),
        action: z.enum(['started', 'paused', 'resumed', 'cancelled', 'finished']),
        reason: text().nullable(),
      }),
    ),
  })
  .openapi('Job');
