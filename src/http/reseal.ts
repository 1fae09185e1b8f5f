/**
 * S3: seals an account's secrets and headers again under the current master key, so that an older
 * one can be given up (docs/operate.md). Idempotent, a bounded number of endpoints at a time; what
 * was changed meanwhile is left to the next call.
 */
import type { EndpointSettings, Sealed } from '../core/endpoint.ts';
import { liveSecrets } from '../core/endpoint-secrets.ts';
import { RESEAL_CHECKED_AT_ONCE, RESEAL_ENDPOINTS_MAX, RESEAL_NAMED_MAX } from '../core/limits.ts';
import type { EndpointResealing, Resealing } from '../core/rpc.ts';
import { PURPOSE_HEADERS, PURPOSE_SECRET } from '../delivery/send.ts';
import type { SealContext, Vault } from '../delivery/vault.ts';
import { accountStub } from '../lookup/stubs.ts';
import { settingsOf } from './account-settings.ts';
import type { Api } from './api.ts';
import { type AppContext, noteChange, vaultOf } from './context.ts';
import { callObject } from '../lookup/objects.ts';
import { accountParams } from './params.ts';
import { logLine } from '../log-line.ts';
import { resealShape } from './shapes/account-shapes.ts';

export function addReseal(api: Api): void {
  api.route(
    {
      method: 'post',
      path: '/v1/accounts/{account}/reseal',
      id: 'resealAccount',
      summary: 'Seal secrets and headers again under the current master key; repeat until nothing remains',
      params: accountParams,
      answers: { 200: { description: 'What was sealed again, what remains, what does not open', schema: resealShape } },
      idempotency: 'none',
    },
    ({ c, params }) => reseal(c, params.account),
  );
}

async function reseal(c: AppContext, account: string): Promise<Response> {
  const vault = vaultOf(c);
  const { endpoints } = await settingsOf(c, account);
  const due = endpoints.filter((endpoint) => isDue(endpoint, vault.keyId));
  const work: EndpointResealing[] = [];
  const rest = endpoints.filter((endpoint) => !due.includes(endpoint));
  const unreadable = await unreadableOf(vault, account, rest);
  let seen = 0;
  for (const endpoint of due) {
    if (work.length === RESEAL_ENDPOINTS_MAX) break;
    seen += 1;
    const resealing = await resealingOf(vault, account, endpoint);
    if (resealing === null) unreadable.push(endpoint.id);
    else work.push(resealing);
  }
  const done = await callObject(
    () => accountStub(c.env, account),
    (stub) => stub.reseal(work, vault.keyId, c.get('keyName')),
  );
  await noteChange(c, account);
  const remaining = due.length - seen + work.length - done.endpoints;
  return c.json({
    account,
    key: vault.keyId,
    resealed: done,
    remaining,
    unreadable: { count: unreadable.length, endpoints: unreadable.slice(0, RESEAL_NAMED_MAX) },
  });
}

/**
 * Those under the current key's name that do not open: a changed key under an unchanged name seals
 * nothing anew, and would seem to have nothing to do. A few at a time, so that other requests get
 * their turn.
 */
async function unreadableOf(vault: Vault, account: string, endpoints: EndpointSettings[]): Promise<string[]> {
  const unreadable: string[] = [];
  for (let from = 0; from < endpoints.length; from += RESEAL_CHECKED_AT_ONCE) {
    const some = endpoints.slice(from, from + RESEAL_CHECKED_AT_ONCE);
    const opens = await Promise.all(some.map((endpoint) => isReadable(vault, account, endpoint)));
    unreadable.push(...some.filter((_, i) => opens[i] === false).map(({ id }) => id));
  }
  return unreadable;
}

async function isReadable(
  vault: Vault,
  account: string,
  { id: endpoint, secrets, headers }: EndpointSettings,
): Promise<boolean> {
  for (const { secret } of liveSecrets(secrets, Date.now())) {
    if (!(await vault.open(secret, { account, endpoint, purpose: PURPOSE_SECRET })).ok) return false;
  }
  return headers === null || (await vault.open(headers, { account, endpoint, purpose: PURPOSE_HEADERS })).ok;
}

/** What has expired is never opened again: it goes with the next change. */
function isDue({ secrets, headers }: EndpointSettings, keyId: string): boolean {
  const isOld = (sealed: Sealed) => sealed.key !== keyId;
  return liveSecrets(secrets, Date.now()).some(({ secret }) => isOld(secret)) || (headers !== null && isOld(headers));
}

/**
 * Null where a text does not open: nothing of the endpoint is touched, so that a lost key can still
 * be brought back.
 */
async function resealingOf(
  vault: Vault,
  account: string,
  { id: endpoint, secrets, headers }: EndpointSettings,
): Promise<EndpointResealing | null> {
  const again: EndpointResealing = { endpoint, secrets: [], headers: null };
  for (const { id, secret } of liveSecrets(secrets, Date.now())) {
    if (secret.key === vault.keyId) continue;
    const next = await sealedAgain(vault, secret, { account, endpoint, purpose: PURPOSE_SECRET });
    if (next === null) return null;
    again.secrets.push({ id, ...next });
  }
  if (headers === null || headers.key === vault.keyId) return again;
  const next = await sealedAgain(vault, headers, { account, endpoint, purpose: PURPOSE_HEADERS });
  return next === null ? null : { ...again, headers: next };
}

async function sealedAgain(vault: Vault, from: Sealed, place: SealContext): Promise<Resealing | null> {
  const opened = await vault.open(from, place);
  if (!opened.ok) {
    logLine('error', 'a sealed text does not open', { error: opened.error.message, ...place });
    return null;
  }
  return { from, to: await vault.seal(opened.value, place) };
}
