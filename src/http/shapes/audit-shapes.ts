/** The audit log of an account, and the one for operators. */
import { z } from '@hono/zod-openapi';
import { pageOf, text, time } from './shared-shapes.ts';

/** Without values where they are secret. */
const changes = z
  .array(
    z
      .strictObject({
        field: text('The name of the field'),
        from: z.unknown().openapi({ description: 'Its value before; left out with `to` where it is secret' }),
        to: z.unknown().openapi({ description: 'Its value after' }),
      })
      .openapi('AuditChange'),
  )
  .openapi({
    description: 'Fields that changed, with their old and new value unless it is secret; long ones are cut',
  });
const shared = {
  id: text('Id of the entry (`aud_…`)'),
  at: time('When it was done'),
  by: text('Whose key did it; `receiver` and `tubepost` for what nobody asked for'),
  // Actions are added.
  action: text('What was done, such as `endpoint.changed`'),
  target: text('Id or name of what it was done to, where that is neither endpoint nor secret').nullable(),
  detail: text('More about it, such as the reason that was given').nullable(),
  changes,
};

export const auditShape = pageOf(
  'AuditPage',
  z
    .strictObject({
      ...shared,
      account: text('The account whose log it is'),
      endpoint: text('The endpoint that it was done to').nullable(),
      secret: text('The secret that was made, read or ended').nullable(),
    })
    .openapi('AuditEntry'),
  'Entries, newest first',
);
export const operatorAuditShape = pageOf(
  'OperatorAuditPage',
  z
    .strictObject({ ...shared, account: text('The account that it concerns; null: none or all').nullable() })
    .openapi('OperatorAuditEntry'),
  'Entries, newest first',
);
