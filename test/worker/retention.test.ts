/** O4: what the cron deletes of the log and of jobs, and what it leaves. */
import { env } from 'cloudflare:workers';
import { beforeEach, expect, test, vi } from 'vitest';
import { alertId } from '../../src/core/ids.ts';
import {
  DAY_MS,
  RETENTION_ACCOUNTS_PER_RUN,
  RETENTION_ALERTS_PER_RUN,
  RETENTION_CHUNK_ROWS,
} from '../../src/core/limits.ts';
import type { LoggedDelivery } from '../../src/core/log.ts';
import { retention } from '../../src/schedule/retention.ts';
import { upsertAccount } from '../../src/store/config/accounts.ts';
import { writeFaults } from '../../src/store/config/faults.ts';
import { upsertJob } from '../../src/store/config/jobs.ts';
import { writeLog } from '../../src/store/log/log-write.ts';
import { accountsInLog, readCursor } from '../../src/store/log/retention.ts';
import { jobStub } from '../../src/lookup/stubs.ts';
import { aDelivery, aMessage, anAttempt, anEntry } from '../support/log.ts';
import { anAccount } from '../support/settings.ts';

const NOW_MS = Date.UTC(2027, 0, 1);
const log = env.LOG_DB;
const daysAgo = (days: number) => NOW_MS - days * DAY_MS;
let lines: string[];

beforeEach(async () => {
  for (const table of ['deliveries', 'attempts', 'events']) await log.prepare(`DELETE FROM ${table}`).run();
  for (const table of ['cursors', 'jobs', 'accounts', 'alerts', 'faults'])
    await env.CONFIG.prepare(`DELETE FROM ${table}`).run();
  lines = [];
  vi.spyOn(console, 'log').mockImplementation((line: string) => void lines.push(line));
});

/** A delivery accepted then, with an attempt in a row of its own an hour later. */
function history(sequence: number, days: number, given: Partial<LoggedDelivery> = {}) {
  const acceptedAtMs = daysAgo(days);
  const delivery = aDelivery({ endedAtMs: acceptedAtMs + 3_600_000, ...given });
  return anEntry({ sequence, id: `evt-${days}`, acceptedAtMs }, delivery, [
    anAttempt({ atMs: acceptedAtMs + 3_600_000 }),
  ]);
}

async function left(account: string) {
  const of = async (table: string) => {
    const found = await log.prepare(`SELECT event_id FROM ${table} WHERE account = ? ORDER BY 1`).bind(account).all();
    return found.results.map((row) => row['event_id']);
  };
  return { deliveries: await of('deliveries'), attempts: await of('attempts'), events: await of('events') };
}

const run = () => retention.run(env, NOW_MS);

test('rows older than their own account keeps them go; what is open, or ended since, stays', async () => {
  await upsertAccount(env.CONFIG, anAccount({ account: 'long', retention: { payloadDays: 7, logDays: 60 } }));
  const entries = [
    history(1, 61),
    history(2, 40),
    history(3, 29),
    history(4, 90, { status: 'held', endedAtMs: null }),
    history(5, 91, { replay: 1, endedAtMs: daysAgo(1) }),
    anEntry({ sequence: 6, id: 'unwanted-61', acceptedAtMs: daysAgo(61) }, null, []),
    anEntry({ sequence: 7, id: 'unwanted-29', acceptedAtMs: daysAgo(29) }, null, []),
  ];
  for (const account of ['long', 'orphan']) await writeLog(log, [aMessage(account, entries)]);
  await run();
  expect(await left('long')).toEqual({
    deliveries: ['evt-29', 'evt-40', 'evt-90', 'evt-91'],
    attempts: ['evt-29', 'evt-40', 'evt-90'],
    events: ['unwanted-29'],
  });
  // Of an account that is not there any more, by the default of 30 days.
  expect(await left('orphan')).toEqual({
    deliveries: ['evt-29', 'evt-90', 'evt-91'],
    attempts: ['evt-29', 'evt-90'],
    events: ['unwanted-29'],
  });
  const line = {
    message: 'retention',
    accounts: 2,
    deliveries: 3,
    attempts: 5,
    events: 2,
    hours: 0,
    jobs: 0,
    alerts: 0,
    faults: 0,
  };
  expect(lines.map((text) => JSON.parse(text))).toEqual([line]);
  await run();
  expect(lines).toHaveLength(1);
});

test('more than a chunk goes in chunks', async () => {
  const many = Array.from({ length: RETENTION_CHUNK_ROWS + 5 }, (_, i) =>
    anEntry({ sequence: i + 1, id: `evt-${i}`, acceptedAtMs: daysAgo(40) + i }, null, []),
  );
  await writeLog(log, [aMessage('big', many)]);
  const batches = vi.spyOn(log, 'batch');
  await run();
  expect((await left('big')).events).toEqual([]);
  expect(batches).toHaveBeenCalledTimes(2);
});

