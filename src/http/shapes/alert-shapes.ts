/** Alerts, and the rules that open them. */
import { z } from '@hono/zod-openapi';
import { ALERT_RULES } from '../../core/alert.ts';
import { count, flag, openEnum, pageOf, text, time } from './shared-shapes.ts';

const acknowledged = z
  .strictObject({
    at: time('When somebody said so'),
    by: text('With whose key'),
    note: text('What they wrote; null: nothing').nullable(),
  })
  .nullable()
  .openapi('Acknowledgement', {
    description: 'Who looks after it; the first to say so stays. Null: nobody yet',
  });

export const alertShape = z
  .strictObject({
    id: text('Id of the alert (`alr_…`)'),
    rule: openEnum(ALERT_RULES, 'Which rule opened it'),
    account: text('The account that it is about; null: all of them').nullable(),
    endpoint: text('The endpoint that it is about; null: the whole account').nullable(),
    status: z.enum(['open', 'resolved']).openapi({ description: 'Whether its condition still holds' }),
    value: z.number().openapi({ description: 'What was counted when it was last sent, in `unit`' }),
    threshold: z.number().openapi({ description: 'The threshold in force when it was last sent, in `unit`' }),
    unit: text('What is counted, in words'),
    detail: text('What happened, in one sentence'),
    openedAt: time('When its condition began to hold'),
    updatedAt: time('When it was last sent'),
    resolvedAt: time('When it ended; null: it is open').nullable(),
    acknowledged,
  })
  .openapi('Alert');
export const alertsShape = pageOf('AlertPage', alertShape, 'Alerts, newest first');

const ruleShape = z
  .strictObject({
    enabled: flag('Whether it is judged at all'),
    threshold: z.number().openapi({ description: 'The value from which on it opens an alert, in `unit`' }),
    minimum: count('How much there must be for the rule to judge, in `minimumOf`; null: the rule has none').nullable(),
    unit: text('What the threshold counts, in words'),
    minimumOf: text('What the minimum counts, in words; null: the rule has none').nullable(),
  })
  .openapi('AlertRule');
export const alertRulesShape = z
  .strictObject({
    rules: z.record(z.string(), ruleShape).openapi({ description: 'All rules by name; more may be added' }),
  })
  .openapi('AlertRules');
