/**
 * `node test/demo/kill.ts --kills 5`: Q2. `kill -9` of the whole service at random moments of publishing and delivering, started
 * again each time on the same state; the publisher sends again, with the same id, what was not acknowledged. In the end nothing
 * acknowledged is lost, order holds and the log is complete: 0 only then.
 *
 *   --events 300 --records 60   the load
 *   --keep                      keep the state folder
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { Tubepost } from './api.ts';
import * as judge from './judge-kill.ts';
import { eventually, until } from './poll.ts';
import { type Mood, Receiver } from './receiver.ts';
import { freePort, type Service, startService } from './service.ts';

const { values } = parseArgs({
  options: {
    kills: { type: 'string', default: '5' },
    events: { type: 'string', default: '300' },
    records: { type: 'string', default: '60' },
    keep: { type: 'boolean', default: false },
  },
});
const kills = Number(values.kills);
const eventCount = Number(values.events);
const recordCount = Number(values.records);

const KEY = 'tubepost_kill_admin_key';
const RECORDS_AT_ONCE = 6;
const TIMEOUT_MS = 1_500;
/** A claim of a killed instance may stand for 45 s; several in a row, on a loaded machine. */
const DELIVERED_WITHIN_MS = 300_000;
/** Unconfirmed entries are sent again after a minute. */
const LOG_WITHIN_MS = 180_000;
const SCHEDULE = { scheduleSeconds: Array.from({ length: 20 }, (_, i) => (i < 8 ? 1 : 5)), windowSeconds: 3_600 };

/** Every so many requests fail or hang, so that kills meet retries and timeouts too. */
const sometimes = (every: number, bad: ReturnType<Mood>): Mood => {
  let count = 0;
  return () => {
    count += 1;
    return count % every === 0 ? bad : { status: 200 };
  };
};
const receiver = new Receiver(
  new Map([
    ['/failing', sometimes(7, { status: 500 })],
    ['/hanging', sometimes(23, 'hang')],
  ]),
);

const stateDir = mkdtempSync(join(tmpdir(), 'tubepost-kill-'));
const port = await freePort();
/** The instance that runs now. */
const running: { service: Service | null } = { service: null };
const startedMs = performance.now();
const killed: string[] = [];
const acknowledged: judge.Acknowledged[] = [];

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => void end(false));
try {
  await end(await run());
} catch (error) {
  console.error(error);
  for (const line of running.service?.complaints() ?? []) console.error(line.slice(0, 400));
  await end(false);
}

async function run(): Promise<boolean> {
  running.service = await startService({ port, stateDir, key: KEY });
  const api = new Tubepost({ url: running.service.url, key: KEY, account: 'kill' });
  const paths = await createEndpoints(api, await receiver.listen());
  await Promise.all([publishAll(api), killOften(paths.size)]);
  say(`${acknowledged.length} events are acknowledged; ${api.publishedAgain} publishes were sent again`);

  const expected = judge.expected(acknowledged, [...paths.values()]);
  const isAll = await eventually(DELIVERED_WITHIN_MS, () => judge.lost(expected, receiver.requests).length === 0);
  say(isAll ? 'all of them arrived' : 'not all of them arrived');
  const deliveredMs = performance.now();
  let log = await judge.readLog(api, paths);
  await eventually(LOG_WITHIN_MS, async () => {
    if (judge.gaps(expected, receiver.requests, log).length === 0) return true;
    log = await judge.readLog(api, paths);
    return false;
  });
  say(`the log was read until it was complete, for ${((performance.now() - deliveredMs) / 1_000).toFixed(1)} s`);
  return judge.tell({ killed, acknowledged, expected, requests: receiver.requests, log });
}

async function createEndpoints(api: Tubepost, receiverUrl: string): Promise<Map<string, string>> {
  await api.createAccount();
  const paths = new Map<string, string>();
  for (const path of ['/failing', '/hanging']) {
    const made = await api.createEndpoint({ url: receiverUrl + path, timeoutMs: TIMEOUT_MS, retry: SCHEDULE });
    receiver.setSecret(path, made.secret);
    paths.set(made.id, path);
  }
  return paths;
}

/** Some records at a time, the events of each one after the other: the next only once the last is acknowledged. */
async function publishAll(api: Tubepost): Promise<void> {
  const records = Array.from({ length: recordCount }, (_, i) => `order/${i}`);
  const each = Math.ceil(eventCount / recordCount);
  const next = async () => {
    for (let record = records.shift(); record !== undefined; record = records.shift()) {
      for (let step = 1; step <= each; step += 1) {
        const id = `kill-${record.replace('/', '-')}-${step}`;
        const event = { id, type: 'order.changed', record, data: { record, step } };
        const { sequence } = await api.publish(event);
        acknowledged.push({ id, record, step, sequence: sequence ?? 0 });
      }
    }
  };
  await Promise.all(Array.from({ length: RECORDS_AT_ONCE }, next));
}

/** At random shares of the load plus a random moment; the last one after the last acknowledgement, while deliveries go on. */
async function killOften(endpoints: number): Promise<void> {
  const marks = Array.from({ length: kills }, (_, i) => (i === kills - 1 ? 1 : Math.random() * 0.95));
  for (const mark of marks.sort((a, b) => a - b)) {
    const total = recordCount * Math.ceil(eventCount / recordCount);
    await until(`${Math.floor(mark * total)} events are acknowledged`, DELIVERED_WITHIN_MS, () =>
      acknowledged.length >= Math.floor(mark * total) ? true : null,
    );
    await wait(Math.random() * 800);
    const delivered = new Set(receiver.requests.map(({ path, event }) => `${path} ${event}`)).size;
    killed.push(`after ${acknowledged.length} acknowledged, ${delivered} of ${acknowledged.length * endpoints} sent`);
    await running.service?.kill();
    say(`kill -9 number ${killed.length} ${killed.at(-1)}`);
    running.service = await startService({ port, stateDir, key: KEY });
  }
}

async function end(isRight: boolean): Promise<void> {
  try {
    await running.service?.stop();
  } finally {
    if (values.keep) console.log(`state kept: STATE_DIR=${stateDir}`);
    else rmSync(stateDir, { recursive: true, force: true });
    process.exit(isRight ? 0 : 1);
  }
}

function say(text: string): void {
  console.log(`${((performance.now() - startedMs) / 1_000).toFixed(1).padStart(6)} s  ${text}`);
}
