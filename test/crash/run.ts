/**
 * `npm run test:crash -- --kills N [--seed S]`: Q2. `kill -9` of the whole service at random
 * moments of its start and its work, under endpoints that fail, hang, lose answers, are paused and
 * rotated; load and kills go on without waiting for recovery. In the end nothing acknowledged is
 * lost, order holds, and the log is complete: 0 only then. The seed fixes what is published, when
 * it is killed and how receivers behave; how far the service got by then is the machine's affair.
 *
 *   --keep    keep the state and the receiver's record; a failure always does
 */
import { appendFileSync, mkdtempSync, rmSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { freePort } from '../support/service.ts';
import { Tubepost } from '../support/tubepost.ts';
import { createEndpoints } from './endpoints.ts';
import { gaps } from './judge-log.ts';
import { Killer } from './killer.ts';
import { Load } from './load.ts';
import { Owner } from './owner.ts';
import { ReceiverProcess } from './receiver-process.ts';
import { readSeen } from './seen.ts';
import { untilEnded, untilLogged, untilReplayed } from './settle.ts';
import { tell } from './tell.ts';

const { values } = parseArgs({
  options: {
    kills: { type: 'string', default: '20' },
    seed: { type: 'string' },
    keep: { type: 'boolean', default: false },
  },
});
const kills = Number(values.kills);
const seed = Number(values.seed ?? Date.now() % 1_000_000_000);
const KEY = 'tubepost_crash_admin_key';

const folder = mkdtempSync(join(tmpdir(), 'tubepost-crash-'));
const seenFile = join(folder, 'receiver.jsonl');
const stateDir = join(folder, 'state');
await mkdir(stateDir);
const place = { port: await freePort(), stateDir, key: KEY };
const receiver = new ReceiverProcess(seenFile);
const killer = new Killer(place, seed);
const startedMs = performance.now();
let isEnding = false;

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => void end(null));
console.log(`seed ${seed}, ${kills} kills`);
try {
  await end(await run());
} catch (error) {
  console.error(error);
  for (const line of killer.running?.complaints() ?? []) console.error(line.slice(0, 400));
  await end(null);
}

type Counts = { passed: number; failed: number };

async function run(): Promise<Counts> {
  const { url } = await killer.start();
  const api = new Tubepost({ url, key: KEY, account: 'crash', isPatient: true });
  const endpoints = await createEndpoints(api, receiver);
  const paths = new Map([...endpoints].map(([path, id]) => [id, path]));
  const load = new Load(api, seed);
  const owner = new Owner({ api, receiver, endpoints, seed });

  const killing = killer.kill(kills, ({ moment, afterMs }) => {
    const { length } = killer.kills;
    say(
      `kill ${length}, ${afterMs} ms after it ${moment === 'starting' ? 'was launched' : 'was ready'}; ${load.published.length} acknowledged`,
    );
  });
  await Promise.all([
    load.run(),
    owner.run(load.published),
    killing.finally(() => {
      load.stop();
      owner.stop();
    }),
  ]);
  const quietMs = Date.now();
  say(
    `${load.published.length} events are acknowledged, ${api.publishedAgain} publishes were sent again; all is quiet now`,
  );

  const ranges = await untilReplayed(api, owner.ranges);
  const sent = ranges.flatMap((range) => range.sent);
  say(`${ranges.length} replays of ranges have ended, and sent ${sent.length} deliveries`);
  const asked = [...owner.replays.values(), ...sent.map(({ id }) => id)].filter((id) => id !== null);
  const ids = load.published.flatMap(({ accepted }) => accepted.deliveries.map(({ id }) => id));
  const exact = await untilEnded(api, [...ids, ...asked]);
  const endedMs = Date.now();
  say(`${exact.size} deliveries were read until they had ended`);
  const replayed = new Set(owner.replays.keys());
  for (const { replayOf } of sent) if (replayOf !== null) replayed.add(replayOf);
  const log = await untilLogged(api, (found) => gaps({ exact, log: found, replayed }));
  const isWhole = gaps({ exact, log, replayed }).length === 0;
  say(isWhole ? 'the log says the same' : 'the log still does not say the same');
  const loggedMs = Date.now();
  await receiver.stop();
  const seen = await readSeen(seenFile);
  appendFileSync(join(folder, 'published.json'), JSON.stringify(load.published));
  const evidence = { published: load.published, seen, paths, exact, log, replayed };
  const told = { ...evidence, ranges, kills: killer.kills, owner, unreadable: receiver.unreadable };
  return tell(told, { quietMs, endedMs, loggedMs });
}

/**
 * However it ends, nothing goes on running, and the last line counts the checks. `counts` null: it
 * came to none.
 */
async function end(counts: Counts | null): Promise<void> {
  if (isEnding) return;
  isEnding = true;
  const { passed, failed } = counts ?? { passed: 0, failed: 1 };
  try {
    await killer.stop();
    await receiver.stop();
  } finally {
    if (failed === 0 && !values.keep) rmSync(folder, { recursive: true, force: true });
    else console.log(`kept: ${folder} (state, receiver.jsonl, published.json); again: --seed ${seed} --kills ${kills}`);
    console.log(`crash: ${passed} checks passed, ${failed} failed`);
    process.exit(failed === 0 ? 0 : 1);
  }
}

function say(text: string): void {
  console.log(`${((performance.now() - startedMs) / 1_000).toFixed(1).padStart(7)} s  ${text}`);
}
