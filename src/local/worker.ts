/**
 * The Worker of wrangler.toml as options for Miniflare, which runs the same workerd as Cloudflare, in one process
 * and without the proxy, file watching, update checks and metrics of `wrangler dev`.
 */
import { join } from 'node:path';
import { build } from 'esbuild';
import type { MiniflareOptions } from 'miniflare';
import { convertV4MiniflareOptions, Log, LogLevel } from 'miniflare';
import { unstable_getMiniflareWorkerOptions as getWorkerOptions, unstable_readConfig as readConfig } from 'wrangler';
import { z } from 'zod';

export type LocalWorker = {
  /** Serves the bundled Worker. `port` 0 picks a free one. */
  options(listen: { host: string; port: number; vars: Record<string, string> }): MiniflareOptions;
  /** The same databases, and no Worker: no alarm fires and no queue is read while they migrate. */
  databaseOptions(): MiniflareOptions;
  databases: { binding: string; migrationsFolder: string }[];
};

/** What is read here of wrangler's result, which it types as `any`. */
const Config = z.object({
  name: z.string(),
  compatibility_date: z.string(),
  vars: z.record(z.string(), z.json()),
  d1_databases: z.array(z.object({ binding: z.string(), migrations_dir: z.string() })),
});
const DatabaseIds = z.record(z.string(), z.object({ id: z.string() }));

/** `persistTo` is laid out as `wrangler dev --persist-to` does, so that wrangler's local commands see the same data. */
export async function loadWorker(root: string, persistTo: string): Promise<LocalWorker> {
  // The variables come from readVars: what wrangler finds by itself is not used, nor its remarks about it.
  process.env['WRANGLER_LOG'] ??= 'error';
  const configPath = join(root, 'wrangler.toml');
  const config = Config.parse(readConfig({ config: configPath }));
  const { workerOptions, main, define } = getWorkerOptions(configPath);
  if (main === undefined) throw new Error('wrangler.toml: main names no file');
  const contents = await bundle(root, main, define);

  const shared = {
    name: config.name,
    resourcePersistencePath: join(persistTo, 'v3'),
    log: new Log(LogLevel.WARN),
    cf: false,
    telemetry: { enabled: false },
  };
  return {
    options: ({ host, port, vars }) =>
      convertV4MiniflareOptions({
        ...workerOptions,
        ...shared,
        host,
        port,
        handleStructuredLogs: printLog,
        bindings: { ...config.vars, ...vars },
        modules: [{ type: 'ESModule', path: 'index.js', contents }],
      }),
    databaseOptions: () =>
      convertV4MiniflareOptions({
        ...shared,
        compatibilityDate: config.compatibility_date,
        d1Databases: DatabaseIds.parse(workerOptions['d1Databases']),
        modules: [{ type: 'ESModule', path: 'index.js', contents: 'export default {}' }],
      }),
    databases: config.d1_databases.map(({ binding, migrations_dir }) => ({
      binding,
      migrationsFolder: join(root, migrations_dir),
    })),
  };
}

async function bundle(root: string, main: string, define: Record<string, string>): Promise<string> {
  const { outputFiles } = await build({
    absWorkingDir: root,
    entryPoints: [main],
    bundle: true,
    write: false,
    format: 'esm',
    target: 'es2024',
    conditions: ['workerd', 'worker', 'browser'],
    external: ['cloudflare:*', 'node:*'],
    loader: { '.sql': 'text', '.txt': 'text', '.html': 'text' },
    define,
    keepNames: true,
    sourcemap: 'inline',
    logLevel: 'warning',
  });
  const output = outputFiles[0];
  if (output === undefined) throw new Error(`esbuild wrote nothing for ${main}`);
  return output.text;
}

/** One JSON line for each log of the Worker; what is not JSON already is wrapped. */
function printLog({ level, message }: { level: string; message: string }): void {
  console.log(message.startsWith('{') ? message : JSON.stringify({ level, message }));
}
