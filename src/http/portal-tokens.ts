/**
 * S1, L2: short-lived tokens for a customer's page, or for the status of one record in it. Never
 * more than their maker may do.
 */
import { z } from '@hono/zod-openapi';
import { rfc3339 } from '../core/body.ts';
import { type Scope, SCOPES } from '../core/key.ts';
import { PORTAL_TOKEN_SECONDS_DEFAULT, PORTAL_TOKEN_SECONDS_MAX } from '../core/limits.ts';
import { shown } from '../core/text.ts';
import { accountOf } from './account-settings.ts';
import type { Api } from './api.ts';
import { auditInAccount } from './audit-trail.ts';
import type { AppContext } from './context.ts';
import { requireOwnScopes } from './auth/grant.ts';
import { accountParams, recordKey } from './params.ts';
import { signPortal } from './auth/portal-token.ts';
import { invalid, Problem } from './problem.ts';
import { portalTokenShape } from './shapes/key-shapes.ts';

export function addPortalTokens(api: Api): void {
  api.route(
    {
      method: 'post',
      path: '/v1/accounts/{account}/portal-tokens',
      id: 'createPortalToken',
      summary: 'Make a token for the page of one account, or for one record of it; for an hour at most',
      params: accountParams,
      body: {
        schema: z.strictObject({
          record: recordKey.optional(),
          scopes: z.array(z.enum(SCOPES)).min(1).max(SCOPES.length).default(['read']),
          expiresInSeconds: z.int().min(1).max(PORTAL_TOKEN_SECONDS_MAX).default(PORTAL_TOKEN_SECONDS_DEFAULT),
        }),
        words: {
          record: 'The token then reads the status of this record, and nothing else',
          scopes: 'What the token may do; nobody grants a scope that they lack',
          expiresInSeconds: 'Seconds for which it works',
        },
        example: { scopes: ['read'], expiresInSeconds: 900 },
        optional: true,
      },
      answers: { 201: { description: 'The token', schema: portalTokenShape } },
      repeated: (c, answer) => requireMaker(c, repeatedAnswer.parse(answer).scopes),
    },
    async ({ c, params: { account }, body }) => {
      const { record = null, scopes, expiresInSeconds } = body;
      if (record !== null) requireReading(scopes);
      await requireMaker(c, scopes);
      const { createdAtMs: accountCreatedAtMs } = await accountOf(c, account);
      const expiresAtMs = Date.now() + expiresInSeconds * 1_000;
      const of = record === null ? '' : `, of the record ${shown(record)}`;
      const detail = `${scopes.join(', ')}, for ${expiresInSeconds} s${of}`;
      await auditInAccount(c, account, { action: 'portal-token.created', detail });
      const granted = { account, accountCreatedAtMs, scopes, key: c.get('grant').id, expiresAtMs, record };
      const token = await signPortal(c.get('vars').masterKey.key, granted);
      const answer = { token, account, record, scopes, expiresAt: rfc3339(expiresAtMs) };
      return c.json(answer, 201, { 'cache-control': 'no-store' });
    },
  );
}

function requireReading(scopes: readonly Scope[]): void {
  const beyond = scopes.find((scope) => scope !== 'read');
  if (beyond === undefined) return;
  const message = `scopes must be ["read"] beside record; it has "${beyond}"`;
  throw invalid([{ field: 'scopes', message }]);
}

const repeatedAnswer = z.object({ scopes: z.array(z.enum(SCOPES)) });

/** Also where a remembered answer is repeated: whoever asks need not be who made it. */
async function requireMaker(c: AppContext, scopes: readonly Scope[]): Promise<void> {
  const grant = c.get('grant');
  if (grant.isPortal) throw new Problem('forbidden', 'a portal token makes no tokens');
  requireOwnScopes(grant, scopes);
}
