/**
 * Alerts: lists, one of them, acknowledging, and the rules. The lists are as new as the last run of
 * the cron.
 */
import { z } from '@hono/zod-openapi';
import { ALERT_RULES, type AlertRule, checkMinimum, checkThreshold, type RuleBook, RULES } from '../core/alert.ts';
import { changesBetween } from '../core/audit.ts';
import { alertFacts } from '../core/alert-event.ts';
import { rfc3339 } from '../core/body.ts';
import { checkDescription } from '../core/endpoint-rules.ts';
import { isAlertId } from '../core/ids.ts';
import type { FieldError } from '../core/result.ts';
import { ALERT_THRESHOLD_MAX } from '../core/limits.ts';
import { shown } from '../core/text.ts';
import { readRules, writeRule } from '../store/config/alert-rules.ts';
import { acknowledge, type ListedAlert, listAlerts, readAlert } from '../store/config/alerts.ts';
import { accountOf } from './account-settings.ts';
import type { Api } from './api.ts';
import { auditForOperators } from './audit-trail.ts';
import type { AppContext } from './context.ts';
import { fromDatabase } from './database.ts';
import { many, ruled } from './fields.ts';
import { RULES_FACTS, wholeFacts } from './reference/openapi-facts.ts';
import { accountId, accountParams, pageQuery, showPage } from './params.ts';
import { invalid, Problem } from './problem.ts';
import { alertRulesShape, alertShape, alertsShape } from './shapes/alert-shapes.ts';

const alertParams = z.strictObject({ alert: z.string() });
const nothing = z.strictObject({});
const listQuery = {
  ...pageQuery,
  status: z.enum(['open', 'resolved']).optional(),
  rule: many(z.enum(ALERT_RULES)),
  endpoint: many(z.string()),
};
/**
 * What GET answers may be sent back with a change in it: `unit` and `minimumOf` are passed over.
 */
const ruleBody = z
  .strictObject({
    enabled: z.boolean().optional(),
    threshold: z.number().openapi({ minimum: 0, maximum: ALERT_THRESHOLD_MAX }).optional(),
    minimum: z.number().openapi(wholeFacts(1, ALERT_THRESHOLD_MAX)).nullable().optional(),
    unit: z.unknown().openapi({ readOnly: true }).optional(),
    minimumOf: z.unknown().openapi({ readOnly: true }).optional(),
  })
  .openapi('AlertRuleToSet');
const rulesBody = z.strictObject({
  rules: z.partialRecord(z.enum(ALERT_RULES), ruleBody).openapi(RULES_FACTS),
});

export function addAlerts(api: Api): void {
  api.route(
    {
      method: 'get',
      path: '/v1/alerts',
      id: 'listAllAlerts',
      summary: 'Alerts, newest first',
      params: nothing,
      query: z.strictObject({ ...listQuery, account: many(accountId) }),
      words: { status: 'Whether it is open or has ended' },
      answers: { 200: { description: 'A page of alerts', schema: alertsShape } },
    },
    async ({ c, query: { limit, cursor, ...filter } }) =>
      c.json(showPage(await fromDatabase(listAlerts(c.env.CONFIG, filter, { limit, cursor })), showAlert)),
  );

  api.route(
    {
      method: 'get',
      path: '/v1/accounts/{account}/alerts',
      id: 'listAlerts',
      summary: 'Alerts about one account and its endpoints, newest first',
      params: accountParams,
      query: z.strictObject(listQuery),
      words: { status: 'Whether it is open or has ended' },
      answers: { 200: { description: 'A page of alerts', schema: alertsShape } },
    },
    async ({ c, params, query: { limit, cursor, ...filter } }) => {
      const { account } = await accountOf(c, params.account);
      const found = listAlerts(c.env.CONFIG, { ...filter, account: [account] }, { limit, cursor });
      return c.json(showPage(await fromDatabase(found), showAlert));
    },
  );

  api.route(
    {
      method: 'get',
      path: '/v1/accounts/{account}/alerts/{alert}',
      id: 'getAlertOfAccount',
      summary: 'One alert about the account or an endpoint of it',
      params: z.strictObject({ account: accountId, alert: z.string() }),
      answers: { 200: { description: 'The alert', schema: alertShape } },
    },
    async ({ c, params }) => {
      const [{ account }, alert] = await Promise.all([accountOf(c, params.account), alertOf(c, params.alert)]);
      if (alert.account !== account) throw unknownAlert(params.alert);
      return c.json(showAlert(alert));
    },
  );

  api.route(
    {
      method: 'get',
      path: '/v1/alerts/{alert}',
      id: 'getAlert',
      summary: 'One alert',
      params: alertParams,
      answers: { 200: { description: 'The alert', schema: alertShape } },
    },
    async ({ c, params }) => c.json(showAlert(await alertOf(c, params.alert))),
  );

  api.route(
    {
      method: 'post',
      path: '/v1/alerts/{alert}/acknowledge',
      id: 'acknowledgeAlert',
      summary: 'Say that somebody looks after it; the first to say so stays',
      params: alertParams,
      body: {
        schema: z.strictObject({ note: ruled(z.string(), checkDescription).nullish() }),
        words: { note: 'What you want others to know' },
        example: { note: 'The CRM team knows' },
        optional: true,
      },
      answers: { 200: { description: 'The alert', schema: alertShape } },
      // Doing it again changes nothing.
      idempotency: 'none',
    },
    async ({ c, params, body }) => {
      const alert = await alertOf(c, params.alert);
      if (alert.acknowledged !== null) return c.json(showAlert(alert));
      const { id, account } = alert;
      const by = { key: c.get('keyName'), note: body.note ?? null, atMs: Date.now() };
      await auditForOperators(c, { action: 'alert.acknowledged', account, target: id, detail: by.note });
      await fromDatabase(acknowledge(c.env.CONFIG, id, by));
      return c.json(showAlert(await alertOf(c, id)));
    },
  );

  api.route(
    {
      method: 'get',
      path: '/v1/alert-rules',
      id: 'listAlertRules',
      summary: 'The rules of alerts, with what is set and what it means',
      params: nothing,
      answers: { 200: { description: 'The rules', schema: alertRulesShape } },
    },
    async ({ c }) => c.json(showRules(await fromDatabase(readRules(c.env.CONFIG)))),
  );

  api.route(
    {
      method: 'put',
      path: '/v1/alert-rules',
      id: 'putAlertRules',
      summary: 'Set rules of alerts: what is not given stays as it is; in force from the next minute on',
      params: nothing,
      body: {
        schema: rulesBody,
        words: { rules: 'Rules by name; those that are not named stay as they are' },
        example: { rules: { 'failure-rate': { threshold: 5, minimum: 200 }, 'secret-age': { enabled: false } } },
      },
      answers: { 200: { description: 'The rules', schema: alertRulesShape } },
    },
    ({ c, body }) => putRules(c, body.rules),
  );
}

