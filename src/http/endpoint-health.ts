/** V4: how an endpoint does: its attempts of a quarter of an hour and of a day, what waits for it, its circuit. From the log: seconds late. */
import { z } from '@hono/zod-openapi';
import { rfc3339 } from '../core/body.ts';
import type { EndpointSettings } from '../core/endpoint.ts';
import { lastOutcomes, windowHealth } from '../core/health.ts';
import type { AttemptGroup } from '../core/health.ts';
import { HEALTH_DAY_MS, HEALTH_RECENT_MS, WINDOW_ROWS_MAX } from '../core/limits.ts';
import { logDatabase } from '../store/database.ts';
import { endpointAttempts, waitingFor, type Waiting } from '../store/endpoint-health.ts';
import { settingsOf } from './account-settings.ts';
import type { Api } from './api.ts';
import { fromDatabase } from './database.ts';
import { circuitOf } from './endpoints.ts';
import { accountId } from './params.ts';
import { unknownEndpoint } from './secret-text.ts';

export function addEndpointHealth(api: Api): void {
  api.route(
    {
      method: 'get',
      path: '/v1/accounts/{account}/endpoints/{endpoint}/health',
      summary: 'How this endpoint does: success, latency, codes, what waits, circuit',
      params: z.strictObject({ account: accountId, endpoint: z.string() }),
      answers: { 200: 'Its health, from the log: seconds late' },
    },
    async ({ c, params: { account, endpoint: id } }) => {
      const settings = await settingsOf(c, account);
      const endpoint = settings.endpoints.find((one) => one.id === id);
      if (endpoint === undefined) throw unknownEndpoint(id);
      const nowMs = Date.now();
      const [dayMs, recentMs] = [nowMs - HEALTH_DAY_MS, nowMs - HEALTH_RECENT_MS];
      const database = logDatabase(account, c.env);
      // What began in this very millisecond belongs to it.
      const window = { account, fromMs: dayMs, toMs: nowMs + 1, rows: WINDOW_ROWS_MAX };
      const [tried, waiting, circuit] = await Promise.all([
        fromDatabase(endpointAttempts(database, window, id, recentMs)),
        fromDatabase(waitingFor(database, account, id, endpoint.cutoff?.atMs ?? null)),
        circuitOf(c, settings, id),
      ]);
      const { successMs, failureMs } = lastOutcomes(tried.all);
      return c.json({
        endpoint: id,
        account,
        status: endpoint.status,
        statusReason: endpoint.statusReason,
        at: rfc3339(nowMs),
        lastSuccessAt: time(successMs),
        lastFailureAt: time(failureMs),
        ...showWaiting(waiting, endpoint),
        windows: {
          last15Minutes: showWindow(tried.recent, recentMs, tried.sinceMs),
          last24Hours: showWindow(tried.all, dayMs, tried.sinceMs),
        },
        circuit,
      });
    },
  );
}

/** What is disabled has nothing waiting, also while the log has not heard yet; a pause has no next retry. */
function showWaiting(waiting: Waiting, { status }: EndpointSettings) {
  if (status === 'disabled')
    return { nextRetryAt: null, waiting: { count: 0, oldestAcceptedAt: null, isComplete: true } };
  const { count, oldestAcceptedAtMs, nextRetryAtMs, isComplete } = waiting;
  return {
    nextRetryAt: status === 'paused' ? null : time(nextRetryAtMs),
    waiting: { count, oldestAcceptedAt: time(oldestAcceptedAtMs), isComplete },
  };
}

function showWindow(groups: AttemptGroup[], fromMs: number, sinceMs: number) {
  return { since: rfc3339(Math.max(fromMs, sinceMs)), isComplete: sinceMs <= fromMs, ...windowHealth(groups) };
}

function time(ms: number | null): string | null {
  return ms === null ? null : rfc3339(ms);
}
