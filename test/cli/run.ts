/**
 * `npm run test:cli`: the command line as a person meets it, against the running service: every
 * command of docs/cli.md in its order, and what they must have done. Ends with 0 only if all of it
 * was right.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Checks } from '../support/checks.ts';
import { run } from '../support/program.ts';
import { freePort } from '../support/service.ts';
import { runDocument } from './document.ts';
import { checkImport, OldReceivers } from './importing.ts';
import { openReceiver } from './receivers.ts';
import { openShell, type Shell } from './shell.ts';
import { openSvix } from './svix-fake.ts';

const folder = mkdtempSync(join(tmpdir(), 'tubepost-cli-work-'));
const receiver = await openReceiver();
const receivers = new OldReceivers();
const svix = await openSvix(await receivers.listen());
let shell: Shell | null = null;
process.on('exit', () => rmSync(folder, { recursive: true, force: true }));

await run({
  name: 'cli',
  close: async () => {
    shell?.close();
    await receiver.close();
    await svix.close();
    receivers.close();
  },
  work: async ({ checks, start }) => {
    const { url, key } = await start();
    shell = openShell(folder, { TUBEPOST_URL: url, TUBEPOST_KEY: key, TUBEPOST_ACCOUNT: 'acme' });
    checkBin(checks);
    await runDocument(shell, await freePort(), { receiver, svix }, checks);
    await checkImport(shell, svix, receivers, checks);
  },
});

/**
 * The `bin` of package.json, on whatever Node the machine has: it finds the one that npm has
 * brought.
 */
function checkBin(checks: Checks): void {
  const bin = join(import.meta.dirname, '../../src/tools/cli/tubepost.mjs');
  const right = spawnSync(bin, ['--help'], { encoding: 'utf8' });
  const wrong = spawnSync(bin, ['nothing'], { encoding: 'utf8' });
  const isRight = right.status === 0 && right.stdout.includes('Usage: tubepost') && wrong.status === 2;
  checks.check(
    'the installed command runs, and passes its exit code on',
    2,
    isRight ? [] : [`${right.stderr}${wrong.stderr}`],
  );
}
