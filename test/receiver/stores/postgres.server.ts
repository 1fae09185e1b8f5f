/** K2 and K3 on a real PostgreSQL. */
import postgres from 'postgres';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { sqlStore, type SqlStore } from '../../../src/receiver/sql.ts';
import { type Server, startPostgres } from '../services/servers.ts';
import { cases, type Subject } from './conformance.ts';

const server = await startPostgres();
if ('missing' in server) console.log(`skipped: ${server.missing}`);

describe.skipIf('missing' in server)('the store on PostgreSQL', () => {
  const sql = postgres({
    host: '127.0.0.1',
    port: (server as Server).port,
    user: 'postgres',
    max: 12,
    onnotice: () => undefined,
  });
  const store: SqlStore<postgres.TransactionSql> = sqlStore({
    transaction: (work) => sql.begin(work),
    query: (tx, text, values) => (tx ?? sql).unsafe(text, values),
  });
  let nowMs = 1_000_000_000_000;

  beforeAll(async () => {
    await store.migrate();
    await sql`CREATE TABLE work (at bigserial, line text NOT NULL)`;
  });
  beforeEach(() => sql`TRUNCATE tubepost_seen, tubepost_record, work`);
  afterAll(() => sql.end());

  const subject: Subject<postgres.TransactionSql> = {
    store,
    work: async (tx, line) => void (await tx`INSERT INTO work (line) VALUES (${line})`),
    lines: async () => (await sql<{ line: string }[]>`SELECT line FROM work ORDER BY at`).map(({ line }) => line),
    elapse: async (ms) => void (nowMs += ms),
    nowMs: () => nowMs,
  };

  it.each(cases.filter(({ needs }) => !needs.includes('lease')))('$name', ({ run }) => run(subject));

  it('migrates twice, and prunes what may be forgotten', async () => {
    await store.migrate();
    const claim = (id: string, rememberMs: number) => ({
      ids: [id] as const,
      nowMs: 0,
      rememberMs,
      guard: null,
      position: null,
    });
    await store.once(claim('short', 1_000), async () => undefined);
    await store.once(claim('long', 2_000), async () => undefined);
    expect([await store.prune(999), await store.prune(1_000), await store.prune(1_000)]).toEqual([0, 1, 0]);
    expect([await store.knows('short', 0), await store.knows('long', 0)]).toEqual([false, true]);
  });

  it('two copies at once: the second waits for the first, and is a duplicate', async () => {
    const claim = { ids: ['a'] as const, nowMs, rememberMs: 1_000, guard: null, position: null };
    const begun = Promise.withResolvers<void>();
    const end = Promise.withResolvers<void>();
    const first = store.once(claim, async () => {
      begun.resolve();
      await end.promise;
    });
    await begun.promise;
    const second = store.once(claim, async () => Promise.reject(new Error('ran twice')));
    end.resolve();
    expect([(await first).kind, (await second).kind]).toEqual(['done', 'duplicate']);
  });
});

afterAll(async () => {
  if (!('missing' in server)) await server.stop();
});
