/**
 * V4: how an endpoint does: its attempts of a quarter of an hour and of a day, what waits for it,
 * its circuit. From the log: seconds late.
 */
import { z } from '@hono/zod-openapi';
import { rfc3339 } from '../core/body.ts';
import type { EndpointSettings } from '../core/endpoint.ts';
import { lastOutcomes, windowHealth } from '../core/health.ts';
import type { AttemptGroup } from '../core/health.ts';
import { hourOf } from '../core/hours.ts';
import { HEALTH_DAY_MS, HEALTH_RECENT_MS, HISTORY_HOURS_DEFAULT, HISTORY_HOURS_MAX, HOUR_MS } from '../core/limits.ts';
import { logDatabase } from '../store/database.ts';
import { endpointFigures, type Figures, waitingFor, type Waiting } from '../store/log/endpoint-health.ts';
import { hoursOf, readProgress, ROLL_UP } from '../store/log/hours.ts';
import { accountOf } from './account-settings.ts';
import type { Api } from './api.ts';
import type { AppContext } from './context.ts';
import { fromDatabase } from './database.ts';
import { circuitOf } from './endpoints.ts';
import { wholeText } from './fields.ts';
import { accountId } from './params.ts';
import { unknownEndpoint } from './secret-text.ts';
import { endpointHealthShape, endpointHistoryShape } from './shapes/health-shapes.ts';

export function addEndpointHealth(api: Api): void {
  addHistory(api);
  api.route(
    {
      method: 'get',
      path: '/v1/accounts/{account}/endpoints/{endpoint}/health',
      id: 'getEndpointHealth',
      summary: 'How this endpoint does: success, latency, codes, what waits, circuit',
      params: z.strictObject({ account: accountId, endpoint: z.string() }),
      answers: { 200: { description: 'Its health, from the log: seconds late', schema: endpointHealthShape } },
    },
    async ({ c, params: { account, endpoint: id } }) => {
      const settings = await accountOf(c, account, [id]);
      const [endpoint] = settings.endpoints;
      if (endpoint === undefined) throw unknownEndpoint(id);
      const nowMs = Date.now();
      const [dayMs, recentMs] = [hourOf(nowMs - HEALTH_DAY_MS), nowMs - HEALTH_RECENT_MS];
      const database = logDatabase(account, c.env);
      // What began in this very millisecond belongs to it.
      const span = { fromMs: dayMs, toMs: nowMs + 1 };
      const figures = fromDatabase(figuresOf(c, { account, endpoint: id, span, recentMs }));
      const [tried, waiting, circuit] = await Promise.all([
        figures,
        fromDatabase(waitingFor(database, account, id, endpoint.cutoff?.atMs ?? null)),
        circuitOf(c, settings, id),
      ]);
      const { successMs, failureMs } = lastOutcomes(tried.groups);
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
          last15Minutes: showWindow(
            tried.groups.filter(({ isRecent }) => isRecent),
            recentMs,
            tried.sinceMs,
          ),
          last24Hours: showWindow(tried.groups, dayMs, tried.sinceMs),
        },
        circuit,
      });
    },
  );
}

function addHistory(api: Api): void {
  api.route(
    {
      method: 'get',
      path: '/v1/accounts/{account}/endpoints/{endpoint}/history',
      id: 'getEndpointHistory',
      summary: 'Attempts, successes and latency of each hour, oldest first: for charts',
      params: z.strictObject({ account: accountId, endpoint: z.string() }),
      query: z.strictObject({ hours: wholeText(1, HISTORY_HOURS_MAX).default(HISTORY_HOURS_DEFAULT) }),
      answers: {
        200: { description: 'An entry for each hour of UTC, the last one under way', schema: endpointHistoryShape },
      },
    },
    async ({ c, params: { account, endpoint }, query: { hours } }) => {
      const { endpoints } = await accountOf(c, account, [endpoint]);
      if (endpoints.length === 0) throw unknownEndpoint(endpoint);
      const nowMs = Date.now();
      const span = { fromMs: hourOf(nowMs) - (hours - 1) * HOUR_MS, toMs: nowMs + 1 };
      const tried = await fromDatabase(figuresOf(c, { account, endpoint, span, recentMs: nowMs }));
      const byHour = Map.groupBy(tried.groups, ({ hourMs }) => hourMs);
      const data = Array.from({ length: hours }, (_, i) => span.fromMs + i * HOUR_MS).map((hourMs) => {
        const { attempts, succeeded, failed, lost, notSent, latencyMs } = windowHealth(byHour.get(hourMs) ?? []);
        return { hour: rfc3339(hourMs), attempts, succeeded, failed, lost, notSent, latencyMs };
      });
      return c.json({ endpoint, account, data, since: rfc3339(tried.sinceMs), isComplete: tried.isComplete });
    },
  );
}

async function figuresOf(c: AppContext, asked: Omit<Figures, 'there'>) {
  const there = hoursOf(await readProgress(c.env.CONFIG, ROLL_UP), asked.account);
  return endpointFigures(logDatabase(asked.account, c.env), { ...asked, there });
}

/**
 * What is disabled has nothing waiting, also while the log has not heard yet; a pause has no next
 * retry.
 */
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