test('each run takes the next accounts, and begins again after the last', async () => {
  const names = Array.from({ length: RETENTION_ACCOUNTS_PER_RUN + 2 }, (_, i) => `acc-${String(i).padStart(3, '0')}`);
  await writeLog(
    log,
    names.map((name) => aMessage(name, [history(1, 40)])),
  );
  expect(await accountsInLog(log, '', 1_000)).toEqual(names);
  await run();
  const last = names.at(-3);
  expect(await readCursor(env.CONFIG, 'retention')).toBe(last);
  expect((await left(names.at(-1) ?? '')).deliveries).toHaveLength(1);
  await run();
  expect((await left(names.at(-1) ?? '')).deliveries).toEqual([]);
  expect(await readCursor(env.CONFIG, 'retention')).toBe('');
});

test('jobs that ended 90 days ago are erased, row and object; others stay', async () => {
  const facts = {
    kind: 'sweep',
    account: 'a',
    jurisdiction: null,
    incarnation: 'a'.repeat(12),
    shards: 4,
    endpoint: null,
    event: null,
    by: 'operator',
    reason: null,
  } as const;
  const progress = { total: 1, done: 1, failed: 0, skipped: 0 };
  const job = (id: string, createdDays: number, endedDays: number | null) =>
    upsertJob(env.CONFIG, 1, {
      ...facts,
      id,
      status: endedDays === null ? 'paused' : 'finished',
      progress,
      createdAtMs: daysAgo(createdDays),
      updatedAtMs: daysAgo(createdDays),
      endedAtMs: endedDays === null ? null : daysAgo(endedDays),
    });
  const old = `job_${'0'.repeat(26)}`;
  const spec = {
    kind: 'sweep',
    account: 'a',
    jurisdiction: null,
    incarnation: 'a'.repeat(12),
    shards: 4,
    endpoint: 'ep_x',
    revision: 1,
    because: 'removed',
  } as const;
  await jobStub(env, old).start({ id: old, spec, by: 'operator', reason: null });
  await env.CONFIG.prepare('DELETE FROM jobs').run();
  await job(old, 100, 91);
  await job(`job_${'1'.repeat(26)}`, 100, 89);
  await job(`job_${'2'.repeat(26)}`, 100, null);
  await run();
  const { results } = await env.CONFIG.prepare('SELECT id FROM jobs ORDER BY id').all();
  expect(results.map((row) => row['id'])).toEqual([`job_${'1'.repeat(26)}`, `job_${'2'.repeat(26)}`]);
  expect(await jobStub(env, old).read()).toBeNull();
});

test('resolved alerts go after 90 days, a bounded number a minute; open ones and those not told stay, and faults go too', async () => {
  const columns = `(id, rule, account, endpoint, value, threshold, detail, opened_at_ms, updated_at_ms,
    false_since_ms, resolved_at_ms, revision, told_revision, owner_revision)`;
  const anAlert = async (days: number, tail: string, given: { resolvedDays: number | null; isTold?: boolean }) => {
    const { resolvedDays, isTold = true } = given;
    const id = alertId(daysAgo(days), tail.padEnd(16, 'a'));
    await env.CONFIG.prepare(
      `INSERT INTO alerts ${columns} VALUES (?1, 'dead-letter', 'acc', ?2, 1, 1, '', ?3, ?3, NULL, ?4, 2, ?5, ?5)`,
    )
      .bind(id, tail, daysAgo(days), resolvedDays && daysAgo(resolvedDays), isTold ? 2 : 1)
      .run();
    return id;
  };
  await anAlert(100, 'old', { resolvedDays: 91 });
  const kept = [
    await anAlert(200, 'open', { resolvedDays: null }),
    await anAlert(150, 'late', { resolvedDays: 89 }),
    await anAlert(140, 'unsent', { resolvedDays: 91, isTold: false }),
    await anAlert(10, 'new', { resolvedDays: 9 }),
  ];
  const fault = { kind: 'poison-message' as const, account: null, detail: '' };
  await writeFaults(env.CONFIG, [{ ...fault, subject: 'old' }], daysAgo(91));
  await writeFaults(env.CONFIG, [{ ...fault, subject: 'new' }], daysAgo(89));
  await run();
  const left = async (query: string) => (await env.CONFIG.prepare(query).all()).results.map(({ id }) => id);
  expect(await left('SELECT id FROM alerts ORDER BY id')).toEqual(kept);
  expect(await left('SELECT subject AS id FROM faults')).toEqual(['new']);

  const { meta } = await env.CONFIG.prepare(
    `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i <= ?1)
     INSERT INTO alerts ${columns} SELECT printf('alr_00%08d', i), 'dead-letter', 'acc', i, 1, 1, '', 1, 1, NULL, 1, 2, 2, 2 FROM n`,
  )
    .bind(RETENTION_ALERTS_PER_RUN)
    .run();
  expect(meta.changes).toBe(RETENTION_ALERTS_PER_RUN + 1);
  await run();
  expect(await left(`SELECT id FROM alerts WHERE id < 'alr_01'`)).toHaveLength(1);
  await run();
  expect(await left('SELECT id FROM alerts ORDER BY id')).toEqual(kept);
});
