/**
 * The Worker of docs/receivers as a process: `node on-workerd.ts <its folder>`, with its receiver
 * at PORT and its database, by SQL, at CONTROL_PORT. State is kept beside DATABASE.
 */
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { build } from 'esbuild';
import { convertV4MiniflareOptions, Log, LogLevel, Miniflare } from 'miniflare';
import { z } from 'zod';

const { PORT, CONTROL_PORT, DATABASE, WEBHOOK_SECRET } = z
  .object({ PORT: z.string(), CONTROL_PORT: z.string(), DATABASE: z.string(), WEBHOOK_SECRET: z.string() })
  .parse(process.env);
const [folder = ''] = process.argv.slice(2);
const kit = join(import.meta.dirname, '../../src/receiver');

const { outputFiles } = await build({
  entryPoints: [join(folder, 'index.js')],
  bundle: true,
  write: false,
  format: 'esm',
  target: 'es2024',
  external: ['cloudflare:*'],
  // As the package's exports name them.
  alias: {
    '@tubepost/receiver': join(kit, 'receiver.ts'),
    '@tubepost/receiver/d1': join(kit, 'd1.ts'),
    '@tubepost/receiver/web': join(kit, 'web.ts'),
  },
});
const worker = new Miniflare(
  convertV4MiniflareOptions({
    host: '127.0.0.1',
    port: Number(PORT),
    modules: [{ type: 'ESModule', path: 'worker.js', contents: outputFiles[0]?.text ?? '' }],
    compatibilityDate: '2026-10-23',
    log: new Log(LogLevel.WARN),
    cf: false,
    telemetry: { enabled: false },
    resourcePersistencePath: `${DATABASE}.d1`,
    bindings: { WEBHOOK_SECRET },
    d1Databases: { DB: 'db' },
  }),
);
await worker.ready;
const db = await worker.getD1Database('DB');
const schema = readFileSync(join(folder, 'schema.sql'), 'utf8').replaceAll(/^--.*$/gm, '');
for (const statement of schema.split(';').filter((one) => one.trim() !== '')) await db.prepare(statement).run();

const question = z.object({ sql: z.string(), values: z.array(z.string()) });
createServer((request, response) => {
  text(request)
    .then(async (body) => {
      const { sql, values } = question.parse(JSON.parse(body));
      const { results } = await db
        .prepare(sql)
        .bind(...values)
        .all();
      response.end(JSON.stringify(results));
    })
    .catch((error: unknown) => response.writeHead(500).end(String(error)));
}).listen(Number(CONTROL_PORT), '127.0.0.1');
