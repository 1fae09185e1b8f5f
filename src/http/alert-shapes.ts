/** Alerts, and the rules that open them. */
import { z } from '@hono/zod-openapi';
import { count, pageOf, text, time } from './shared-shapes.ts';

export const alertShape = z
  .strictObject({
    id: text(),
    // Rules are added.
    rule: text(),
    account: text().nullable(),
    endpoint: text().nullable(),
    status: z.enum(['open', 'resolved']),
    value: z.number(),
    threshold: z.number(),
    unit: text(),
    detail: text(),
    openedAt: time(),
    updatedAt: time(),
    resolvedAt: time().nullable(),
    acknowledged: z.strictObject({ at: time(), by: text(), note: text().nullable() }).nullable(),
  })
  .openapi('Alert');
export const alertsShape = pageOf('AlertPage', alertShape);

const ruleShape = z
  .strictObject({
    enabled: z.boolean(),
    threshold: z.number(),
    minimum: count().nullable(),
    unit: text(),
    minimumOf: text().nullable(),
  })
  .openapi('AlertRule');
export const alertRulesShape = z.strictObject({ rules: z.record(text(), ruleShape) }).openapi('AlertRules');
