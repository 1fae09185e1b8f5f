/**
 * The Worker: HTTP, queue consumers, the cron and Durable Objects. The only file that knows every
 * edge.
 */
import { type Bindings, parseVars, requireVars } from './env.ts';
import { NO_BRAND } from './dashboard/brand.ts';
import { createDashboard } from './dashboard/dashboard.tsx';
import { createBinding } from './binding/binding.ts';
import { createSender, type Sender } from './delivery/sender.ts';
import { createApp } from './http/app.ts';
import { createMcp } from './mcp/mcp.ts';
import { consumeDead, deadDeps } from './queues/dead.ts';
import { consumeFanout } from './queues/fanout.ts';
import { consumeLog, logDeps } from './queues/log.ts';
import { type Collector, SpanExport } from './queues/span-export.ts';
import type { LoggedRecord } from './core/log.ts';
import { spansOf } from './core/spans.ts';
import { count } from './store/config/counters.ts';
import { runSchedule } from './schedule/schedule.ts';
import { shardStub } from './lookup/stubs.ts';
import { logLine } from './log-line.ts';

export { Account } from './account/account.ts';
export { Catalogue } from './catalogue/catalogue.ts';
export { Gate } from './gate/gate.ts';
export { Job } from './job/job.ts';
export { Limiter } from './limiter/limiter.ts';
export { Live } from './http/live/live.ts';
export { Shard } from './shard/shard.ts';

const app = createApp();
const dashboard = createDashboard<Bindings>({
  api: (request, env, ctx) => app.fetch(request, env, ctx),
  settings: (env) => {
    const vars = parseVars(env);
    // What is set wrong, the API says itself: a page shows it.
    if (!vars.ok) return { frameOrigins: [], isLocal: false, brand: NO_BRAND };
    const { frameOrigins, localMode, brand } = vars.value;
    return { frameOrigins, isLocal: localMode, brand };
  },
});
const mcp = createMcp<Bindings>((request, env, ctx) => app.fetch(request, env, ctx));
let sender: Sender | null = null;

/** For other Workers: a service binding. */
export const Tubepost = createBinding<Bindings>((request, env, ctx) => app.fetch(request, env, ctx));
const spanExport = new SpanExport();

async function consume(batch: MessageBatch, env: Bindings, ctx: ExecutionContext): Promise<void> {
  switch (batch.queue) {
    case 'tubepost-fanout':
    case 'tubepost-slow':
      sender ??= createSender(
        () => requireVars(env),
        { fetch: (url, init) => fetch(url, init), nowMs: () => Date.now() },
        (message, facts) => logLine('log', message, facts),
      );
      return consumeFanout(batch, {
        shard: (name) => shardStub(env, name),
        send: sender,
        nowMs: () => Date.now(),
        wait: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
        report: (message, facts) => logLine('error', message, facts),
      });
    case 'tubepost-log':
      return consumeLog(
        batch,
        logDeps(env, (records) => {
          const vars = parseVars(env);
          if (vars.ok && vars.value.collector !== null) ctx.waitUntil(exportSpans(records, vars.value.collector, env));
        }),
      );
    default:
      return consumeDead(batch, deadDeps(env));
  }
}

function exportSpans(records: LoggedRecord[], collector: Collector, env: Bindings): Promise<void> {
  return spanExport.send(spansOf(records), collector, {
    fetch: (url, init) => fetch(url, init),
    nowMs: () => Date.now(),
    version: env.VERSION.id,
    countDropped: async (spans, why) => {
      logLine('warn', 'spans dropped', { spans, why });
      // The line above says as much.
      await count(env.CONFIG, 'spans-dropped', spans).catch(() => undefined);
    },
  });
}

export default {
  fetch: async (request, env, ctx) =>
    (await dashboard(request, env, ctx)) ?? (await mcp(request, env, ctx)) ?? app.fetch(request, env, ctx),
  queue: consume,
  scheduled: ({ scheduledTime }, env) => runSchedule(env, scheduledTime),
} satisfies ExportedHandler<Bindings>;
