/** What the starter does about STATE_DIR and workerd, each part by itself. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { damagedFiles } from '../../../src/tools/local/damage.ts';
import { lockState, WORKERD_PID } from '../../../src/tools/local/lock.ts';
import { tieWorkerd } from '../../../src/tools/local/workerd.ts';
import { soon } from '../../support/soon.ts';

let folder: string;
beforeEach(() => void (folder = mkdtempSync(join(tmpdir(), 'tubepost-state-'))));
afterEach(() => rmSync(folder, { recursive: true, force: true }));

test('a second service on one STATE_DIR is refused, until the first has gone', async () => {
  const first = await lockState(folder);
  await expect(lockState(folder)).rejects.toThrow(`another service uses ${folder}`);
  first.close();
  (await lockState(folder)).close();
});

test('damaged files are named by their path; whole ones, and those of records, are not', () => {
  const path = (name: string) => join(folder, name);
  for (const name of ['d1', 'do/tubepost-Catalogue', 'do/tubepost-Record']) mkdirSync(path(name), { recursive: true });
  const whole = new DatabaseSync(path('d1/whole.sqlite'));
  whole.exec('CREATE TABLE t (a)');
  whole.close();
  for (const name of ['do/tubepost-Catalogue/broken.sqlite', 'do/tubepost-Record/broken.sqlite']) {
    writeFileSync(path(name), 'this is no database'.repeat(300));
  }
  expect(damagedFiles(folder)).toEqual([
    expect.stringContaining(`${path('do/tubepost-Catalogue/broken.sqlite')} (file is not a database`),
  ]);
  expect(damagedFiles(path('not-there'))).toEqual([]);
});

test('workerd ends when its starter was killed, and is the process that was started', async () => {
  // Whatever becomes workerd: here a sleep, and a starter that does nothing else.
  const starter = spawn('sleep', ['60']);
  const environment: NodeJS.ProcessEnv = { ...process.env, MINIFLARE_WORKERD_PATH: '/bin/sleep' };
  tieWorkerd(folder, environment);
  environment['TUBEPOST_STARTER'] = String(starter.pid);
  const workerd = spawn(environment['MINIFLARE_WORKERD_PATH'] ?? '', ['60'], { env: environment });
  const ended = once(workerd, 'exit');
  await soon(async () => expect(Number(readFileSync(join(folder, WORKERD_PID), 'utf8'))).toBe(workerd.pid));
  starter.kill('SIGKILL');
  expect(await ended).toEqual([null, 'SIGKILL']);
});
