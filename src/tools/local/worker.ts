/**
 * The Worker of wrangler.toml, bundled, as options for Miniflare, which runs the same workerd as
 * Cloudflare, in one process and without the proxy, file watching, update checks and metrics of
 * `wrangler dev`. Loads wrangler and esbuild, some 250 MB with its service: nothing that stays
 * running imports this file (see prepare.ts).
 */
import { join } from 'node:path';
import { build } from 'esbuild';
import { unstable_getMiniflareWorkerOptions as getWorkerOptions, unstable_readConfig as readConfig } from 'wrangler';
import { z } from 'zod';
import type { LocalWorker } from './options.ts';

/** What is read here of wrangler's result, which it types as `any`. */
const Config = z.object({
  name: z.string(),
  compatibility_date: z.string(),
  vars: z.record(z.string(), z.json()),
  d1_databases: z.array(z.object({ binding: z.string(), migrations_dir: z.string() })),
});
const DatabaseIds = z.record(z.string(), z.object({ id: z.string() }));

/**
 * `persistTo` is laid out as `wrangler dev --persist-to` does, so that wrangler's local commands
 * see the same data. `hasSourceMap`: for the inspector. The map is five times the code, and workerd
 * would keep it in memory.
 */
export async function loadWorker(root: string, persistTo: string, hasSourceMap = false): Promise<LocalWorker> {
  // The variables come from readVars: what wrangler finds by itself is not used, nor its remarks
  // about it.
  process.env['WRANGLER_LOG'] ??= 'error';
  const configPath = join(root, 'wrangler.toml');
  const config = Config.parse(readConfig({ config: configPath }));
  const { workerOptions, main, define } = getWorkerOptions(configPath);
  if (main === undefined) throw new Error('wrangler.toml: main names no file');

  return {
    name: config.name,
    persistPath: join(persistTo, 'v3'),
    compatibilityDate: config.compatibility_date,
    workerOptions,
    vars: config.vars,
    contents: await bundle(root, main, define, hasSourceMap),
    databaseIds: DatabaseIds.parse(workerOptions['d1Databases']),
    databases: config.d1_databases.map(({ binding, migrations_dir }) => ({
      binding,
      migrationsFolder: join(root, migrations_dir),
    })),
  };
}

async function bundle(
  root: string,
  main: string,
  define: Record<string, string>,
  hasSourceMap: boolean,
): Promise<string> {
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
    sourcemap: hasSourceMap ? 'inline' : false,
    logLevel: 'warning',
  });
  const output = outputFiles[0];
  if (output === undefined) throw new Error(`esbuild wrote nothing for ${main}`);
  return output.text;
}
