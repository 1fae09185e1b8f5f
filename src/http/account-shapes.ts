/** Accounts, and what changing and removing them answers. */
import { z } from '@hono/zod-openapi';
import { JURISDICTIONS } from '../core/ids.ts';
import { count, effective, pageOf, text, time } from './shared-shapes.ts';

const retention = z.strictObject({ payloadDays: count(), logDays: count() }).openapi('Retention');

export const accountShape = z
  .strictObject({
    account: text(),
    name: text(),
    jurisdiction: z.enum(JURISDICTIONS).nullable(),
    shards: count(),
    targets: z.strictObject({ deliverWithinMs: count(), warnAfterMs: count() }),
    retention,
    quota: z.strictObject({ eventsPerSecond: count().nullable(), endpointsMax: count() }),
    endpointCount: count(),
    createdAt: time(),
  })
  .openapi('Account');

export const changedAccountShape = z.strictObject({ ...accountShape.shape, ...effective }).openapi('ChangedAccount');

export const accountsShape = pageOf(
  'AccountPage',
  z.strictObject({ account: text(), name: text(), retention, createdAt: time() }).openapi('ListedAccount'),
);

export const removedAccountShape = z
  .strictObject({ account: text(), job: text(), ...effective })
  .openapi('RemovedAccount');

export const resealShape = z
  .strictObject({
    account: text(),
    key: text(),
    resealed: z.strictObject({ endpoints: count(), secrets: count(), headers: count() }),
    remaining: count(),
    unreadable: z.strictObject({ count: count(), endpoints: z.array(text()) }),
  })
  .openapi('Reseal');
