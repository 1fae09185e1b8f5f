import { env } from 'cloudflare:workers';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { wants } from '../../src/core/match.ts';
import type { DeliveryStatus, Trigger } from '../../src/core/delivery.ts';
import { attemptId, deliveryId } from '../../src/core/ids.ts';
import { EVENT_DELIVERIES_LISTED_MAX, LOG_EMBED_WITHIN_MS, type Walk } from '../../src/core/limits.ts';
import type { LogEntry, LoggedRecord } from '../../src/core/log.ts';
import type { FieldError, Result } from '../../src/core/result.ts';
import { listAttempts } from '../../src/store/log/attempts.ts';
import { countDeadLetters } from '../../src/store/log/dead-letters.ts';
import { listDeliveries } from '../../src/store/log/deliveries.ts';
import { findEvent, listEvents } from '../../src/store/log/events.ts';
import type { EventFilter, LogFilter } from '../../src/store/filter.ts';
import { writeLog } from '../../src/store/log/log-write.ts';
import { newestFirst } from '../../src/store/page.ts';
import type { LogPage, LogPageRequest } from '../../src/store/page.ts';
import { countingRows } from '../support/counting-rows.ts';
import { ACCEPTED_MS, aDelivery, aMessage, anAttempt, anEntry, endpointOf, hashOf } from '../support/log.ts';

const db = env.LOG_DB;
const DAY_MS = 86_400_000;

let accounts = 0;
const newAccount = () => `acc${++accounts}`;

function valueOf<T>(result: Result<T, FieldError>): T {
  if (!result.ok) throw new Error(result.error.message);
  return result.value;
}

/** Every page of a list, one after the other. With a `walk` of a few rows they may be short. */
async function readAll<T>(
  limit: number,
  read: (page: LogPageRequest) => Promise<Result<LogPage<T>, FieldError>>,
  walk?: Walk,
): Promise<T[]> {
  const all: T[] = [];
  let cursor: string | null = null;
  let searchedToMs = Number.MAX_SAFE_INTEGER;
  for (let pages = 0; pages < 200; pages++) {
    const page: LogPage<T> = valueOf(await read({ limit, cursor, ...(walk === undefined ? {} : { walk }) }));
    expect(page.data.length).toBeLessThanOrEqual(limit);
    all.push(...page.data);
    if (page.next === null || page.searchedToMs === null) {
      expect([page.next, page.searchedToMs]).toEqual([null, null]);
      return all;
    }
    if (walk === undefined) expect(page.data.length).toBe(limit);
    expect(page.searchedToMs).toBeLessThanOrEqual(searchedToMs);
    ({ next: cursor, searchedToMs } = page);
  }
  throw new Error('the list does not end');
}

// The model: what the lists must answer, computed from the messages alone.

type Seed = {
  other: boolean;
  record: number;
  sequence: number;
  endpoint: number;
  replay: number;
  acceptedMs: number;
  /**
   * After the acceptance, for attempts 1, 2, …; empty for none. Null: an event without deliveries.
   */
  attemptMs: number[] | null;
  code: number;
  status: DeliveryStatus;
};

const seedArb: fc.Arbitrary<Seed> = fc.record({
  other: fc.boolean(),
  record: fc.integer({ min: 1, max: 3 }),
  sequence: fc.integer({ min: 1, max: 12 }),
  endpoint: fc.integer({ min: 1, max: 3 }),
  replay: fc.constantFrom(0, 0, 1),
  acceptedMs: fc.constantFrom(0, 1, 900, 1_000, 2_500, 2_501, 6_000, 9 * DAY_MS),
  attemptMs: fc.oneof(
    { weight: 1, arbitrary: fc.constant(null) },
    { weight: 6, arbitrary: fc.array(fc.constantFrom(-5, 0, 1, 1_999, 2_000, 2_001, 5_000), { maxLength: 3 }) },
  ),
  code: fc.constantFrom(200, 404, 500, 503),
  status: fc.constantFrom('queued', 'retrying', 'delivered', 'dead'),
});

