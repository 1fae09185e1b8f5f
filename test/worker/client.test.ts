/** O5: the typed client against the running Worker. */
import { exports } from 'cloudflare:workers';
import { expect, test, vi } from 'vitest';
import { createClient, ofAnswer, Refusal } from '../../src/client/client.ts';
import { KEY } from '../support/api.ts';
import { soon } from '../support/soon.ts';

const client = createClient({
  origin: 'https://tubepost.test',
  key: KEY,
  fetch: (url, init) => exports.default.fetch(url, init),
});

test('a publish and what became of it, with types from end to end', async () => {
  vi.spyOn(globalThis, 'fetch').mockImplementation(async () => new Response('ok'));
  const path = { account: 'typed' };
  await client.call('putAccount', { path, body: { name: 'Typed' } });
  const made = await client.call('createEndpoint', { path, body: { url: 'https://crm.example.com/hook' } });
  if (!made.ok) throw new Error(made.problem.detail);
  expect(made.data.secret).toMatch(/^whsec_/);

  const input = { path, body: { type: 'a.b', record: 'a/1', data: { n: 1 } }, idempotencyKey: 'evt-once' };
  const published = await client.call('publishEvent', input);
  if (!published.ok) throw new Error(published.problem.detail);
  expect([published.status, published.data.sequence, published.data.duplicate]).toEqual([202, 1, false]);
  const again = await client.call('publishEvent', input);
  expect(again.ok && again.data.duplicate).toBe(true);

  const record = await soon(async () => {
    const read = await client.call('getRecord', { path: { ...path, record: 'a/1' } });
    if (!read.ok || read.data.status !== 'delivered') throw new Error(JSON.stringify(read));
    return read.data;
  });
  expect(record.endpoints.map(({ endpoint }) => endpoint)).toEqual([made.data.id]);
  const listed = await client.call('listDeliveries', { path, query: { status: ['delivered', 'dead'], limit: 10 } });
  expect(listed.ok && listed.data.next).toBe(null);

  const one = { path, query: { limit: 1 } };
  await client.call('publishEvent', { path, body: { type: 'a.b', record: 'a/1', data: { n: 2 } } });
  await soon(async () => {
    const ids: string[] = [];
    for await (const delivery of client.list('listDeliveries', one)) ids.push(delivery.id);
    expect(new Set(ids).size).toBe(2);
  });
  const sequences: (number | null)[] = [];
  for await (const event of client.list('listRecordEvents', {
    path: { ...path, record: 'a/1' },
    query: { limit: 1 },
  })) {
    sequences.push(event.sequence);
  }
  expect(sequences).toEqual([1, 2]);
  const file = await client.stream('listDeliveries', 'csv', { path });
  expect((await new Response(file).text()).split('\r\n')[0]).toMatch(/^id,/);
});

test('a refusal is a value that names its code', async () => {
  const answer = await client.call('getAccount', { path: { account: 'nobody' } });
  expect(answer.ok ? null : [answer.status, answer.problem.code]).toEqual([404, 'unknown-account']);
});

test('a list and a file that are refused throw the problem', async () => {
  const path = { account: 'nobody' };
  const list = async () => {
    for await (const _ of client.list('listDeliveries', { path })) throw new Error('it has a row');
  };
  await expect(list()).rejects.toThrow(Refusal);
  await expect(client.stream('listDeliveries', 'ndjson', { path })).rejects.toThrow('404 unknown-account');
  await expect(client.call('getAccount', { path }).then(ofAnswer)).rejects.toThrow('404 unknown-account');
});

test('what the document does not have, does not typecheck', () => {
  // @ts-expect-error -- an operation that is not there
  const unknown = () => client.call('getNothing', {});
  // @ts-expect-error -- a path without its account
  const pathless = () => client.call('getAccount', {});
  // @ts-expect-error -- a status that is none
  const query = () => client.call('listDeliveries', { path: { account: 'a' }, query: { status: 'lost' } });
  // @ts-expect-error -- a body without the type of its event
  const body = () => client.call('publishEvent', { path: { account: 'a' }, body: { data: 1 } });
  const code = async () => {
    const answer = await client.call('getAccount', { path: { account: 'a' } });
    // @ts-expect-error -- a code that this operation does not answer
    return answer.ok || answer.problem.code === 'record-full';
  };
  // @ts-expect-error -- a list that is no list
  const list = () => client.list('getAccount', { path: { account: 'a' } });
  // @ts-expect-error -- a list that is no file
  const file = () => client.stream('listAccounts', 'csv', {});
  expect([unknown, pathless, query, body, code, list, file]).toHaveLength(7);
});
