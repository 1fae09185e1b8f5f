/**
 * E0: accounts. Creating and changing are one idempotent PUT; the Account object answers, lists are
 * D1's.
 */
import { z } from '@hono/zod-openapi';
import { rfc3339 } from '../core/body.ts';
import {
  ACCOUNT_NAME_BYTES_MAX,
  EFFECTIVE_WITHIN_MS,
  ENDPOINTS_PER_ACCOUNT_MAX,
  QUOTA_EVENTS_PER_SECOND_MAX,
  RETENTION_DAYS_MAX,
  RETENTION_DAYS_MIN,
  TARGET_MS_MAX,
} from '../core/limits.ts';
import { JURISDICTIONS, SHARDS_MAX } from '../core/ids.ts';
import { checkDescription } from '../core/endpoint-rules.ts';
import { listAccounts } from '../store/config/accounts.ts';
import { accountStub } from '../lookup/stubs.ts';
import type { Api } from './api.ts';
import { auditForOperators } from './audit-trail.ts';
import { readSettings, noteChange, type AppContext } from './context.ts';
import { accountOf, unknownAccount } from './account-settings.ts';
import { fromDatabase } from './database.ts';
import { defined } from './defined.ts';
import { line, ruled, whole } from './fields.ts';
import { startNow } from './jobs.ts';
import { callObject } from '../lookup/objects.ts';
import { accountParams, pageQuery, searchText, showPage } from './params.ts';
import { Problem } from './problem.ts';
import { showAccount } from './render.ts';
import { accountShape, accountsShape, changedAccountShape, removedAccountShape } from './shapes/account-shapes.ts';

const targetMs = whole(1, TARGET_MS_MAX, ' ms');
const days = whole(RETENTION_DAYS_MIN, RETENTION_DAYS_MAX, ' days');

const accountBody = z.strictObject({
  name: line(1, ACCOUNT_NAME_BYTES_MAX).optional(),
  targets: z.strictObject({ deliverWithinMs: targetMs, warnAfterMs: targetMs }).optional(),
  retention: z.strictObject({ payloadDays: days, logDays: days }).optional(),
  /** As a whole, like targets and retention. */
  quota: z
    .strictObject({
      eventsPerSecond: whole(1, QUOTA_EVENTS_PER_SECOND_MAX).nullable(),
      endpointsMax: whole(0, ENDPOINTS_PER_ACCOUNT_MAX),
    })
    .optional(),
  shards: whole(1, SHARDS_MAX).optional(),
  jurisdiction: z.enum(JURISDICTIONS).nullable().optional(),
});

const ACCOUNT_WORDS = {
  name: 'Its name, for people',
  targets: 'When a delivery is `late`; as a whole',
  'targets.deliverWithinMs': 'Milliseconds after which a delivery should have arrived',
  'targets.warnAfterMs': 'Milliseconds after which a delivery that still waits is `late`',
  retention: 'For how long payloads and log are kept; as a whole',
  'retention.payloadDays': 'Days after which the data of an event is erased',
  'retention.logDays': 'Days after which events, deliveries and attempts are deleted',
  quota: 'What the account may use at most; as a whole',
  'quota.eventsPerSecond': 'Events that may be published in a second; null: no quota',
  'quota.endpointsMax': 'Endpoints that the account may have',
  shards: 'Over how many objects its records are spread; fixed at creation',
  jurisdiction: 'Where its data stays, `eu` or `fedramp`; fixed at creation; null: anywhere',
};

