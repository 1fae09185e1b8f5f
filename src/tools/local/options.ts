/**
 * Miniflare's options for the Worker. Plain data, which prepare.ts builds in a process of its own
 * and the service only serves: so that process keeps neither wrangler nor esbuild.
 */
import type { MiniflareOptions } from 'miniflare';
import { convertV4MiniflareOptions, type Json, Log, LogLevel } from 'miniflare';

export type LocalWorker = {
  name: string;
  persistPath: string;
  compatibilityDate: string;
  /** As wrangler reads them from wrangler.toml. */
  workerOptions: object;
  /** Those of wrangler.toml. */
  vars: Record<string, Json>;
  /** The bundle. */
  contents: string;
  databaseIds: Record<string, { id: string }>;
  databases: { binding: string; migrationsFolder: string }[];
};

/** `inspectorPort`: where a debugger or profiler may attach; null: nowhere. */
export type Listen = { host: string; port: number; inspectorPort: number | null; vars: Record<string, string> };

/** Serves the bundled Worker. `port` 0 picks a free one. */
export function serveOptions(worker: LocalWorker, { host, port, inspectorPort, vars }: Listen): MiniflareOptions {
  return convertV4MiniflareOptions({
    ...worker.workerOptions,
    ...shared(worker),
    host,
    port,
    ...(inspectorPort === null ? {} : { inspectorPort }),
    handleStructuredLogs: printLog,
    bindings: { ...worker.vars, ...vars },
    modules: [{ type: 'ESModule', path: 'index.js', contents: worker.contents }],
  });
}

/** The same databases, and no Worker: no alarm fires and no queue is read while they migrate. */
export function databaseOptions(worker: LocalWorker): MiniflareOptions {
  return convertV4MiniflareOptions({
    ...shared(worker),
    compatibilityDate: worker.compatibilityDate,
    d1Databases: worker.databaseIds,
    modules: [{ type: 'ESModule', path: 'index.js', contents: 'export default {}' }],
  });
}

function shared({ name, persistPath }: LocalWorker) {
  return {
    name,
    resourcePersistencePath: persistPath,
    log: new Log(LogLevel.WARN),
    cf: false as const,
    telemetry: { enabled: false },
  };
}

/** One JSON line for each log of the Worker; what is not JSON already is wrapped. */
function printLog({ level, message }: { level: string; message: string }): void {
  console.log(message.startsWith('{') ? message : JSON.stringify({ level, message }));
}
