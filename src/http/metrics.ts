/**
 * V7: `/metrics` for Prometheus. An isolate counts nothing that others would know of, so these are
 * gauges and windows read from the projections at each scrape: seconds late, and the same whoever
 * answers. The names are a promise (docs/health.md).
 */
import { DELIVERY_STATUSES } from '../core/delivery.ts';
import { METRICS_LATENCY_MS, METRICS_WINDOW_MS } from '../core/limits.ts';
import { byBound, type Family, PROMETHEUS_TYPE, prometheusText } from '../core/prometheus.ts';
import { logDatabase } from '../store/database.ts';
import { type ConfigCounts, configCounts, type LogCounts, logCounts } from '../store/log/metrics.ts';
import type { Api } from './api.ts';
import { fromDatabase } from './database.ts';
import { textShape } from './shapes/plain-shapes.ts';

const ENDPOINT_STATUSES = ['enabled', 'paused', 'disabled'] as const;

export function addMetrics(api: Api): void {
  api.plain(
    {
      path: '/metrics',
      id: 'getMetrics',
      summary: 'Gauges and windows of the last 15 minutes, for Prometheus',
      keys: 'operator',
      mediaType: 'text/plain',
      answers: { 200: { description: 'In its text format, version 0.0.4', schema: textShape } },
    },
    async (c) => {
      const nowMs = Date.now();
      // What began in this very millisecond belongs to it.
      const span = { fromMs: nowMs - METRICS_WINDOW_MS, toMs: nowMs + 1 };
      const [log, config] = await Promise.all([
        fromDatabase(logCounts(logDatabase(null, c.env), span)),
        fromDatabase(configCounts(c.env.CONFIG)),
      ]);
      return c.body(prometheusText([...logFamilies(log, nowMs), ...configFamilies(config)]), 200, {
        'content-type': PROMETHEUS_TYPE,
        'cache-control': 'no-store',
      });
    },
  );
}

function logFamilies(log: LogCounts, nowMs: number): Family[] {
  const oldestSeconds = log.oldestOpenMs === null ? 0 : Math.max(0, nowMs - log.oldestOpenMs) / 1_000;
  return [
    {
      name: 'tubepost_deliveries_window',
      help: 'Deliveries accepted within the last 15 minutes, by their status now.',
      samples: DELIVERY_STATUSES.map((status) => ({ labels: { status }, value: log.deliveries.get(status) ?? 0 })),
    },
    {
      name: 'tubepost_attempts_window',
      help: 'Attempts within the last 15 minutes, by outcome (delivered, or the kind of error) and class of the response code.',
      samples: [...log.attempts.values()]
        .sort((a, b) => b.count - a.count)
        .map(({ outcome, codeClass, count }) => ({ labels: { outcome, code_class: codeClass }, value: count })),
    },
    {
      name: 'tubepost_attempts_by_latency_window',
      help: 'Attempts within the last 15 minutes whose outcome is known and that took at most so many seconds.',
      samples: byBound(
        METRICS_LATENCY_MS.map((ms) => ms / 1_000),
        log.latency.counts,
      ),
    },
    gauge(
      'tubepost_attempt_latency_window_seconds',
      'What these attempts took together, in seconds.',
      log.latency.sumMs / 1_000,
    ),
    gauge(
      'tubepost_dead_letters_window',
      'Deliveries accepted within the last 15 minutes that are dead letters now.',
      log.deliveries.get('dead') ?? 0,
    ),
    gauge('tubepost_open_deliveries', 'Deliveries that wait or are under way, as far as the log knows.', log.open),
    gauge('tubepost_oldest_open_delivery_seconds', 'Age of the oldest of them, since its acceptance.', oldestSeconds),
    gauge(
      'tubepost_accounts_read',
      'Accounts that these figures looked at: those with traffic or a backlog.',
      log.accountsRead,
    ),
    gauge('tubepost_metrics_complete', '1 if nothing was left out of these figures, else 0.', log.isComplete ? 1 : 0),
  ];
}

function configFamilies({ accounts, endpoints, jobs, spansDropped }: ConfigCounts): Family[] {
  return [
    gauge('tubepost_accounts', 'Accounts.', accounts),
    {
      name: 'tubepost_endpoints',
      help: 'Endpoints, by status.',
      samples: ENDPOINT_STATUSES.map((status) => ({ labels: { status }, value: endpoints.get(status) ?? 0 })),
    },
    {
      name: 'tubepost_jobs',
      help: 'Jobs that have not ended, by status.',
      samples: (['running', 'paused'] as const).map((status) => ({ labels: { status }, value: jobs.get(status) ?? 0 })),
    },
    {
      name: 'tubepost_spans_dropped_total',
      help: 'Spans that the collector was not sent (docs/tracing.md).',
      type: 'counter',
      samples: [{ labels: {}, value: spansDropped }],
    },
  ];
}

function gauge(name: string, help: string, value: number): Family {
  return { name, help, samples: [{ labels: {}, value }] };
}
