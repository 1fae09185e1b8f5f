/**
 * `npm run test:alerts`: the rules of alerts, each opened and resolved by real traffic on the running service, and told to a real
 * receiver. Ends with 0 only if all of it was right; docs/alerts.md says which rules are shown elsewhere.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { Checks } from '../demo/checks.ts';
import { freePort, type Service, startService } from '../support/service.ts';
import { judge } from './judge.ts';
import { Receiver } from './receiver.ts';
import { OPS, SECONDS, tellStory } from './story.ts';

const stateDir = mkdtempSync(join(tmpdir(), 'tubepost-alerts-'));
const receiver = new Receiver();
const checks = new Checks();
let service: Service | null = null;
let isEnding = false;

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => void end(`got ${signal}`));

try {
  const host = await receiver.listen();
  const vars = {
    ALERT_ACCOUNT: OPS,
    ALERT_SECONDS: `${SECONDS.window},${SECONDS.quiet},${SECONDS.day}`,
    CRON_SECONDS: '1',
  };
  service = await startService({ port: await freePort(), stateDir, key: 'tubepost_alerts_admin_key', vars });
  judge(await tellStory({ url: service.url, key: service.key }, receiver, host), receiver, checks);
  await end(null);
} catch (error) {
  for (const line of service?.complaints() ?? []) console.error(line.slice(0, 400));
  await end(inspect(error));
}

/** However it ends: the service is stopped, its state is gone, and the last line says how it went. Only the first call counts. */
async function end(fault: string | null): Promise<void> {
  if (isEnding) return;
  isEnding = true;
  const faults = fault === null ? [] : [fault];
  try {
    await service?.stop();
    await receiver.close();
  } catch (error) {
    faults.push(String(error));
  }
  if (faults.length > 0) checks.check('the test ran to its end', 1, faults);
  // Later than the end of a service that was only starting.
  process.on('exit', () => rmSync(stateDir, { recursive: true, force: true }));
  console.log(`alerts: ${checks.passed} checks passed, ${checks.failed} failed`);
  process.exit(checks.failed === 0 ? 0 : 1);
}
