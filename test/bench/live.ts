/**
 * `npm run bench:live`: 1,000 viewers on 200 records (L1): how long from a publish until a viewer
 * has its message, what a viewer takes of memory, and what a publish takes beside them, as a ratio
 * to the same without. Exit 1 where something did not arrive.
 *
 *   --viewers 1000 --records 200 --rate 20 --seconds 15
 */
import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as wait } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { eventually } from '../support/poll.ts';
import type { Tubepost } from '../support/tubepost.ts';
import { quantile, table } from './figures.ts';
import { measure, type Rig } from './rig.ts';

const { values } = parseArgs({
  options: {
    viewers: { type: 'string', default: '1000' },
    records: { type: 'string', default: '200' },
    rate: { type: 'string', default: '20' },
    seconds: { type: 'string', default: '15' },
  },
});
const [viewers, records, rate, lastsSeconds] = [values.viewers, values.records, values.rate, values.seconds].map(
  Number,
) as [number, number, number, number];

const OPENED_AT_ONCE = 20;
const ARRIVES_WITHIN_MS = 20_000;
const PAGE_BYTES = 4_096;

/** When which sequence of which record was published, and when each viewer first saw it. */
const publishedAtMs = new Map<string, number>();
const acceptedAtMs = new Map<string, number>();
const seen: { of: string; atMs: number; status: string }[] = [];

await measure(async (rig) => {
  const api = await rig.account('live');
  await api.createEndpoint({ url: `${rig.receiver.url}/live` });
  // Every record is known, and what is made once is made.
  for (let i = 0; i < records; i += 1) await api.publish({ type: 'a.b', record: recordOf(i), data: { i } });
  await publishing(api, 3);

  const first = await publishing(api, lastsSeconds);
  const before = rssKib(rig);
  const sockets = await open(rig);
  const idle = rssKib(rig);
  publishedAtMs.clear();
  const beside = await publishing(api, lastsSeconds);
  const expected = [...publishedAtMs.keys()].length * (viewers / records);
  const delivered = () => seen.filter(({ status }) => status === 'delivered');
  const isWhole = await eventually(ARRIVES_WITHIN_MS, () => newestSeen() >= Math.min(records, publishedAtMs.size));
  for (const socket of sockets) socket.close();
  await wait(2_000);
  const last = await publishing(api, lastsSeconds);

  const toFirst = firstSeen();
  const alone = [...first, ...last];
  const p95 = (all: number[]) => quantile(all, 0.95);
  table(
    ['', 'p50', 'p95'],
    [
      ['a publish without viewers', ms(quantile(alone, 0.5)), ms(p95(alone))],
      [`a publish beside ${viewers} viewers of ${records} records`, ms(quantile(beside, 0.5)), ms(p95(beside))],
      ['as a ratio', ratio(quantile(beside, 0.5), quantile(alone, 0.5)), ratio(p95(beside), p95(alone))],
      ['acceptance to message, each viewer', ms(quantile(toFirst, 0.5)), ms(p95(toFirst))],
    ],
  );
  console.log(
    `${rate} events a second; ${seen.length} messages, ${delivered().length} of them "delivered", for ${expected} viewings`,
  );
  console.log(`memory of workerd: ${((idle - before) / viewers).toFixed(1)} KiB for each viewer`);
  return isWhole;
});

function recordOf(index: number): string {
  return `record/${index % records}`;
}

/** What each publish took. Open loop: a slow one holds up none after it. */
async function publishing(api: Tubepost, forSeconds: number): Promise<number[]> {
  const tookMs: number[] = [];
  const running: Promise<void>[] = [];
  const fromMs = performance.now();
  for (let i = 0; i < rate * forSeconds; i += 1) {
    const dueMs = fromMs + (i * 1_000) / rate;
    await wait(Math.max(0, dueMs - performance.now()));
    running.push(
      (async () => {
        const record = recordOf(i * 7);
        const startMs = performance.now();
        const { sequence } = await api.publish({ type: 'a.b', record, data: { i } });
        tookMs.push(performance.now() - startMs);
        publishedAtMs.set(`${record} ${sequence}`, startMs);
        acceptedAtMs.set(`${record} ${sequence}`, performance.now());
      })(),
    );
  }
  await Promise.all(running);
  return tookMs;
}

async function open(rig: Rig): Promise<WebSocket[]> {
  const sockets: WebSocket[] = [];
  let shown = 0;
  let next = 0;
  const { url, key } = rig.service;
  const one = async () => {
    for (let index = next; index < viewers; index = next) {
      next += 1;
      const path = `/v1/accounts/live/records/${encodeURIComponent(recordOf(index))}/live`;
      const protocols = ['tubepost.live.v1', `tubepost.token.${key}`];
      const socket = new WebSocket(url.replace('http', 'ws') + path, protocols);
      sockets.push(socket);
      let isFirst = true;
      socket.addEventListener('message', ({ data }) => {
        const message = JSON.parse(String(data)) as {
          record: string;
          ack?: number;
          status: { sequence: number; status: string };
        };
        if (message.ack !== undefined) socket.send(JSON.stringify({ ack: message.ack }));
        if (isFirst) shown += 1;
        else {
          const { sequence, status } = message.status;
          seen.push({ of: `${message.record} ${sequence} ${index}`, atMs: performance.now(), status });
        }
        isFirst = false;
      });
      await new Promise<void>((resolve, reject) => {
        socket.addEventListener('open', () => resolve());
        socket.addEventListener('error', () => reject(new Error('a viewer was not let in')));
      });
    }
  };
  await Promise.all(Array.from({ length: OPENED_AT_ONCE }, one));
  if (!(await eventually(ARRIVES_WITHIN_MS, () => shown === viewers))) throw new Error(`${shown} saw a status`);
  return sockets;
}

/** How many records' newest event somebody has seen. */
function newestSeen(): number {
  const newest = new Map<string, number>();
  for (const name of publishedAtMs.keys()) {
    const [record = '', sequence] = name.split(' ');
    newest.set(record, Math.max(newest.get(record) ?? 0, Number(sequence)));
  }
  const names = new Set(seen.map(({ of }) => of.split(' ').slice(0, 2).join(' ')));
  return [...newest].filter(([record, sequence]) => names.has(`${record} ${sequence}`)).length;
}

/**
 * From the 202 of an event to the first message of each viewer that shows it; 0 where that was
 * earlier.
 */
function firstSeen(): number[] {
  const firsts = new Map<string, number>();
  for (const { of, atMs } of seen) firsts.set(of, Math.min(atMs, firsts.get(of) ?? Infinity));
  return [...firsts].flatMap(([of, atMs]) => {
    const accepted = acceptedAtMs.get(of.split(' ').slice(0, 2).join(' '));
    return accepted === undefined ? [] : [Math.max(0, atMs - accepted)];
  });
}

/** Resident memory of the service's workerd processes, from /proc. */
function rssKib({ service: { group } }: Rig): number {
  let pages = 0;
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    try {
      const stat = readFileSync(`/proc/${pid}/stat`, 'utf8').split(' ');
      if (stat[1] === '(workerd)' && Number(stat[4]) === group) pages += Number(stat[23]);
    } catch {
      // It has ended meanwhile.
    }
  }
  return (pages * PAGE_BYTES) / 1_024;
}

function ms(value: number): string {
  return `${value.toFixed(1)} ms`;
}

function ratio(a: number, b: number): string {
  return (a / b).toFixed(2);
}
