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
import { parseArgs } from 'node:util';
import { CAST } from './cast.ts';
import { Checks } from './checks.ts';
import { judge } from './judge.ts';
import { Receiver } from './receiver.ts';
import { freePort, type Service, startService } from './service.ts';
import { tellStory } from './story.ts';

const KEY = 'tubepost_demo_admin_key';

const { values } = parseArgs({
  options: { url: { type: 'string' }, key: { type: 'string' }, keep: { type: 'boolean', default: false } },
});
const stateDir = values.url === undefined ? mkdtempSync(join(tmpdir(), 'tubepost-demo-')) : null;
const receiver = new Receiver(new Map(CAST.map(({ path, mood }) => [path, mood])));
const checks = new Checks();
let service: Service | null = null;

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => void end(`got ${signal}`));

try {
  if (stateDir !== null) service = await startService({ port: await freePort(), stateDir, key: KEY });
  const at = { url: service?.url ?? values.url ?? '', key: service?.key ?? values.key ?? '' };
  await judge(await tellStory(at, receiver), checks);
  await end(null);
} catch (error) {
  for (const line of service?.complaints() ?? []) console.error(line.slice(0, 400));
  await end(error instanceof Error ? (error.stack ?? error.message) : String(error));
}

/** However it ends: the service is stopped, its state is gone, and the last line says how it went. */
async function end(fault: string | null): Promise<void> {
  const faults = fault === null ? [] : [fault];
  try {
    await service?.stop();
  } catch (error) {
    faults.push(String(error));
  }
  if (faults.length > 0) checks.check('the demo ran to its end', 1, faults);
  if (stateDir !== null && values.keep) console.log(`  state kept: STATE_DIR=${stateDir}`);
  else if (stateDir !== null) rmSync(stateDir, { recursive: true, force: true });
  console.log(`demo: ${checks.passed} checks passed, ${checks.failed} failed`);
  process.exit(checks.failed === 0 ? 0 : 1);
}
