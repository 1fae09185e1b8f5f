/**
 * S1: a session for a browser, so that no page keeps the key; and who asks, for whoever holds a key
 * and wants to know.
 */
import { z } from '@hono/zod-openapi';
import { rfc3339 } from '../core/body.ts';
import type { Grant } from '../core/key.ts';
import { SESSION_SECONDS } from '../core/limits.ts';
import type { Api } from './api.ts';
import { auditForOperators } from './audit-trail.ts';
import { Problem } from './problem.ts';
import { adminPrint, signSession } from './auth/session-token.ts';
import { callerShape, sessionShape } from './shapes/key-shapes.ts';

const nowhere = z.strictObject({});

export function addSessions(api: Api): void {
  api.route(
    {
      method: 'post',
      path: '/v1/sessions',
      id: 'openSession',
      summary: 'Open a session for a browser, which then needs the key no more',
      scope: 'read',
      keys: 'all',
      idempotency: 'none',
      params: nowhere,
      answers: { 201: { description: 'The session', schema: sessionShape } },
    },
    async ({ c }) => {
      const grant = c.get('grant');
      // Else a session that was stolen could be renewed without end.
      if (grant.isPortal || grant.endsAtMs !== null) throw new Problem('forbidden', 'only a key itself opens sessions');
      const { adminKey, masterKey } = c.get('vars');
      const opener = grant.id === null ? { admin: await adminPrint(masterKey.key, adminKey) } : { key: grant.id };
      const endsAtMs = Date.now() + SESSION_SECONDS * 1_000;
      await auditForOperators(c, { action: 'session.opened', account: grant.account });
      const token = await signSession(masterKey.key, { opener, endsAtMs });
      return c.json({ token, ...showCaller({ ...grant, endsAtMs }) }, 201, { 'cache-control': 'no-store' });
    },
  );

  api.route(
    {
      method: 'get',
      path: '/v1/session',
      id: 'getCaller',
      summary: 'Who asks: what this key, session or portal token may do, and until when',
      keys: 'all',
      forRecordTokens: true,
      params: nowhere,
      answers: { 200: { description: 'Who asks', schema: callerShape } },
    },
    ({ c }) => Promise.resolve(c.json(showCaller(c.get('grant')), 200, { 'cache-control': 'no-store' })),
  );
}

function showCaller({ by, account, record, scopes, isPortal, endsAtMs }: Grant) {
  return { by, account, record, scopes, portal: isPortal, endsAt: endsAtMs === null ? null : rfc3339(endsAtMs) };
}
