/**
 * The support story (R2, R3, V6): an endpoint refused for a while; one query finds, one dry run
 * counts, one replay sends.
 */
import { beforeEach, afterEach, expect, test, vi } from 'vitest';
import { call, newAccount } from '../support/api.ts';
import { until, untilFinished } from '../support/jobs.ts';
import { answers, requests } from '../support/receiver.ts';
import { soon } from '../support/soon.ts';

let account: string;
let host: string;
let endpoint: string;
beforeEach(async () => {
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() });
  account = await newAccount();
  host = `https://${account.replace('_', '-')}.story.example.com`;
  await answers(`${host}/crm`, { status: 401 });
  const created = await call('POST', `${at()}/endpoints`, { url: `${host}/crm`, retry: { scheduleSeconds: [] } });
  if (created.status !== 201) throw new Error(created.text);
  endpoint = created.body.id;
});
afterEach(() => {
  vi.useRealTimers();
});

const at = () => `/v1/accounts/${account}`;
/**
 * Requests that the rung objects began take real time to be answered; the test's clock must not run
 * ahead of them.
 */
const answered = () => new Promise((resolve) => setTimeout(resolve, 5));
const replays = (body: object) => call('POST', `${at()}/replays`, { endpoint, ...body });

async function die(records: number, each: number, version?: (n: number) => number): Promise<void> {
  for (let n = 0; n < each; n += 1) {
    for (let record = 0; record < records; record += 1) {
      const event = { type: 'a.b', record: `r/${record}`, data: { n }, ...(version && { version: version(n) }) };
      expect((await call('POST', `${at()}/events`, event)).status).toBe(202);
    }
  }
  await soon(async () => expect((await replays({ dryRun: true, to: FAR() })).body.count).toBe(records * each));
}
const FAR = () => new Date(Date.now() + 60_000).toISOString();