function entryOf(seed: Seed): LogEntry {
  const type = seed.sequence % 2 === 0 ? 'ticket.closed' : 'ticket.opened';
  const event = {
    sequence: seed.sequence,
    id: `evt-${seed.sequence}`,
    type,
    acceptedAtMs: ACCEPTED_MS + seed.acceptedMs,
  };
  if (seed.attemptMs === null) return anEntry(event, null, []);
  const attempts = seed.attemptMs.map((ms, i) =>
    anAttempt({
      number: i + 1,
      atMs: event.acceptedAtMs + ms,
      trigger: seed.replay > 0 ? 'replay' : i > 0 ? 'retry' : 'first',
      statusCode: i + 1 === seed.attemptMs?.length ? seed.code : null,
    }),
  );
  const last = attempts.at(-1) ?? null;
  return anEntry(
    event,
    aDelivery({
      endpoint: endpointOf(seed.endpoint + (seed.other ? 10 : 0)), // never of two accounts
      replay: seed.replay,
      replayOf: seed.replay > 0 ? 'dlv_first' : null,
      status: seed.status,
      attempts: attempts.length,
      last,
    }),
    attempts,
  );
}

const hit = (values: readonly unknown[] | undefined, value: unknown) =>
  values === undefined || values.length === 0 || values.includes(value);
const isOfType = (eventTypes: readonly string[] | undefined, type: string) =>
  wants({ eventTypes: [...(eventTypes ?? [])] }, type);
const hitCode = (values: readonly string[] | undefined, code: number | null | undefined) =>
  values === undefined ||
  values.length === 0 ||
  values.some((v) => v === `${code}` || v === `${Math.floor((code ?? 0) / 100)}xx`);
const hitTime = (filter: EventFilter, ms: number) => ms >= (filter.fromMs ?? 0) && ms < (filter.toMs ?? Infinity);

function isDeliveryHit(filter: EventFilter, record: string | null, { event, delivery }: LogEntry): boolean {
  if (delivery === null) return false;
  const triggers: Trigger[] = [];
  if (delivery.replay > 0) triggers.push('replay');
  else if (delivery.attempts <= 1) triggers.push('first');
  if (delivery.attempts > 1) triggers.push('retry');
  return (
    isOfType(filter.eventType, event.type) &&
    hit(filter.record, record) &&
    hit(filter.event, event.id) &&
    hit(filter.endpoint, delivery.endpoint) &&
    hit(filter.status, delivery.status) &&
    hitCode(filter.statusCode, delivery.last?.statusCode) &&
    (filter.trigger === undefined || filter.trigger.length === 0 || filter.trigger.some((t) => triggers.includes(t))) &&
    hitTime(filter, event.acceptedAtMs)
  );
}

function model(messages: LoggedRecord[], filter: LogFilter) {
  const of = messages.filter(({ account }) => filter.account === null || filter.account === account);
  const all = of.flatMap((message) => message.entries.map((entry) => ({ message, entry })));
  const deliveries = all.flatMap(({ message, entry }) =>
    entry.delivery !== null && isDeliveryHit(filter, message.record, entry)
      ? [
          {
            atMs: entry.event.acceptedAtMs,
            id: deliveryId(message, { ...entry.delivery, sequence: entry.event.sequence }),
          },
        ]
      : [],
  );
  const attempts = all.flatMap(({ message, entry: { event, delivery, attempts: made } }) =>
    delivery === null
      ? []
      : made
          .filter(
            (attempt) =>
              isOfType(filter.eventType, event.type) &&
              hit(filter.record, message.record) &&
              hit(filter.event, event.id) &&
              hit(filter.endpoint, delivery.endpoint) &&
              hit(filter.status, delivery.status) &&
              hitCode(filter.statusCode, attempt.statusCode) &&
              hit(filter.trigger, attempt.trigger) &&
              hitTime(filter, attempt.atMs),
          )
          .map((a) => ({ atMs: a.atMs, id: attemptId(message, { ...delivery, sequence: event.sequence }, a.number) })),
  );
  return { deliveries: deliveries.sort(newestFirst), attempts: attempts.sort(newestFirst) };
}

/**
 * Ids of what the Record of `r/1` has not let go: nothing that happened to the others was at
 * `sinceMs` or later.
 */
