/** Replays of ranges: a job, and what it would do. */
import { z } from '@hono/zod-openapi';
import { jobShape } from './job-shapes.ts';
import { count, counts, text, time } from './shared-shapes.ts';

export const replayShape = z
  .strictObject({
    ...jobShape.shape,
    progress: z
      .strictObject({
        total: count('Deliveries that match'),
        delivered: count('Replays that have arrived'),
        done: count('Replays that have ended, however'),
        failed: count('Replays that have ended without arriving'),
        skipped: count('Deliveries that were rightly left out'),
        waiting: count('Not sent yet, or sent and not ended'),
      })
      .openapi('ReplayProgress', { description: 'How far it is, in deliveries' }),
  })
  .openapi('Replay');

export const dryRunShape = z
  .strictObject({
    count: count('Deliveries that match'),
    records: count('Records that they are about'),
    byStatus: counts('How many by status'),
    byEventType: counts('How many by event type'),
    oldestAt: time('Acceptance of the oldest; null: none matches').nullable(),
    newestAt: time('Acceptance of the newest; null: none matches').nullable(),
    from: time('Where the range begins'),
    to: time('Where the range ends'),
    note: text('What would be done, in a plain sentence'),
  })
  .openapi('DryRun', { description: 'What would be done; nothing was' });
