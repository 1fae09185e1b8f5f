/**
 * `npm run test:receivers`: the receivers of docs/receivers/ against the running service:
 * duplicate, late, replayed, forged, stale and large events, work that fails, and `kill -9` in the
 * middle of work and between work and answer; then `tubepost rehearse`; then the README's first
 * run. Each whose toolchain is here, but for those that download or compile much: `-- --all` has
 * them too, `-- name name` only these. Says whom it skipped, and why. Ends with 0 only if all was
 * right.
 */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openShell } from '../cli/shell.ts';
import { isThere, shell as step } from '../generators/shell.ts';
import { run } from '../support/program.ts';
import { freePort } from '../support/service.ts';
import { Books, d1Ask, fileAsk } from './books.ts';
import { type Actor, CAST } from './cast.ts';
import { Door } from './door.ts';
import { checkFaults } from './faults.ts';
import { play } from './play.ts';
import { environmentOf, Running } from './process.ts';
import { checkReadme } from './readme.ts';
import { rehearseStage, States } from './rehearsing.ts';
import { openStage } from './stage.ts';

const named = process.argv.slice(2).filter((one) => !one.startsWith('--'));
const isAll = process.argv.includes('--all');
const folder = mkdtempSync(join(tmpdir(), 'tubepost-receivers-work-'));
const tubepost = openShell(folder, {});
const states = new States();
/** What must not outlive this. */
const started: { running: Running; door: Door }[] = [];
process.on('exit', () => rmSync(folder, { recursive: true, force: true }));

await run({
  name: 'receivers',
  close: async () => {
    tubepost.close();
    states.close();
    for (const { running, door } of started) {
      door.close();
      await running.kill();
    }
  },
  work: async ({ checks, start }) => {
    const actors = CAST.filter((actor) => isWanted(actor) && canRun(actor) && isMadeReady(actor));
    checks.check('there are receivers to try', actors.length, []);
    await states.listen();
    const service = await start();
    await Promise.all(
      actors.map(async (actor) => {
        const stage = await openStage(service, await givenTo(actor));
        await play(stage, checks);
        await rehearseStage(tubepost, states, stage, checks);
      }),
    );
    if (named.length > 0) return;
    await checkFaults(tubepost, states, folder, checks);
    await checkReadme(service, folder, checks);
  },
});

function isWanted({ name, isHeavy }: Actor): boolean {
  if (named.length > 0) return named.includes(name);
  if (isHeavy && !isAll)
    console.log(`  skipped: ${name} (downloads or compiles much: npm run test:receivers -- --all)`);
  return !isHeavy || isAll;
}

function canRun({ name, needs }: Actor): boolean {
  const missing = needs.filter((command) => !isThere(command));
  if (missing.length > 0) console.log(`  skipped: ${name} (no ${missing.join(', ')} here)`);
  return missing.length === 0;
}

/** What cannot be installed is skipped, unless it was asked for. */
function isMadeReady({ name, setup }: Actor): boolean {
  const place = join(folder, name);
  mkdirSync(place, { recursive: true });
  for (const line of setup) {
    const { status, output } = step(line, place, { SOURCE: environmentOf()['SOURCE'] ?? '' });
    if (status === 0) continue;
    const why = `${line.slice(0, 80)}: ${output.trim().split('\n').slice(-3).join(' ')}`;
    if (isAll || named.length > 0) throw new Error(`${name} could not be made ready: ${why}`);
    console.log(`  skipped: ${name} (${why})`);
    return false;
  }
  return true;
}

async function givenTo(actor: Actor) {
  const { name, keeps } = actor;
  const control = await freePort();
  const running = new Running(actor, join(folder, name), await freePort(), { CONTROL_PORT: String(control) });
  const door = new Door(running.port);
  started.push({ running, door });
  const file = keeps === 'file' ? join(folder, name, 'receiver.db') : null;
  const books = new Books(file === null ? d1Ask(`http://127.0.0.1:${control}`) : fileAsk(file));
  return { name, running, books, door, file };
}
