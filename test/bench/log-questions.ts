/**
 * What bench:log asks: each list and filter of the API once, as a page of 50; figures of a day;
 * what the cron counts.
 */
import { hourOf } from '../../src/core/hours.ts';
import { ALERT_WINDOW_MS, DAY_MS, HOUR_MS, WINDOW_ROWS_MAX } from '../../src/core/limits.ts';
import { overviewsAfter } from '../../src/http/overview.ts';
import { backlogs, countAttempts, countDead, countRetries } from '../../src/store/log/alert-facts.ts';
import { listAttempts } from '../../src/store/log/attempts.ts';
import { countDeadLetters } from '../../src/store/log/dead-letters.ts';
import { listDeliveries } from '../../src/store/log/deliveries.ts';
import { listEvents } from '../../src/store/log/events.ts';
import { endpointFigures } from '../../src/store/log/endpoint-health.ts';
import type { EventFilter, OfRecord } from '../../src/store/filter.ts';
import { rollUpHour } from '../../src/store/log/hours.ts';
import { logCounts } from '../../src/store/log/metrics.ts';
import { accountOverviews } from '../../src/store/log/overview.ts';
import { BIG, deliveriesOf, endpointName, LOG_START_MS, STEP_MS } from './log-seed.ts';

type Questions = Record<string, () => Promise<unknown>>;

/** All of the large account, unless the name says otherwise. */
export function questions(db: D1Database, attempts: number): Questions {
  const page = { limit: 50, cursor: null };
  // Even: an event of the large account.
  const middle = Math.floor(deliveriesOf(attempts) / 4) * 2;
  const middleMs = LOG_START_MS + middle * STEP_MS;
  const event = [`evt_${middle}`];
  const ofOne = Array.from({ length: Math.floor((2 * middle) / 5_000) }, (_, n) => `evt_${42 + 5_000 * n}`);
  const filters: Record<string, EventFilter & OfRecord> = {
    newest: {},
    'before a time in the middle': { toMs: middleMs },
    'an hour in the middle': { fromMs: middleMs - 3_600_000, toMs: middleMs },
    event: { event },
    'status=dead': { status: ['dead'] },
    'status=retrying,held,queued': { status: ['retrying', 'held', 'queued'] },
    'statusCode=5xx': { statusCode: ['5xx'] },
    'trigger=retry': { trigger: ['retry'] },
    'endpoint, one in ten': { endpoint: [endpointName(BIG, 3)] },
    'endpoint and dead': { endpoint: [endpointName(BIG, 0)], status: ['dead'] },
    eventType: { eventType: ['type.4'] },
    record: { record: ['sub/42'] },
    'record, its events named': { record: ['sub/42'], ofRecord: { events: ofOne, sinceMs: null } },
    'a rare endpoint': { endpoint: [endpointName(BIG, 'rare')] },
  };
  const asked: Questions = {};
  for (const [name, filter] of Object.entries(filters)) {
    asked[`deliveries: ${name}`] = () => listDeliveries(db, { ...filter, account: BIG }, page);
    asked[`attempts: ${name}`] = () => listAttempts(db, { ...filter, account: BIG }, page);
  }
  for (const name of ['newest', 'an hour in the middle', 'event', 'status=dead'] as const) {
    asked[`events: ${name}`] = () => listEvents(db, BIG, filters[name] ?? {}, page);
  }
  for (const name of [
    'newest',
    'event',
    'status=dead',
    'statusCode=5xx',
    'endpoint, one in ten',
    'a rare endpoint',
  ] as const) {
    const filter = { ...filters[name], account: null };
    asked[`all accounts, deliveries: ${name}`] = () => listDeliveries(db, filter, page);
    asked[`all accounts, attempts: ${name}`] = () => listAttempts(db, filter, page);
  }
  asked['depth of dead letters'] = () => countDeadLetters(db, { account: BIG });
  asked['all accounts, depth of dead letters'] = () => countDeadLetters(db, { account: null });
  return { ...asked, ...figures(db, LOG_START_MS + deliveriesOf(attempts) * STEP_MS) };
}

/** At the end of the log, where its newest hours are rolled up and where nothing is. */
function figures(db: D1Database, endMs: number): Questions {
  const day = { fromMs: hourOf(endMs - DAY_MS), toMs: endMs };
  const there = { fromMs: day.fromMs, toMs: hourOf(endMs) };
  const recentMs = endMs - ALERT_WINDOW_MS;
  const accounts = [BIG, ...Array.from({ length: 49 }, (_, n) => `acc_${2 * n + 1}`)];
  const health = { account: BIG, endpoint: endpointName(BIG, 3), span: day, recentMs };
  const overview = { account: BIG, ...day, rows: WINDOW_ROWS_MAX };
  return {
    'roll-up of an hour': () => rollUpHour(db, BIG, hourOf(endMs) - HOUR_MS),
    'health of an endpoint, 24 h, rolled up': () => endpointFigures(db, { ...health, there }),
    'health of an endpoint, 24 h, by rows': () => endpointFigures(db, { ...health, there: null }),
    'overview of an account, 24 h, rolled up': () => accountOverviews(db, [{ ...overview, there }]),
    'overview of an account, 24 h, by rows': () => accountOverviews(db, [{ ...overview, there: null }]),
    'overview of all accounts, 1 h': () => overviewsAfter(db, { fromMs: endMs - HOUR_MS, toMs: endMs }, ''),
    'metrics, 15 min': () => logCounts(db, { fromMs: recentMs, toMs: endMs }),
    'alerts: attempts of 50 accounts': () => countAttempts(db, accounts, recentMs),
    'alerts: dead letters': () => countDead(db, accounts, recentMs),
    'alerts: retries': () => countRetries(db, accounts, recentMs, ALERT_WINDOW_MS),
    'alerts: backlogs': () => backlogs(db, '', '~', recentMs),
  };
}

/** Before the figures are asked for. */
export async function rollUpDay(db: D1Database, attempts: number): Promise<void> {
  const endMs = hourOf(LOG_START_MS + deliveriesOf(attempts) * STEP_MS);
  for (let hourMs = endMs - DAY_MS; hourMs < endMs; hourMs += HOUR_MS) await rollUpHour(db, BIG, hourMs);
}
