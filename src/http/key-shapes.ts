/** Keys and portal tokens. */
import { z } from '@hono/zod-openapi';
import { SCOPES } from '../core/key.ts';
import { effective, pageOf, text, time } from './shared-shapes.ts';

const scopes = z.array(z.enum(SCOPES));

export const keyShape = z
  .strictObject({
    id: text(),
    name: text(),
    scopes,
    account: text().nullable(),
    rateLimitPerSecond: z.int().min(1).nullable(),
    createdBy: text(),
    createdAt: time(),
    expiresAt: time().nullable(),
    revokedAt: time().nullable(),
    lastUsedAt: time().nullable(),
  })
  .openapi('Key');
export const keysShape = pageOf('KeyPage', keyShape);
export const createdKeyShape = z.strictObject({ ...keyShape.shape, key: text() }).openapi('CreatedKey');
export const changedKeyShape = z.strictObject({ ...keyShape.shape, ...effective }).openapi('ChangedKey');

export const portalTokenShape = z
  .strictObject({ token: text(), account: text(), scopes, expiresAt: time() })
  .openapi('PortalToken');
