/** O5: the typed client against the running Worker. */
import { exports } from 'cloudflare:workers';
import { expect, test, vi } from 'vitest';
import { createClient } from '../../src/client/client.ts';
import { KEY } from '../support/api.ts';

const call = createClient({
  origin: 'https://tubepost.test',
  key: KEY,
  fetch: (url, init) => exports.default.fetch(url, init),
});

test('a publish and what became of it, with types from end to end', async () => {
  vi.spyOn(globalThis, 'fetch').mockImplementation(async () => new Response('ok'));
  const path = { account: 'typed' };
  await call('putAccount', { path, body: { name: 'Typed' } });
  const made = await call('createEndpoint', { path, body: { url: 'https://crm.example.com/hook' } });
  if (!made.ok) throw new Error(made.problem.detail);
  expect(made.data.secret).toMatch(/^whsec_/);

  const input = { path, body: { type: 'a.b', record: 'a/1', data: { n: 1 } }, idempotencyKey: 'evt-once' };
  const published = await call('publishEvent', input);
  if (!published.ok) throw new Error(published.problem.detail);
  expect([published.status, published.data.sequence, published.data.duplicate]).toEqual([202, 1, false]);
  const again = await call('publishEvent', input);
  expect(again.ok && again.data.duplicate).toBe(true);

  const record = await vi.waitFor(async () => {
    const read = await call('getRecord', { path: { ...path, record: 'a/1' } });
    if (!read.ok || read.data.status !== 'delivered') throw new Error(JSON.stringify(read));
    return read.data;
  });
  expect(record.endpoints.map(({ endpoint }) => endpoint)).toEqual([made.data.id]);
  const listed = await call('listDeliveries', { path, query: { status: ['delivered', 'dead'], limit: 10 } });
  expect(listed.ok && listed.data.next).toBe(null);
});

test('a refusal is a value that names its code', async () => {
  const answer = await call('getAccount', { path: { account: 'nobody' } });
  expect(answer.ok ? null : [answer.status, answer.problem.code]).toEqual([404, 'unknown-account']);
});

test('what the document does not have, does not typecheck', () => {
  // @ts-expect-error -- an operation that is not there
  const unknown = () => call('getNothing', {});
  // @ts-expect-error -- a path without its account
  const pathless = () => call('getAccount', {});
  // @ts-expect-error -- a status that is none
  const query = () => call('listDeliveries', { path: { account: 'a' }, query: { status: 'lost' } });
  // @ts-expect-error -- a body without the type of its event
  const body = () => call('publishEvent', { path: { account: 'a' }, body: { data: 1 } });
  expect([unknown, pathless, query, body]).toHaveLength(4);
});
