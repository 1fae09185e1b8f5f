/**
 * What the client repeats, and when. Repeated is what passes by itself (no answer, 429, 5xx, a
 * first request that still runs), and only where a second time does no harm: reads, what says how
 * something should be (PUT, DELETE), and what carries an id or a key of its own.
 */
import { type Operations, PLACES } from './schema.ts';

export type Passing = { status: number | null; retryAfter: string | null; error: unknown };

const FIRST_WAIT_MS = 250;
const WAIT_MS_MAX = 8_000;
/** A call does not wait for a service that says "in an hour": it asks again after this. */
const RETRY_AFTER_MS_MAX = 60_000;

export function isPassing({ status }: Passing, problem: { code: unknown } | null): boolean {
  return status === null || status === 429 || status >= 500 || problem?.code === 'idempotency-in-progress';
}

type Asked = { body?: unknown; idempotencyKey?: string };

export function mayRepeat(name: keyof Operations, { body, idempotencyKey }: Asked): boolean {
  const [method] = PLACES[name];
  if (method === 'GET' || method === 'PUT' || method === 'DELETE') return true;
  if (method !== 'POST') return false;
  if (name === 'publishEvents') return eventsOf(body).every(hasId);
  if (name === 'publishEvent' || name === 'broadcastEvent') return idempotencyKey !== undefined || hasId(body);
  return idempotencyKey !== undefined;
}

/**
 * A failed publish answers the id that was made for the event: with it the event is published
 * again, and never twice.
 */
export function repeatedBody(
  name: keyof Operations,
  body: unknown,
  problem: { [member: string]: unknown } | null,
): unknown {
  const id = problem?.['id'];
  if (name !== 'publishEvent' || typeof id !== 'string' || !isObject(body) || hasId(body)) return body;
  return { ...body, id };
}

/**
 * `Retry-After` in seconds, else a share of a delay that doubles (full jitter: those who failed
 * together do not come back together).
 */
export function waitMs(tries: number, retryAfter: string | null, random: number): number {
  const seconds = retryAfter === null ? Number.NaN : Number(retryAfter);
  if (seconds >= 0) return Math.min(seconds * 1_000, RETRY_AFTER_MS_MAX);
  return Math.ceil(random * Math.min(FIRST_WAIT_MS * 2 ** tries, WAIT_MS_MAX));
}

function eventsOf(body: unknown): unknown[] {
  return isObject(body) && 'events' in body && Array.isArray(body.events) ? body.events : [undefined];
}

function hasId(event: unknown): boolean {
  return isObject(event) && 'id' in event && typeof event.id === 'string';
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}
