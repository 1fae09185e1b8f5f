/**
 * Sends one change of an Account to its receiver. Idempotent there: a receiver takes the revision
 * and ignores an older one. It sends the state and revision of this instant, which may be newer
 * than the ones that are owed.
 */
import { gateSettingsOf } from '../core/admission.ts';
import type { AccountSettings } from '../core/endpoint.ts';
import { OUTBOX_TRY_MS } from '../core/limits.ts';
import { withTimeout } from '../lookup/with-timeout.ts';
import type { Bindings } from '../env.ts';
import { upsertAccount } from '../store/config/accounts.ts';
import { removeEndpoint, upsertEndpoint } from '../store/config/endpoints.ts';
import { gateStub } from '../lookup/stubs.ts';
import { parseDetail, startJob } from './jobs.ts';
import type { Owed } from './outbox.ts';

/** Rejects when the receiver refuses, or has not answered within OUTBOX_TRY_MS. */
export async function sendOwed(
  env: Bindings,
  { topic, detail }: Owed,
  settings: AccountSettings | null,
): Promise<void> {
  if (settings === null) return;
  if (typeof detail === 'string') return withTimeout(OUTBOX_TRY_MS, startJob(env, parseDetail(detail)));
  await withTimeout(OUTBOX_TRY_MS, deliver(env, topic, settings));
}

async function deliver(env: Bindings, topic: string, settings: AccountSettings): Promise<void> {
  const { account, revision, endpoints } = settings;
  if (topic === 'account') return upsertAccount(env.CONFIG, settings);

  const [kind, id = ''] = topic.split(':');
  const endpoint = endpoints.find((candidate) => candidate.id === id);
  if (kind === 'gate') {
    return gateStub(env, settings, id).changed(gateSettingsOf(revision, endpoint));
  }
  if (endpoint === undefined) return removeEndpoint(env.CONFIG, account, revision, id);
  return upsertEndpoint(env.CONFIG, account, revision, endpoint);
}
