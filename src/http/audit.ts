/** S3: the audit log of an account, read from its Account object, which writes it. */
import { z } from '@hono/zod-openapi';
import type { AuditEntry } from '../core/audit.ts';
import { rfc3339 } from '../core/body.ts';
import { ok } from '../core/result.ts';
import { cutPage, parseCursor } from '../store/page.ts';
import { accountStub } from '../stubs.ts';
import { unknownAccount } from './account-settings.ts';
import type { Api } from './api.ts';
import type { AppContext } from './context.ts';
import { callObject } from './objects.ts';
import { accountParams, pageQuery, showPage } from './params.ts';

export function addAudit(api: Api): void {
  api.route(
    {
      method: 'get',
      path: '/v1/accounts/{account}/audit',
      summary: 'Who read, rotated, removed and resealed secrets, newest first',
      params: accountParams,
      query: z.strictObject(pageQuery),
      answers: { 200: 'A page' },
    },
    ({ c, params, query }) => list(c, params.account, query),
  );
}

async function list(c: AppContext, account: string, page: { limit: number; cursor: string | null }): Promise<Response> {
  const after = parseCursor('audit', page.cursor);
  if (!after.ok) return c.json(showPage(after, () => null));
  const rows = await callObject(
    () => accountStub(c.env, account),
    (stub) => stub.audit(numberOf(after.value.id), page.limit + 1),
  );
  if (rows === null) throw unknownAccount(account);
  const cut = cutPage('audit', rows, page.limit, (entry) => ({ atMs: entry.atMs, id: idOf(entry) }));
  return c.json(showPage(ok(cut), (entry) => showEntry(account, entry)));
}

function showEntry(account: string, entry: AuditEntry) {
  const { atMs, by, action, endpoint, secret, detail } = entry;
  return { id: idOf(entry), account, at: rfc3339(atMs), by, action, endpoint, secret, detail };
}

/** Unique within its account. */
function idOf({ number }: AuditEntry): string {
  return `aud_${number}`;
}

/** The first page's position is above every number. */
function numberOf(id: string): number {
  return /^aud_[0-9]{1,15}$/.test(id) ? Number(id.slice('aud_'.length)) : Number.MAX_SAFE_INTEGER;
}
