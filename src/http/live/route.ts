/**
 * L1: the status of records as it changes. Who may see it is decided here; the object that holds
 * the connections takes it from there.
 */
import { z } from '@hono/zod-openapi';
import { VIEWER_LIFE_MS, VIEWER_RECORDS_MAX } from '../../core/limits.ts';
import { LIVE_PROTOCOL } from '../../core/live.ts';
import { shown } from '../../core/text.ts';
import { liveStub } from '../../lookup/stubs.ts';
import { accountOf } from '../account-settings.ts';
import type { Api } from '../api.ts';
import { protocolsOf } from '../auth/protocols.ts';
import type { AppContext } from '../context.ts';
import { ruled } from '../fields.ts';
import { callObject } from '../../lookup/objects.ts';
import { accountId, accountParams, recordKey } from '../params.ts';
import { Problem, retryAfter } from '../problem.ts';
import { textShape } from '../shapes/plain-shapes.ts';
import { fullOf, toRequest } from './request.ts';

const ANSWERS = {
  101: {
    description: `A WebSocket (\`${LIVE_PROTOCOL}\`): the status at once, and after each change`,
    schema: null,
  },
  200: {
    description: 'With `Accept: text/event-stream`: the same as server-sent events, for some minutes',
    schema: textShape,
  },
};

const records = ruled(z.array(recordKey), checkCount, { minItems: 1, maxItems: VIEWER_RECORDS_MAX });
/** One value of a query is no list. */
const givenRecords = z.preprocess((value) => (typeof value === 'string' ? [value] : (value ?? [])), records);

export function addLive(api: Api): void {
  api.route(
    {
      method: 'get',
      path: '/v1/accounts/{account}/records/{record}/live',
      id: 'watchRecord',
      summary: 'The sync status of a record as it changes: a WebSocket, or server-sent events',
      forRecordTokens: true,
      params: z.strictObject({ account: accountId, record: recordKey }),
      answers: ANSWERS,
      problems: ['upgrade-required', 'viewers-full'],
      mediaType: 'text/event-stream',
    },
    ({ c, params }) => openLive(c, params.account, [params.record]),
  );

  api.route(
    {
      method: 'get',
      path: '/v1/accounts/{account}/live',
      id: 'watchRecords',
      summary: `The same of up to ${VIEWER_RECORDS_MAX} records over one connection`,
      params: accountParams,
      query: z.strictObject({ record: givenRecords }),
      answers: ANSWERS,
      problems: ['upgrade-required', 'viewers-full'],
      mediaType: 'text/event-stream',
    },
    ({ c, params, query }) => openLive(c, params.account, query.record),
  );
}

async function openLive(c: AppContext, account: string, asked: readonly string[]): Promise<Response> {
  const isStream = isStreamAsked(c);
  const { protocol } = protocolsOf(c.req.raw);
  const settings = await accountOf(c, account);
  const grant = c.get('grant');
  const lifeEndsAtMs = Date.now() + VIEWER_LIFE_MS;
  const endsAtMs = Math.min(grant.endsAtMs ?? Infinity, lifeEndsAtMs);
  const facts = {
    records: [...new Set(asked)],
    key: grant.keyId,
    endsAtMs,
    endReason: endsAtMs === lifeEndsAtMs ? ('renew' as const) : ('token-ended' as const),
    accountCreatedAtMs: settings.createdAtMs,
    isRecordToken: grant.record !== null,
  };
  const response = await callObject(
    () => liveStub(c.env, settings),
    (stub) => stub.fetch(toRequest({ facts, protocol, isStream })),
  );
  const full = await fullOf(response);
  if (full !== null) throw tooMany(account, full);
  return response;
}

/** Throws for who asks neither way: an answer once is at the status itself. */
function isStreamAsked(c: AppContext): boolean {
  if (c.req.header('upgrade')?.toLowerCase() === 'websocket') return false;
  if (/\btext\/event-stream\b/i.test(c.req.header('accept') ?? '')) return true;
  const detail = 'open a WebSocket, or ask with "Accept: text/event-stream"; without /live the status is answered once';
  throw new Problem('upgrade-required', detail, { headers: { upgrade: 'websocket', connection: 'upgrade' } });
}

const FULL_AGAIN_MS = 10_000;

function tooMany(account: string, { of, most, record = '' }: NonNullable<Awaited<ReturnType<typeof fullOf>>>): Problem {
  const words = {
    record: `the record ${shown(record)} has ${most} viewers`,
    account: `the account "${account}" has ${most} viewers`,
    key: `the key and the tokens that it made have ${most} viewers in this account`,
    records: `${most} records of the account "${account}" are viewed`,
    streams: `the account "${account}" has ${most} viewers by server-sent events; a WebSocket may still be opened`,
  };
  return new Problem('viewers-full', `${words[of]}, which is the most`, { headers: retryAfter(FULL_AGAIN_MS) });
}

function checkCount(keys: readonly string[]): string | null {
  return keys.length >= 1 && keys.length <= VIEWER_RECORDS_MAX
    ? null
    : `must name 1 to ${VIEWER_RECORDS_MAX} records; it names ${keys.length}`;
}
