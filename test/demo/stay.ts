/**
 * `npm run demo -- --stay`: a page that stays open on a service of its own, with a record in each
 * of the five states that `<tubepost-status>` shows: queued, sent, retrying, failed, and late.
 * Ctrl+C ends it.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createClient, ofAnswer } from '../../src/client/client.ts';
import { type Line, servePage } from '../live/page.ts';
import { freePort, startService } from '../support/service.ts';

const ACCOUNT = 'acme';
const TOKEN_SECONDS = 3_600;

type Case = { record: string; title: string; name: string; answer: number | 'hang'; retrySeconds: number };
const CASES: Case[] = [
  { record: 'deal/queued', title: 'Queued', name: 'Warehouse', answer: 'hang', retrySeconds: 10 },
  { record: 'deal/sent', title: 'Sent', name: 'Mail', answer: 200, retrySeconds: 10 },
  { record: 'deal/retrying', title: 'Retrying', name: 'CRM', answer: 503, retrySeconds: 60 },
  { record: 'deal/failed', title: 'Failed', name: 'Billing', answer: 404, retrySeconds: 10 },
  {
    record: 'deal/late',
    title: 'Late: five seconds after it was saved',
    name: 'Search',
    answer: 503,
    retrySeconds: 600,
  },
];

export async function stay(): Promise<void> {
  const key = 'tubepost_stay_admin_key';
  const stateDir = mkdtempSync(join(tmpdir(), 'tubepost-stay-'));
  const [port, pagePort, hookPort] = [await freePort(), await freePort(), await freePort()];
  const receiver = createServer((request, response) => {
    const answer = CASES[Number(request.url?.slice(1))]?.answer ?? 200;
    request.resume().on('end', () => (answer === 'hang' ? undefined : response.writeHead(answer).end()));
  });
  await new Promise<void>((resolve) => receiver.listen(hookPort, '127.0.0.1', resolve));
  const vars = { CORS_ORIGINS: `http://127.0.0.1:${pagePort}` };
  const service = await startService({ port, stateDir, key, vars });
  const api = createClient({ origin: service.url, key });
  const path = { account: ACCOUNT };
  ofAnswer(await api.call('putAccount', { path, body: { name: 'Acme' } }));
  const lines: Line[] = [];
  for (const [index, { record, title, name, retrySeconds }] of CASES.entries()) {
    const retry = { scheduleSeconds: Array.from({ length: 20 }, () => retrySeconds), windowSeconds: 86_400 };
    const type = `case.${index}`;
    const url = `http://127.0.0.1:${hookPort}/${index}`;
    const body = { url, description: name, eventTypes: [type], timeoutMs: 30_000, retry };
    ofAnswer(await api.call('createEndpoint', { path, body }));
    ofAnswer(await api.call('publishEvent', { path, body: { type, record, data: {} } }));
    const asked = { record, expiresInSeconds: TOKEN_SECONDS };
    const { token } = ofAnswer(await api.call('createPortalToken', { path, body: asked }));
    lines.push({ record, title, account: ACCOUNT, token });
  }
  const pages = await servePage(pagePort, service.url, () => lines);
  console.log(`http://127.0.0.1:${pagePort}/ shows the five states; its tokens end in an hour. Ctrl+C ends it.`);
  await new Promise<void>((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve());
  });
  pages.close();
  receiver.close();
  receiver.closeAllConnections();
  await service.stop();
  rmSync(stateDir, { recursive: true, force: true });
  process.exit(0);
}
