/** The audit log of an account, and the one for operators. */
import { z } from '@hono/zod-openapi';
import { pageOf, text, time } from './shared-shapes.ts';

/** Without values: they are secret. */
const changes = z.array(
  z.strictObject({ field: text(), from: z.unknown().optional(), to: z.unknown().optional() }).openapi('AuditChange'),
);
const shared = {
  id: text(),
  at: time(),
  by: text(),
  // Actions are added.
  action: text(),
  target: text().nullable(),
  detail: text().nullable(),
  changes,
};

export const auditShape = pageOf(
  'AuditPage',
  z
    .strictObject({ ...shared, account: text(), endpoint: text().nullable(), secret: text().nullable() })
    .openapi('AuditEntry'),
);
export const operatorAuditShape = pageOf(
  'OperatorAuditPage',
  z.strictObject({ ...shared, account: text().nullable() }).openapi('OperatorAuditEntry'),
);
