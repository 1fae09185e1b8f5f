/** E6: how many events of each type an endpoint was sent. */
import { env } from 'cloudflare:workers';
import { expect, test, vi } from 'vitest';
import { rfc3339 } from '../../src/core/body.ts';
import { countSentTypes } from '../../src/store/log/sent-types.ts';
import { writeLog } from '../../src/store/log/log-write.ts';
import { call, newAccount } from '../support/api.ts';
import { ACCEPTED_MS, aDelivery, aMessage, anEntry, endpointOf } from '../support/log.ts';
import { soon } from '../support/soon.ts';

const db = env.LOG_DB;
const last = (atMs: number) => ({ atMs, statusCode: 200, error: null, latencyMs: 1 });

let sequence = 0;
async function log(account: string, type: string, acceptedAtMs: number, given: Parameters<typeof aDelivery>[0] = {}) {
  const { sequence: own = ++sequence, ...delivery } = { sequence: undefined, ...given };
  const sent = aDelivery({ last: last(acceptedAtMs + 5), ...delivery });
  await writeLog(db, [aMessage(account, [anEntry({ sequence: own ?? 0, type, acceptedAtMs }, sent, [])])]);
}

test('counts the events of each type that the endpoint was sent, with the last time, most first', async () => {
  const at = ACCEPTED_MS;
  await log('counted', 'ticket.opened', at);
  await log('counted', 'ticket.opened', at + 1_000);
  await log('counted', 'ticket.closed', at + 500);
  // Never sent, too early, to another endpoint, of another account.
  await log('counted', 'ticket.opened', at + 2_000, { attempts: 0, last: null, status: 'cancelled' });
  await log('counted', 'ticket.lost', at - 1);
  await log('counted', 'ticket.other', at, { endpoint: endpointOf(2) });
  await log('uncounted', 'ticket.opened', at);
  expect(await countSentTypes(db, 'counted', endpointOf(1), at)).toEqual({
    types: [
      { eventType: 'ticket.opened', events: 2, lastSentAtMs: at + 1_005 },
      { eventType: 'ticket.closed', events: 1, lastSentAtMs: at + 505 },
    ],
    fromMs: at,
    isComplete: true,
  });
});

test('an event that was replayed counts once, with the time of the replay; one only replayed counts too', async () => {
  const first = aDelivery({ last: last(ACCEPTED_MS + 5) });
  const again = aDelivery({ replay: 1, replayOf: 'dlv_x', last: last(ACCEPTED_MS + 9_000) });
  const cancelled = aDelivery({ attempts: 0, status: 'cancelled' });
  await writeLog(db, [
    aMessage('replayed', [
      anEntry({ sequence: 1, id: 'one' }, first, []),
      anEntry({ sequence: 1, id: 'one' }, again, []),
      anEntry({ sequence: 2, id: 'two' }, cancelled, []),
      anEntry({ sequence: 2, id: 'two' }, again, []),
    ]),
  ]);
  const { types } = await countSentTypes(db, 'replayed', endpointOf(1), 0);
  expect(types).toEqual([{ eventType: 'subscription.updated', events: 2, lastSentAtMs: ACCEPTED_MS + 9_000 }]);
});

test('says since when it counts where the account has more deliveries than one answer reads', async () => {
  for (let i = 0; i < 14; i++) await log('busy', 'a.b', ACCEPTED_MS + i);
  const count = (rows: number) => countSentTypes(db, 'busy', endpointOf(1), ACCEPTED_MS, { rows, types: 3 });
  expect((await count(14)).isComplete).toBe(true);
  expect(await count(11)).toEqual({
    types: [{ eventType: 'a.b', events: 12, lastSentAtMs: ACCEPTED_MS + 18 }],
    fromMs: ACCEPTED_MS + 2,
    isComplete: false,
  });
});

test('more types than one answer lists are cut, and it says so', async () => {
  for (const type of ['a', 'b', 'c', 'd', 'd']) await log('varied', type, ACCEPTED_MS);
  const sent = await countSentTypes(db, 'varied', endpointOf(1), 0, { rows: 100, types: 3 });
  expect([sent.types.map(({ eventType }) => eventType), sent.isComplete]).toEqual([['d', 'a', 'b'], false]);
});

test('the request: last 90 days unless said otherwise, from what was really sent', async () => {
  vi.spyOn(globalThis, 'fetch').mockImplementation(async () => new Response('ok'));
  const account = await newAccount();
  const at = `/v1/accounts/${account}`;
  const { body: endpoint } = await call('POST', `${at}/endpoints`, {
    url: 'https://crm.example/hook',
    eventTypes: ['user.*'],
  });
  const path = `${at}/endpoints/${endpoint.id}/event-types`;
  const beforeMs = Date.now();
  for (const type of ['user.updated', 'user.updated', 'user.made', 'ticket.made']) {
    await call('POST', `${at}/events`, { type, record: `user/${type}`, data: {} });
  }
  // The LOG queue alone takes a second to hand over its batch.
  const body = await soon(async () => {
    const answer = await call('GET', path);
    expect(answer.body.data).toHaveLength(2);
    expect(answer.body.data[0].events).toBe(2);
    return answer.body;
  });
  expect(body).toEqual({
    endpoint: endpoint.id,
    eventTypes: ['user.*'],
    from: expect.any(String),
    complete: true,
    data: [
      { eventType: 'user.updated', events: 2, lastSentAt: expect.stringMatching(/^\d{4}-.*Z$/) },
      { eventType: 'user.made', events: 1, lastSentAt: expect.any(String) },
    ],
  });
  const days = (Date.now() - Date.parse(body.from)) / 86_400_000;
  expect(days).toBeCloseTo(90, 2);
  expect(body.data[0].lastSentAt >= rfc3339(beforeMs)).toBe(true);
  // A test is no event of the publisher's.
  await call('POST', `${at}/endpoints/${endpoint.id}/test`);
  expect((await call('GET', `${path}?days=1`)).body.data).toEqual(body.data);

  for (const bad of ['0', '91', 'x', '1.5', '']) {
    const refused = await call('GET', `${path}?days=${bad}`);
    expect([refused.status, refused.body.errors[0].message]).toEqual([
      400,
      `days must be a whole number from 1 to 90; got "${bad}"`,
    ]);
  }
  expect((await call('GET', `${at}/endpoints/ep_nope/event-types`)).body.code).toBe('unknown-endpoint');
  expect((await call('GET', `/v1/accounts/nobody/endpoints/${endpoint.id}/event-types`)).body.code).toBe(
    'unknown-account',
  );
});
