/**
 * Attempts of test sends (E4) in the log: a row of `attempts` and no other. A test has no delivery
 * that could be dead, waiting or replayed, so it is in no list, count or health figure of
 * deliveries. Written by whoever made the attempt; no Record confirms it.
 */
import { and, between, eq } from 'drizzle-orm';
import { drizzle } from 'drizzle-orm/d1';
import { TEST_CLOCKS_APART_MS } from '../../core/limits.ts';
import type { LoggedAttempt } from '../../core/log.ts';
import { TEST_EVENT_TYPE, type TestEvent } from '../../core/test-event.ts';
import { attempts } from './schema.ts';
import { type AttemptView, showOwn } from './attempts.ts';
import { writeSent } from './stored-attempt.ts';

/** Throws if the database does not take it. */
export async function writeTestAttempt(database: D1Database, test: TestEvent, attempt: LoggedAttempt): Promise<void> {
  const { account, delivery, endpoint, eventId } = test.request;
  const { error, responseHeaders, sent, ...facts } = attempt;
  await drizzle(database)
    .insert(attempts)
    .values({
      ...facts,
      account,
      id: test.attemptId,
      delivery,
      acceptedAtMs: test.acceptedAtMs,
      endpoint: endpoint.id,
      eventId,
      eventType: TEST_EVENT_TYPE,
      record: null,
      errorKind: error?.kind ?? null,
      errorMessage: error?.message ?? null,
      responseHeaders: responseHeaders === null ? null : JSON.stringify(responseHeaders),
      sent: writeSent(sent),
    });
}

/**
 * `number` is the test's: a time, near which the attempt was made, so that no index by id is
 * needed.
 */
export async function findTestAttempt(
  database: D1Database,
  account: string,
  id: string,
  number: number,
): Promise<AttemptView | null> {
  const isNear = between(attempts.atMs, number - TEST_CLOCKS_APART_MS, number + TEST_CLOCKS_APART_MS);
  const rows = await drizzle(database)
    .select()
    .from(attempts)
    .where(and(eq(attempts.account, account), isNear, eq(attempts.id, id)))
    .limit(1);
  return rows[0] === undefined ? null : showOwn(rows[0]);
}
