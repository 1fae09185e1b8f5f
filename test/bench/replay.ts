/**
 * `npm run bench:replay`: what a replay of a range costs live deliveries of the same endpoint (R3),
 * from a publish to its arrival: of other records, and of the very records that are being replayed;
 * alone and beside it, in one run of one service. Then a `kill -9` in the middle of another replay.
 * Asserts nothing about time; exit 1 if a replay loses or doubles anything, or counts wrong.
 *
 *   --deliveries 2000 --records 400    what each replay sends
 *   --rounds 150                       live publishes measured alone, of each case
 *   --only pace|kill
 */
import { setTimeout as wait } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { eventually } from '../support/poll.ts';
import type { ReplayJob, Tubepost } from '../support/tubepost.ts';
import { quantile, seconds, table } from './figures.ts';
import { measure, publishAll, type Rig } from './rig.ts';

const { values } = parseArgs({
  options: {
    deliveries: { type: 'string', default: '2000' },
    records: { type: 'string', default: '400' },
    rounds: { type: 'string', default: '150' },
    only: { type: 'string' },
  },
});
const total = Number(values.deliveries);
const records = Number(values.records);
const rounds = Number(values.rounds);

const PACES = [50, 500];
const KILL_PACE = 50;
const KILL_AT_SHARE = 0.4;
const WARM_UP = 20;
const PAUSE_MS = 40;
const WITHIN_MS = 600_000;
/** What the log was not told of before the kill comes a minute later. */
const LOGGED_WITHIN_MS = 150_000;
/**
 * An event that was rejected: a dead letter at once, and no failure that would open the circuit.
 */
const REJECTED = 401;

const CASES = ['other records', 'the replayed records'] as const;
type Case = (typeof CASES)[number];
type Took = Record<Case, number[]>;
type Setting = { api: Tubepost; endpoint: string };

await measure(async (rig) => {
  const api = await rig.account('replay');
  const { id: endpoint } = await api.createEndpoint({ url: `${rig.receiver.url}/crm` });
  const setting = { api, endpoint };
  const isPaceRight = values.only === 'kill' || (await besides(rig, setting));
  const isKillRight = values.only === 'pace' || (await killed(rig, setting));
  return isPaceRight && isKillRight;
});

async function besides(rig: Rig, setting: Setting): Promise<boolean> {
  const wrong: string[] = [];
  const rows: (string | number)[][] = [];
  await publishFor(rig, setting, 'warm', WARM_UP);
  for (const pace of PACES) {
    const name = `at${pace}`;
    await die(rig, setting, name);
    const alone = await publishFor(rig, setting, `${name}-alone`, rounds);
    const fromMs = performance.now();
    const { id } = await setting.api.replayRange(rangeOf(setting, pace), name);
    const beside = await publishWhile(rig, setting, `${name}-beside`, id);
    const tookMs = performance.now() - fromMs;
    const job = await setting.api.replayOfRange(id);
    wrong.push(...(await faultsOf(rig, setting, name, job)));
    rows.push(...CASES.map((one) => tell(`${pace} a second (${seconds(tookMs)}), ${one}`, alone[one], beside[one])));
  }
  console.log(`publish to arrival of live events while ${total} deliveries of ${records} records are replayed`);
  table(['replay at', 'p50 alone', 'p95 alone', 'p50', 'p95', 'p50 as a ratio', 'p95 as a ratio', 'publishes'], rows);
  return judged(wrong);
}

async function killed(rig: Rig, setting: Setting): Promise<boolean> {
  const name = 'killed';
  await die(rig, setting, name);
  const { id } = await setting.api.replayRange(rangeOf(setting, KILL_PACE), name);
  await eventually(WITHIN_MS, async () => {
    const { status, progress } = await setting.api.replayOfRange(id);
    return progress.delivered / total >= KILL_AT_SHARE || status !== 'running';
  });
  const before = (await setting.api.replayOfRange(id)).progress.delivered;
  const fromMs = performance.now();
  await rig.crash();
  console.log(
    `kill -9 after ${before} of ${total} deliveries; it answers again after ${seconds(performance.now() - fromMs)}`,
  );
  await eventually(WITHIN_MS, async () => (await setting.api.replayOfRange(id)).status === 'finished');
  const job = await setting.api.replayOfRange(id);
  console.log(`finished ${seconds(performance.now() - fromMs)} after the kill: ${job.note}`);
  return judged(await faultsOf(rig, setting, name, job));
}

function judged(wrong: string[]): boolean {
  for (const fault of wrong) console.log(`WRONG ${fault}`);
  if (wrong.length === 0) console.log('every delivery was replayed once, and counted once');
  return wrong.length === 0;
}

