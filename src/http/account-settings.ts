/**
 * The account that a path names, as its object says at that moment: 404 where there is none. What
 * an isolate remembers only spares the transfer of what has not changed.
 */
import type { AccountSettings } from '../core/endpoint.ts';
import { type AppContext, readSettings, settingsCacheOf } from './context.ts';
import type { SettingsFull } from '../core/rpc.ts';
import { Problem } from './problem.ts';

export async function settingsOf(c: AppContext, account: string): Promise<AccountSettings> {
  const known = await settingsCacheOf(c.env).fresh(account, Date.now());
  if (known === null) throw unknownAccount(account);
  return known.settings;
}

/** With these endpoints only, or with none. */
export async function accountOf(c: AppContext, account: string, endpoints: string[] = []): Promise<AccountSettings> {
  const settings = await readSettings(c.env, account, endpoints);
  if (settings === null) throw unknownAccount(account);
  return settings;
}

export function unknownAccount(account: string): Problem {
  return new Problem('unknown-account', `there is no account "${account}"; create it with PUT /v1/accounts/${account}`);
}

/** Refused before anything is stored. */
export function settingsFull(account: string, { bytes, most }: SettingsFull): Problem {
  const detail = `the endpoints of account "${account}" may take ${most} bytes of settings together, and would take ${bytes}: remove endpoints, or shorten their eventTypes, filters and headers; nothing was stored`;
  return new Problem('settings-full', detail, { field: 'endpoints' });
}
