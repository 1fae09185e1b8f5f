/**
 * The eight faults that integrators make, each put into the published receiver by changing the line
 * that prevents it: `tubepost rehearse` must name it, and nothing else.
 */
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Shell } from '../cli/shell.ts';
import type { Checks } from '../support/checks.ts';
import { freePort } from '../support/service.ts';
import { Books, fileAsk } from './books.ts';
import { Running, SOURCE } from './process.ts';
import { rehearse, type States } from './rehearsing.ts';
import { newSecret } from './requests.ts';

const FILE = 'node-http.mjs';
/** Slower than this machine, and faster than the one that is slow on purpose. */
const SLOW_MS = 600;
const AT_ONCE = 3;

type Fault = { fault: string; from: string; to: string; checks: readonly string[]; more?: string };

const FAULTS: readonly Fault[] = [
  {
    fault: 'no verification',
    from: '!verifiers.some((isOurs) => isOurs(text, headers))',
    to: 'false',
    // It takes what has no signature for garbage, and so refuses only that.
    checks: ['forged', 'stale'],
  },
  {
    fault: 'verification of parsed JSON',
    from: 'isOurs(text, headers)',
    to: 'isOurs(JSON.stringify(JSON.parse(text)), headers)',
    checks: ['big-integer'],
  },
  {
    fault: 'no deduplication',
    from: 'see.run(id).changes === 1',
    to: 'see.run(id) !== null',
    checks: ['duplicate', 'concurrent', 'replay'],
  },
  {
    fault: 'an answer before the work',
    from: '  take(id, event, text);\n',
    to: '  setTimeout(() => take(id, event, text), 250);\n',
    checks: ['acknowledgement'],
  },
  { fault: 'no version guard', from: 'coalesce(excluded.version >= version, TRUE)', to: 'TRUE', checks: ['order'] },
  { fault: '500 on a forgery', from: 'return 401', to: 'return 500', checks: ['forged', 'stale'] },
  {
    fault: 'a limit of 100 KB',
    from: 'BODY_BYTES_MAX = 1024 * 1024',
    to: 'BODY_BYTES_MAX = 100 * 1024',
    checks: ['large'],
  },
  {
    fault: 'a slow handler',
    from: '  take(id, event, text);\n',
    to: `  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ${SLOW_MS});\n  take(id, event, text);\n`,
    checks: ['burst'],
    more: '--max-latency 500',
  },
];

export async function checkFaults(shell: Shell, states: States, folder: string, checks: Checks): Promise<void> {
  // Each makes the others wait, and one is judged by its time: a few at once.
  const left = FAULTS.map((fault, number) => ({ fault, name: `fault-${number}` }));
  const work = async () => {
    for (let next = left.shift(); next !== undefined; next = left.shift()) {
      await checkFault(next.fault, next.name, { shell, states, folder, checks });
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
}

type Rig = { shell: Shell; states: States; folder: string; checks: Checks };

async function checkFault(
  { fault, from, to, checks: wanted, more = '' }: Fault,
  name: string,
  { shell, states, folder, checks }: Rig,
): Promise<void> {
  const text = readFileSync(join(SOURCE, FILE), 'utf8');
  const place = join(folder, name);
  mkdirSync(place);
  symlinkSync(join(SOURCE, '../../node_modules'), join(place, 'node_modules'));
  writeFileSync(join(place, FILE), text.replace(from, to));
  const actor = { name, needs: [], isHeavy: false, setup: [], run: `node ${FILE}`, keeps: 'file' } as const;
  const running = new Running(actor, place, await freePort());
  const secret = newSecret();
  try {
    await running.start([secret]);
    const state = states.of(name, new Books(fileAsk(join(place, 'receiver.db'))));
    const { code, report } = await rehearse(shell, running.url, [secret], state, more);
    const found = report.results.filter(({ verdict }) => verdict === 'fail').map(({ check }) => check);
    checks.check(`rehearse names it: ${fault}`, wanted.length, [
      ...(text.includes(from) ? [] : [`${FILE} has no "${from}" any more`]),
      ...(found.join() === wanted.join() ? [] : [`it names ${found.join(', ') || 'nothing'}`]),
      ...(code === 1 ? [] : [`it ended with ${code}`]),
    ]);
  } finally {
    await running.kill();
  }
}
