/**
 * C3: two events of a record, out of order, with equal versions, with none. Every cell of the
 * tables in docs/contract.md runs here, through the API, against receivers that the test controls;
 * the cells of one situation run side by side.
 */
import { env } from 'cloudflare:workers';
import { runDurableObjectAlarm } from 'cloudflare:test';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import contract from '../../docs/contract.md?raw';
import { gateName } from '../../src/core/ids.ts';
import { call, newAccount } from '../support/api.ts';
import type { Mood } from '../support/outbound.ts';
import { answers, release, requests } from '../support/receiver.ts';
import { type Case, casesOf, type Outcome, type Situation, SITUATIONS } from '../support/versions-table.ts';
import { shardOf } from '../support/shards.ts';

const OK: Mood = { status: 200 };
const FAILED: Mood = { status: 500 };
const RETRY_SECONDS = 10;

const CASES = casesOf(contract);

/** One case with its own endpoint, record and receiver. The events are published as A and B. */
type Lane = { case: Case; account: string; endpoint: string; record: string; url: string; a: string; b: string };
type Seen = {
  answered: string;
  beforeRelease: string[];
  sent: string[];
  a: { id: string; status: string; supersededBy: string | null };
  b: Seen['a'];
};

test('the page has all of it: six pairs, of one type and of two, in each ordering and situation', () => {
  expect(CASES).toHaveLength(6 * 2 * 3 * SITUATIONS.length);
});

async function lane(one: Case, account: string, number: number): Promise<Lane> {
  const url = `https://${account.replace('_', '-')}.versions.example.com/c${number}/`;
  const created = await call('POST', `/v1/accounts/${account}/endpoints`, {
    url,
    eventTypes: [`c${number}.*`],
    ordering: one.ordering,
    retry: { scheduleSeconds: [RETRY_SECONDS] },
  });
  expect(created.status, created.text).toBe(201);
  const types = { a: `c${number}.changed`, b: one.types === 'one type' ? `c${number}.changed` : `c${number}.renamed` };
  return { case: one, account, endpoint: created.body.id, record: `r/${number}`, url, ...types };
}

async function publish({ account, record }: Lane, id: string, type: string, version: number | null) {
  const { status, body, text } = await call('POST', `/v1/accounts/${account}/events`, {
    id,
    type,
    record,
    version,
    data: {},
  });
  expect(status, text).toBe(202);
  return { id: String(body.deliveries[0].id), status: String(body.deliveries[0].status) };
}

async function delivery({ account }: Lane, id: string): Promise<Seen['a']> {
  const { body } = await call('GET', `/v1/accounts/${account}/deliveries/${id}`);
  return { id, status: body.status, supersededBy: body.supersededBy };
}

const POLL_MS = 50;
const POLLS_MAX = 400;

/**
 * Not vi.waitFor: with a clock of the test's own that moves it a step at each look, and here dozens
 * look at once.
 */
async function soon<T>(check: () => Promise<T>): Promise<T> {
  for (let polls = 1; ; polls += 1) {
    try {
      return await check();
    } catch (error) {
      if (polls === POLLS_MAX) throw error;
      await scheduler.wait(POLL_MS);
    }
  }
}

function becomes(one: Lane, id: string, status: string) {
  return soon(async () => expect((await delivery(one, id)).status).toBe(status));
}

async function sent({ url }: Lane): Promise<string[]> {
  return (await requests(url)).map(({ headers }) => headers['webhook-id'] ?? '');
}

async function setEndpoint({ account, endpoint }: Lane, status: string): Promise<void> {
  await call('PATCH', `/v1/accounts/${account}/endpoints/${endpoint}`, { status });
}

/** Publishes A and brings it into the situation. Returns its delivery. */
async function begin(one: Lane, situation: Situation): Promise<string> {
  const moods: Record<Situation, Mood> = {
    waits: OK,
    retries: FAILED,
    'under-way': 'hang',
    'under-way-fails': 'hang',
    delivered: OK,
    dead: { status: 404 },
  };
  await answers(one.url, moods[situation]);
  if (situation === 'waits') await setEndpoint(one, 'paused');
  const { id } = await publish(one, 'A', one.a, one.case.first);
  if (situation === 'waits') await becomes(one, id, 'held');
  else if (situation === 'retries') await becomes(one, id, 'retrying');
  else if (moods[situation] === 'hang') await soon(async () => expect(await sent(one)).toEqual(['A']));
  else await becomes(one, id, situation);
  await answers(one.url, OK);
  return id;
}

/** What B does while A is as it was, so that nothing is taken for waiting that was only slow. */
async function settled(one: Lane, b: string): Promise<void> {
  const { promised, situation } = one.case;
  if (promised === 'both, at once' && situation !== 'waits') await becomes(one, b, 'delivered');
}

/** Lets A go on. */
async function finish(one: Lane, situation: Situation): Promise<void> {
  if (situation === 'waits') await setEndpoint(one, 'enabled');
  if (situation === 'under-way') await release(one.url, OK);
  if (situation === 'under-way-fails') await release(one.url, FAILED);
}

/**
 * Rings what rings by itself where clocks move; a Gate wakes at its pace, so each ring is a little
 * later.
 */
async function ring({ account, endpoint, record }: Lane): Promise<void> {
  vi.setSystemTime(Date.now() + 50);
  await runDurableObjectAlarm(env.GATE.getByName(gateName({ account }, endpoint)));
  await runDurableObjectAlarm(await shardOf(account, record));
}

