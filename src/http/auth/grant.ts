/**
 * S1, S2: whether the key may use the route. Before anything of the request is looked at, so that
 * the answer for another's account is the one for an account that never was, whatever else is right
 * or wrong about the request.
 */
import { defaultScope, type Grant, type Scope } from '../../core/key.ts';
import { shown } from '../../core/text.ts';
import { unknownAccount } from '../account-settings.ts';
import type { AppContext } from '../context.ts';
import { Problem } from '../problem.ts';

export type Guarded = {
  method: string;
  path: string;
  scope?: Scope;
  keys?: 'operator' | 'all';
  forRecordTokens?: boolean;
};

export function requireGrant(c: AppContext, route: Guarded): void {
  const grant = c.get('grant');
  if (grant.account !== null) {
    const account = route.path.includes('{account}') ? (c.req.param('account') ?? '') : null;
    if (account !== null && account !== grant.account) throw unknownAccount(account.slice(0, 64));
    if (route.keys === 'operator' || (account === null && route.keys !== 'all')) {
      throw new Problem('forbidden', 'this is for operator-wide keys; the key is bound to an account');
    }
  }
  if (grant.record !== null) requireRecord(c, route, grant.record);
  const scope = route.scope ?? defaultScope(route.method);
  if (!grant.scopes.includes(scope)) {
    const has = grant.scopes.join(', ');
    throw new Problem('forbidden', `this needs the scope "${scope}"; the key has ${has}`, { members: { scope } });
  }
}

/**
 * L2: all is closed to it but what says that it is not; and there another record answers as one
 * that was never published to.
 */
function requireRecord(c: AppContext, { path, forRecordTokens = false }: Guarded, record: string): void {
  if (!forRecordTokens) throw new Problem('forbidden', 'a token for one record reads its status and nothing else');
  // About the token itself.
  if (!path.includes('{record}')) return;
  const asked = c.req.param('record') ?? '';
  if (asked !== record) throw new Problem('not-found', `the record ${shown(asked)} has no events`);
}

/**
 * Nobody grants what they may not do: else a key with `manage` alone could make itself one that
 * reads.
 */
export function requireOwnScopes({ scopes: own }: Pick<Grant, 'scopes'>, granted: readonly Scope[]): void {
  const beyond = granted.find((scope) => !own.includes(scope));
  if (beyond === undefined) return;
  const detail = `the key lacks the scope "${beyond}" and cannot grant it`;
  throw new Problem('forbidden', detail, { members: { scope: beyond } });
}
