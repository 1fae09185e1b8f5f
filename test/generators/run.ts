/**
 * `npm run test:generators`: clients in six languages, made from the document by the generators
 * that people use, compiled, and run against the service: each publishes the versions
 * 9007199254740991 and 1764531655, reads them back to the digit, tells the results of a batch apart
 * and reads the code of a problem. Needs the network for what it installs, and is no part of CI:
 * where a toolchain is missing it says so and goes on. `-- name name` runs only these; `-- spectral
 * redocly` the judges of the document.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createClient, ofAnswer } from '../../src/client/client.ts';
import { run } from '../support/program.ts';
import type { Checks } from '../support/checks.ts';
import { JUDGES } from './judges.ts';
import { isThere, shell } from './shell.ts';
import { type Generator, GENERATORS, SHARED } from './tools.ts';

const ACCOUNT = 'generated';
const SENT = ['9007199254740991', '1764531655'];
const EXPECTED = [
  ...SENT.map((version) => `version ${version}`),
  'outcome accepted',
  'outcome refused',
  'code not-found',
];

const wanted = new Set(process.argv.slice(2));
const isWanted = ({ name }: Generator) => wanted.size === 0 || wanted.has(name);
const folder = mkdtempSync(join(tmpdir(), 'tubepost-generators-'));
process.on('exit', () => rmSync(folder, { recursive: true, force: true }));

await run({
  name: 'generators',
  work: async ({ checks, start }) => {
    const { url, key } = await start();
    const client = createClient({ origin: url, key });
    ofAnswer(await client.call('putAccount', { path: { account: ACCOUNT }, body: {} }));
    const strict = { schema: { type: 'object' }, strict: true };
    ofAnswer(await client.call('putEventType', { path: { type: 'order.strict' }, body: strict }));
    const document = join(folder, 'openapi.json');
    writeFileSync(document, await (await fetch(`${url}/openapi.json`)).text());
    const env = {
      DOCUMENT: document,
      TOOLS: folder,
      PROGRAMS: join(import.meta.dirname, 'programs'),
      TUBEPOST: url,
      TUBEPOST_KEY: key,
      ACCOUNT,
      VERSIONS: SENT.join(','),
    };
    for (const tool of SHARED) if (canRun(tool)) stepsOf(tool, env);
    for (const generator of GENERATORS.filter(isWanted)) judge(generator, env, checks);
    for (const judged of JUDGES.filter(isWanted)) {
      if (!canRun(judged)) continue;
      const { fault } = stepsOf(judged, env);
      checks.check(judged.name, 1, fault === null ? [] : [fault]);
    }
  },
});

function judge(generator: Generator, env: Record<string, string>, checks: Checks): void {
  if (!canRun(generator)) return;
  const { output, fault } = stepsOf(generator, { ...env, RECORD: `generated/${generator.name}` });
  const printed = output.trim().split('\n');
  const isRight = fault === null && JSON.stringify(printed) === JSON.stringify(EXPECTED);
  const said = fault ?? `printed ${JSON.stringify(printed)}`;
  checks.check(`${generator.name}: generated, compiled, both versions read back`, 1, isRight ? [] : [said]);
}

function canRun({ name, needs }: Generator): boolean {
  const missing = needs.filter((command) => !isThere(command));
  if (missing.length > 0) console.log(`  skipped: ${name} (no ${missing.join(', ')} here)`);
  return missing.length === 0;
}

/** The output of the last step, or the first that failed and what it said. */
function stepsOf({ name, steps }: Generator, env: Record<string, string>): { output: string; fault: string | null } {
  let output = '';
  for (const step of steps) {
    const done = shell(step, join(folder, name), env);
    if (done.status !== 0) return { output: '', fault: `${step.slice(0, 160)}\n${done.output.slice(-4_000)}` };
    output = done.output;
  }
  return { output, fault: null };
}
