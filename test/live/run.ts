/**
 * `npm run test:live`: a page with `<tubepost-status>` in Debian's chromium, beside the API: an
 * endpoint fails, is retried and recovers, the service is killed with `kill -9`, and the page's
 * connection dies while the machine sleeps. The page is in step with the API all along. Ends with 0
 * only if it was.
 */
import { createServer } from 'node:http';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium, type Page } from 'playwright-core';
import { createClient, ofAnswer } from '../../src/client/client.ts';
import { Checks } from '../support/checks.ts';
import { eventually } from '../support/poll.ts';
import { freePort, type Service, startService } from '../support/service.ts';
import { ELEMENT_PROGRAM, servePage } from './page.ts';
import { Proxy } from './proxy.ts';

const KEY = 'tubepost_live_admin_key';
const RECORD = 'deal/7';
const ACCOUNT = 'acme';
/** The service's start on a busy machine among it. */
const WITHIN_MS = 60_000;
const SLEPT = '00:02:00';

const checks = new Checks();
const stateDir = mkdtempSync(join(tmpdir(), 'tubepost-live-'));
const [port, proxyPort, pagePort, hookPort] = [await freePort(), await freePort(), await freePort(), await freePort()];
const vars = { CORS_ORIGINS: `http://127.0.0.1:${pagePort}` };
const start = (): Promise<Service> => startService({ port, stateDir, key: KEY, vars });

let answer = 200;
const receiver = createServer((request, response) => {
  request.resume().on('end', () => response.writeHead(answer).end());
});
await new Promise<void>((resolve) => receiver.listen(hookPort, '127.0.0.1', resolve));

let service = await start();
const proxy = new Proxy(port);
await proxy.listen(proxyPort);
const api = createClient({ origin: service.url, key: KEY });
const path = { account: ACCOUNT };
ofAnswer(await api.call('putAccount', { path, body: { name: 'Acme' } }));
const retry = { scheduleSeconds: Array.from({ length: 20 }, () => 6), windowSeconds: 3_600 };
const body = { url: `http://127.0.0.1:${hookPort}/hook`, description: 'CRM', retry };
ofAnswer(await api.call('createEndpoint', { path, body }));
const { token } = ofAnswer(await api.call('createPortalToken', { path, body: { record: RECORD } }));
const lines = [{ record: RECORD, title: 'Deal 7', account: ACCOUNT, token }];
const pages = await servePage(pagePort, `http://127.0.0.1:${proxyPort}`, () => lines);

const browser = await chromium.launch({
  executablePath: process.env['CHROMIUM'] ?? '/usr/bin/chromium',
  args: ['--no-sandbox', '--disable-dev-shm-usage'],
});

async function publish(): Promise<void> {
  const event = { type: 'deal.changed', record: RECORD, data: {} };
  ofAnswer(await api.call('publishEvent', { path, body: event }));
}

const STATES: Record<string, string> = {
  delivered: 'sent',
  retrying: 'retrying',
  delivering: 'queued',
  queued: 'queued',
  dead: 'failed',
};

/** What the API answers and what the page shows, at one moment or soon after. */
async function isInStep(page: Page, status: string): Promise<boolean> {
  const seen = await api.call('getRecord', { path: { ...path, record: RECORD } });
  const shown = await page.locator('tubepost-status').getAttribute('data-state');
  return seen.ok && seen.data.status === status && shown === STATES[status];
}

async function shows(page: Page, what: string, status: string): Promise<void> {
  const isRight = await eventually(WITHIN_MS, () => isInStep(page, status));
  const shown = await page.locator('tubepost-status [part=text]').textContent();
  checks.check(what, 1, isRight ? [] : [`the page says "${shown}" where ${status} is true`]);
}

try {
  const page = await browser.newPage();
  const said: string[] = [];
  page.on('pageerror', (error) => said.push(String(error)));
  page.on('console', (message) => {
    if (/Content Security Policy/i.test(message.text())) said.push(message.text());
  });
  await page.clock.install();
  await page.goto(`http://127.0.0.1:${pagePort}/`);
  const text = page.locator('tubepost-status [part=text]');
  const hasNothing = await eventually(
    WITHIN_MS,
    async () => (await text.textContent()) === 'Saved · nobody is to get it',
  );
  checks.check('before the first event the page says that nothing was published', 1, hasNothing ? [] : ['it does not']);

  await publish();
  await shows(page, 'what is delivered is shown as sent', 'delivered');

  answer = 503;
  await publish();
  await shows(page, 'a failing endpoint is shown as retrying', 'retrying');
  const counted = new Set<string>();
  await eventually(WITHIN_MS, async () => {
    counted.add(/next try in (\d+ s)/.exec((await text.textContent()) ?? '')?.[1] ?? 'none');
    return counted.size > 3;
  });
  checks.check('the time to the next try counts down', 1, counted.size > 3 ? [] : [[...counted].join()]);
  await page.locator('tubepost-status [part=toggle]').click();
  const sentence = await page.locator('tubepost-status [part=endpoint]').first().textContent();
  const isSentence = /^CRM answered 503/.test(sentence ?? '');
  checks.check('the sentence of each endpoint is shown on demand', 1, isSentence ? [] : [String(sentence)]);
  const isLate = await eventually(WITHIN_MS, async () => /late$/.test((await text.textContent()) ?? ''));
  checks.check('what is late is shown as late', 1, isLate ? [] : ['it is not']);

  await service.kill();
  service = await start();
  await shows(page, 'after kill -9 of the service the page is in step again', 'retrying');
  answer = 200;
  await shows(page, 'and shows that the endpoint has recovered', 'delivered');

  proxy.deaden();
  answer = 503;
  await publish();
  await page.clock.fastForward(SLEPT);
  await shows(page, 'a page whose connection died in its sleep is in step again', 'retrying');
  answer = 200;
  await shows(page, 'and shows the end', 'delivered');
  const announced = page.locator('tubepost-status [role=status]');
  // A state is read aloud once it has lasted a second.
  const isTold = await eventually(WITHIN_MS, async () => (await announced.textContent()) === 'Saved · sent');
  checks.check('those who listen are told', 1, isTold ? [] : [String(await announced.textContent())]);
  await page.evaluate(`{ const element = document.querySelector('tubepost-status'); ${ELEMENT_PROGRAM} }`);
  const isGerman = await eventually(
    WITHIN_MS,
    async () => (await text.textContent())?.startsWith('Gespeichert') === true,
  );
  checks.check('it speaks as docs/live.md shows', 1, isGerman ? [] : [String(await text.textContent())]);
  checks.check('the page breaks no rule of its strict policy', 1, said);
} finally {
  await browser.close();
  proxy.close();
  pages.close();
  receiver.close();
  await service.stop();
  rmSync(stateDir, { recursive: true, force: true });
}
console.log(`live: ${checks.passed} checks passed, ${checks.failed} failed`);
process.exit(checks.failed === 0 ? 0 : 1);