/** Publishes what ends as a dead letter, and waits until the log has all of it. */
async function die(rig: Rig, setting: Setting, name: string): Promise<void> {
  rig.receiver.behave = () => REJECTED;
  await publishAll(
    setting.api,
    Array.from({ length: total }, (_, i) => ({
      id: `${name}-${i}`,
      type: 'order.changed',
      record: replayedRecord(i),
      data: { i },
    })),
  );
  const range = rangeOf(setting, 1);
  const isDead = await eventually(WITHIN_MS, async () => (await setting.api.countRange(range)) === total);
  if (!isDead) throw new Error(`${await setting.api.countRange(range)} of ${total} dead letters are in the log`);
  rig.receiver.behave = () => 200;
}

function replayedRecord(i: number): string {
  return `replayed/${i % records}`;
}

function rangeOf({ endpoint }: Setting, pacePerSecond: number) {
  return { endpoint, statuses: ['dead'], pacePerSecond, reason: 'bench' };
}

/** Live publishes, one at a time: of each case in turn. */
async function publishFor(rig: Rig, setting: Setting, step: string, count: number): Promise<Took> {
  const took: Took = { 'other records': [], 'the replayed records': [] };
  for (let i = 0; i < count; i += 1) await publishBoth(rig, setting, step, i, took);
  return took;
}

async function publishWhile(rig: Rig, setting: Setting, step: string, job: string): Promise<Took> {
  const took: Took = { 'other records': [], 'the replayed records': [] };
  const isRunning = async () => (await setting.api.replayOfRange(job)).status === 'running';
  for (let i = 0; i % 10 !== 0 || (await isRunning()); i += 1) await publishBoth(rig, setting, step, i, took);
  return took;
}

async function publishBoth(rig: Rig, { api }: Setting, step: string, i: number, took: Took): Promise<void> {
  for (const one of CASES) {
    const id = `${step}-${one === 'other records' ? 'o' : 'r'}-${i}`;
    const record = one === 'other records' ? `other/${i % records}` : replayedRecord(i * 7);
    const arrival = rig.receiver.next(id);
    const atMs = performance.now();
    await api.publish({ id, type: 'order.changed', record, data: { i } });
    took[one].push((await arrival) - atMs);
    await wait(PAUSE_MS);
  }
}

function tell(name: string, aloneMs: number[], besideMs: number[]): (string | number)[] {
  const ms = (list: number[], share: number) => `${quantile(list, share).toFixed(1)} ms`;
  const ratio = (share: number) => (quantile(besideMs, share) / quantile(aloneMs, share)).toFixed(2);
  const figures = [ms(aloneMs, 0.5), ms(aloneMs, 0.95), ms(besideMs, 0.5), ms(besideMs, 0.95), ratio(0.5), ratio(0.95)];
  return [name, ...figures, besideMs.length];
}

/**
 * Against what the receiver saw: each event arrived, no more often than its replay had attempts,
 * and had one replay.
 */
async function faultsOf(
  rig: Rig,
  { api }: Setting,
  name: string,
  { id, progress, skippedBy }: ReplayJob,
): Promise<string[]> {
  const faults: string[] = [];
  if (progress.total !== total || progress.delivered !== total) {
    faults.push(`${name}: progress says ${JSON.stringify(progress)} ${JSON.stringify(skippedBy)}`);
  }
  const isLogged = await eventually(
    LOGGED_WITHIN_MS,
    async () => (await api.replayed(id)).filter(({ status }) => status === 'delivered').length === total,
  );
  if (!isLogged) faults.push(`${name}: the log does not list ${total} replays as delivered`);
  const replays = Map.groupBy(await api.replayed(id), ({ event }) => event);
  const arrived = Map.groupBy(
    rig.receiver.arrivals.filter(({ status }) => status === 200),
    ({ event }) => event,
  );
  let twice = 0;
  for (let i = 0; i < total; i += 1) {
    const event = `${name}-${i}`;
    const made = replays.get(event) ?? [];
    const times = arrived.get(event)?.length ?? 0;
    const attempts = made[0]?.attempts ?? 0;
    if (made.length !== 1) faults.push(`${event} has ${made.length} replays`);
    if (times === 0 || times > attempts) faults.push(`${event} arrived ${times} times in ${attempts} attempts`);
    if (times > 1) twice += 1;
  }
  if (twice > 0) console.log(`${twice} arrived twice: their attempt was under way when it was killed`);
  return faults.slice(0, 20);
}
