import { env } from 'cloudflare:workers';
import { beforeAll, describe, expect, test } from 'vitest';
import type { Fault } from '../../src/core/fault.ts';
import { LOG_RETRY_SECONDS_MAX, LOG_RETRY_SECONDS_MIN } from '../../src/core/limits.ts';
import { consumeDead } from '../../src/queues/dead.ts';
import { consumeLog } from '../../src/queues/log.ts';
import type { LogDeps } from '../../src/queues/log.ts';
import { listDeliveries } from '../../src/store/log/deliveries.ts';
import { writeLog } from '../../src/store/log/log-write.ts';
import { aDelivery, aMessage, anAttempt, anEntry, endpointOf, hashOf, queued } from '../support/log.ts';

const db = env.LOG_DB;

let accounts = 0;
const newAccount = () => `acc${++accounts}`;

beforeAll(async () => {
  // A row that D1 refuses although the message is well formed.
  await db
    .prepare(
      `CREATE TRIGGER poison BEFORE INSERT ON deliveries WHEN new.reason = 'poison' BEGIN SELECT RAISE(ABORT, 'poison'); END`,
    )
    .run();
});

/** A batch whose messages note what was decided about them. */
function aBatch(bodies: unknown[], attempts = 1) {
  const decided: string[] = [];
  const messages = bodies.map((body, i) => ({
    id: `m${i}`,
    timestamp: new Date(0),
    body,
    attempts,
    ack: () => void (decided[i] ??= 'ack'),
    retry: (options?: QueueRetryOptions) => void (decided[i] ??= `retry ${options?.delaySeconds}`),
  }));
  return { queue: 'tubepost-log-dead', messages, decided };
}

function fakeDeps(given: Partial<LogDeps> = {}) {
  const calls: string[] = [];
  const lines: Record<string, unknown>[] = [];
  const deps: LogDeps = {
    write: (messages) => {
      calls.push(`write ${messages.length}`);
      return writeLog(db, messages);
    },
    isUp: () => Promise.resolve(true),
    confirm: (shard, confirmed) => {
      for (const { record, confirmations } of confirmed) {
        const list = confirmations.map((c) => `${c.sequence}@${c.revision}`).join(' ');
        calls.push(`confirm ${shard.split(':')[1]} ${record} ${list}`);
      }
      return Promise.resolve();
    },
    recordFaults: (faults) => {
      calls.push(`tell ${faults.map(({ kind, subject, detail }) => `${kind} ${subject} ${detail}`).join(', ')}`);
      return Promise.resolve();
    },
    exportSpans: () => undefined,
    report: (line) => void lines.push(line),
    ...given,
  };
  return { deps, calls, lines };
}

async function listed(account: string) {
  const result = await listDeliveries(db, { account }, { limit: 50, cursor: null });
  return result.ok ? result.value.data.map(({ event }) => event).sort() : result;
}

const one = (account: string, sequence: number, hash = 1, reason: string | null = null) =>
  queued(
    aMessage(account, [anEntry({ sequence }, aDelivery({ revision: sequence, reason }), [anAttempt()])], {
      hash: hashOf(hash),
    }),
  );

test('one transaction, then one confirmation for each record, then ack', async () => {
  const account = newAccount();
  const batch = aBatch([one(account, 1), one(account, 2, 2), one(account, 3)]);
  const { deps, calls, lines } = fakeDeps();
  await consumeLog(batch, deps);
  expect(calls).toEqual([
    'write 3',
    `confirm ${account} k${hashOf(1)} 1@1 3@3`,
    `confirm ${account} k${hashOf(2)} 2@2`,
  ]);
  expect(batch.decided).toEqual(['ack', 'ack', 'ack']);
  expect(await listed(account)).toEqual(['evt-1', 'evt-2', 'evt-3']);
  expect(lines).toEqual([]);
});

test('a message that D1 refuses comes back alone, later each time; the others are written, confirmed and acked', async () => {
  const account = newAccount();
  const bodies = [one(account, 1), one(account, 2, 1, 'poison'), one(account, 3)];
  const batch = aBatch(bodies);
  const { deps, calls, lines } = fakeDeps();
  await consumeLog(batch, deps);
  expect(batch.decided).toEqual(['ack', `retry ${LOG_RETRY_SECONDS_MIN}`, 'ack']);
  expect(calls).toEqual(['write 3', 'write 1', 'write 1', 'write 1', `confirm ${account} k${hashOf(1)} 1@1 3@3`]);
  expect(await listed(account)).toEqual(['evt-1', 'evt-3']);
  expect(lines.map(({ message, queueMessage }) => [message, queueMessage])).toEqual([
    ['log batch failed', undefined],
    ['log write failed', 'm1'],
  ]);

  const late = aBatch([bodies[1]], 10);
  await consumeLog(late, fakeDeps().deps);
  expect(late.decided).toEqual([`retry ${LOG_RETRY_SECONDS_MAX}`]);
});