test('30 dead letters are found, counted, sent again in order, and never twice', async () => {
  await die(3, 10);
  const found = await call('GET', `${at()}/deliveries?status=dead&statusCode=401&endpoint=${endpoint}`);
  expect(found.body.data).toHaveLength(30);
  const dry = await replays({ dryRun: true, statusCodes: ['4xx'], to: FAR() });
  expect(dry.body).toMatchObject({ count: 30, records: 3, byStatus: { dead: 30 }, byEventType: { 'a.b': 30 } });
  const few = await replays({ limit: 29, to: FAR() });
  expect(few.status).toBe(400);
  expect(few.body.errors).toMatchObject([{ field: 'limit', message: expect.stringContaining('30 deliveries') }]);

  await answers(`${host}/crm`, { status: 200 });
  const before = (await requests(`${host}/crm`)).length;
  const started = await replays({ reason: 'key was wrong', to: FAR() });
  expect(started.status, started.text).toBe(202);
  const { id } = started.body;
  expect((await call('POST', `${at()}/replays/${id}/pause`)).body.status).toBe('paused');
  expect((await call('POST', `${at()}/replays/${id}/resume`)).body.status).toBe('running');
  expect((await call('GET', `/v1/accounts/other/replays/${id}`)).status).toBe(404);
  const done = await untilFinished(id, answered);
  expect(done.progress).toMatchObject({ total: 30, done: 30, failed: 0, skipped: 0 });
  const shown = await call('GET', `${at()}/replays/${id}`);
  expect(shown.body.progress).toMatchObject({ total: 30, delivered: 30, waiting: 0 });
  const sent = (await requests(`${host}/crm`)).slice(before).map(({ body }) => JSON.parse(body));
  expect(sent).toHaveLength(30);
  for (let record = 0; record < 3; record += 1) {
    const own = sent.filter((one) => one.record === `r/${record}`);
    expect(own.map(({ sequence }) => sequence)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
  }
  // What it sent is listed, each with its status; and each dead letter says that it is resolved.
  const sentList = () => call('GET', `${at()}/replays/${id}/deliveries?limit=20`);
  await soon(async () => {
    expect((await sentList()).body.data.map(({ status }: { status: string }) => status)).toEqual(
      Array.from({ length: 20 }, () => 'delivered'),
    );
    const rest = await call('GET', `${at()}/replays/${id}/deliveries?cursor=${(await sentList()).body.next}`);
    expect(rest.body).toMatchObject({ next: null, data: { length: 10 } });
    const dead = await call('GET', `${at()}/dead-letters?limit=50`);
    expect(dead.body.data).toHaveLength(30);
    expect(dead.body.data.filter((one: { replayResolved: boolean }) => !one.replayResolved)).toEqual([]);
  });
  expect((await call('GET', `${at()}/replays/${id}/deliveries?status=dead`)).body.data).toEqual([]);
  const [first] = (await sentList()).body.data;
  const detail = await call('GET', `${at()}/deliveries/${first.id}`);
  expect(detail.body.replay).toMatchObject({ job: id, reason: 'key was wrong' });
  const resolved = await call('GET', `${at()}/deliveries/${first.replayOf}`);
  expect(resolved.body).toMatchObject({ status: 'dead', replayedBy: first.id, replayResolved: true });
  expect(resolved.body.note).toContain('sent again by a replay, which arrived');
  // A second one finds nothing that is not brought already, whatever the log knows of it by now.
  const again = await replays({ to: FAR() });
  await untilFinished(again.body.id, answered);
  expect((await requests(`${host}/crm`)).length).toBe(before + 30);
});

test('versions that newer ones have overtaken are skipped with the reason; a cancelled replay sends no more', async () => {
  await die(1, 4, (n) => n + 1);
  await answers(`${host}/crm`, { status: 200 });
  const cancelled = await replays({ to: FAR() });
  await call('POST', `${at()}/replays/${cancelled.body.id}/cancel`, { reason: 'wrong one' });
  await until(cancelled.body.id, ({ status }) => status === 'cancelled');
  const { id } = (await replays({ to: FAR() })).body;
  await untilFinished(id, answered);
  const { body } = await call('GET', `${at()}/replays/${id}`);
  expect(body.progress).toMatchObject({ delivered: 1, failed: 0, skipped: 3 });
  expect(body.skippedBy).toEqual({ 'older-version': 3 });
  const { body: dead } = await call('GET', `${at()}/deliveries?status=dead&limit=10`);
  const oldest = dead.data.at(-1).id;
  expect(body.skips).toContainEqual({ item: oldest, reason: 'older-version' });
});

test('what newer events of its record have overtaken is sent, and marked as out of order in every read', async () => {
  await die(1, 1);
  await answers(`${host}/crm`, { status: 200 });
  await call('POST', `${at()}/events`, { type: 'a.b', record: 'r/0', data: 'newer' });
  await soon(async () => {
    const { body } = await call('GET', `${at()}/record?key=r%2F0`);
    expect(body.endpoints[0].delivery.status).toBe('delivered');
  });
  const { id } = (await replays({ to: FAR() })).body;
  expect((await untilFinished(id, answered)).progress).toMatchObject({ done: 1 });
  const listed = await soon(async () => {
    const { body } = await call('GET', `${at()}/replays/${id}/deliveries`);
    expect(body.data).toMatchObject([{ status: 'delivered', outOfOrder: true, sequence: 1 }]);
    return body.data[0];
  });
  expect((await call('GET', `${at()}/deliveries/${listed.id}`)).body).toMatchObject({ outOfOrder: true });
  expect((await call('GET', `${at()}/deliveries/${listed.replayOf}`)).body).toMatchObject({ outOfOrder: false });
});

test('dead letters of a range are discarded by a job', async () => {
  await die(2, 2);
  const job = await call('POST', `${at()}/dead-letters/discard`, { endpoint, to: FAR(), reason: 'old' });
  expect(job.status, job.text).toBe(202);
  expect((await untilFinished(job.body.id)).progress).toEqual({ total: 4, done: 4, failed: 0, skipped: 0 });
});

test('what is no id of an endpoint is not stored with a job, however long it is', async () => {
  const given = 'x'.repeat(100_000);
  const answer = await call('POST', `${at()}/dead-letters/discard`, { endpoint: given });
  expect([answer.status, answer.body.code]).toEqual([400, 'invalid-request']);
  expect(answer.text.length).toBeLessThan(1_000);
});

test('a range of more than 14 days is refused, and says the rule', async () => {
  const answer = await replays({ from: '2020-01-01T00:00:00Z' });
  expect(answer.status).toBe(400);
  expect(answer.body.errors[0]).toEqual({ field: 'from', message: 'from must be at most 14 days before to' });
});
