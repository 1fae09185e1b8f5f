/**
 * `npm run demo`: publishes real payloads to a service of its own, whose receivers fail, hang and recover, tells what happened,
 * and ends with 0 only if all of it was right.
 *
 *   --url http://… --key …   use a running service instead (an account of its own is made there)
 *   --keep                   keep the state folder
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect, parseArgs } from 'node:util';
import { CAST } from './cast.ts';
import { Checks } from './checks.ts';
import { judge } from './judge.ts';
import { checkReadme } from './readme.ts';
import { Receiver } from './receiver.ts';
import { freePort, type Service, startService } from '../support/service.ts';
import { tellStory } from './story.ts';
import { tellTrouble } from './trouble.ts';

const KEY = 'tubepost_demo_admin_key';

const { values } = parseArgs({
  options: { url: { type: 'string' }, key: { type: 'string' }, keep: { type: 'boolean', default: false } },
});
const stateDir = values.url === undefined ? mkdtempSync(join(tmpdir(), 'tubepost-demo-')) : null;
const receiver = new Receiver(new Map(CAST.map(({ path, mood }) => [path, mood])));
const checks = new Checks();
let service: Service | null = null;
let isEnding = false;

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => void end(`got ${signal}`));

try {
  if (stateDir !== null) service = await startService({ port: await freePort(), stateDir, key: KEY });
  const at = { url: service?.url ?? values.url ?? '', key: service?.key ?? values.key ?? '' };
  const told = await tellStory(at, receiver);
  await judge(told, checks);
  await tellTrouble(at, checks);
  await checkReadme(at, checks);
  await end(null);
} catch (error) {
  for (const line of service?.complaints() ?? []) console.error(line.slice(0, 400));
  await end(inspect(error));
}

/**
 * However it ends: the service is stopped, its state is gone, and the last line says how it went. Only the first call counts,
 * because stopping makes other work fail.
 */
async function end(fault: string | null): Promise<void> {
  if (isEnding) return;
  isEnding = true;
  const faults = fault === null ? [] : [fault];
  try {
    await service?.stop();
  } catch (error) {
    faults.push(String(error));
  }
  if (faults.length > 0) checks.check('the demo ran to its end', 1, [...faults, ...receiver.faults()]);
  if (stateDir !== null && values.keep) console.log(`  state kept: STATE_DIR=${stateDir}`);
  // Later than the end of a service that was only starting.
  else if (stateDir !== null) process.on('exit', () => rmSync(stateDir, { recursive: true, force: true }));
  console.log(`demo: ${checks.passed} checks passed, ${checks.failed} failed`);
  process.exit(checks.failed === 0 ? 0 : 1);
}
