/**
 * Long work on the running local service, killed in the middle with `kill -9` and started again: a
 * broadcast to 1,000 accounts, and the sweep of an endpoint for which 10,000 deliveries wait.
 * Prints how long each took and what publishes took meanwhile; ends with 1 if anything was lost,
 * doubled or counted wrong. `npm run bench:jobs`
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { freePort, type Service, startService } from '../support/service.ts';

const ACCOUNTS = 1_000;
const RECORDS = 100;
const EVENTS_OF_RECORD = 100;
const AT_ONCE = 20;
const KEY = 'tubepost_bench_admin_key';
const DONE_WITHIN_MS = 300_000;

/** Event ids that arrived for each account's path. */
const arrived = new Map<string, string[]>();
const receiver = createServer((request, response) => {
  const path = request.url ?? '';
  arrived.set(path, [...(arrived.get(path) ?? []), String(request.headers['webhook-id'])]);
  request.resume();
  response.statusCode = path === '/down' ? 500 : 200;
  response.end();
}).listen(0, '127.0.0.1');
await once(receiver, 'listening');
const address = receiver.address();
if (address === null || typeof address === 'string') throw new Error('the receiver has no port');
const hooks = `http://127.0.0.1:${address.port}`;

const stateDir = await mkdtemp(join(tmpdir(), 'tubepost-jobs-'));
const at = { port: await freePort(), stateDir, key: KEY };
let service: Service = await startService(at);
const wrong: string[] = [];

type Job = { id: string; status: string; event: string; progress: { total: number; done: number; failed: number } };

