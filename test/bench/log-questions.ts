/** What bench:log asks: each list and filter of the API once, as a page of 50. */
import { listAttempts } from '../../src/store/attempts.ts';
import { countDeadLetters } from '../../src/store/dead-letters.ts';
import { listDeliveries } from '../../src/store/deliveries.ts';
import { listEvents } from '../../src/store/events.ts';
import type { EventFilter } from '../../src/store/filter.ts';
import { BIG, deliveriesOf, endpointName, LOG_START_MS, STEP_MS } from './log-seed.ts';

type Questions = Record<string, () => Promise<unknown>>;

/** All of the large account, unless the name says otherwise. */
export function questions(db: D1Database, attempts: number): Questions {
  const page = { limit: 50, cursor: null };
  // Even: an event of the large account.
  const middle = Math.floor(deliveriesOf(attempts) / 4) * 2;
  const middleMs = LOG_START_MS + middle * STEP_MS;
  const event = [`evt_${middle}`];
  const filters: Record<string, EventFilter> = {
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
  for (const name of ['newest', 'event', 'status=dead', 'statusCode=5xx', 'endpoint, one in ten'] as const) {
    const filter = { ...filters[name], account: null };
    asked[`all accounts, deliveries: ${name}`] = () => listDeliveries(db, filter, page);
    asked[`all accounts, attempts: ${name}`] = () => listAttempts(db, filter, page);
  }
  asked['depth of dead letters'] = () => countDeadLetters(db, { account: BIG });
  asked['all accounts, depth of dead letters'] = () => countDeadLetters(db, { account: null });
  return asked;
}