async function ended(one: Lane, ids: { a: string; b: string }): Promise<Pick<Seen, 'a' | 'b'>> {
  return soon(async () => {
    const [a, b] = [await delivery(one, ids.a), await delivery(one, ids.b)];
    const isOver = [a, b].every(({ status }) => ['delivered', 'dead', 'superseded'].includes(status));
    if (!isOver) await ring(one);
    expect(isOver).toBe(true);
    return { a, b };
  });
}

async function run(cases: Case[], situation: Situation): Promise<Map<Case, Seen>> {
  const account = await newAccount();
  const lanes = await Promise.all(cases.map((one, number) => lane(one, account, number)));
  const first = await Promise.all(lanes.map((one) => begin(one, situation)));
  const second = await Promise.all(lanes.map((one) => publish(one, 'B', one.b, one.case.second)));
  await Promise.all(lanes.map((one, n) => settled(one, second[n]?.id ?? '')));
  const beforeRelease = await Promise.all(lanes.map(sent));
  await Promise.all(lanes.map((one) => finish(one, situation)));
  if (situation === 'under-way-fails') {
    await Promise.all(
      lanes.map((one, n) =>
        soon(async () => expect((await delivery(one, first[n] ?? '')).status).not.toBe('delivering')),
      ),
    );
  }
  vi.setSystemTime(Date.now() + RETRY_SECONDS * 1_000);
  const ends = await Promise.all(lanes.map((one, n) => ended(one, { a: first[n] ?? '', b: second[n]?.id ?? '' })));
  const all = await Promise.all(lanes.map(sent));
  return new Map(
    lanes.map((one, n) => {
      const end = ends[n];
      if (end === undefined) throw new Error('every lane has ended');
      return [
        one.case,
        { ...end, answered: second[n]?.status ?? '', beforeRelease: beforeRelease[n] ?? [], sent: all[n] ?? [] },
      ];
    }),
  );
}

/** The requests that the receiver gets, in order, where each outcome is promised. */
function requestsOf(promised: Outcome, situation: Situation): string[] {
  const isTwice = situation === 'retries' || situation === 'under-way-fails';
  const a = isTwice ? ['A', 'A'] : ['A'];
  switch (promised) {
    case 'both, in order':
      return [...a, 'B'];
    case 'both, at once':
      return isTwice ? ['A', 'B', 'A'] : ['A', 'B'];
    case 'both, the second first':
      return ['B', 'A'];
    case 'only the first':
      return a;
    case 'only the second':
      return situation === 'waits' ? ['B'] : ['A', 'B'];
  }
}

describe.each(SITUATIONS)('the first is in the situation "%s"', (situation) => {
  const cases = CASES.filter((one) => one.situation === situation);
  let seen: Map<Case, Seen>;
  beforeAll(async () => {
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() });
    seen = await run(cases, situation);
  }, 120_000);
  afterAll(() => {
    vi.useRealTimers();
  });

  test.each(
    cases.map((one) => [one.ordering, one.types, one.first ?? '–', one.second ?? '–', one.promised, one] as const),
  )('%s, of %s: %s, then %s: %s', (_, __, ___, ____, promised, one) => {
    const is = seen.get(one);
    if (is === undefined) throw new Error('the case has run');
    const wanted = requestsOf(promised, situation);
    // Of two that leave in the same turn either may arrive first.
    const isRace = promised === 'both, at once' && situation === 'waits';
    expect(isRace ? is.sent.toSorted() : is.sent).toEqual(wanted);
    const isUnderWay = situation === 'under-way' || situation === 'under-way-fails';
    if (isUnderWay) expect(is.beforeRelease).toEqual(promised === 'both, at once' ? ['A', 'B'] : ['A']);
    const endOfA = situation === 'dead' ? 'dead' : 'delivered';
    switch (promised) {
      case 'only the first':
        expect(is.answered).toBe('superseded');
        expect(is.b).toMatchObject({ status: 'superseded', supersededBy: is.a.id });
        expect(is.a.status).toBe(endOfA);
        break;
      case 'only the second':
        expect(is.a).toMatchObject({ status: 'superseded', supersededBy: is.b.id });
        expect(is.b.status).toBe('delivered');
        break;
      case 'both, in order':
      case 'both, at once':
      case 'both, the second first':
        expect([is.a, is.b]).toMatchObject([
          { status: endOfA, supersededBy: null },
          { status: 'delivered', supersededBy: null },
        ]);
    }
  });
});

test('a newer version that was cancelled without having been sent holds no older one back', async () => {
  const account = await newAccount();
  const one = await lane(
    { ordering: 'latest', types: 'one type', first: 18, second: 17, situation: 'waits', promised: 'only the second' },
    account,
    0,
  );
  const a = await begin(one, 'waits');
  expect((await call('POST', `/v1/accounts/${account}/deliveries/${a}/discard`)).body.status).toBe('cancelled');
  const b = await publish(one, 'B', one.b, 17);
  expect(b.status).not.toBe('superseded');
  await setEndpoint(one, 'enabled');
  await soon(async () => {
    await ring(one);
    expect((await delivery(one, b.id)).status).toBe('delivered');
  });
  expect(await sent(one)).toEqual(['B']);
});
