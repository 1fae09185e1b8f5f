/**
 * S1: keys, made, changed and revoked by operator-wide keys. A key is shown once, in the answer
 * that makes it.
 */
import { z } from '@hono/zod-openapi';
import { changesBetween } from '../core/audit.ts';
import { rfc3339 } from '../core/body.ts';
import { SCOPES } from '../core/key.ts';
import {
  EFFECTIVE_WITHIN_MS,
  IDEMPOTENCY_MS,
  KEY_NAME_BYTES_MAX,
  KEY_RATE_LIMIT_PER_SECOND_MAX,
} from '../core/limits.ts';
import { changeKey, findKey, insertKey, type KeyRow, listKeys, revokeKey } from '../store/config/keys.ts';
import { accountOf } from './account-settings.ts';
import type { Api } from './api.ts';
import { hashKey, scopesOf } from './auth/auth.ts';
import { auditForOperators } from './audit-trail.ts';
import type { AppContext } from './context.ts';
import { fromDatabase } from './database.ts';
import { defined } from './defined.ts';
import { line, whole } from './fields.ts';
import { requireOwnScopes } from './auth/grant.ts';
import { idempotencyKey } from './idempotency.ts';
import { derivedKey, randomKey } from './key-text.ts';
import { accountId, pageQuery, showPage } from './params.ts';
import { invalid, Problem } from './problem.ts';
import { changedKeyShape, createdKeyShape, keyShape, keysShape } from './shapes/key-shapes.ts';

const path = '/v1/keys';
const onePath = `${path}/{key}`;
const keyParams = z.strictObject({ key: z.string() });
const name = line(1, KEY_NAME_BYTES_MAX);
const rateLimit = whole(1, KEY_RATE_LIMIT_PER_SECOND_MAX).nullable();
const createBody = z.strictObject({
  name,
  scopes: z.array(z.enum(SCOPES)).min(1).max(SCOPES.length),
  account: accountId.nullable().default(null),
  expiresAt: z.iso.datetime({ offset: true }).nullable().default(null),
  rateLimitPerSecond: rateLimit.default(null),
});
const changeBody = z.strictObject({ name: name.optional(), rateLimitPerSecond: rateLimit.optional() });

const KEY_WORDS = {
  name: 'Its name, for people',
  scopes: 'What the key may do; nobody grants a scope that they lack',
  account: 'The account to bind it to; null: operator-wide',
  expiresAt: 'When it stops working, in the future; null: never',
  rateLimitPerSecond: 'Requests that it may make in a second; null: no limit',
};

export function addKeys(api: Api): void {
  api.route(
    {
      method: 'post',
      path,
      id: 'createKey',
      summary: 'Make a key; it is shown here and nowhere else',
      params: z.strictObject({}),
      body: {
        schema: createBody,
        words: KEY_WORDS,
        example: { name: 'Billing', scopes: ['publish'], account: 'acme', rateLimitPerSecond: 100 },
      },
      answers: { 201: { description: 'The key', schema: createdKeyShape } },
      idempotency: 'own-id',
    },
    ({ c, body }) => create(c, body),
  );
  api.route(
    {
      method: 'get',
      path,
      id: 'listKeys',
      summary: 'Keys, newest first, without the keys themselves',
      scope: 'manage',
      params: z.strictObject({}),
      query: z.strictObject(pageQuery),
      answers: { 200: { description: 'A page', schema: keysShape } },
    },
    async ({ c, query }) => c.json(showPage(await fromDatabase(listKeys(c.env.CONFIG, query)), showKey)),
  );
  api.route(
    {
      method: 'get',
      path: onePath,
      id: 'getKey',
      summary: 'One key, without the key itself',
      scope: 'manage',
      params: keyParams,
      answers: { 200: { description: 'The key', schema: keyShape } },
    },
    async ({ c, params }) => c.json(showKey(await known(c, params.key))),
  );
  api.route(
    {
      method: 'patch',
      path: onePath,
      id: 'changeKey',
      summary: 'Change the name or the rate limit of a key: what is not given stays as it is',
      params: keyParams,
      body: { schema: changeBody, words: KEY_WORDS, example: { rateLimitPerSecond: 200 } },
      answers: { 200: { description: 'The key', schema: changedKeyShape } },
    },
    async ({ c, params, body }) => {
      const before = await known(c, params.key);
      const change = defined(body);
      const changes = changesBetween(before, change);
      if (changes.length > 0) {
        const { id: target, account } = before;
        await auditForOperators(c, { action: 'key.changed', account, target, changes });
        await fromDatabase(changeKey(c.env.CONFIG, target, change));
      }
      return c.json({ ...showKey({ ...before, ...change }), effectiveWithinMs: EFFECTIVE_WITHIN_MS });
    },
  );
  api.route(
    {
      method: 'delete',
      path: onePath,
      id: 'revokeKey',
      summary: 'Revoke a key, and with it the portal tokens that it made',
      params: keyParams,
      answers: {
        204: { description: 'Revoked; the header effective-within-ms says how soon everywhere', schema: null },
      },
    },
    async ({ c, params }) => {
      const { id: target, account, revokedAtMs } = await known(c, params.key);
      if (revokedAtMs === null) {
        await auditForOperators(c, { action: 'key.revoked', account, target });
        await fromDatabase(revokeKey(c.env.CONFIG, target, Date.now()));
      }
      return c.body(null, 204, { 'effective-within-ms': String(EFFECTIVE_WITHIN_MS) });
    },
  );
}

