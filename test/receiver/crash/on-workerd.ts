/** The Worker as a process: `node on-workerd.ts <its port> <state folder> <control>`. */
import { join } from 'node:path';
import { build } from 'esbuild';
import { convertV4MiniflareOptions, Log, LogLevel, Miniflare } from 'miniflare';

const [port = '', folder = '', control = ''] = process.argv.slice(2);

const { outputFiles } = await build({
  entryPoints: [join(import.meta.dirname, 'worker.ts')],
  bundle: true,
  write: false,
  format: 'esm',
  target: 'es2024',
  external: ['cloudflare:*'],
});
const worker = new Miniflare(
  convertV4MiniflareOptions({
    host: '127.0.0.1',
    port: Number(port),
    modules: [{ type: 'ESModule', path: 'worker.js', contents: outputFiles[0]?.text ?? '' }],
    compatibilityDate: '2026-10-23',
    log: new Log(LogLevel.WARN),
    cf: false,
    telemetry: { enabled: false },
    resourcePersistencePath: folder,
    bindings: { CONTROL: control },
    d1Databases: { DB: 'db' },
    durableObjects: { OBJECT: { className: 'Receiving', useSQLite: true } },
  }),
);
await worker.ready;
