/**
 * The judge of the crash test is itself judged: whole evidence has no fault, and each planted one
 * is found under its name.
 */
import { describe, expect, test } from 'vitest';
import type { Attempt, Delivery, DeliveryDetail } from '../support/tubepost.ts';
import { CAST, ORDER_TYPES, PAUSED, ROTATED, wantedBy } from './cast.ts';
import { faultsOf, type Told } from './judge.ts';
import { mostInASecond } from '../bench/figures.ts';
import type { Published } from './load.ts';
import { misnumbered } from './judge-requests.ts';
import type { Seen } from './seen.ts';

const RECORD = 'order/0';
const TYPE = ORDER_TYPES[0] ?? '';
const ids = new Map(CAST.map(({ path }, i) => [path, `ep_${i}`]));

function aPublished(step: number): Published {
  const id = `good-${step}`;
  const deliveries = wantedBy(TYPE).map(({ path }) => ({
    id: `dlv_${step}${path}`,
    endpoint: ids.get(path) ?? '',
    status: 'queued',
  }));
  const accepted = { id, sequence: step, duplicate: false, deliveryCount: deliveries.length, deliveries };
  return { id, type: TYPE, record: RECORD, step, version: step, dataHash: `data-${step}`, accepted, ackedAtMs: step };
}

function aDetail(one: Published, { id, endpoint }: { id: string; endpoint: string }): DeliveryDetail {
  const attempt: Attempt = {
    id: `att_${id}_1`,
    delivery: id,
    endpoint,
    event: one.id,
    number: 1,
    trigger: 'first',
    at: '2026-11-21T20:00:00.000Z',
    statusCode: 200,
    error: null,
    responseBody: null,
  };
  const { type: eventType, record, step: sequence, version } = one;
  return {
    ...{ id, endpoint, event: one.id, eventType, record, sequence, version, status: 'delivered', attempts: 1 },
    ...{ nextAttemptAt: null, supersededBy: null, replayOf: null, replayedBy: null, reason: null, note: '' },
    ...{ acceptedAt: attempt.at, endedAt: attempt.at, attemptLog: [attempt], body: null },
  };
}

function aRequest(one: Published, path: string, n: number): Seen {
  const { id: event, type, record, step, version, dataHash } = one;
  const sequence = step ?? 0;
  return {
    ...{ kind: 'arrived', n, atMs: n * 100, path, event, type, record, sequence, version, attempt: 1 },
    previous: sequence === 1 ? 'none' : String(sequence - 1),
    ...{ replay: null, signedAtSeconds: n, bodyHash: `body-${event}`, dataHash, signedBy: [0], fault: null },
    over: { kind: 'over', n, atMs: n * 100 + 50, end: 200 },
  };
}

/** Two events of one record, delivered to all who want them, at the first try. */
function whole(): Told & { exact: Map<string, DeliveryDetail> } {
  const published = [aPublished(1), aPublished(2)];
  const details = published.flatMap((one) => one.accepted.deliveries.map((delivery) => aDetail(one, delivery)));
  const paths = wantedBy(TYPE).map(({ path }) => path);
  return {
    published,
    seen: published.flatMap((one, i) => paths.map((path, j) => aRequest(one, path, 1 + i * paths.length + j))),
    paths: new Map([...ids].map(([path, id]) => [id, path])),
    exact: new Map(details.map((one) => [one.id, one])),
    log: { deliveries: details.map(listed), attempts: details.flatMap(({ attemptLog }) => attemptLog) },
    replayed: new Set(),
    kills: [{ atMs: 1, moment: 'working', afterMs: 1 }],
    owner: { pauses: [{ fromMs: 1e9, toMs: 2e9 }], rotations: [], replays: new Map() },
    unreadable: [],
    ranges: [aRange()],
  };
}

function aRange(): Told['ranges'][number] {
  const [one] = aPublished(1).accepted.deliveries;
  if (one === undefined) throw new Error('nobody wants it');
  const { attemptLog: _, body: __, ...delivery } = aDetail(aPublished(1), one);
  const progress = { total: 2, delivered: 1, failed: 0, skipped: 1 };
  return {
    job: { id: 'job_1', status: 'finished', note: '', skippedBy: { 'already-replayed': 1 }, progress },
    sent: [{ ...delivery, id: `${delivery.id}_r1`, replayOf: delivery.id }],
  };
}

function listed({ attemptLog: _, body: __, ...delivery }: DeliveryDetail): Delivery {
  return { ...delivery };
}

function request(told: Told, path: string, step: number): Seen {
  const found = told.seen.find((one) => one.path === path && one.sequence === step);
  if (found === undefined) throw new Error(`no request of ${step} to ${path}`);
  return found;
}

function rangeOf(told: Told): Told['ranges'][number] {
  const [range] = told.ranges;
  if (range === undefined) throw new Error('no range was replayed');
  return range;
}

const last = (told: Told, path: string) => request(told, path, 2);
const dropRequest = (told: Told, path: string) => (told.seen = told.seen.filter((one) => one !== last(told, path)));