function eventsSince(messages: LoggedRecord[], sinceMs: number): string[] {
  const ofOne = messages.filter(({ account, record }) => account === 'mine' && record === 'r/1');
  return ofOne
    .flatMap(({ entries }) => entries)
    .filter(({ event, attempts }) =>
      [event.acceptedAtMs, ...attempts.map(({ atMs }) => atMs)].some((ms) => ms >= sinceMs),
    )
    .map(({ event }) => event.id);
}

const some = <T>(...values: T[]) => fc.option(fc.subarray(values, { minLength: 1 }), { nil: undefined, freq: 2 });
const timeArb = fc.option(
  fc.constantFrom(0, 1, 999, 2_500, 2_501, 4_500, 6_001, DAY_MS).map((ms) => ACCEPTED_MS + ms),
  { nil: undefined, freq: 3 },
);
const filterArb = fc.record({
  eventType: some('ticket.closed', 'ticket.opened', 'ticket.*'),
  record: some('r/1', 'r/2', 'r/3'),
  event: some('evt-1', 'evt-2', 'evt-3', 'evt-4', 'evt-5'),
  endpoint: some(endpointOf(1), endpointOf(2), endpointOf(12)),
  status: some<DeliveryStatus>('dead', 'delivered', 'queued'),
  statusCode: some('503', '4xx', '5xx', '200'),
  trigger: some<Trigger>('first', 'retry', 'replay'),
  fromMs: timeArb,
  toMs: timeArb,
});
const KEYS = ['eventType', 'record', 'event', 'endpoint', 'status', 'statusCode', 'trigger', 'fromMs', 'toMs'] as const;

test('every filter, alone and combined, in any page size, within an account and across all, answers what the messages say', async () => {
  // Lists across accounts see every row of the database: each run starts from an empty one.
  const seeds = fc.uniqueArray(seedArb, {
    minLength: 10,
    maxLength: 40,
    selector: (s) => `${s.other} ${s.record} ${s.sequence} ${s.attemptMs === null ? '' : `${s.endpoint} ${s.replay}`}`,
  });
  let shown = 0;
  await fc.assert(
    fc.asyncProperty(
      seeds,
      fc.array(fc.tuple(filterArb, fc.integer({ min: 2, max: 8 })), { minLength: 2, maxLength: 2 }),
      async (made, asked) => {
        await db.batch(['deliveries', 'attempts', 'events'].map((table) => db.prepare(`DELETE FROM ${table}`)));
        const messages = made.map((seed) =>
          aMessage(seed.other ? 'other' : 'mine', [entryOf(seed)], {
            hash: hashOf(seed.record),
            record: `r/${seed.record}`,
          }),
        );
        await writeLog(db, messages);
        const filters = asked.flatMap(([filter, limit], i) => {
          const alone = KEYS[(i + made.length) % KEYS.length] ?? 'event';
          return [
            { filter: {}, limit },
            { filter: { [alone]: filter[alone] }, limit },
            { filter, limit },
          ];
        });
        for (const { filter, limit } of filters) {
          for (const account of ['mine', null]) {
            const want = model(messages, { ...filter, account });
            const position = ({ id }: { id: string }) => id;
            for (const walk of [undefined, { byKey: 3, bySeek: 2 }]) {
              const deliveries = await readAll(limit, (page) => listDeliveries(db, { ...filter, account }, page), walk);
              expect(deliveries.map(position)).toEqual(want.deliveries.map(position));
              const attempts = await readAll(limit, (page) => listAttempts(db, { ...filter, account }, page), walk);
              expect(attempts.map(position)).toEqual(want.attempts.map(position));
              shown += deliveries.length + attempts.length;
            }
            if (account === null) continue;
            // The same of one record, by the events that its Record names; it has let go of what
            // had ended by then.
            for (const sinceMs of [null, ACCEPTED_MS + 7_000]) {
              const ofOne = { ...filter, account, record: ['r/1'], event: undefined };
              const known = { ...ofOne, ofRecord: { events: eventsSince(messages, sinceMs ?? 0), sinceMs } };
              const wanted = model(messages, ofOne);
              const tiny = { byKey: 3, bySeek: 2 };
              expect((await readAll(limit, (page) => listDeliveries(db, known, page), tiny)).map(position)).toEqual(
                wanted.deliveries.map(position),
              );
              expect((await readAll(limit, (page) => listAttempts(db, known, page), tiny)).map(position)).toEqual(
                wanted.attempts.map(position),
              );
              expect(await readAll(limit, (page) => listEvents(db, account, known, page), tiny)).toEqual(
                await readAll(200, (page) => listEvents(db, account, ofOne, page)),
              );
            }
            // No walk cuts this one short: it is what the short pages must add up to.
            const events = await readAll(200, (page) => listEvents(db, account, filter, page));
            const walk = { byKey: 3, bySeek: 2 };
            expect(await readAll(limit, (page) => listEvents(db, account, filter, page), walk)).toEqual(events);
          }
        }
      },
    ),
    { numRuns: 8, endOnFailure: true },
  );
  expect(shown).toBeGreaterThan(300);
}, 60_000);

