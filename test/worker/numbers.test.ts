/**
 * Numbers at the edge of what JavaScript holds, through a Record's SQLite, the LOG queue and D1: a
 * bound number is REAL there.
 */
import { env } from 'cloudflare:workers';
import { expect, test } from 'vitest';
import { call, newAccount } from '../support/api.ts';
import { soon } from '../support/soon.ts';

const MOST = Number.MAX_SAFE_INTEGER;

test('the highest version is the same number wherever it is read, and one below it is older', async () => {
  const account = await newAccount();
  const at = `/v1/accounts/${account}`;
  const endpoint = { url: 'https://numbers.example.com/', ordering: 'latest', status: 'paused' };
  await call('POST', `${at}/endpoints`, endpoint);
  const publish = (version: number) =>
    call('POST', `${at}/events`, { type: 'a.b', record: 'r/1', version, data: { n: 1 } });
  expect((await publish(MOST)).status).toBe(202);
  const older = await publish(MOST - 1);
  expect(older.body.deliveries[0].status).toBe('superseded');

  const { body: record } = await call('GET', `${at}/records/r%2F1`);
  expect(record).toMatchObject({ sequence: 2, endpoints: [{ delivery: { version: MOST, sequence: 1 } }] });
  await soon(async () => {
    const { body } = await call('GET', `${at}/deliveries`);
    const read = body.data.map(({ version, sequence, attempts }: Record<string, unknown>) => [
      version,
      sequence,
      attempts,
    ]);
    expect(read).toEqual([
      [MOST - 1, 2, 0],
      [MOST, 1, 0],
    ]);
  });
  const exported = await call('GET', `${at}/events?format=csv`);
  expect(exported.text).toContain(String(MOST));
  expect(exported.text).not.toMatch(/\d\.0(?:,|\r)/);
});

test('no column that holds text has a number in it that SQL wrote', async () => {
  for (const database of [env.CONFIG, env.LOG_DB]) {
    const tables = await database
      .prepare(`SELECT name FROM sqlite_master WHERE type = 'table' AND sql LIKE 'CREATE TABLE %'`)
      .all();
    for (const { name } of tables.results as { name: string }[]) {
      if (name.startsWith('_') || name.startsWith('sqlite') || name.startsWith('d1_')) continue;
      const columns = await database.prepare(`SELECT name FROM pragma_table_info('${name}') WHERE type = 'TEXT'`).all();
      for (const { name: column } of columns.results as { name: string }[]) {
        const found = await database
          .prepare(`SELECT "${column}" AS value FROM "${name}" WHERE "${column}" GLOB '[0-9]*.0' LIMIT 1`)
          .all();
        expect(found.results, `${name}.${column}`).toEqual([]);
      }
    }
  }
});
