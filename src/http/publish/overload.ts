/**
 * Overload is refused, never absorbed (P1): an isolate that is behind answers 503 before it stores
 * anything. It is asked twice: before the body is read, which spares what a refusal costs most, and
 * when the events are known.
 */
import { RETRY_AFTER_BUSY_SECONDS } from '../../core/limits.ts';
import type { Load } from '../../core/under-way.ts';
import { type AppContext, underWayOf } from '../context.ts';
import { Problem } from '../problem.ts';

/** For a route of one account: throws the refusal, by the size that the request gives itself. */
export function refuseEarly(c: AppContext, { account }: { account: string }): void {
  const chars = Number(c.req.header('content-length') ?? 0);
  if (underWayOf(c.env).refuses(account, { events: 1, chars }, Date.now())) throw overloaded(account);
}

/** Returns the function that ends what begins here. Throws the refusal, which names the events. */
export function begin(c: AppContext, account: string, load: Load, ids: string[]): () => void {
  const end = underWayOf(c.env).enter(account, load, Date.now());
  if (end === null) throw overloaded(account, { ids });
  return end;
}

function overloaded(account: string, members: { ids?: string[] } = {}): Problem {
  const detail = `more work is waiting than can be done in time, and account "${account}" has its share of it: nothing of this request was stored; publish it again in ${RETRY_AFTER_BUSY_SECONDS} s`;
  return new Problem('overloaded', detail, { members, headers: { 'retry-after': String(RETRY_AFTER_BUSY_SECONDS) } });
}
