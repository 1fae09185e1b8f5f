/**
 * E1: endpoints of one account, answered by the Account object, so that a change is visible in the
 * instant after it.
 */
import { z } from '@hono/zod-openapi';
import { ulid } from 'ulid';
import { base32 } from '../core/base32.ts';
import type { AccountSettings, EndpointSettings, Sealed } from '../core/endpoint.ts';
import { endpointId, isEndpointId } from '../core/ids.ts';
import {
  EFFECTIVE_WITHIN_MS,
  GATE_ANSWER_MS,
  IDEMPOTENCY_MS,
  RETRY_SCHEDULE_SECONDS_DEFAULT,
  RETRY_WINDOW_SECONDS_DEFAULT,
  TIMEOUT_MS_DEFAULT,
} from '../core/limits.ts';
import { ok } from '../core/result.ts';
import type { EndpointChange, EndpointRefusal, SettingsFull } from '../core/rpc.ts';
import { PURPOSE_HEADERS } from '../delivery/send.ts';
import { withTimeout } from '../lookup/with-timeout.ts';
import { cutPage, newestFirst, parseCursor } from '../store/page.ts';
import { accountStub, gateStub } from '../lookup/stubs.ts';
import { accountOf, settingsFull, settingsOf, unknownAccount } from './account-settings.ts';
import type { Api } from './api.ts';
import { type AppContext, noteChange, vaultOf } from './context.ts';
import { defined } from './defined.ts';
import {
  type ChangeBody,
  changeBody,
  checkedUrl,
  createBody,
  type CreateBody,
  ENDPOINT_WORDS,
} from './endpoint-body.ts';
import { idempotencyKey } from './idempotency.ts';
import { startNow } from './jobs.ts';
import { callObject } from '../lookup/objects.ts';
import { accountId, accountParams, pageQuery, searchText, showPage } from './params.ts';
import { pinnedVersions } from './pinned-versions.ts';
import { invalid, Problem } from './problem.ts';
import { showCircuit, showEndpoint } from './render.ts';
import { auditRepeated, newSecret, storedText, unknownEndpoint } from './secret-text.ts';
import { logLine } from '../log-line.ts';
import { sha256 } from '../lookup/sha256.ts';
import {
  changedEndpointShape,
  createdEndpointShape,
  endpointNowShape,
  endpointsShape,
  removedEndpointShape,
} from './shapes/endpoint-shapes.ts';

const path = '/v1/accounts/{account}/endpoints';
const onePath = `${path}/{endpoint}`;
const endpointParams = z.strictObject({ account: accountId, endpoint: z.string() });

export function addEndpoints(api: Api): void {
  api.route(
    {
      method: 'post',
      path,
      id: 'createEndpoint',
      summary: 'Create an endpoint; its secret is shown here and nowhere else',
      params: accountParams,
      body: {
        schema: createBody,
        words: ENDPOINT_WORDS,
        example: {
          url: 'https://crm.example.com/hooks',
          description: 'CRM',
          eventTypes: ['ticket.*'],
          ordering: 'ordered',
          timeoutMs: 10_000,
        },
      },
      answers: { 201: { description: 'The endpoint, with its secret', schema: createdEndpointShape } },
      problems: ['external-id-taken', 'endpoints-full', 'settings-full'],
      repeated: repeatEndpoint,
    },
    ({ c, params, body }) => createEndpoint(c, params.account, body),
  );

  api.route(
    {
      method: 'get',
      path,
      id: 'listEndpoints',
      summary: 'Endpoints of an account, newest first',
      params: accountParams,
      query: z.strictObject({ ...pageQuery, search: searchText.optional() }),
      words: { search: 'Part of the URL or of the description, in either case' },
      answers: { 200: { description: 'A page of endpoints', schema: endpointsShape } },
    },
    async ({ c, params, query }) => c.json(pageOf(await settingsOf(c, params.account), query)),
  );

  api.route(
    {
      method: 'get',
      path: onePath,
      id: 'getEndpoint',
      summary: 'One endpoint',
      params: endpointParams,
      answers: { 200: { description: 'The endpoint', schema: endpointNowShape } },
    },
    async ({ c, params }) => {
      const settings = await accountOf(c, params.account, [params.endpoint]);
      const [endpoint] = settings.endpoints;
      if (endpoint === undefined) throw unknownEndpoint(params.endpoint);
      const circuit = await circuitOf(c, settings, endpoint.id);
      return c.json({ ...showEndpoint(params.account, endpoint), circuit });
    },
  );

  api.route(
    {
      method: 'patch',
      path: onePath,
      id: 'changeEndpoint',
      summary: 'Change an endpoint: what is not given stays as it is',
      params: endpointParams,
      body: {
        schema: changeBody,
        words: ENDPOINT_WORDS,
        example: { status: 'paused', statusReason: 'Their maintenance, until 18:00' },
      },
      answers: { 200: { description: 'The endpoint', schema: changedEndpointShape } },
      problems: ['external-id-taken', 'settings-full'],
    },
    ({ c, params, body }) => changeEndpoint(c, params, body),
  );

  api.route(
    {
      method: 'delete',
      path: onePath,
      id: 'deleteEndpoint',
      summary: 'Remove an endpoint: what waits for it is cancelled',
      params: endpointParams,
      answers: { 200: { description: 'Removed; `job` cancels what waits for it', schema: removedEndpointShape } },
    },
    async ({ c, params: { account, endpoint } }) => {
      if (!isEndpointId(endpoint)) throw unknownEndpoint(endpoint);
      const sweep = await callObject(
        () => accountStub(c.env, account),
        (stub) => stub.removeEndpoint(endpoint, c.get('keyName')),
      );
      if (sweep === false) throw unknownEndpoint(endpoint);
      await Promise.all([startNow(c, sweep), noteChange(c, account)]);
      return c.json({ id: endpoint, job: sweep.id, effectiveWithinMs: EFFECTIVE_WITHIN_MS });
    },
  );
}

