/** The account that a path names, read from its object: 404 where there is none. Reads and changes never use a cache. */
import type { AccountSettings } from '../core/endpoint.ts';
import { type AppContext, readSettings } from './context.ts';
import { Problem } from './problem.ts';

export async function settingsOf(c: AppContext, account: string): Promise<AccountSettings> {
  const settings = await readSettings(c.env, account);
  if (settings === null) throw unknownAccount(account);
  return settings;
}

export function unknownAccount(account: string): Problem {
  return new Problem('unknown-account', `there is no account "${account}"; create it with PUT /v1/accounts/${account}`);
}
