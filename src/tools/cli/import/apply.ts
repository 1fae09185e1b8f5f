/**
 * What an import does, as a list that can be shown before it is done. Repeatable: accounts and
 * event types are put, and an endpoint that is there already, by its external id, is left as it is.
 */
import { createHash } from 'node:crypto';
import { type Client, ofAnswer, Refusal } from '../../../client/client.ts';
import { plain } from '../words.ts';
import type { Portable, PortableAccount, PortableEndpoint, PortableEventType } from './portable.ts';

export type Step =
  | { kind: 'event-type'; eventType: PortableEventType }
  | { kind: 'account'; account: PortableAccount; isThere: boolean }
  | { kind: 'endpoint'; account: string; endpoint: PortableEndpoint; isThere: boolean };
export type Done = { step: Step; outcome: 'done' | 'there' | 'failed'; message: string | null };

/** How long secrets behind the current one go on: the longest that there is. */
const OVERLAP_SECONDS = 7 * 24 * 3_600;
const EXTERNAL_ID_CHARS_MAX = 256;

/** What there is already is read, and nothing written. */
export async function planOf(client: Client, { eventTypes, accounts }: Portable): Promise<Step[]> {
  const steps: Step[] = eventTypes.map((eventType) => ({ kind: 'event-type', eventType }));
  for (const account of accounts) {
    const known = await externalIds(client, account.id);
    steps.push({ kind: 'account', account, isThere: known !== null });
    for (const endpoint of account.endpoints) {
      const isThere = known?.has(externalIdOf(endpoint)) === true;
      steps.push({ kind: 'endpoint', account: account.id, endpoint, isThere });
    }
  }
  return steps;
}

/** Null where there is no such account. */
async function externalIds(client: Client, account: string): Promise<Set<string> | null> {
  const ids = new Set<string>();
  try {
    for await (const { externalId } of client.list('listEndpoints', { path: { account } })) {
      if (externalId !== null) ids.add(externalId);
    }
  } catch (error) {
    if (error instanceof Refusal && error.problem.code === 'unknown-account') return null;
    throw error;
  }
  return ids;
}

export function externalIdOf({ externalId, url }: PortableEndpoint): string {
  if (externalId !== undefined) return externalId;
  return url.length <= EXTERNAL_ID_CHARS_MAX ? url : createHash('sha256').update(url).digest('hex');
}

/** A step that is refused is said and passed over: the others do not wait for it. */
export async function applyStep(client: Client, step: Step): Promise<Done> {
  if (step.kind !== 'event-type' && step.isThere) return { step, outcome: 'there', message: null };
  try {
    await perform(client, step);
    return { step, outcome: 'done', message: null };
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    if (error.problem.code === 'external-id-taken') return { step, outcome: 'there', message: null };
    return { step, outcome: 'failed', message: plain(error.problem.detail, 400) };
  }
}

async function perform(client: Client, step: Step): Promise<void> {
  switch (step.kind) {
    case 'account': {
      const { id, name } = step.account;
      ofAnswer(await client.call('putAccount', { path: { account: id }, body: name === '' ? {} : { name } }));
      return;
    }
    case 'event-type':
      return putEventType(client, step.eventType);
    case 'endpoint':
      return createEndpoint(client, step.account, step.endpoint);
  }
}

async function putEventType(
  client: Client,
  { name, description, schemas, archived }: PortableEventType,
): Promise<void> {
  const path = { type: name };
  ofAnswer(await client.call('putEventType', { path, body: { description } }));
  for (const [version, schema] of Object.entries(schemas).toSorted(byVersion)) {
    ofAnswer(await client.call('putSchemaVersion', { path: { ...path, version }, body: { schema } }));
  }
  if (archived) ofAnswer(await client.call('putEventType', { path, body: { archived } }));
}

/** "2" before "10". */
function byVersion([a]: [string, unknown], [b]: [string, unknown]): number {
  return a.localeCompare(b, 'en', { numeric: true });
}

/** With its oldest secret first, so that the newer ones take its place as in a rotation. */
async function createEndpoint(client: Client, account: string, endpoint: PortableEndpoint): Promise<void> {
  const { url, description, eventTypes, headers, rateLimitPerSecond, timeoutMs, ordering, disabledBecause } = endpoint;
  const oldestFirst = endpoint.secrets.filter((secret) => !secret.startsWith('whsk_')).toReversed();
  const externalId = externalIdOf(endpoint);
  const made = ofAnswer(
    await client.call('createEndpoint', {
      path: { account },
      body: {
        url,
        description: plain(description, 1_000),
        externalId,
        eventTypes,
        headers,
        rateLimitPerSecond,
        ...(timeoutMs === undefined ? {} : { timeoutMs }),
        ...(ordering === undefined ? {} : { ordering }),
        ...(oldestFirst[0] === undefined ? {} : { secret: oldestFirst[0] }),
        ...(disabledBecause === null ? {} : { status: 'disabled' as const, statusReason: disabledBecause }),
      },
    }),
  );
  const path = { account, endpoint: made.id };
  try {
    for (const secret of oldestFirst.slice(1)) {
      ofAnswer(await client.call('rotateSecret', { path, body: { secret, overlapSeconds: OVERLAP_SECONDS } }));
    }
    for (const secret of endpoint.secrets.filter((one) => one.startsWith('whsk_'))) {
      ofAnswer(await client.call('rotateSecret', { path, body: { secret, algorithm: 'ed25519' } }));
    }
  } catch (error) {
    // With a part of its secrets it would be there for the next import, and never get the others.
    await client.call('deleteEndpoint', { path });
    throw error;
  }
}