test('a page that was read does not change its successor when newer rows arrive', async () => {
  const account = newAccount();
  const arrive = (from: number, to: number) =>
    writeLog(
      db,
      Array.from({ length: to - from }, (_, i) => {
        const acceptedAtMs = ACCEPTED_MS + (from + i) * 700;
        const attempts = [anAttempt({ atMs: acceptedAtMs + 600 })];
        return aMessage(account, [anEntry({ sequence: from + i, acceptedAtMs }, aDelivery(), attempts)]);
      }),
    );
  const lists: ((page: LogPageRequest) => Promise<Result<LogPage<{ id: string }>, FieldError>>)[] = [
    (page) => listDeliveries(db, { account }, page),
    (page) => listAttempts(db, { account }, page),
    (page) => listEvents(db, account, {}, page),
  ];
  await arrive(1, 13);
  const before = await Promise.all(lists.map((list) => readAll(100, list)));
  const firsts = await Promise.all(lists.map((list) => list({ limit: 5, cursor: null })));
  await arrive(13, 20);
  for (const [i, list] of lists.entries()) {
    const first = firsts[i];
    if (first === undefined) throw new Error('no page');
    const second = valueOf(await list({ limit: 5, cursor: valueOf(first).next }));
    expect(second.data.map(({ id }) => id)).toEqual(before[i]?.slice(5, 10).map(({ id }) => id));
  }
});

test('embedded attempts come in the order of their own time, also where it is not the order of acceptance', async () => {
  const account = newAccount();
  const accepted = (sequence: number, ms: number, afterMs: number) => {
    const acceptedAtMs = ACCEPTED_MS + ms;
    return anEntry({ sequence, acceptedAtMs }, aDelivery(), [anAttempt({ atMs: acceptedAtMs + afterMs })]);
  };
  const prompt = Array.from({ length: 9 }, (_, i) => accepted(i + 2, 100 * (i + 1), 0));
  await writeLog(db, [aMessage(account, [accepted(1, 0, LOG_EMBED_WITHIN_MS), ...prompt])]);
  for (const limit of [1, 2, 3, 20]) {
    const listed = await readAll(limit, (page) => listAttempts(db, { account }, page));
    expect(listed.map(({ event }) => event)).toEqual([1, 10, 9, 8, 7, 6, 5, 4, 3, 2].map((n) => `evt-${n}`));
    const late = await readAll(limit, (page) => listAttempts(db, { account, fromMs: ACCEPTED_MS + 1_000 }, page));
    expect(late.map(({ event }) => event)).toEqual(['evt-1']);
    const early = await readAll(limit, (page) => listAttempts(db, { account, toMs: ACCEPTED_MS + 300 }, page));
    expect(early.map(({ event }) => event)).toEqual(['evt-3', 'evt-2']);
  }
});

