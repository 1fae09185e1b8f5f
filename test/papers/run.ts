/**
 * `npm run test:papers`: the programs of docs/quickstart.md as a publisher would paste them,
 * against the running service behind a proxy that loses the first answer of each event: it was
 * stored, and the publisher hears 503. Each program must publish once more, and its event must be
 * there once. Languages that the machine lacks are named as skipped. Then what the other pages
 * show: pages.ts.
 */
import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { run } from '../support/program.ts';
import { LossyProxy } from './lossy-proxy.ts';
import { runPages } from './pages.ts';

/** docs/quickstart.md; the other pages are run by pages.ts. */
const PAGE = join(import.meta.dirname, '../../docs/quickstart.md');
const BLOCK = /```(sh|js|python|go) run(?: ([\w-]+))?(?: (\S+))?\n([\s\S]*?)```/g;
/**
 * How a file of the language is run; what comes back from `version` without an error is installed.
 */
const RUNNERS = {
  sh: { command: 'bash', args: ['-c'], version: ['--version'] },
  js: { command: 'node', args: [], version: ['--version'] },
  python: { command: 'python3', args: [], version: ['--version'] },
  go: { command: 'go', args: ['run'], version: ['version'] },
} as const;

type Language = keyof typeof RUNNERS;
type Ended = { code: number | null; out: string; err: string };

const folder = mkdtempSync(join(tmpdir(), 'tubepost-papers-work-'));
process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
const proxy = new LossyProxy();

await run({
  name: 'papers',
  close: async () => proxy.close(),
  work: async ({ checks, start }) => {
    const { url, key } = await start();
    const env = { TUBEPOST_URL: await proxy.listen(url), TUBEPOST_KEY: key };
    const blocks = [...readFileSync(PAGE, 'utf8').matchAll(BLOCK)];
    checks.check('docs/quickstart.md holds programs to run', blocks.length, []);
    for (const [, language = '', event, file, program = ''] of blocks) {
      if (!isLanguage(language)) throw new Error(`no runner for ${language}`);
      const { command, args, version } = RUNNERS[language];
      if (spawnSync(command, version).status !== 0) {
        console.log(`  skip  ${language}: ${command} is not installed`);
        continue;
      }
      if (file !== undefined) writeFileSync(join(folder, file), program);
      const { code, out, err } = await programEnds(command, [...args, file ?? program], env);
      const what = event === undefined ? 'an account and an endpoint' : `${language} publishes ${event}`;
      const faults = code === 0 ? [] : [`ended with ${code}: ${out}${err}`];
      if (event !== undefined && code === 0) faults.push(...judge(out, event));
      checks.check(what, 1, faults);
    }
    await runPages({ url, key }, folder, checks);
  },
});

/** Told 503 once, published twice, stored once. curl prints each answer: the last one counts. */
function judge(out: string, event: string): string[] {
  const last = /\{"id": ?"order(?![\s\S]*\{"id": ?"order)[\s\S]*/.exec(out)?.[0] ?? 'null';
  const { id, sequence, duplicate } = JSON.parse(last) as Record<string, unknown>;
  const right = id === event && sequence === 1 && duplicate === true;
  const tries = proxy.triesOf(event);
  return [
    ...(right ? [] : [`the last answer was ${out}`]),
    ...(tries === 2 ? [] : [`it was published ${tries} times, not twice`]),
  ];
}

function isLanguage(name: string): name is Language {
  return name in RUNNERS;
}

async function programEnds(command: string, args: string[], env: Record<string, string>): Promise<Ended> {
  const child = spawn(command, args, { cwd: folder, env: { ...process.env, ...env }, timeout: 120_000 });
  let out = '';
  let err = '';
  child.stdout.on('data', (chunk) => (out += String(chunk)));
  child.stderr.on('data', (chunk) => (err += String(chunk)));
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => resolve({ code, out, err }));
  });
}
