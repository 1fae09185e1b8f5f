/**
 * L5: the trace of a publish reaches receivers, a span for each attempt, and the span that is
 * exported names the same.
 */
import { expect, test } from 'vitest';
import { parseTraceparent, spanIdOf } from '../../src/core/trace.ts';
import { call, newAccount } from '../support/api.ts';
import { answers, arrival } from '../support/receiver.ts';
import { soon } from '../support/soon.ts';

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
const PUBLISH = `00-${TRACE}-00f067aa0ba902b7-01`;

let urls = 0;
async function endpointOf(account: string, given: object = {}) {
  urls += 1;
  const url = `https://traced-${urls}.test/hook`;
  const made = await call('POST', `/v1/accounts/${account}/endpoints`, { url, ...given });
  expect(made.status).toBe(201);
  return { url, id: String(made.body.id), shown: made.body };
}

const publish = (account: string, id: string, headers: Record<string, string>) =>
  call(
    'POST',
    `/v1/accounts/${account}/events`,
    { id, type: 'deal.won', record: `deal/${id}`, data: { n: 1 } },
    headers,
  );

const eventOf = (account: string, id: string) =>
  call('GET', `/v1/accounts/${account}/events/${id}?record=${encodeURIComponent(`deal/${id}`)}`);

test('an endpoint that asks for it gets the trace of the publish with the span of the attempt; others get none', async () => {
  const account = await newAccount();
  const traced = await endpointOf(account, { traceContext: true });
  const plain = await endpointOf(account);
  expect([traced.shown.traceContext, plain.shown.traceContext]).toEqual([true, false]);
  await publish(account, 'evt_traced', { traceparent: PUBLISH });

  const [got] = await arrival(traced.url, 1);
  const header = parseTraceparent(got?.headers['traceparent']);
  expect(header).toMatchObject({ traceId: TRACE, flags: '01' });
  const [other] = await arrival(plain.url, 1);
  expect(other?.headers['traceparent']).toBeUndefined();

  const event = await eventOf(account, 'evt_traced');
  expect(event.body.traceparent).toBe(PUBLISH);
  const delivery = event.body.deliveries.find((one: { endpoint: string }) => one.endpoint === traced.id);
  const detail = await soon(async () => {
    const { body } = await call('GET', `/v1/accounts/${account}/deliveries/${delivery.id}`);
    if (body.attemptLog.length === 0) throw new Error('no attempt yet');
    return body;
  });
  const [attempt] = detail.attemptLog;
  expect(header?.spanId).toBe(spanIdOf(attempt.id));
  expect(attempt.request.headers.traceparent).toBe(got?.headers['traceparent']);
});

test('a replay is in the same trace, by a span of its own', async () => {
  const account = await newAccount();
  const { url } = await endpointOf(account, { traceContext: true });
  await answers(url, { status: 400 });
  const published = await publish(account, 'evt_again', { traceparent: PUBLISH });
  const [{ id }] = published.body.deliveries;
  await soon(async () => {
    const { body } = await call('GET', `/v1/accounts/${account}/deliveries/${id}`);
    if (body.status !== 'dead') throw new Error(`it is ${body.status}`);
  });
  expect((await call('POST', `/v1/accounts/${account}/deliveries/${id}/replay`, {})).status).toBe(201);
  const headers = (await arrival(url, 2)).map((one) => parseTraceparent(one.headers['traceparent']));
  expect(headers.map((one) => one?.traceId)).toEqual([TRACE, TRACE]);
  expect(headers[0]?.spanId).not.toBe(headers[1]?.spanId);
});

test('what is no traceparent is ignored, and a repeated publish keeps the first', async () => {
  const account = await newAccount();
  await endpointOf(account, { traceContext: true });
  expect((await publish(account, 'evt_odd', { traceparent: 'not one' })).status).toBe(202);
  expect((await eventOf(account, 'evt_odd')).body.traceparent).toBeNull();

  expect((await publish(account, 'evt_twice', { traceparent: PUBLISH })).body.duplicate).toBe(false);
  const again = await publish(account, 'evt_twice', { traceparent: PUBLISH.replace(TRACE, 'a'.repeat(32)) });
  expect([again.status, again.body.duplicate]).toEqual([202, true]);
  expect((await eventOf(account, 'evt_twice')).body.traceparent).toBe(PUBLISH);
});

test('a batch gives its trace to each of its events', async () => {
  const account = await newAccount();
  const events = ['a', 'b'].map((id) => ({ id, type: 'deal.won', record: `deal/${id}`, data: {} }));
  await call('POST', `/v1/accounts/${account}/events/batch`, { events }, { traceparent: PUBLISH });
  for (const { id } of events) {
    expect((await eventOf(account, id)).body.traceparent).toBe(PUBLISH);
  }
});
