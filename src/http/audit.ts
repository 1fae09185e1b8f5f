/**
 * S3: the audit log of an account, read from its Account object, which writes it; and the one for
 * operators, from D1.
 */
import { z } from '@hono/zod-openapi';
import { AUDIT_ACTIONS, type AuditChange, type AuditEntry } from '../core/audit.ts';
import { rfc3339 } from '../core/body.ts';
import { ok } from '../core/result.ts';
import { shown } from '../core/text.ts';
import { type AuditRow, listAudit } from '../store/config/audit.ts';
import { cutPage, parseCursor } from '../store/page.ts';
import { accountStub } from '../lookup/stubs.ts';
import { unknownAccount } from './account-settings.ts';
import type { Api } from './api.ts';
import type { AppContext } from './context.ts';
import { fromDatabase } from './database.ts';
import { many, ruled } from './fields.ts';
import { callObject } from '../lookup/objects.ts';
import { accountId, accountParams, instant, pageQuery, showPage } from './params.ts';
import { auditShape, operatorAuditShape } from './shapes/audit-shapes.ts';

/** No enum: the reference would list them all for each parameter. */
const action = ruled(z.string(), (value) =>
  AUDIT_ACTIONS.some((known) => known === value)
    ? null
    : `must be an action of the audit log, such as ${AUDIT_ACTIONS[0]}; got ${shown(value)}`,
);
const auditQuery = z.strictObject({
  ...pageQuery,
  action: many(action),
  from: instant.optional(),
  to: instant.optional(),
});

export function addAudit(api: Api): void {
  api.route(
    {
      method: 'get',
      path: '/v1/accounts/{account}/audit',
      id: 'listAuditEntries',
      summary: 'Who changed what in the account, and who read its secrets, newest first',
      params: accountParams,
      query: auditQuery,
      answers: { 200: { description: 'A page', schema: auditShape } },
    },
    ({ c, params, query }) => list(c, params.account, query),
  );
  api.route(
    {
      method: 'get',
      path: '/v1/audit',
      id: 'listOperatorAuditEntries',
      summary:
        'Who changed what concerns all accounts: keys, catalogue, jobs, alert rules, removed accounts; newest first',
      params: z.strictObject({}),
      query: z.strictObject({ ...auditQuery.shape, account: many(accountId) }),
      answers: { 200: { description: 'A page', schema: operatorAuditShape } },
    },
    async ({ c, query: { limit, cursor, from, to, ...filter } }) => {
      const found = listAudit(c.env.CONFIG, { ...filter, fromMs: from, toMs: to }, { limit, cursor });
      return c.json(showPage(await fromDatabase(found), showRow));
    },
  );
}

async function list(c: AppContext, account: string, query: z.output<typeof auditQuery>): Promise<Response> {
  const { limit, cursor, action, from, to } = query;
  const after = parseCursor('audit', cursor);
  if (!after.ok) return c.json(showPage(after, () => null));
  const rows = await callObject(
    () => accountStub(c.env, account),
    (stub) => stub.audit(numberOf(after.value.id), limit + 1, { action, fromMs: from, toMs: to }),
  );
  if (rows === null) throw unknownAccount(account);
  const cut = cutPage('audit', rows, limit, (entry) => ({ atMs: entry.atMs, id: idOf(entry) }));
  return c.json(showPage(ok(cut), (entry) => showEntry(account, entry)));
}

function showEntry(account: string, entry: AuditEntry) {
  const { atMs, by, action, endpoint, secret, target, detail, changes } = entry;
  return {
    id: idOf(entry),
    account,
    at: rfc3339(atMs),
    by,
    action,
    endpoint,
    secret,
    target,
    detail,
    changes: changes.map(showChange),
  };
}

const storedChanges = z.array(z.object({ field: z.string(), from: z.string().nullable(), to: z.string().nullable() }));

function showRow({ id, account, atMs, by, action, target, detail, changes }: AuditRow) {
  const stored = changes === null ? [] : storedChanges.parse(JSON.parse(changes));
  return { id, account, at: rfc3339(atMs), by, action, target, detail, changes: stored.map(showChange) };
}

/** A secret field has neither value. */
function showChange({ field, from, to }: AuditChange) {
  return from === null || to === null ? { field } : { field, from: valueOf(from), to: valueOf(to) };
}

/** What was cut is no JSON any more, and shown as the text that it is. */
function valueOf(json: string): unknown {
  return json.endsWith('…') ? json : JSON.parse(json);
}

/** Unique within its account. */
function idOf({ number }: AuditEntry): string {
  return `aud_${number}`;
}

/** The first page's position is above every number. */
function numberOf(id: string): number {
  return /^aud_[0-9]{1,15}$/.test(id) ? Number(id.slice('aud_'.length)) : Number.MAX_SAFE_INTEGER;
}
