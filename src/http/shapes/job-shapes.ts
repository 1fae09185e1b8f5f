/** Jobs: long work with a cursor. */
import { z } from '@hono/zod-openapi';
import { JOB_KINDS } from '../../core/job.ts';
import { count, counts, openEnum, pageOf, text, time } from './shared-shapes.ts';

const listedJobShape = z
  .strictObject({
    id: text('Id of the job (`job_…`)'),
    kind: openEnum(JOB_KINDS, 'What it does'),
    account: text('The account that it is about; null: all or several').nullable(),
    endpoint: text('Id of the endpoint that it is about; null: none').nullable(),
    event: text('Id of the event that it carries; null: none').nullable(),
    status: z
      .enum(['running', 'paused', 'finished', 'cancelled'])
      .openapi({ description: 'Whether it works, rests or has ended' }),
    progress: z
      .strictObject({
        total: count('How many there are in all, as far as is known'),
        done: count('How many are done'),
        failed: count('How many failed'),
        skipped: count('How many were rightly left out'),
      })
      .openapi('JobProgress', { description: 'Counted in what the kind is about: accounts, deliveries, stored rows' }),
    by: text('With whose key it was started'),
    reason: text('Why, as they gave it; null: they did not').nullable(),
    createdAt: time('When it was started'),
    updatedAt: time('When it last got on'),
    endedAt: time('When it ended; null: it has not').nullable(),
  })
  .openapi('ListedJob');
export const jobsShape = pageOf('JobPage', listedJobShape, 'Jobs, newest first');

const named = z
  .array(
    z
      .strictObject({ item: text('What it was about: an account or a delivery'), reason: text('Why, as a short code') })
      .openapi('JobItem'),
  )
  .openapi({ description: 'The first that failed, with the reason; `progress` counts all' });

export const jobShape = z
  .strictObject({
    ...listedJobShape.shape,
    note: text('Where it is, in a plain sentence'),
    pacePerSecond: z.number().openapi({ description: 'How many it does in a second at most' }),
    skippedBy: counts('How many were rightly left out, by reason'),
    skips: named.openapi({
      description: 'The first that were rightly left out, with the reason; `skippedBy` counts all',
    }),
    waitingFor: counts('What was set going and has not ended, by status or by what holds it'),
    failures: named,
    history: z
      .array(
        z
          .strictObject({
            at: time('When it was done'),
            by: text('With whose key; `tubepost`: by itself'),
            action: z
              .enum(['started', 'paused', 'resumed', 'cancelled', 'finished'])
              .openapi({ description: 'What happened to the job' }),
            reason: text('Why, as they gave it; null: they did not').nullable(),
          })
          .openapi('JobStep'),
      )
      .openapi({ description: 'What happened to it, oldest first' }),
  })
  .openapi('Job');
