/** What a text may mean, by its shape alone, and what a hit is. Pure. */
import { checkRecordKey } from '../../core/event-rules.ts';
import {
  ACCOUNT_ID,
  EVENT_ID,
  isAlertId,
  isEndpointId,
  isJobId,
  parseAttemptId,
  parseDeliveryId,
  parseMadeEventId,
} from '../../core/ids.ts';
import { SEARCH_HITS_MAX } from '../../core/limits.ts';

export const HIT_TYPES = [
  'event',
  'record',
  'delivery',
  'attempt',
  'account',
  'endpoint',
  'job',
  'replay',
  'alert',
] as const;
export type HitType = (typeof HIT_TYPES)[number];

export type Hit = {
  type: HitType;
  id: string;
  /** Null: it is of no account, or of all. */
  account: string | null;
  /** What people call it; null: only by its id. */
  name: string | null;
  /** What else distinguishes it from others. */
  detail: string | null;
  /** Where the API shows it. */
  path: string;
};

/** `isComplete` false: there may be more. */
export type Found = { hits: Hit[]; isComplete: boolean };
export const nothingFound: Found = { hits: [], isComplete: true };

/** What is looked for: each by its own finder. A replay is found as a job. */
export type Kind = Exclude<HitType, 'replay'>;
export type Finders = Partial<Record<Kind, (text: string) => Promise<Found>>>;

/**
 * In the order in which the answer has them. An id of ours means one thing; any other text may mean
 * several.
 */
export function kindsOf(text: string): Kind[] {
  if (parseDeliveryId(text) !== null) return ['delivery'];
  if (parseAttemptId(text) !== null) return ['attempt'];
  if (isEndpointId(text)) return ['endpoint'];
  if (isJobId(text)) return ['job'];
  if (isAlertId(text)) return ['alert'];
  if (parseMadeEventId(text) !== null) return ['event'];
  const kinds: Kind[] = text === '' ? [] : ['account', 'endpoint'];
  if (checkRecordKey(text) === null) kinds.unshift('record');
  if (EVENT_ID.test(text)) kinds.unshift('event');
  return kinds;
}

export function cut(hits: readonly Hit[], isComplete = true): Found {
  return { hits: hits.slice(0, SEARCH_HITS_MAX), isComplete: isComplete && hits.length <= SEARCH_HITS_MAX };
}

export function accountHit(account: string, name: string): Hit {
  return { type: 'account', id: account, account, name: name === '' ? null : name, detail: null, path: of(account) };
}

export function endpointHit(account: string, { id, url, description }: Record<'id' | 'url' | 'description', string>) {
  const path = `${of(account)}/endpoints/${id}`;
  const name = description === '' ? null : description;
  return { type: 'endpoint', id, account, name, detail: url, path } satisfies Hit;
}

/** With its record, where it has one: an id may be in several. */
export function eventHit(account: string, event: { id: string; type: string; record: string | null }): Hit {
  const { id, type, record } = event;
  const within = record === null ? '' : `?record=${encodeURIComponent(record)}`;
  const detail = record === null ? type : `${type} · ${record}`;
  return { type: 'event', id, account, name: null, detail, path: `${of(account)}/events/${id}${within}` };
}

export function recordHit(account: string, record: string, detail: string): Hit {
  const path = `${of(account)}/record?key=${encodeURIComponent(record)}`;
  return { type: 'record', id: record, account, name: null, detail, path };
}

export function deliveryHit(account: string, id: string, detail: string): Hit {
  return { type: 'delivery', id, account, name: null, detail, path: `${of(account)}/deliveries/${id}` };
}

export function attemptHit(account: string, id: string, detail: string): Hit {
  return { type: 'attempt', id, account, name: null, detail, path: `${of(account)}/attempts/${id}` };
}

export function alertHit(id: string, account: string | null, rule: string, detail: string, path: string): Hit {
  return { type: 'alert', id, account, name: rule, detail, path };
}

/** Of an id or a beginning of one: nothing else can begin a row of accounts. */
export function mayBeginAccount(text: string): boolean {
  return ACCOUNT_ID.test(text);
}

export function of(account: string): string {
  return `/v1/accounts/${account}`;
}
