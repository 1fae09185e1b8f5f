/**
 * `npm run bench:neighbour`: what hung endpoints cost a healthy one (C9): from a publish to its arrival there, alone and beside
 * endpoints that never answer, in one run of one service. Figures are ratios to the same account alone. Asserts nothing about time.
 *
 *   --rounds 100    publishes measured in each case
 */
import { setTimeout as wait } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import type { Tubepost } from '../support/tubepost.ts';
import { quantile, table } from './figures.ts';
import { measure, type Rig } from './rig.ts';

const { values } = parseArgs({ options: { rounds: { type: 'string', default: '100' } } });
const rounds = Number(values.rounds);

const WARM_UP = 20;
const PAUSE_MS = 60;
const ARRIVES_WITHIN_MS = 60_000;
const HUNG = '/hung';
const TIMEOUT_MS = 15_000;

type Case = { name: string; account: string; hung: number; records: number; api: Tubepost; aloneMs: number[] };

await measure(async (rig) => {
  rig.receiver.behave = (path) => (path.startsWith(HUNG) ? null : 200);
  const cases = [
    await prepare(rig, { name: 'another account (its neighbours hang)', account: 'other', hung: 0, records: 20 }),
    await prepare(rig, { name: 'one hung endpoint in the account, 20 records', account: 'one', hung: 1, records: 20 }),
    await prepare(rig, { name: '12 hung endpoints in one record', account: 'twelve', hung: 12, records: 1 }),
  ];
  for (const one of cases) await publish(rig, one, 'warm', WARM_UP);
  for (const one of cases) one.aloneMs = await publish(rig, one, 'alone', rounds);
  for (const one of cases) await addHung(rig, one);
  // From the busiest to the quietest: what hangs goes on hanging beside the ones after it.
  const rows = [];
  for (const one of cases.toReversed()) rows.push(tell(one, await publish(rig, one, 'beside', rounds)));
  console.log(`publish to arrival at a healthy endpoint, ${rounds} publishes each, one at a time`);
  table(['beside', 'p50 alone', 'p95 alone', 'p50', 'p95', 'p50 as a ratio to alone', 'p95 as a ratio to alone'], rows);
  const hung = rig.receiver.arrivals.filter(({ path }) => path.startsWith(HUNG)).length;
  console.log(`${hung} requests hung meanwhile`);
  return hung > 0;
});

async function prepare(rig: Rig, of: Omit<Case, 'api' | 'aloneMs'>): Promise<Case> {
  const api = await rig.account(of.account);
  await api.createEndpoint({ url: `${rig.receiver.url}/healthy` });
  return { ...of, api, aloneMs: [] };
}

async function addHung(rig: Rig, { api, hung, account }: Case): Promise<void> {
  for (let i = 0; i < hung; i += 1) {
    await api.createEndpoint({ url: `${rig.receiver.url}${HUNG}/${account}/${i}`, timeoutMs: TIMEOUT_MS });
  }
}

/** One at a time: the next only once the last has arrived. */
async function publish(rig: Rig, { api, account, records }: Case, step: string, count: number): Promise<number[]> {
  const tookMs: number[] = [];
  for (let i = 0; i < count; i += 1) {
    const id = `${account}-${step}-${i}`;
    const arrival = arrives(rig, id);
    const atMs = performance.now();
    await api.publish({ id, type: 'a.b', record: `${account}/${i % records}`, data: { i } });
    tookMs.push((await arrival) - atMs);
    await wait(PAUSE_MS);
  }
  return tookMs;
}

/** When the healthy endpoint gets it. Throws where it does not. */
async function arrives({ receiver }: Rig, id: string): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  const timer = setTimeout(() => reject(new Error(`${id} did not arrive`)), ARRIVES_WITHIN_MS);
  const before = receiver.onArrival;
  receiver.onArrival = ({ event, path, atMs }) => {
    if (event === id && !path.startsWith(HUNG)) resolve(atMs);
  };
  try {
    return await promise;
  } finally {
    clearTimeout(timer);
    receiver.onArrival = before;
  }
}

function tell({ name, aloneMs }: Case, besideMs: number[]): (string | number)[] {
  const ms = (list: number[], share: number) => `${quantile(list, share).toFixed(1)} ms`;
  const ratio = (share: number) => (quantile(besideMs, share) / quantile(aloneMs, share)).toFixed(2);
  return [name, ms(aloneMs, 0.5), ms(aloneMs, 0.95), ms(besideMs, 0.5), ms(besideMs, 0.95), ratio(0.5), ratio(0.95)];
}
