/** Overload is refused before anything is stored: by the isolate, and by a Shard that is behind. */
import { createExecutionContext, env } from 'cloudflare:test';
import { describe, expect, test } from 'vitest';
import { UNDER_WAY_EVENTS_MAX, UNDER_WAY_MS_MAX } from '../../src/core/limits.ts';
import type { AcceptRequest } from '../../src/core/publish.ts';
import { underWayOf } from '../../src/http/context.ts';
import worker from '../../src/index.ts';
import type { Bindings } from '../../src/env.ts';
import { call, KEY, newAccount } from '../support/api.ts';
import { holdToDocument } from '../support/documented.ts';

/** As in one isolate of these bindings. */
async function publishIn(bindings: Bindings, path: string, body: unknown) {
  const request = new Request<unknown, IncomingRequestCfProperties>(`https://tubepost.test${path}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${KEY}`, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  const response = await worker.fetch(request, bindings, createExecutionContext());
  const made = { status: response.status, headers: response.headers, text: await response.text() };
  const answer = { ...made, body: JSON.parse(made.text) };
  await holdToDocument('POST', path, answer);
  return { ...answer, retryAfter: response.headers.get('retry-after') };
}

/** Bindings of an isolate that is behind with publishes of this account; `end` ends them. */
function behind(account: string) {
  const bindings = { ...env };
  const load = { events: UNDER_WAY_EVENTS_MAX, chars: 0 };
  const end = underWayOf(bindings).enter(account, load, Date.now() - UNDER_WAY_MS_MAX);
  return { bindings, end: () => end?.() };
}

const event = (id: string) => ({ id, type: 'plan.updated', record: 'sub/1', data: { n: 1 } });

describe('an isolate that is behind', () => {
  test('refuses a publish and a batch with 503 and stores nothing; later it takes both', async () => {
    const account = await newAccount();
    const { bindings, end } = behind(account);
    const path = `/v1/accounts/${account}/events`;

    const one = await publishIn(bindings, path, event('evt_one'));
    expect(one).toMatchObject({ status: 503, retryAfter: '2', body: { code: 'overloaded' } });
    expect(one.body.detail).toContain(`account "${account}"`);
    const batch = await publishIn(bindings, `${path}/batch`, { events: [event('evt_one'), event('evt_two')] });
    expect(batch).toMatchObject({ status: 503, retryAfter: '2', body: { code: 'overloaded' } });
    expect((await call('GET', `/v1/accounts/${account}/records/sub%2F1`)).status).toBe(404);

    end();
    expect((await publishIn(bindings, path, event('evt_one'))).status).toBe(202);
  });

  test('takes those of an account that has nothing under way', async () => {
    const [flood, calm] = [await newAccount(), await newAccount()];
    const { bindings } = behind(flood);
    expect((await publishIn(bindings, `/v1/accounts/${flood}/events`, event('evt_one'))).status).toBe(503);
    expect((await publishIn(bindings, `/v1/accounts/${calm}/events`, event('evt_one'))).status).toBe(202);
  });

  test('forgets a publish once it is answered, also where it was answered with a problem', async () => {
    const account = await newAccount();
    const bindings = { ...env };
    await publishIn(bindings, `/v1/accounts/${account}/events`, event('evt_one'));
    await publishIn(bindings, '/v1/accounts/nobody/events', event('evt_one'));
    const all = { events: UNDER_WAY_EVENTS_MAX + 1, chars: 0 };
    const laterMs = Date.now() + 10 * UNDER_WAY_MS_MAX;
    for (const of of [account, 'nobody']) expect(underWayOf(bindings).refuses(of, all, laterMs)).toBe(false);
  });
});

test('a Shard that is behind is answered with 503, the id of the event and when to come again', async () => {
  const account = await newAccount();
  const shard = {
    accept: async (publishes: { request: AcceptRequest }[]) =>
      publishes.map(({ request }) =>
        request.events.map(({ id }) => ({ kind: 'busy' as const, id, retryAfterSeconds: 3 })),
      ),
  };
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the one call of a Shard that a publish makes
  const SHARD = { getByName: () => shard } as unknown as Bindings['SHARD'];
  const answer = await publishIn({ ...env, SHARD }, `/v1/accounts/${account}/events`, event('evt_one'));
  expect(answer).toMatchObject({ status: 503, retryAfter: '3', body: { code: 'overloaded', id: 'evt_one' } });
  const batch = await publishIn({ ...env, SHARD }, `/v1/accounts/${account}/events/batch`, { events: [event('e')] });
  expect(batch).toMatchObject({
    status: 200,
    body: { results: [{ outcome: 'refused', code: 'overloaded', id: 'e' }] },
  });
});
