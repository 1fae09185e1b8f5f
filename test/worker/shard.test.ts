/** Records that share a Shard: what befalls one of them is no other's. */
import { evictDurableObject, runInDurableObject } from 'cloudflare:test';
import { expect, test, vi } from 'vitest';
import { call, newAccount } from '../support/api.ts';
import { answers, arrival } from '../support/receiver.ts';
import { recordOf, shardOf } from '../support/shards.ts';
import { soon } from '../support/soon.ts';

async function breakRows(account: string, record: string): Promise<void> {
  const stub = await shardOf(account, record);
  const name = await recordOf(account, record);
  await runInDurableObject(stub, (_, { storage }) => {
    storage.sql.exec(`UPDATE event SET facts = 'no JSON' WHERE record = ?`, name);
  });
  await evictDurableObject(stub);
}

test('of a batch, the record whose rows cannot be read fails alone', async () => {
  vi.spyOn(console, 'error').mockImplementation(() => undefined);
  const account = await newAccount({ shards: 1 });
  const batch = `/v1/accounts/${account}/events/batch`;
  const events = ['broken', 'fine'].map((record) => ({ type: 'plan.updated', record, data: {} }));
  const statuses = async () => {
    const { body } = await call('POST', batch, { events });
    return body.results.map(({ status }: { status: number }) => status);
  };
  expect(await statuses()).toEqual([202, 202]);
  await breakRows(account, 'broken');
  expect(await statuses()).toEqual([503, 202]);
  const { body } = await call('GET', `/v1/accounts/${account}/records/fine`);
  expect(body.sequence).toBe(2);
});

test('a sweep passes over the record whose rows cannot be read', async () => {
  vi.spyOn(console, 'error').mockImplementation(() => undefined);
  const account = await newAccount({ shards: 1 });
  const at = `/v1/accounts/${account}`;
  const url = 'https://sweep.shard.example.com/';
  await answers(url, { status: 503 });
  const { id } = (await call('POST', `${at}/endpoints`, { url })).body;
  const records = Array.from({ length: 8 }, (_, index) => `record/${index}`);
  const names = await Promise.all(records.map((record) => recordOf(account, record)));
  const [first = ''] = records.toSorted((a, b) =>
    (names[records.indexOf(a)] ?? '') < (names[records.indexOf(b)] ?? '') ? -1 : 1,
  );
  const ids: string[] = [];
  for (const record of records) {
    const { body } = await call('POST', `${at}/events`, { type: 'plan.updated', record, data: {} });
    if (record !== first) ids.push(body.deliveries[0].id);
  }
  const statuses = async () =>
    Promise.all(ids.map(async (delivery) => (await call('GET', `${at}/deliveries/${delivery}`)).body.status));
  await arrival(url, 3);
  await soon(async () => expect(await statuses()).not.toContain('sending'));
  await breakRows(account, first);
  await call('DELETE', `${at}/endpoints/${id}`);
  await runInDurableObject(await shardOf(account, first), async (shard) => {
    const swept = await shard.sweep(id, 0);
    expect(swept.isMore).toBe(false);
  });
  const stored = await runInDurableObject(
    await shardOf(account, first),
    (_, { storage }) => storage.sql.exec('SELECT count(*) AS n FROM event WHERE ended_ms IS NULL').one()['n'],
  );
  expect(stored).toBe(1);
});