test('events are listed once each, however many deliveries they have, with those that nobody wanted among them', async () => {
  const account = newAccount();
  const wide = EVENT_DELIVERIES_LISTED_MAX + 30;
  const at = (sequence: number) => ACCEPTED_MS + Math.floor(sequence / 4);
  await writeLog(db, [
    ...Array.from({ length: 12 }, (_, i) => {
      const sequence = i + 1;
      const count = sequence === 6 ? wide : sequence % 3;
      const entries = Array.from({ length: count }, (__, n) =>
        anEntry(
          { sequence, acceptedAtMs: at(sequence), deliveryCount: count },
          aDelivery({ endpoint: endpointOf(n + 1), status: n === 1 ? 'dead' : 'delivered' }),
          [],
        ),
      );
      const none = anEntry({ sequence, acceptedAtMs: at(sequence) }, null, []);
      return aMessage(account, count === 0 ? [none] : entries);
    }),
    // A replay of what was missing gave this one a delivery later.
    aMessage(account, [anEntry({ sequence: 3, acceptedAtMs: at(3) }, aDelivery({ status: 'delivered' }), [])]),
  ]);
  for (const limit of [1, 2, 5, 50]) {
    const listed = await readAll(limit, (page) => listEvents(db, account, {}, page));
    const bySequence = listed.map(({ sequence }) => sequence ?? 0).sort((a, b) => a - b);
    expect(bySequence).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]);
    const times = listed.map(({ acceptedAtMs }) => acceptedAtMs);
    expect(times).toEqual([...times].sort((a, b) => b - a));
    for (const event of listed) {
      const sequence = event.sequence ?? 0;
      const count = sequence === 6 ? EVENT_DELIVERIES_LISTED_MAX : sequence === 3 ? 1 : sequence % 3;
      expect(event.deliveries.map(({ endpoint }) => endpoint)).toEqual(
        Array.from({ length: count }, (_, n) => endpointOf(n + 1)),
      );
    }
    const dead = await readAll(limit, (page) => listEvents(db, account, { status: ['dead'] }, page));
    expect(dead.map(({ sequence }) => sequence ?? 0).sort((a, b) => a - b)).toEqual([2, 5, 6, 8, 11]);
    const typed = await readAll(limit, (page) => listEvents(db, account, { event: ['evt-9', 'evt-4'] }, page));
    expect(typed.map(({ sequence }) => sequence)).toEqual([9, 4]);
  }
});

test('a publisher’s event id leads to no record, to one, or to all that hold it', async () => {
  const account = newAccount();
  const kept = anEntry({ sequence: 12, id: 'order-1' }, aDelivery(), []);
  await writeLog(db, [
    aMessage(account, [kept, anEntry({ sequence: 12, id: 'order-1' }, aDelivery({ endpoint: endpointOf(2) }), [])]),
    aMessage(account, [anEntry({ sequence: 3, id: 'order-2' }, null, [])], { hash: hashOf(2), record: 'r/2' }),
    aMessage(account, [anEntry({ sequence: 1, id: 'order-2' }, aDelivery(), [])], {
      kind: 'u',
      hash: hashOf(3),
      record: null,
    }),
    aMessage(newAccount(), [anEntry({ sequence: 9, id: 'order-1' }, aDelivery(), [])]),
  ]);
  expect(await findEvent(db, account, 'order-0')).toEqual([]);
  expect(await findEvent(db, account, 'order-1')).toEqual([
    {
      at: { kind: 'k', hash: hashOf(1), generation: 0, shard: 0 },
      record: 'subscription/sub_81',
      sequence: 12,
      acceptedAtMs: ACCEPTED_MS,
    },
  ]);
  expect(await findEvent(db, account, 'order-2')).toEqual([
    {
      at: { kind: 'u', hash: hashOf(3), generation: 0, shard: 0 },
      record: null,
      sequence: 1,
      acceptedAtMs: ACCEPTED_MS,
    },
    {
      at: { kind: 'k', hash: hashOf(2), generation: 0, shard: 0 },
      record: 'r/2',
      sequence: 3,
      acceptedAtMs: ACCEPTED_MS,
    },
  ]);
});

test('an event without a record shows no sequence', async () => {
  const account = newAccount();
  await writeLog(db, [aMessage(account, [anEntry({ sequence: 4 }, aDelivery(), [])], { kind: 'u', record: null })]);
  const page = { limit: 1, cursor: null };
  expect(valueOf(await listDeliveries(db, { account }, page)).data).toMatchObject([{ sequence: null, record: null }]);
  expect(valueOf(await listEvents(db, account, {}, page)).data).toMatchObject([{ sequence: null, record: null }]);
});