async function send<T>(method: string, path: string, body?: unknown): Promise<T> {
  const answer = await fetch(service.url + path, {
    method,
    headers: { authorization: `Bearer ${KEY}`, 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${await answer.text()}`);
  return (await answer.json()) as T;
}

async function inParallel(count: number, work: (n: number) => Promise<unknown>): Promise<void> {
  let next = 0;
  const one = async () => {
    for (let n = next++; n < count; n = next++) await work(n);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, one));
}

function say(text: string): void {
  console.log(text);
}

function check(isRight: boolean, text: string): void {
  say(`${isRight ? 'ok   ' : 'WRONG'} ${text}`);
  if (!isRight) wrong.push(text);
}

async function until(id: string, isReached: (job: Job) => boolean): Promise<Job> {
  const fromMs = performance.now();
  for (;;) {
    const job = await send<Job>('GET', `/v1/jobs/${id}`);
    if (isReached(job)) return job;
    if (performance.now() - fromMs > DONE_WITHIN_MS) throw new Error(`too late: ${JSON.stringify(job)}`);
    await wait(50);
  }
}

async function killAndStart(why: string): Promise<void> {
  await service.kill();
  say(`      kill -9 ${why}`);
  service = await startService(at);
}

/** Latencies of publishes, one at a time, as long as the work goes on. */
async function publishing(during: Promise<unknown>): Promise<number[]> {
  const latencies: number[] = [];
  const state = { isOver: false };
  const over = during.finally(() => (state.isOver = true));
  while (!state.isOver) {
    const fromMs = performance.now();
    await send('POST', '/v1/accounts/other/events', { type: 'x.y', record: `r/${latencies.length % 50}`, data: {} });
    latencies.push(performance.now() - fromMs);
    await wait(20);
  }
  await over;
  return latencies.sort((a, b) => a - b);
}

function quantiles(sorted: number[]): string {
  const of = (share: number) => (sorted[Math.floor(sorted.length * share)] ?? NaN).toFixed(0);
  return `p50 ${of(0.5)} ms, p95 ${of(0.95)} ms of ${sorted.length} publishes meanwhile`;
}

function seconds(fromMs: number): string {
  return `${((performance.now() - fromMs) / 1_000).toFixed(1)} s`;
}

async function broadcasts(): Promise<void> {
  await inParallel(ACCOUNTS, async (n) => {
    await send('PUT', `/v1/accounts/a${n}`, {});
    await send('POST', `/v1/accounts/a${n}/endpoints`, { url: `${hooks}/a${n}` });
  });
  const accounts = Array.from({ length: ACCOUNTS }, (_, n) => `a${n}`);
  const event = { type: 'terms.changed', record: 'terms', data: { version: 7 } };

  const fromMs = performance.now();
  const whole = await send<Job>('POST', '/v1/broadcasts', { ...event, accounts });
  const answeredMs = performance.now() - fromMs;
  const done = until(whole.id, ({ status }) => status === 'finished');
  const latencies = await publishing(done);
  say(`broadcast to ${ACCOUNTS} accounts: answered in ${answeredMs.toFixed(0)} ms, finished in ${seconds(fromMs)}`);
  say(`      ${quantiles(latencies)}`);
  check((await done).progress.done === ACCOUNTS, `progress says ${JSON.stringify((await done).progress)}`);
  await allArrived(accounts, whole.event);

  const killed = await send<Job>('POST', '/v1/broadcasts', event);
  for (const share of [0.1, 0.4, 0.8]) {
    const { progress } = await until(killed.id, (job) => job.progress.done >= ACCOUNTS * share);
    await killAndStart(`at ${progress.done} of ${progress.total} accounts`);
  }
  // Everybody: also the account that publishes beside it.
  const end = await until(killed.id, ({ progress }) => progress.done >= ACCOUNTS + 1);
  check(end.progress.done === end.progress.total, `after three kills progress says ${JSON.stringify(end.progress)}`);
  await allArrived(accounts, killed.event);
}

/** At least once each, and accepted once: a second acceptance would be a second sequence. */
async function allArrived(accounts: string[], event: string): Promise<void> {
  const fromMs = performance.now();
  const missing = () => accounts.filter((account) => arrived.get(`/${account}`)?.includes(event) !== true);
  while (missing().length > 0 && performance.now() - fromMs < DONE_WITHIN_MS) await wait(200);
  check(missing().length === 0, `every account's endpoint has ${event} (${missing().length} missing)`);
  const sequences = new Map<string, number>();
  await inParallel(accounts.length, async (n) => {
    const account = accounts[n] ?? '';
    const { data } = await send<{ data: { id: string }[] }>('GET', `/v1/accounts/${account}/records/terms/events`);
    sequences.set(account, data.filter(({ id }) => id === event).length);
  });
  check(
    [...sequences.values()].every((n) => n === 1),
    'each record has it once',
  );
}

async function sweeps(): Promise<void> {
  await send('PUT', '/v1/accounts/waiting', {});
  const retry = { scheduleSeconds: [40_000] };
  const { id } = await send<{ id: string }>('POST', '/v1/accounts/waiting/endpoints', { url: `${hooks}/down`, retry });
  const events = (record: number) =>
    Array.from({ length: EVENTS_OF_RECORD }, (_, n) => ({ type: 'a.b', record: `r/${record}`, data: { n } }));
  await inParallel(RECORDS, (n) => send('POST', '/v1/accounts/waiting/events/batch', { events: events(n) }));
  const total = RECORDS * EVENTS_OF_RECORD;
  // The log learns of what has waited for ten seconds.
  await wait(25_000);

  const fromMs = performance.now();
  const { job } = await send<{ job: string }>('DELETE', `/v1/accounts/waiting/endpoints/${id}`);
  const answeredMs = performance.now() - fromMs;
  const { progress } = await until(job, ({ progress: { done } }) => done > total / 10);
  await killAndStart(`at ${progress.done} of ${progress.total} deliveries`);
  const swept = until(job, ({ progress: { done } }) => done >= total);
  const latencies = await publishing(swept);
  say(
    `sweep of ${total} deliveries in ${RECORDS} records: answered in ${answeredMs.toFixed(0)} ms, all cancelled in ${seconds(fromMs)}, with a restart`,
  );
  say(`      ${quantiles(latencies)}`);
  const end = await until(job, ({ status }) => status === 'finished');
  check(
    end.progress.done === total,
    `after the last pass (${seconds(fromMs)}) progress says ${JSON.stringify(end.progress)}`,
  );
  let listed = 0;
  let cursor = '';
  do {
    const page = await send<{
      data: { status: string; reason: string; endedAt: string | null }[];
      next: string | null;
    }>('GET', `/v1/deliveries?account=waiting&status=cancelled&limit=200${cursor}`);
    listed += page.data.filter(({ reason, endedAt }) => reason === 'endpoint-removed' && endedAt !== null).length;
    cursor = page.next === null ? '' : `&cursor=${page.next}`;
  } while (cursor !== '');
  check(listed === total, `the log lists ${listed} cancelled with the reason and the time`);
}

try {
  await send('PUT', '/v1/accounts/other', {});
  await broadcasts();
  await sweeps();
} finally {
  await service.stop();
  receiver.close();
  receiver.closeAllConnections();
  await rm(stateDir, { recursive: true, force: true });
}
process.exit(wrong.length === 0 ? 0 : 1);