export function addAccounts(api: Api): void {
  api.route(
    {
      method: 'put',
      path: '/v1/accounts/{account}',
      keys: 'operator',
      id: 'putAccount',
      summary: 'Create or change an account',
      params: accountParams,
      body: {
        schema: accountBody,
        words: ACCOUNT_WORDS,
        example: {
          name: 'Acme Ltd',
          targets: { deliverWithinMs: 5_000, warnAfterMs: 60_000 },
          retention: { payloadDays: 30, logDays: 90 },
        },
        optional: true,
      },
      answers: {
        200: { description: 'Changed', schema: changedAccountShape },
        201: { description: 'Created', schema: changedAccountShape },
      },
      problems: ['fixed-field', 'account-removing'],
    },
    async ({ c, params, body }) => putAccount(c, params.account, body),
  );

  api.route(
    {
      method: 'get',
      path: '/v1/accounts/{account}',
      id: 'getAccount',
      summary: 'One account',
      params: accountParams,
      answers: { 200: { description: 'The account', schema: accountShape } },
    },
    async ({ c, params }) => c.json(showAccount(await accountOf(c, params.account))),
  );

  api.route(
    {
      method: 'delete',
      path: '/v1/accounts/{account}',
      keys: 'operator',
      id: 'deleteAccount',
      summary: 'Remove an account and erase everything of it; answers with the job that does',
      params: accountParams,
      query: z.strictObject({ reason: ruled(z.string(), checkDescription).optional() }),
      words: { reason: 'Why, for the audit log' },
      answers: {
        202: {
          description: 'There is no such account any more; the job erases what is left',
          schema: removedAccountShape,
        },
      },
    },
    ({ c, params, query }) => removeAccount(c, params.account, query.reason ?? null),
  );

  api.route(
    {
      method: 'get',
      path: '/v1/accounts',
      id: 'listAccounts',
      summary: 'Accounts, newest first',
      params: z.strictObject({}),
      query: z.strictObject({ ...pageQuery, search: searchText.optional() }),
      words: { search: 'Part of the id or of the name, in either case of ASCII letters' },
      answers: { 200: { description: 'A page of accounts', schema: accountsShape } },
    },
    async ({ c, query: { search, ...asked } }) => {
      const page = await fromDatabase(listAccounts(c.env.CONFIG, asked, search));
      return c.json(
        showPage(page, ({ account, name, payloadDays, logDays, createdAtMs }) => ({
          account,
          name,
          retention: { payloadDays, logDays },
          createdAt: rfc3339(createdAtMs),
        })),
      );
    },
  );
}

async function putAccount(c: AppContext, account: string, body: z.output<typeof accountBody>): Promise<Response> {
  // Safe to repeat: the second run finds the account as the first left it, and then says 200
  // instead of 201.
  const put = await callObject(
    () => accountStub(c.env, account),
    (stub) => stub.put(defined(body), c.get('keyName')),
  );
  if (!put.ok) throw refusal(account, put.error);
  await noteChange(c, account);
  const answer = { ...showAccount(put.value.settings), effectiveWithinMs: EFFECTIVE_WITHIN_MS };
  return c.json(answer, put.value.created ? 201 : 200);
}

async function removeAccount(c: AppContext, account: string, reason: string | null): Promise<Response> {
  // One that is being removed already has its row.
  if ((await readSettings(c.env, account, [])) !== null) {
    await auditForOperators(c, { action: 'account.removed', account, detail: reason });
  }
  const start = await callObject(
    () => accountStub(c.env, account),
    (stub) => stub.remove(c.get('keyName'), reason),
  );
  if (start === null) throw unknownAccount(account);
  await Promise.all([startNow(c, start), noteChange(c, account)]);
  return c.json({ account, job: start.id, effectiveWithinMs: EFFECTIVE_WITHIN_MS }, 202);
}

function refusal(
  account: string,
  error: { reason: 'fixed'; field: string } | { reason: 'removing'; job: string },
): Problem {
  if (error.reason === 'removing') {
    const { job } = error;
    const detail = `account "${account}" is being removed by ${job}; create it again once that job has finished`;
    return new Problem('account-removing', detail, { members: { job } });
  }
  const { field } = error;
  return new Problem('fixed-field', `${field} is fixed at creation and cannot be changed`, {
    errors: [{ field, message: `${field} is fixed at creation` }],
  });
}
