/**
 * `npm run bench:endpoints`: an account with thousands of ordinary endpoints, and one whose
 * endpoints take all the bytes that they may (limits.ts): made, published to, listed, changed and
 * removed, each as a ratio to an account of ten endpoints in the same service. Exit 1 if anything
 * is missing, or answered otherwise than documented.
 *
 *   --endpoints 10000
 */
import { parseArgs } from 'node:util';
import { z } from 'zod';
import { eventually } from '../support/poll.ts';
import { quantile, seconds, table } from './figures.ts';
import { measure, type Rig } from './rig.ts';

const { values } = parseArgs({ options: { endpoints: { type: 'string', default: '10000' } } });
const MANY = Number(values.endpoints);
const FEW = 10;
const AT_ONCE = 4;
const ASKED = 30;
const REMOVED_WITHIN_MS = 600_000;

const made = z.object({ id: z.string() });
const page = z.object({ data: z.array(made), next: z.string().nullable() });
const published = z.object({ deliveryCount: z.number() });
const job = z.object({ status: z.string() });
const removed = z.object({ job: z.string() });

type Answer = { status: number; body: unknown; ms: number };
type Call = (method: string, path: string, body?: object) => Promise<Answer>;
type Figures = { made: number; created: number[]; published: number[]; listed: number; read: number; changed: number };

await measure(async (rig) => {
  const call = caller(rig);
  const few = await play(call, 'few', ordinary(rig), FEW);
  const many = await play(call, 'many', ordinary(rig), MANY);
  const heavy = await play(call, 'heavy', large(rig), Infinity);
  const row = (name: string, one: Figures, ends: number) => [
    `${name}: ${one.made} endpoints`,
    ...compared(quantile(one.created.slice(0, 100), 0.5), quantile(one.created.slice(-100), 0.5)),
    ...[one.published, few.published].map((of) => quantile(of, 0.5).toFixed(1)),
    (quantile(one.published, 0.5) / quantile(few.published, 0.5)).toFixed(1),
    one.read.toFixed(1),
    one.changed.toFixed(1),
    seconds(one.listed),
    seconds(ends),
  ];
  const ends = [];
  for (const account of ['few', 'many', 'heavy']) ends.push(await remove(call, account));
  const [fewEnd = NaN, manyEnd = NaN, heavyEnd = NaN] = ends;
  table(
    [
      'account',
      'create: first 100, ms',
      'last 100',
      'publish p50, ms',
      'with ten',
      'ratio',
      'read one, ms',
      'change one, ms',
      'list all',
      'removed after',
    ],
    [row('few', few, fewEnd), row('many', many, manyEnd), row('heavy', heavy, heavyEnd)],
  );
  return many.made === MANY && heavy.made > 100 && ends.every(Number.isFinite);
});

function compared(first: number, last: number): string[] {
  return [first.toFixed(1), last.toFixed(1)];
}

/** Each for a type of its own, so that one event is one delivery. */
function ordinary({ receiver }: Rig) {
  return (n: number) => ({ url: `${receiver.url}/hook`, description: `CRM ${n}`, eventTypes: [`kind_${n}.updated`] });
}

function large({ receiver }: Rig) {
  const names = Array.from({ length: 199 }, (_, n) => `${'x'.repeat(110)}.n${n}`);
  return (n: number) => ({ url: `${receiver.url}/hook`, eventTypes: [`kind_${n}.updated`, ...names] });
}

/**
 * Makes `most` of them, or as many as the account may have: the one beyond is answered 429, and is
 * not there.
 */
async function play(call: Call, account: string, body: (n: number) => object, most: number): Promise<Figures> {
  const at = `/v1/accounts/${account}`;
  await insist(call('PUT', at, {}), 201);
  const created: number[] = [];
  const ids: string[] = [];
  let asked = 0;
  let isFull = false;
  const make = async () => {
    while (!isFull && asked < most) {
      const answer = await call('POST', `${at}/endpoints`, body((asked += 1)));
      isFull ||= answer.status === 429;
      if (answer.status === 429) continue;
      ids.push(made.parse(await insist(Promise.resolve(answer), 201)).id);
      created.push(answer.ms);
    }
  };
  const fromMs = performance.now();
  await Promise.all(Array.from({ length: AT_ONCE }, make));
  console.log(`${account}: ${ids.length} endpoints made in ${seconds(performance.now() - fromMs)}`);

  const publishedMs: number[] = [];
  for (let n = 1; n <= ASKED; n += 1) {
    const answer = await call('POST', `${at}/events`, {
      type: `kind_${(n % FEW) + 1}.updated`,
      record: `r/${n}`,
      data: {},
    });
    const { deliveryCount } = published.parse(await insist(Promise.resolve(answer), 202));
    if (deliveryCount !== 1) throw new Error(`an event went to ${deliveryCount} endpoints`);
    publishedMs.push(answer.ms);
  }
  const one = `${at}/endpoints/${ids[Math.floor(ids.length / 2)]}`;
  const read = await medianOf(() => call('GET', one), 200);
  const changed = await medianOf((n) => call('PATCH', one, { description: `${n}` }), 200);
  const listFromMs = performance.now();
  const listed = await listAll(call, at);
  if (listed !== ids.length) throw new Error(`${listed} of ${ids.length} endpoints are listed`);
  return { made: ids.length, created, published: publishedMs, listed: performance.now() - listFromMs, read, changed };
}

async function medianOf(ask: (n: number) => Promise<Answer>, status: number): Promise<number> {
  const ms: number[] = [];
  for (let n = 0; n < FEW; n += 1) {
    const answer = await ask(n);
    await insist(Promise.resolve(answer), status);
    ms.push(answer.ms);
  }
  return quantile(ms, 0.5);
}

async function listAll(call: Call, at: string): Promise<number> {
  const ids = new Set<string>();
  for (let cursor: string | null = ''; cursor !== null;) {
    const query: string = cursor === '' ? '' : `&cursor=${cursor}`;
    const { data, next } = page.parse(await insist(call('GET', `${at}/endpoints?limit=200${query}`), 200));
    for (const { id } of data) ids.add(id);
    cursor = next;
  }
  return ids.size;
}

/** NaN where it does not end. */
async function remove(call: Call, account: string): Promise<number> {
  const fromMs = performance.now();
  const { job: id } = removed.parse(await insist(call('DELETE', `/v1/accounts/${account}`), 202));
  const isOver = await eventually(REMOVED_WITHIN_MS, async () => {
    const { status } = job.parse(await insist(call('GET', `/v1/jobs/${id}`), 200));
    return status === 'finished';
  });
  return isOver ? performance.now() - fromMs : NaN;
}

async function insist(answer: Promise<Answer>, status: number): Promise<unknown> {
  const { status: got, body } = await answer;
  if (got !== status) throw new Error(`answered ${got} and not ${status}: ${JSON.stringify(body).slice(0, 400)}`);
  return body;
}

function caller({ service }: Rig): Call {
  const headers = { authorization: 'Bearer tubepost_bench_admin_key', 'content-type': 'application/json' };
  return async (method, path, body) => {
    const fromMs = performance.now();
    const response = await fetch(service.url + path, { method, headers, body: body ? JSON.stringify(body) : null });
    const text = await response.text();
    return { status: response.status, body: text === '' ? null : JSON.parse(text), ms: performance.now() - fromMs };
  };
}