async function putRules(c: AppContext, given: z.output<typeof rulesBody>['rules']): Promise<Response> {
  const faults: FieldError[] = [];
  const add = (field: string, fault: string | null) => {
    if (fault !== null) faults.push({ field, message: `${field} ${fault}` });
  };
  const named = ALERT_RULES.flatMap((rule) => (given[rule] === undefined ? [] : [{ rule, set: given[rule] }]));
  for (const { rule, set } of named) {
    if (set.threshold !== undefined) add(`rules.${rule}.threshold`, checkThreshold(rule, set.threshold));
    if (set.minimum !== undefined) add(`rules.${rule}.minimum`, minimumFault(rule, set.minimum));
  }
  if (faults.length > 0) throw invalid(faults);
  const book = await fromDatabase(readRules(c.env.CONFIG));
  const wanted = named.map(({ rule, set }) => {
    const { enabled, threshold, minimum } = book[rule];
    const next = {
      enabled: set.enabled ?? enabled,
      threshold: set.threshold ?? threshold,
      minimum: set.minimum ?? minimum,
    };
    const changes = changesBetween(book[rule], next);
    return { rule, next, changes: changes.map((change) => ({ ...change, field: `${rule}.${change.field}` })) };
  });
  const changes = wanted.flatMap((one) => one.changes);
  if (changes.length > 0) await auditForOperators(c, { action: 'alert-rules.changed', changes });
  for (const { rule, next } of wanted) await fromDatabase(writeRule(c.env.CONFIG, rule, next));
  return c.json(showRules(await fromDatabase(readRules(c.env.CONFIG))));
}

/** Null is what GET answers of a rule without a minimum. */
function minimumFault(rule: AlertRule, given: number | null): string | null {
  const { minimumOf } = RULES[rule];
  if (given !== null) return checkMinimum(rule, given);
  return minimumOf === null ? null : `must be a whole number (${minimumOf}); got null`;
}

function showRules(book: RuleBook) {
  const show = (rule: AlertRule) => ({ ...book[rule], unit: RULES[rule].unit, minimumOf: RULES[rule].minimumOf });
  return { rules: Object.fromEntries(ALERT_RULES.map((rule) => [rule, show(rule)])) };
}

async function alertOf(c: AppContext, id: string): Promise<ListedAlert> {
  const alert = isAlertId(id) ? await fromDatabase(readAlert(c.env.CONFIG, id)) : null;
  if (alert === null) throw unknownAlert(id);
  return alert;
}

function unknownAlert(id: string): Problem {
  return new Problem('unknown-alert', `there is no alert ${shown(id)}`);
}

function showAlert(alert: ListedAlert) {
  const { acknowledged } = alert;
  return {
    ...alertFacts(alert),
    acknowledged:
      acknowledged === null ? null : { at: rfc3339(acknowledged.atMs), by: acknowledged.by, note: acknowledged.note },
  };
}