async function createEndpoint(c: AppContext, account: string, body: CreateBody): Promise<Response> {
  requireNoReason(body, 'enabled');
  const nowMs = Date.now();
  const id = await newEndpointId(c, account);
  const made = await newSecret(c, { account, endpoint: id }, 'hmac', body.secret);
  const endpoint: EndpointSettings = {
    id,
    url: checkedUrl(body.url, c.get('vars'), ownHost(c)),
    description: body.description ?? '',
    eventTypes: body.eventTypes ?? [],
    filter: body.filter ?? null,
    schemaVersions: await pinnedVersions(c, body.schemaVersions),
    payloadFormat: body.payloadFormat ?? 'standard',
    headerNames: Object.keys(body.headers ?? {}),
    headers: await sealedHeaders(c, account, id, body.headers ?? {}),
    externalId: body.externalId ?? null,
    ordering: body.ordering ?? 'ordered',
    timeoutMs: body.timeoutMs ?? TIMEOUT_MS_DEFAULT,
    retry: {
      scheduleSeconds: body.retry?.scheduleSeconds ?? [...RETRY_SCHEDULE_SECONDS_DEFAULT],
      windowSeconds: body.retry?.windowSeconds ?? RETRY_WINDOW_SECONDS_DEFAULT,
      alsoRetry: body.retry?.alsoRetry ?? [],
    },
    rateLimitPerSecond: body.rateLimitPerSecond ?? null,
    traceContext: body.traceContext ?? false,
    isWatched: false,
    status: body.status ?? 'enabled',
    statusReason: body.status === undefined || body.status === 'enabled' ? null : (body.statusReason ?? null),
    cutoff: null,
    secrets: [made.secret],
    createdAtMs: nowMs,
    updatedAtMs: nowMs,
  };

  const created = await callObject(
    () => accountStub(c.env, account),
    (stub) => stub.createEndpoint(endpoint, c.get('keyName')),
  );
  if (!created.ok) throw refusal(account, body.externalId, created.error);
  if (created.value.createdAtMs < nowMs - IDEMPOTENCY_MS) {
    throw new Problem('idempotency-conflict', `this Idempotency-Key made ${id} more than 7 days ago; use a new one`);
  }
  await noteChange(c, account);
  // A repeated call may have met the endpoint that a lost one made, with the secret of that one.
  const secret = await storedText(c, { account, endpoint: id }, made, created.value.secrets);
  return c.json({ ...showEndpoint(account, created.value), secret, effectiveWithinMs: EFFECTIVE_WITHIN_MS }, 201);
}

const repeatedAnswer = z.object({
  account: z.string(),
  id: z.string(),
  secrets: z.tuple([z.object({ id: z.string() })]).rest(z.unknown()),
});

async function repeatEndpoint(c: AppContext, answer: unknown): Promise<void> {
  const { account, id, secrets } = repeatedAnswer.parse(answer);
  await auditRepeated(c, { account, endpoint: id }, secrets[0].id);
}

