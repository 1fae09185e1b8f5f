/** Keys and portal tokens. */
import { z } from '@hono/zod-openapi';
import { SCOPES } from '../../core/key.ts';
import { effective, pageOf, text, time } from './shared-shapes.ts';

const scopes = (words: string) => z.array(z.enum(SCOPES)).openapi({ description: words });

export const keyShape = z
  .strictObject({
    id: text('Id of the key (`key_…`)'),
    name: text('Its name, for people'),
    scopes: scopes('What it may do'),
    account: text('The account that it is bound to; null: operator-wide').nullable(),
    rateLimitPerSecond: z
      .int()
      .min(1)
      .openapi({ description: 'Requests that it may make in a second; null: no limit' })
      .nullable(),
    createdBy: text('By whose key it was made'),
    createdAt: time('When it was made'),
    expiresAt: time('When it stops working; null: never').nullable(),
    revokedAt: time('When it was revoked; null: it was not').nullable(),
    lastUsedAt: time('When it was last used, to the minute; null: not yet').nullable(),
  })
  .openapi('ApiKey', { description: 'A key without its text' });
export const keysShape = pageOf('ApiKeyPage', keyShape, 'Keys, newest first');
export const createdKeyShape = z
  .strictObject({ ...keyShape.shape, key: text('The key itself, shown here and nowhere else') })
  .openapi('CreatedApiKey');
export const changedKeyShape = z.strictObject({ ...keyShape.shape, ...effective }).openapi('ChangedApiKey');

export const portalTokenShape = z
  .strictObject({
    token: text('The token itself: signed, not stored'),
    account: text('The account that it is bound to'),
    record: text('The one record whose status it reads; null: all that its scopes allow').nullable(),
    scopes: scopes('What it may do'),
    expiresAt: time('When it stops working'),
  })
  .openapi('PortalToken');

export const callerShape = z
  .strictObject({
    by: text('As the audit log names it'),
    account: text('The account that it is bound to; null: operator-wide').nullable(),
    record: text('The one record whose status it reads; null: it is not a token for one').nullable(),
    scopes: scopes('What it may do'),
    portal: z.boolean().openapi({ description: 'Whether it is a portal token, which is shown less' }),
    endsAt: time('When the session or token stops working; null: it is a key itself').nullable(),
  })
  .openapi('Caller', { description: 'Who asks' });
export const sessionShape = z
  .strictObject({ token: text('The session itself, used like a key: signed, not stored'), ...callerShape.shape })
  .openapi('Session');
