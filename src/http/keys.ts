/** S1: keys, made and revoked by operator-wide keys. A key is shown once, in the answer that makes it. */
import { z } from '@hono/zod-openapi';
import { ulid } from 'ulid';
import { rfc3339 } from '../core/body.ts';
import { SCOPES } from '../core/key.ts';
import { EFFECTIVE_WITHIN_MS, KEY_NAME_BYTES_MAX } from '../core/limits.ts';
import { checkText } from '../core/text.ts';
import { findKey, insertKey, type KeyRow, listKeys, revokeKey } from '../store/keys.ts';
import { settingsOf } from './account-settings.ts';
import type { Api } from './api.ts';
import { hashKey, scopesOf } from './auth.ts';
import type { AppContext } from './context.ts';
import { fromDatabase } from './database.ts';
import { ruled } from './fields.ts';
import { requireOwnScopes } from './grant.ts';
import { accountId, pageQuery, showPage } from './params.ts';
import { toBase64url } from './portal-token.ts';
import { invalid, Problem } from './problem.ts';

const KEY_BYTES = 32;
const path = '/v1/keys';
const keyParams = z.strictObject({ key: z.string() });
const createBody = z.strictObject({
  name: ruled(z.string(), (value) => checkText(value, 1, KEY_NAME_BYTES_MAX)),
  scopes: z.array(z.enum(SCOPES)).min(1).max(SCOPES.length),
  account: accountId.nullable().default(null),
  expiresAt: z.iso.datetime({ offset: true }).nullable().default(null),
});

export function addKeys(api: Api): void {
  api.route(
    {
      method: 'post',
      path,
      summary: 'Make a key; it is shown here and nowhere else',
      params: z.strictObject({}),
      body: { schema: createBody },
      answers: { 201: 'The key' },
      ownIdempotency: true,
    },
    ({ c, body }) => create(c, body),
  );
  api.route(
    {
      method: 'get',
      path,
      summary: 'Keys, newest first, without the keys themselves',
      scope: 'manage',
      params: z.strictObject({}),
      query: z.strictObject(pageQuery),
      answers: { 200: 'A page' },
    },
    async ({ c, query }) => c.json(showPage(await fromDatabase(listKeys(c.env.CONFIG, query)), showKey)),
  );
  api.route(
    {
      method: 'get',
      path: `${path}/{key}`,
      summary: 'One key, without the key itself',
      scope: 'manage',
      params: keyParams,
      answers: { 200: 'The key' },
    },
    async ({ c, params }) => c.json(showKey(await known(c, params.key))),
  );
  api.route(
    {
      method: 'delete',
      path: `${path}/{key}`,
      summary: 'Revoke a key',
      params: keyParams,
      answers: { 204: 'Revoked; the header effective-within-ms says how soon everywhere' },
    },
    async ({ c, params }) => {
      const { id } = await known(c, params.key);
      await fromDatabase(revokeKey(c.env.CONFIG, id, Date.now()));
      console.log(JSON.stringify({ message: 'key revoked', key: id, by: c.get('keyName') }));
      return c.body(null, 204, { 'effective-within-ms': String(EFFECTIVE_WITHIN_MS) });
    },
  );
}

async function create(c: AppContext, body: z.output<typeof createBody>): Promise<Response> {
  const { name, account } = body;
  const nowMs = Date.now();
  const expiresAtMs = body.expiresAt === null ? null : Date.parse(body.expiresAt);
  if (expiresAtMs !== null && expiresAtMs <= nowMs) {
    throw invalid([{ field: 'expiresAt', message: 'expiresAt must be in the future' }]);
  }
  const scopes = SCOPES.filter((scope) => body.scopes.includes(scope));
  requireOwnScopes(c.get('grant'), scopes);
  if (account !== null) await settingsOf(c, account);
  const key = `tbk_${toBase64url(crypto.getRandomValues(new Uint8Array(KEY_BYTES)))}`;
  const row: KeyRow = {
    id: `key_${ulid().toLowerCase()}`,
    hash: await hashKey(key),
    name,
    scopes: JSON.stringify(scopes),
    account,
    createdBy: c.get('keyName'),
    createdAtMs: nowMs,
    expiresAtMs,
    revokedAtMs: null,
    lastUsedAtMs: null,
  };
  await fromDatabase(insertKey(c.env.CONFIG, row));
  return c.json({ ...showKey(row), key }, 201, { 'cache-control': 'no-store' });
}

async function known(c: AppContext, id: string): Promise<KeyRow> {
  const row = await fromDatabase(findKey(c.env.CONFIG, id));
  if (row === null) throw new Problem('unknown-key', `there is no key "${id.slice(0, 64)}"`);
  return row;
}

function showKey(row: KeyRow) {
  const { id, name, account, createdBy } = row;
  const time = (ms: number | null) => (ms === null ? null : rfc3339(ms));
  return {
    id,
    name,
    scopes: scopesOf(row),
    account,
    createdBy,
    createdAt: rfc3339(row.createdAtMs),
    expiresAt: time(row.expiresAtMs),
    revokedAt: time(row.revokedAtMs),
    lastUsedAt: time(row.lastUsedAtMs),
  };
}