type Plant = [string, string, (told: ReturnType<typeof whole>) => unknown];
const PLANTS: Plant[] = [
  ['lost', 'a delivery that the API does not know', (told) => told.exact.delete('dlv_2/healthy')],
  [
    'lost',
    'one that never ended',
    (told) =>
      Object.assign(told.exact.get('dlv_2/slow') ?? told.exact.get('dlv_2/healthy') ?? {}, { status: 'queued' }),
  ],
  ['lost', 'one that is delivered and never arrived', (told) => dropRequest(told, '/healthy')],
  [
    'lost',
    'one that is delivered after a 500',
    (told) => (last(told, '/healthy').over = { kind: 'over', n: 1, atMs: 1, end: 500 }),
  ],
  ['lost', 'an endpoint that was forgotten', (told) => told.published[0]?.accepted.deliveries.pop()],
  ['out of order', 'a sequence that skips', (told) => (aStep(told, 2).accepted.sequence = 3)],
  ['out of order', 'the second event before the first', (told) => told.seen.reverse()],
  [
    'out of order',
    'a first event that comes back',
    (told) => told.seen.push({ ...request(told, '/failing', 1), n: 99, attempt: 2, atMs: 9e5 }),
  ],
  ['out of order', 'an older version to a latest lane', (told) => (last(told, '/latest').version = 0)],
  ['out of order', 'a wrong webhook-previous', (told) => (last(told, '/healthy').previous = 'none')],
  [
    'overlaps',
    'two requests of a lane at a time',
    (told) => (request(told, '/losing', 1).over = { kind: 'over', n: 1, atMs: 1e6, end: 200 }),
  ],
  ['ranges', 'a replay of a range that never ended', (told) => (rangeOf(told).job.status = 'running')],
  ['ranges', 'one that lost a delivery on its way', (told) => (rangeOf(told).job.progress.total = 3)],
  ['ranges', 'one that counts what it did not send', (told) => rangeOf(told).sent.pop()],
  ['ranges', 'one that sent a delivery twice', (told) => rangeOf(told).sent.push(...aRange().sent)],
  ['ranges', 'two that brought the same delivery', (told) => told.ranges.push(aRange())],
  ['log gaps', 'a delivery that is not listed', (told) => told.log.deliveries.pop()],
  ['log gaps', 'an attempt that is not listed', (told) => told.log.attempts.pop()],
  [
    'log gaps',
    'a delivery that nobody published',
    (told) => told.log.deliveries.push({ ...aListed(told), id: 'dlv_x' }),
  ],
  ['log gaps', 'a delivery listed twice', (told) => told.log.deliveries.push(aListed(told))],
  ['log gaps', 'another status than the exact read', (told) => (aListed(told).status = 'retrying')],
  [
    'log gaps',
    'a request without an attempt',
    (told) => told.seen.push({ ...last(told, '/unordered'), n: 99, attempt: 2 }),
  ],
  [
    'log gaps',
    'another answer than was given',
    (told) => (last(told, '/unordered').over = { kind: 'over', n: 1, atMs: 1, end: 503 }),
  ],
  [
    'unverified',
    'a signature that does not verify',
    (told) => (last(told, '/healthy').fault = 'no secret verifies it'),
  ],
  ['unverified', 'what cannot be read', (told) => told.unreadable.push('nonsense')],
  [
    'unverified',
    'a new secret that does not sign',
    (told) => told.owner.rotations.push({ index: 1, askedMs: 0, fromMs: 0, oldUntilMs: 1e9 }),
  ],
  ['changed', 'other bytes under the same id', (told) => (last(told, '/healthy').bodyHash = 'other')],
  ['changed', 'other data than was published', (told) => (last(told, '/healthy').dataHash = 'other')],
  ['changed', 'an event that nobody published', (told) => (last(told, '/healthy').event = 'stranger')],
  ['changed', 'an attempt that came twice', (told) => told.seen.push({ ...last(told, '/unordered'), n: 99 })],
  ['while paused', 'a request during a pause', (told) => told.owner.pauses.push({ fromMs: 0, toMs: 1e9 })],
  ['nothing to check', 'no kill at all', (told) => (told.kills = [])],
];

function aStep(told: Told, step: number): Published {
  const found = told.published[step - 1];
  if (found === undefined) throw new Error(`no step ${step}`);
  return found;
}

function aListed(told: Told): Delivery {
  const found = told.log.deliveries[0];
  if (found === undefined) throw new Error('nothing is listed');
  return found;
}

describe('the judge of the crash test', () => {
  test('finds nothing where nothing is wrong', () => {
    expect(Object.values(faultsOf(whole())).flat()).toStrictEqual([]);
    expect(wantedBy(TYPE).map(({ path }) => path)).toEqual(expect.arrayContaining([PAUSED, ROTATED]));
  });

  test.each(PLANTS)('finds under "%s" %s', (name, _, plant) => {
    const told = whole();
    plant(told);
    expect(faultsOf(told)[name]).not.toStrictEqual([]);
  });

  test('counts the most requests within any second, not by the clock’s seconds', () => {
    expect(mostInASecond([0, 900, 1_100, 1_800, 1_899, 5_000])).toBe(4);
    expect(mostInASecond([])).toBe(0);
  });
});

test('an attempt is one request, or two where the connection of the first broke', () => {
  const one = aPublished(1);
  const request = (n: number, attempt: number, end: 200 | 500 | 'dropped'): Seen => {
    const made = aRequest(one, '/path', n);
    return { ...made, attempt, over: { kind: 'over', n, atMs: n * 100 + 50, end } };
  };
  expect(misnumbered([request(1, 1, 'dropped'), request(2, 1, 'dropped'), request(3, 2, 200)])).toEqual([]);
  expect(misnumbered([request(1, 1, 500), request(2, 1, 200)])).toHaveLength(1);
  const three = [request(1, 1, 'dropped'), request(2, 1, 'dropped'), request(3, 1, 200)];
  expect(misnumbered(three)).toHaveLength(1);
});
