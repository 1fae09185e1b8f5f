/**
 * Settings of an account that were read before, brought up to what its Account says has changed
 * since. Pure.
 */
import type { AccountSettings } from './endpoint.ts';
import type { SettingsChanges } from './rpc.ts';

type Changes = Extract<SettingsChanges, { kind: 'changes' }>;

/** The order of endpoints stays; new ones come last. */
export function applied(before: AccountSettings, { facts, endpoints, removed }: Changes): AccountSettings {
  if (endpoints.length === 0 && removed.length === 0) return { ...facts, endpoints: before.endpoints };
  const after = new Map(before.endpoints.map((endpoint) => [endpoint.id, endpoint]));
  for (const endpoint of endpoints) after.set(endpoint.id, endpoint);
  for (const id of removed) after.delete(id);
  return { ...facts, endpoints: [...after.values()] };
}
