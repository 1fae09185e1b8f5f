/**
 * E4: a test of one endpoint. The attempt is made here, in the request, and answered as it
 * happened: it is not retried, and what the receiver answers changes nothing (410 does not
 * disable). Only the Account is asked before, which counts tests (S4).
 */
import { z } from '@hono/zod-openapi';
import { ulid } from 'ulid';
import { attemptNotSent } from '../core/fault.ts';
import type { LoggedAttempt } from '../core/log.ts';
import { TEST_SENDS_MAX } from '../core/limits.ts';
import type { TestRefusal } from '../core/rpc.ts';
import { testEvent, type TestEvent } from '../core/test-event.ts';
import { createSender, type Sender } from '../delivery/sender.ts';
import type { Vars } from '../env.ts';
import { logDatabase } from '../store/database.ts';
import { writeFaults } from '../store/config/faults.ts';
import { writeTestAttempt } from '../store/log/test-attempts.ts';
import { accountStub } from '../lookup/stubs.ts';
import { accountOf, unknownAccount } from './account-settings.ts';
import type { Api } from './api.ts';
import type { AppContext } from './context.ts';
import { callObjectOnce } from '../lookup/objects.ts';
import { accountId } from './params.ts';
import { probeNow } from './probes.ts';
import { Problem, retryAfter } from './problem.ts';
import { showAttempt } from './render.ts';
import { unknownEndpoint } from './secret-text.ts';
import { logLine } from '../log-line.ts';
import { attemptShape } from './shapes/delivery-shapes.ts';

export function addEndpointTest(api: Api): void {
  api.route(
    {
      method: 'post',
      path: '/v1/accounts/{account}/endpoints/{endpoint}/test',
      id: 'testEndpoint',
      summary: 'Send a signed tubepost.test event to this endpoint alone, now, also while it is paused',
      params: z.strictObject({ account: accountId, endpoint: z.string() }),
      body: { schema: z.strictObject({}), example: {}, optional: true },
      answers: { 200: { description: 'The attempt, whatever came of it', schema: attemptShape } },
      problems: ['endpoint-disabled', 'too-many-tests'],
    },
    async ({ c, params: { account, endpoint } }) => {
      const begun = await callObjectOnce(
        () => accountStub(c.env, account),
        (stub) => stub.beginTest(endpoint, c.get('keyName')),
      );
      if (!begun.ok) throw refusal(account, endpoint, begun.error);
      const nowMs = Date.now();
      const test = testEvent(account, begun.value.endpoint, begun.value.number, ulid(nowMs), nowMs);
      const made = attemptAndLog(c, test);
      // Who hangs up meanwhile still finds the attempt in the log.
      c.executionCtx.waitUntil(made);
      const { error } = await made;
      if (error === null) c.executionCtx.waitUntil(probeAfter(c, account, endpoint));
      const owner = { delivery: test.request.delivery, endpoint, event: test.request.eventId };
      return c.json(showAttempt(owner, await made));
    },
  );
}

/** Never rejects: the test is over, and what is lost here costs the rest of a pause. */
async function probeAfter(c: AppContext, account: string, endpoint: string): Promise<void> {
  try {
    probeNow(c, await accountOf(c, account), endpoint);
  } catch (error) {
    logLine('warn', 'endpoint not probed', { endpoint, error: String(error) });
  }
}

async function attemptAndLog(c: AppContext, test: TestEvent): Promise<LoggedAttempt> {
  const { retryAfterMs: _, directive: __, isRepeated: ___, ...outcome } = await senderOf(c)(test.request);
  const attempt: LoggedAttempt = { ...outcome, number: 1, trigger: 'test', willRetry: false, nextAttemptAtMs: null };
  try {
    await writeTestAttempt(logDatabase(test.request.account, c.env), test, attempt);
    if (attempt.error?.kind === 'not-sent') {
      const fault = attemptNotSent(test.request.endpoint.id, attempt.error.message);
      await writeFaults(c.env.CONFIG, [fault], Date.now());
    }
  } catch (error) {
    // The answer still shows the test; only the list will lack it.
    logLine('warn', 'test not logged', { attempt: test.attemptId, error: String(error) });
  }
  return attempt;
}

const senders = new WeakMap<Vars, Sender>();

function senderOf(c: AppContext): Sender {
  const vars = c.get('vars');
  const known = senders.get(vars);
  if (known !== undefined) return known;
  const sender = createSender(
    () => vars,
    { fetch: (url, init) => fetch(url, init), nowMs: () => Date.now() },
    (message, facts) => logLine('log', message, facts),
  );
  senders.set(vars, sender);
  return sender;
}

function refusal(account: string, endpoint: string, error: TestRefusal): Problem {
  switch (error.reason) {
    case 'no-account':
      return unknownAccount(account);
    case 'not-found':
      return unknownEndpoint(endpoint);
    case 'disabled': {
      const why = error.statusReason === null ? '' : ` (${error.statusReason})`;
      return new Problem(
        'endpoint-disabled',
        `the endpoint ${endpoint} is disabled${why}; enable or pause it to test it`,
        { field: 'endpoint' },
      );
    }
    case 'too-many': {
      const seconds = Math.max(1, Math.ceil(error.retryAfterMs / 1_000));
      const detail = `an account may send ${TEST_SENDS_MAX} tests a minute; the next one in ${seconds} s`;
      return new Problem('too-many-tests', detail, { field: 'endpoint', headers: retryAfter(error.retryAfterMs) });
    }
  }
}