test('a body that does not parse goes the way to the dead-letter queue, unlogged, and holds up no other', async () => {
  const account = newAccount();
  const newer = { ...one(account, 9), v: 3 };
  const secret = { ...one(account, 8), shard: 'no/shard', records: 'whsec_secret' };
  const batch = aBatch([null, one(account, 1), newer, secret, 'text']);
  const { deps, lines } = fakeDeps();
  await consumeLog(batch, deps);
  const retry = `retry ${LOG_RETRY_SECONDS_MIN}`;
  expect(batch.decided).toEqual([retry, 'ack', retry, retry, retry]);
  expect(await listed(account)).toEqual(['evt-1']);
  expect(lines.map(({ message, queueMessage, field }) => [message, queueMessage, field])).toEqual([
    ['log unreadable', 'm0', ''],
    ['log unreadable', 'm2', 'v'],
    ['log unreadable', 'm3', 'shard'],
    ['log unreadable', 'm4', ''],
  ]);
  expect(JSON.stringify(lines)).not.toMatch(/whsec|no\/shard/);
});

test('a field that a newer release added is ignored, not refused', async () => {
  const account = newAccount();
  const batch = aBatch([{ ...one(account, 1), later: true }]);
  await consumeLog(batch, fakeDeps().deps);
  expect(batch.decided).toEqual(['ack']);
});

test('a database that is down is asked once, and everything comes back', async () => {
  const account = newAccount();
  const down = () => Promise.reject(new Error('D1 is overloaded'));
  const batch = aBatch([one(account, 1), one(account, 2)]);
  const { deps, calls } = fakeDeps({ write: down, isUp: () => Promise.resolve(false) });
  await consumeLog(batch, deps);
  expect(batch.decided).toEqual([`retry ${LOG_RETRY_SECONDS_MIN}`, `retry ${LOG_RETRY_SECONDS_MIN}`]);
  expect(calls).toEqual([]);
});

test('a Shard that does not take its confirmations costs a line, not the batch nor the other Shards', async () => {
  const account = newAccount();
  const confirmed: string[] = [];
  const other = newAccount();
  const batch = aBatch([one(account, 1, 1), one(other, 1, 2)]);
  const { deps, lines } = fakeDeps({
    confirm: (shard) => {
      if (shard.includes(`:${account}:`)) return Promise.reject(new Error('overloaded'));
      confirmed.push(shard);
      return Promise.resolve();
    },
  });
  await consumeLog(batch, deps);
  expect(batch.decided).toEqual(['ack', 'ack']);
  expect(confirmed).toEqual([expect.stringContaining(`:${other}:`)]);
  expect(lines).toMatchObject([{ message: 'log confirm failed', shard: expect.stringContaining(`:${account}:`) }]);
});

describe('a dead letter of a queue', () => {
  const attempt = anAttempt({ responseBody: 'whsec_secret' });
  const dead = () => aBatch([aMessage('acc', [anEntry({}, aDelivery({ endpoint: endpointOf(1) }), [attempt])]), null]);

  test('is a line and a fault, both without its body, and acked', async () => {
    const batch = dead();
    const { deps, lines } = fakeDeps();
    const faults: Fault[] = [];
    await consumeDead(batch, { report: deps.report, write: async (seen) => void faults.push(...seen) });
    expect(batch.decided).toEqual(['ack', 'ack']);
    expect(lines).toEqual(
      ['m0', 'm1'].map((queueMessage) => ({
        message: 'queue dead',
        queue: 'tubepost-log-dead',
        queueMessage,
        sentAt: '1970-01-01T00:00:00.000Z',
      })),
    );
    expect(faults).toEqual(
      ['m0', 'm1'].map((subject) => ({
        kind: 'poison-message',
        account: null,
        subject,
        detail: `${subject} of tubepost-log-dead`,
      })),
    );
  });

  test('stays in its queue while the database is down: nobody would hear of it', async () => {
    const batch = dead();
    const { deps, lines } = fakeDeps();
    await consumeDead(batch, { report: deps.report, write: () => Promise.reject(new Error('D1 is down')) });
    expect(batch.decided).toEqual(['retry 5', 'retry 5']);
    expect(lines.at(-1)).toMatchObject({ message: 'queue dead not stored', error: 'Error: D1 is down' });
  });
});
