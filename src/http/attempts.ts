/** Attempts (V3): lists from the log, one attempt from its Shard. */
import { z } from '@hono/zod-openapi';
import { parseAttemptId } from '../core/ids.ts';
import { isOfTest } from '../core/test-event.ts';
import { listAttempts } from '../store/log/attempts.ts';
import { logDatabase } from '../store/database.ts';
import type { LogFilter } from '../store/filter.ts';
import { findTestAttempt } from '../store/log/test-attempts.ts';
import { accountOf } from './account-settings.ts';
import type { Api } from './api.ts';
import type { AppContext } from './context.ts';
import { fromDatabase } from './database.ts';
import { readDelivery } from './deliveries.ts';
import { answerLog } from './export.ts';
import { accountId, accountParams, filterOf, logQuery, type LogQuery } from './params.ts';
import { Problem } from './problem.ts';
import { ofRecord } from './record-events.ts';
import { showAttempt } from './render.ts';
import { attemptShape, attemptsShape } from './shapes/delivery-shapes.ts';

export function addAttempts(api: Api): void {
  api.route(
    {
      method: 'get',
      path: '/v1/accounts/{account}/attempts',
      id: 'listAttempts',
      summary: 'Attempts in the log, newest first',
      params: accountParams,
      query: z.strictObject(logQuery),
      answers: { 200: { description: 'A page of attempts', schema: attemptsShape } },
    },
    async ({ c, params: { account }, query }) => {
      const settings = accountOf(c, account);
      const filter = filterOf(query);
      const known = filter.record === undefined ? {} : await ofRecord(c, await settings, filter);
      const [, answer] = await Promise.all([settings, answerAttempts(c, query, { ...filter, ...known, account })]);
      return answer;
    },
  );

  api.route(
    {
      method: 'get',
      path: '/v1/accounts/{account}/attempts/{attempt}',
      id: 'getAttempt',
      summary: 'One attempt, exact at this instant',
      params: z.strictObject({ account: accountId, attempt: z.string() }),
      answers: { 200: { description: 'The attempt', schema: attemptShape } },
    },
    async ({ c, params }) => {
      const at = parseAttemptId(params.attempt);
      if (at === null) throw unknownAttempt(params.attempt);
      if (isOfTest(at)) return answerTest(c, params.account, params.attempt, at.sequence);
      const detail = await readDelivery(c, await accountOf(c, params.account), at);
      const attempt = detail?.attempts.find(({ number }) => number === at.number);
      if (!detail || attempt === undefined) throw unknownAttempt(params.attempt);
      const { delivery } = detail;
      const owner = { delivery: delivery.id, endpoint: delivery.endpoint, event: delivery.event };
      return c.json(showAttempt(owner, attempt));
    },
  );
}

const COLUMNS = [
  'id delivery endpoint event number trigger at latencyMs statusCode error.kind error.message',
  'request.url request.headers responseHeaders responseBody willRetry nextAttemptAt',
].flatMap((line) => line.split(' '));

/** Of one account, or of all for operators: then each attempt says whose it is. */
export function answerAttempts(c: AppContext, query: LogQuery, filter: LogFilter, isOfAll = false) {
  const { account } = filter;
  return answerLog(c, query, {
    name: 'attempts',
    columns: isOfAll ? [...COLUMNS, 'account'] : COLUMNS,
    queriesPerPage: 2,
    read: (page) => listAttempts(logDatabase(account, c.env), filter, page),
    show: (attempts) =>
      attempts.map((attempt) => ({
        ...showAttempt(attempt, attempt),
        ...(isOfAll ? { account: attempt.account } : {}),
      })),
  });
}

/** A test has no Record: the log is all there is of it. */
async function answerTest(c: AppContext, account: string, id: string, number: number): Promise<Response> {
  const [, attempt] = await Promise.all([
    accountOf(c, account),
    fromDatabase(findTestAttempt(logDatabase(account, c.env), account, id, number)),
  ]);
  if (attempt === null) throw unknownAttempt(id);
  return c.json(showAttempt(attempt, attempt));
}

function unknownAttempt(id: string): Problem {
  return new Problem('not-found', `there is no attempt "${id.slice(0, 128)}" in this account`);
}