async function create(c: AppContext, body: z.output<typeof createBody>): Promise<Response> {
  const { account, rateLimitPerSecond } = body;
  const nowMs = Date.now();
  const expiresAtMs = body.expiresAt === null ? null : Date.parse(body.expiresAt);
  if (expiresAtMs !== null && expiresAtMs <= nowMs) {
    throw invalid([{ field: 'expiresAt', message: 'expiresAt must be in the future' }]);
  }
  const scopes = SCOPES.filter((scope) => body.scopes.includes(scope));
  const grant = c.get('grant');
  requireOwnScopes(grant, scopes);
  // A later account of the id is another: what a removed one held must not be made again.
  const accountCreatedAtMs = account === null ? undefined : (await accountOf(c, account)).createdAtMs;
  const facts = { name: body.name, scopes: JSON.stringify(scopes), account, expiresAtMs, rateLimitPerSecond };
  const again = idempotencyKey(c);
  const { id, text } =
    again === null
      ? randomKey()
      : await derivedKey(c.get('vars').masterKey.key, {
          maker: grant.id,
          idempotencyKey: again,
          asked: { ...facts, accountCreatedAtMs },
        });
  const row: KeyRow = {
    id,
    hash: await hashKey(text),
    ...facts,
    createdBy: grant.by,
    createdAtMs: nowMs,
    revokedAtMs: null,
    lastUsedAtMs: null,
  };
  const before = again === null ? null : await fromDatabase(findKey(c.env.CONFIG, id));
  const isNew = before === null && (await insert(c, row));
  const stored = isNew ? row : await known(c, id);
  if (stored.hash !== row.hash || stored.createdAtMs < nowMs - IDEMPOTENCY_MS) throw taken();
  const replayed = isNew ? {} : { 'idempotent-replayed': 'true' };
  return c.json({ ...showKey(stored), key: text }, 201, { 'cache-control': 'no-store', ...replayed });
}

/** False where the same request was quicker. */
async function insert(c: AppContext, row: KeyRow): Promise<boolean> {
  const { id: target, account, name: called, expiresAtMs, rateLimitPerSecond } = row;
  const expiresAt = expiresAtMs === null ? null : rfc3339(expiresAtMs);
  const made = { name: called, scopes: scopesOf(row), expiresAt, rateLimitPerSecond };
  await auditForOperators(c, { action: 'key.created', account, target, changes: changesBetween({}, made) });
  return fromDatabase(insertKey(c.env.CONFIG, row));
}

function taken(): Problem {
  const detail =
    'this Idempotency-Key made a key by another request, more than 7 days ago, or under another master key; use a new one';
  return new Problem('idempotency-conflict', detail);
}

async function known(c: AppContext, id: string): Promise<KeyRow> {
  const row = await fromDatabase(findKey(c.env.CONFIG, id));
  if (row === null) throw new Problem('unknown-key', `there is no key "${id.slice(0, 64)}"`);
  return row;
}

function showKey(row: KeyRow) {
  const { id, account, createdBy, rateLimitPerSecond } = row;
  const time = (ms: number | null) => (ms === null ? null : rfc3339(ms));
  return {
    id,
    name: row.name,
    scopes: scopesOf(row),
    account,
    rateLimitPerSecond,
    createdBy,
    createdAt: rfc3339(row.createdAtMs),
    expiresAt: time(row.expiresAtMs),
    revokedAt: time(row.revokedAtMs),
    lastUsedAt: time(row.lastUsedAtMs),
  };
}
