/**
 * docs/cli.md, run from top to bottom: each ```sh run block with the exit code that it names, and
 * what stands below it is what is printed, but for ids and times. A ```sh receiver block has a
 * receiver at the URL that it names. A ```sh run log block reads the log, and is run until the log
 * has heard of it.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Checks } from '../support/checks.ts';
import { eventually, until } from '../support/poll.ts';
import type { Background, Ended, Shell } from './shell.ts';

const DOCUMENT = join(import.meta.dirname, '../../docs/cli.md');
const BLOCK = /```sh (run|background|receiver|svix)( log)?(?: exit=(\d+))?\n([\s\S]*?)```(?:\s+```\n([\s\S]*?)```)?/g;
/** How long the log may take to hear of it. */
const LOG_WITHIN_MS = 15_000;
const LISTENS_WITHIN_MS = 15_000;

/** Who is at the URLs that the document names. */
export type Scene = { receiver: { origin: string }; svix: { origin: string } };

export async function runDocument(
  shell: Shell,
  port: number,
  { receiver, svix }: Scene,
  checks: Checks,
): Promise<void> {
  const document = readFileSync(DOCUMENT, 'utf8');
  const blocks = [...document.matchAll(BLOCK)];
  shell.write('accounts.json', /```json\n([\s\S]*?)```/.exec(document)?.[1] ?? '');
  checks.check('docs/cli.md holds commands to run', blocks.length, []);
  let listening: Background | null = null;
  for (const [, kind, log, exit = '0', script = '', shown] of blocks) {
    const here = script
      .replaceAll('tubepost listen', `tubepost listen --port ${port}`)
      // A slow machine is no fault of the receiver's.
      .replace('tubepost rehearse http', 'tubepost rehearse --max-latency 5000 http')
      .replaceAll('http://127.0.0.1:3000', receiver.origin)
      .replaceAll('http://127.0.0.1:4000', svix.origin)
      .trim();
    if (kind === 'background') {
      listening = shell.start(here);
      await until(`${here} listens`, LISTENS_WITHIN_MS, () =>
        listening?.err().includes('Listening on') ? true : null,
      );
      continue;
    }
    let ended: Ended = { code: null, out: '', err: '' };
    const isRight = await eventually(log === undefined ? 0 : LOG_WITHIN_MS, async () => {
      ended = await shell.run(here);
      return ended.code === Number(exit) && (shown === undefined || shapeOf(ended.out) === shapeOf(shown));
    });
    const wrong = `ended with ${ended.code}:\n${ended.out}${ended.err}`;
    checks.check(`tubepost: ${(here.split('\n')[0] ?? '').slice(0, 100)}`, 1, isRight ? [] : [wrong]);
  }
  if (listening !== null) checkListening(await listening.interrupt(), checks);
}

function checkListening({ code, out, err }: Ended, checks: Checks): void {
  const lines = out.split('\n').filter((line) => line.includes('→'));
  checks.check(
    'listen shows and verifies all that arrives',
    lines.length,
    lines.filter((line) => !line.includes('  signed  ')),
  );
  const answers = lines.map((line) => line.split('→ ')[1]);
  const expected = ['500', '401', '204', '204'];
  checks.check(
    'listen answers as it is told',
    answers.length,
    answers.join() === expected.join() ? [] : [`answered ${answers.join()}`],
  );
  checks.check(
    'listen ends with 130 at Ctrl+C and removes its endpoint',
    1,
    code === 130 && err.includes('Removed ep_') ? [] : [`ended with ${code}: ${err}`],
  );
}

/** What is the same each time: ids, times, spans and the columns that they make are not. */
function shapeOf(text: string): string {
  return text
    .replaceAll(/127\.0\.0\.1:\d+/g, 'HOST')
    .replaceAll(/\b(dlv|evt|ep|job|key|att)_\w+/g, '$1_')
    .replaceAll(/\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3}Z/g, 'MOMENT')
    .replaceAll(/\b\d\d:\d\d:\d\d\.\d{3}/g, 'CLOCK')
    .replaceAll(/\d+(\.\d+)? (ms|s|min)\b/g, 'SPAN')
    .replaceAll(/ +/g, ' ')
    .trim();
}
