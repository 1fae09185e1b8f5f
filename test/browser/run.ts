/**
 * `npm run test:browser`: the pages of the running service in Debian's chromium, with real
 * deliveries: each story from sign-in to done. Ends with 0 only if all of it was right.
 */
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { chromium } from 'playwright-core';
import { type Answer, Receiver } from '../demo/receiver.ts';
import { run } from '../support/program.ts';
import { OtherSite } from './other-site.ts';
import { Stage } from './stage.ts';
import { STORIES } from './stories.ts';

const { values } = parseArgs({
  options: { only: { type: 'string' }, shots: { type: 'string' }, readme: { type: 'boolean' } },
});
/** `npm run shots`: the four that the README shows. */
const README_SHOTS = [
  'record-desktop-light',
  'overview-desktop-dark',
  'delivery-desktop-light',
  'customer-failing-phone-light',
];
const images = join(import.meta.dirname, '../../docs/images');
const shots = values.readme === true ? mkdtempSync(join(tmpdir(), 'shots-')) : (values.shots ?? null);
const executablePath = process.env['CHROMIUM'] ?? '/usr/bin/chromium';

/** Paths whose receiver is well again. */
const mended = new Set<string>();

/** Endpoints of the stories: the path says how they answer. */
const MOODS: Record<string, () => Answer> = {
  '/well': () => ({ status: 200 }),
  '/well/billing': () => ({ status: 200 }),
  '/well/first': () => ({ status: 200 }),
  '/refuses': () => ({ status: 401 }),
  '/refuses-customer': () => ({ status: mended.has('/refuses-customer') ? 200 : 401 }),
  '/refuses-first': () => ({ status: mended.has('/refuses-first') ? 200 : 401 }),
  '/well/operator': () => ({ status: 200 }),
  '/fails': () => ({ status: 503 }),
  '/hangs': () => 'hang',
};
const listed = new OtherSite();
const receiver = new Receiver(new Map(Object.entries(MOODS)));

await run({
  name: 'browser',
  close: () => {
    listed.close();
    return receiver.close();
  },
  faults: () => receiver.faults(),
  work: async ({ checks, start }) => {
    if (!existsSync(executablePath)) throw new Error(`no browser at ${executablePath}: apt-get install chromium`);
    const [host, listedOrigin] = [await receiver.listen(), await listed.listen()];
    const { url: origin, key } = await start({
      CRON_SECONDS: '1',
      FRAME_ORIGINS: listedOrigin,
      PORTAL_NAME: 'Acme Sync',
      PORTAL_THEME: 'accent=#7a2e8f/#e0a3f0; radius=3',
    });
    const browser = await chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-dev-shm-usage'] });
    try {
      const stage = new Stage({
        origin,
        key,
        host,
        receiver,
        mended,
        listed,
        listedOrigin,
        browser,
        checks,
        shots,
      });
      for (const { name, play } of STORIES.filter((story) => story.name.includes(values.only ?? ''))) {
        console.log(name);
        await play(stage);
      }
      if (values.readme === true && shots !== null) {
        mkdirSync(images, { recursive: true });
        for (const name of README_SHOTS) copyFileSync(join(shots, `${name}.png`), join(images, `${name}.png`));
        rmSync(shots, { recursive: true });
      }
    } finally {
      await browser.close();
    }
  },
});
