/** Accounts, and what changing and removing them answers. */
import { z } from '@hono/zod-openapi';
import { JURISDICTIONS } from '../../core/ids.ts';
import { count, effective, openEnum, pageOf, text, time } from './shared-shapes.ts';

const retention = z
  .strictObject({
    payloadDays: count('Days after which the data of an event is erased'),
    logDays: count('Days after which events, deliveries and attempts are deleted'),
  })
  .openapi('Retention', { description: 'For how long payloads and log are kept' });
const targets = z
  .strictObject({
    deliverWithinMs: count('Milliseconds after which a delivery should have arrived'),
    warnAfterMs: count('Milliseconds after which a delivery that still waits is `late`'),
  })
  .openapi('Targets', { description: 'When a delivery is `late`' });
const quota = z
  .strictObject({
    eventsPerSecond: count('Events that may be published in a second; null: no quota').nullable(),
    endpointsMax: count('Endpoints that the account may have'),
  })
  .openapi('Quota', { description: 'What the account may use at most' });

const id = text('The id of the account, as its operator chose it');
const name = text('Its name, for people');
const createdAt = time('When the account was created');

export const accountShape = z
  .strictObject({
    account: id,
    name,
    jurisdiction: openEnum(JURISDICTIONS, 'Where its data stays, fixed at creation; null: anywhere').nullable(),
    shards: count('Over how many objects its records are spread; fixed at creation'),
    targets,
    retention,
    quota,
    endpointCount: count('How many endpoints it has'),
    createdAt,
  })
  .openapi('Account');

export const changedAccountShape = z.strictObject({ ...accountShape.shape, ...effective }).openapi('ChangedAccount');

export const accountsShape = pageOf(
  'AccountPage',
  z.strictObject({ account: id, name, retention, createdAt }).openapi('ListedAccount'),
  'Accounts, newest first',
);

export const removedAccountShape = z
  .strictObject({ account: id, job: text('Id of the job that erases what is left'), ...effective })
  .openapi('RemovedAccount');

export const resealShape = z
  .strictObject({
    account: id,
    key: text('Name of the master key that now seals'),
    resealed: z
      .strictObject({
        endpoints: count('Endpoints of which something was sealed anew'),
        secrets: count('Secrets that were sealed anew'),
        headers: count('Lists of own headers that were sealed anew'),
      })
      .openapi('Resealed', { description: 'What now stands under the newest key' }),
    remaining: count('Endpoints that still have something under an older key: call again'),
    unreadable: z
      .strictObject({
        count: count('How many endpoints have something that no known key opens'),
        endpoints: z.array(z.string()).openapi({ description: 'The first of them, by id' }),
      })
      .openapi('Unreadable', { description: 'What no known key opens' }),
  })
  .openapi('Reseal');
