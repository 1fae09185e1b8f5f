/** Serves workerd/bare.ts on Miniflare: PORT and STATE_DIR as src/tools/local/start.ts has them. */
import { join } from 'node:path';
import { build, stop } from 'esbuild';
import { convertV4MiniflareOptions, Log, LogLevel, Miniflare } from 'miniflare';

process.on('SIGTERM', () => process.exit(0));

const { outputFiles } = await build({
  entryPoints: [join(import.meta.dirname, '../workerd/bare.ts')],
  bundle: true,
  write: false,
  format: 'esm',
  target: 'es2024',
  external: ['cloudflare:*'],
});
await stop();
const miniflare = new Miniflare(
  convertV4MiniflareOptions({
    name: 'bare',
    host: '127.0.0.1',
    port: Number(process.env['PORT']),
    resourcePersistencePath: process.env['STATE_DIR'] ?? '',
    log: new Log(LogLevel.WARN),
    cf: false,
    telemetry: { enabled: false },
    compatibilityDate: '2026-10-23',
    durableObjects: { BARE: { className: 'Bare', useSQLite: true } },
    modules: [{ type: 'ESModule', path: 'index.js', contents: outputFiles[0]?.text ?? '' }],
  }),
);
await miniflare.ready;