test('a cursor of another list, of another maker or with a bad code is a value error that names its field', async () => {
  const account = newAccount();
  const entries = [1, 2].map((sequence) => anEntry({ sequence }, aDelivery(), [anAttempt()]));
  await writeLog(db, [aMessage(account, entries)]);
  const { next } = valueOf(await listDeliveries(db, { account }, { limit: 1, cursor: null }));
  for (const cursor of [next, '', 'x', '*', 'é', btoa('attempts 1'), btoa('attempts 99999999999999999 a')]) {
    const result = await listAttempts(db, { account }, { limit: 1, cursor });
    expect(result).toMatchObject({ ok: false, error: { field: 'cursor' } });
  }
  for (const statusCode of ['600', '5x', 'xx', '', '5xx ']) {
    const result = await listDeliveries(db, { account, statusCode: [statusCode] }, { limit: 1, cursor: null });
    expect(result).toMatchObject({ ok: false, error: { field: 'statusCode' } });
  }
});

test('a page reads about as many rows as it shows, wherever it lies: by key, by event, past a wide event', async () => {
  const account = newAccount();
  const many = 3_000;
  const entry = (sequence: number, n = 1) =>
    anEntry({ sequence, acceptedAtMs: ACCEPTED_MS + sequence * 1_000 }, aDelivery({ endpoint: endpointOf(n) }), []);
  await writeLog(db, [
    ...Array.from({ length: many }, (_, i) => aMessage(account, [entry(i + 1)])),
    ...Array.from({ length: many }, (_, i) => aMessage(account, [entry(many, i + 2)])),
    // The oldest of all: whatever walks the account finds it last.
    aMessage(
      account,
      [
        anEntry(
          { sequence: 1, acceptedAtMs: ACCEPTED_MS },
          aDelivery({ status: 'dead', attempts: 2, last: anAttempt({ statusCode: 503 }) }),
          [anAttempt({ statusCode: 500 }), anAttempt({ number: 2, atMs: ACCEPTED_MS + 9_000, statusCode: 503 })],
        ),
      ],
      { hash: hashOf(9) },
    ),
  ]);
  let rowsRead = 0;
  const counted = countingRows(db, (rows) => (rowsRead += rows));
  const page = { limit: 10, cursor: null };
  const questions: Record<string, () => Promise<unknown>> = {
    'first page': () => listDeliveries(counted, { account }, page),
    'until a time': () => listDeliveries(counted, { account, toMs: ACCEPTED_MS + 1_000_000 }, page),
    'by event': () => listDeliveries(counted, { account, event: ['evt-7', 'evt-8'] }, page),
    'by event across accounts': () => listDeliveries(counted, { account: null, event: [`evt-7`] }, page),
    'attempts by event': () => listAttempts(counted, { account, event: ['evt-7'] }, page),
    'an event id': () => findEvent(counted, account, 'evt-9'),
    events: () => listEvents(counted, account, {}, page),
    'dead letters': () => listDeliveries(counted, { account, status: ['dead'] }, page),
    'what failed': () => listDeliveries(counted, { account, statusCode: ['5xx'] }, page),
    'what was retried': () => listDeliveries(counted, { account, trigger: ['retry'] }, page),
    'failed attempts': () => listAttempts(counted, { account, statusCode: ['5xx'] }, page),
    'events with a failure': () => listEvents(counted, account, { status: ['dead', 'retrying'] }, page),
    'depth of dead letters': () => countDeadLetters(counted, { account }),
    'across accounts': () => listDeliveries(counted, { account: null }, page),
    'failed attempts across accounts': () => listAttempts(counted, { account: null, statusCode: ['5xx'] }, page),
    'dead letters across accounts': () => listDeliveries(counted, { account: null, status: ['dead'] }, page),
    'depth across accounts': () => countDeadLetters(counted, { account: null }),
    'events by id': () => listEvents(counted, account, { event: ['evt-9'] }, page),
  };
  for (const [name, ask] of Object.entries(questions)) {
    rowsRead = 0;
    await ask();
    expect(rowsRead, name).toBeGreaterThan(0);
    // Across accounts: some rows for each account of this file, too, in each span that is looked
    // at.
    expect(rowsRead, name).toBeLessThan(name.includes('across') ? 700 : 150);
  }
});