async function changeEndpoint(
  c: AppContext,
  { account, endpoint: id }: { account: string; endpoint: string },
  body: ChangeBody,
): Promise<Response> {
  const [before] = (await accountOf(c, account, [id])).endpoints;
  if (before === undefined) throw unknownEndpoint(id);
  requireNoReason(body, before.status);

  const { url, headers, retry, ...rest } = body;
  const change: EndpointChange = defined({
    ...rest,
    schemaVersions: rest.schemaVersions === undefined ? undefined : await pinnedVersions(c, rest.schemaVersions),
    url: url === undefined ? undefined : checkedUrl(url, c.get('vars'), ownHost(c)),
    headerNames: headers === undefined ? undefined : Object.keys(headers),
    headers: headers === undefined ? undefined : await sealedHeaders(c, account, id, headers),
    // Of two changes of `retry` at the same time, the later one may undo the other's fields.
    retry: retry === undefined ? undefined : { ...before.retry, ...defined(retry) },
  });
  const changed = await callObject(
    () => accountStub(c.env, account),
    (stub) => stub.changeEndpoint(id, change, c.get('keyName')),
  );
  if (!changed.ok)
    throw changed.error.reason === 'not-found' ? unknownEndpoint(id) : refusal(account, body.externalId, changed.error);
  const { job } = changed;
  await Promise.all([job === undefined ? null : startNow(c, job), noteChange(c, account)]);
  const answer = { ...showEndpoint(account, changed.value), effectiveWithinMs: EFFECTIVE_WITHIN_MS };
  return c.json(job === undefined ? answer : { ...answer, job: job.id });
}

/**
 * An endpoint that is enabled has no reason to be so: what was given would be dropped in silence.
 */
function requireNoReason({ status, statusReason }: ChangeBody, before: EndpointSettings['status']): void {
  if (statusReason === undefined || statusReason === null || (status ?? before) !== 'enabled') return;
  const message = 'statusReason must be left out while the status is "enabled": it says why an endpoint is not';
  throw invalid([{ field: 'statusReason', message }]);
}

function pageOf(
  settings: AccountSettings,
  query: { limit: number; cursor: string | null; search?: string | undefined },
) {
  const after = parseCursor('endpoints', query.cursor);
  if (!after.ok) return showPage(after, () => null);
  const position = ({ createdAtMs, id }: EndpointSettings) => ({ atMs: createdAtMs, id });
  const rows = settings.endpoints
    .filter((endpoint) => query.search === undefined || isAbout(endpoint, query.search))
    .toSorted((a, b) => newestFirst(position(a), position(b)))
    .filter((endpoint) => newestFirst(after.value, position(endpoint)) < 0);
  const page = cutPage('endpoints', rows, query.limit, position);
  return showPage(ok(page), (endpoint) => showEndpoint(settings.account, endpoint));
}

/** With the text in its URL or description. */
export function isAbout({ url, description }: EndpointSettings, text: string): boolean {
  return [url, description].some((field) => field.toLowerCase().includes(text.toLowerCase()));
}

/**
 * As its Gate says at this moment; null where that does not answer: the settings are worth having
 * without it.
 */
export async function circuitOf(c: AppContext, settings: AccountSettings, endpoint: string) {
  try {
    return showCircuit(await withTimeout(GATE_ANSWER_MS, gateStub(c.env, settings, endpoint).read()));
  } catch (error) {
    logLine('error', 'gate not read', { endpoint, error: String(error) });
    return null;
  }
}

function ownHost(c: AppContext): string {
  return new URL(c.req.url).host;
}

/**
 * From the Idempotency-Key where there is one: even a crash after the creation cannot make two.
 * Such an id does not sort by time.
 */
async function newEndpointId(c: AppContext, account: string): Promise<string> {
  const key = idempotencyKey(c);
  if (key === null) return endpointId(ulid());
  const digest = await sha256(JSON.stringify(['endpoint', account, key]));
  return endpointId(base32(digest).slice(0, ULID_CHARS));
}
const ULID_CHARS = 26;

function sealedHeaders(
  c: AppContext,
  account: string,
  endpoint: string,
  headers: Record<string, string>,
): Promise<Sealed | null> {
  const pairs = Object.entries(headers);
  if (pairs.length === 0) return Promise.resolve(null);
  return vaultOf(c).seal(JSON.stringify(pairs), { account, endpoint, purpose: PURPOSE_HEADERS });
}

type Refusal = { reason: 'no-account' } | { reason: 'full'; most: number } | SettingsFull | EndpointRefusal;

function refusal(account: string, externalId: string | null | undefined, error: Refusal): Problem {
  switch (error.reason) {
    case 'no-account':
      return unknownAccount(account);
    case 'full':
      return new Problem(
        'endpoints-full',
        `account "${account}" may have at most ${error.most} endpoints (quota.endpointsMax), and has as many`,
        { field: 'quota.endpointsMax' },
      );
    case 'settings-full':
      return settingsFull(account, error);
    case 'external-id-taken': {
      const message = `externalId "${externalId ?? ''}" is taken by ${error.endpoint}`;
      return new Problem('external-id-taken', message, { errors: [{ field: 'externalId', message }] });
    }
    case 'payload-format':
      return invalid([{ field: 'payloadFormat', message: error.message }]);
  }
}
