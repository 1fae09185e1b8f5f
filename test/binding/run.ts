/**
 * `npm run test:binding`: the Worker of docs/binding.md beside the service, bound to it as on
 * Cloudflare, both in one workerd. Ends with 0 only if all checks held.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { transformSync } from 'esbuild';
import { convertV4MiniflareOptions, Miniflare } from 'miniflare';
import { prepareWorker } from '../../src/tools/local/prepare.ts';
import { readVars } from '../../src/tools/local/vars.ts';
import { blocksOf } from '../papers/blocks.ts';
import { Checks } from '../support/checks.ts';
import { until } from '../support/poll.ts';
import { freePort } from '../support/service.ts';

const KEY = 'tubepost_binding_admin_key';
const WITHIN_MS = 60_000;
const root = join(import.meta.dirname, '../..');
const checks = new Checks();
const is = (what: string, isSo: boolean, evidence: unknown) =>
  checks.check(what, 1, isSo ? [] : [JSON.stringify(evidence).slice(0, 400)]);

const [block] = blocksOf('docs/binding.md').filter(({ marks }) => marks.includes('worker'));
if (block === undefined) throw new Error('docs/binding.md shows no Worker');
const shop = transformSync(block.code, { loader: 'ts', format: 'esm', target: 'es2024' }).code;

const arrived: string[] = [];
const receiver = createServer((request, response) => {
  let body = '';
  request.on('data', (chunk: Buffer) => (body += chunk.toString()));
  request.on('end', () => {
    arrived.push(body);
    response.writeHead(204).end();
  });
});
const hookPort = await freePort();
await new Promise<void>((resolve) => receiver.listen(hookPort, '127.0.0.1', resolve));

const stateDir = mkdtempSync(join(tmpdir(), 'tubepost-binding-'));
const worker = await prepareWorker(root, stateDir, false);
const miniflare = new Miniflare(
  convertV4MiniflareOptions({
    resourcePersistencePath: worker.persistPath,
    cf: false,
    port: 0,
    workers: [
      {
        name: 'shop',
        compatibilityDate: worker.compatibilityDate,
        modules: [{ type: 'ESModule', path: 'shop.js', contents: shop }],
        bindings: { TUBEPOST_KEY: KEY },
        serviceBindings: { TUBEPOST: { name: worker.name, entrypoint: 'Tubepost' } },
      },
      {
        ...worker.workerOptions,
        name: worker.name,
        bindings: { ...worker.vars, ...readVars(root, { ...process.env, ADMIN_KEY: KEY }) },
        modules: [{ type: 'ESModule', path: 'index.js', contents: worker.contents }],
      },
    ],
  }),
);

try {
  const shopAt = (await miniflare.ready).origin;
  const service = await miniflare.getWorker(worker.name);
  const api = (method: string, path: string, body: unknown) =>
    service.fetch(`http://tubepost.test${path}`, {
      method,
      headers: { authorization: `Bearer ${KEY}`, 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
  const change = (version: number) =>
    fetch(`${shopAt}/sub_81`, { method: 'POST', body: JSON.stringify({ version, plan: 'pro' }) });

  const early = await change(1);
  const problem: unknown = await early.json();
  is('what is refused is a problem of the API', JSON.stringify(problem).includes('unknown-account'), problem);

  is('an account', (await api('PUT', '/v1/accounts/acme', {})).status === 201, '');
  const made = await api('POST', '/v1/accounts/acme/endpoints', {
    url: `http://127.0.0.1:${hookPort}/hook`,
    description: 'CRM',
  });
  is('an endpoint', made.status === 201, await made.text());

  const answers = [await change(2), await change(2)];
  is(
    'a change is published, and again',
    answers.every(({ status }) => status === 202),
    answers.map(({ status }) => status),
  );
  await until('the event at the receiver', WITHIN_MS, () => (arrived.length > 0 ? true : null));
  const status = await until('the status', WITHIN_MS, async () => {
    const text = await (await fetch(`${shopAt}/sub_81`)).text();
    return text.includes('Delivered to CRM') || text.includes('CRM has') || text.includes('"delivered"') ? text : null;
  });
  is('the shop reads where its record stands', status.includes('"ok":true'), status);
  is('the receiver got it once', arrived.length === 1 && arrived[0]?.includes('"plan":"pro"') === true, arrived);
} finally {
  await miniflare.dispose();
  receiver.closeAllConnections();
  receiver.close();
  rmSync(stateDir, { recursive: true, force: true });
}
console.log(`binding: ${checks.passed} checks passed, ${checks.failed} failed`);
process.exit(checks.failed === 0 ? 0 : 1);
