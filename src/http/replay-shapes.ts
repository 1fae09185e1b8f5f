/** Replays of ranges: a job, and what it would do. */
import { z } from '@hono/zod-openapi';
import { jobShape } from './job-shapes.ts';
import { count, text, time } from './shared-shapes.ts';

export const replayShape = z
  .strictObject({
    ...jobShape.shape,
    progress: z.strictObject({
      total: count(),
      delivered: count(),
      done: count(),
      failed: count(),
      skipped: count(),
      waiting: count(),
    }),
  })
  .openapi('Replay');

export const dryRunShape = z
  .strictObject({
    count: count(),
    records: count(),
    byStatus: z.record(text(), count()),
    byEventType: z.record(text(), count()),
    oldestAt: time().nullable(),
    newestAt: time().nullable(),
    from: time(),
    to: time(),
    note: text(),
  })
  .openapi('DryRun');
