/**
 * After the last kill: waits until every delivery has ended (exact reads), then until the log says
 * the same as the exact reads. Waits are bounded; what is still missing then is for the judge.
 */
import { setTimeout as wait } from 'node:timers/promises';
import { eventually } from '../support/poll.ts';
import type { Attempt, Delivery, DeliveryDetail, ReplayJob, Tubepost } from '../support/tubepost.ts';

const ENDED = new Set(['delivered', 'dead', 'superseded', 'cancelled']);
const READS_AT_ONCE = 6;
/**
 * Claims of killed instances run out within 60 s, several times in a row where kills were many, and
 * slow lanes drain one by one. And a circuit whose probes meet what their receiver refuses by
 * itself pauses longer each time, up to 5 minutes.
 */
const END_WITHIN_MS = 1_000_000;
/** Unconfirmed entries are sent again after a minute, then after an hour. */
const LOG_WITHIN_MS = 180_000;

/** Whole lists are work too. */
const READ_AGAIN_MS = 2_000;

/** The log's lists, as they came. */
export type Log = { deliveries: Delivery[]; attempts: Attempt[] };

/** A job that replayed a range, and what the log says that it sent. */
export type Range = { job: ReplayJob; sent: Delivery[] };

/** Reads each until it has ended. Answers all, ended or not, by id. */
export async function untilEnded(api: Tubepost, ids: Iterable<string>): Promise<Map<string, DeliveryDetail>> {
  const found = new Map<string, DeliveryDetail>();
  let open = [...ids];
  await eventually(END_WITHIN_MS, async () => {
    for (const one of await readAll(api, open)) found.set(one.id, one);
    open = open.filter((id) => !ENDED.has(found.get(id)?.status ?? ''));
    return open.length === 0;
  });
  return found;
}

async function readAll(api: Tubepost, ids: string[]): Promise<DeliveryDetail[]> {
  const left = [...ids];
  const read: DeliveryDetail[] = [];
  const next = async () => {
    for (let id = left.pop(); id !== undefined; id = left.pop()) read.push(await api.delivery(id));
  };
  await Promise.all(Array.from({ length: READS_AT_ONCE }, next));
  return read;
}

/**
 * Reads each job until it has ended, and then what the log says that it sent, until that is what
 * the job counts.
 */
export async function untilReplayed(api: Tubepost, ids: string[]): Promise<Range[]> {
  const ranges: Range[] = [];
  for (const id of ids) {
    await eventually(END_WITHIN_MS, async () => (await api.replayOfRange(id)).status !== 'running');
    const job = await api.replayOfRange(id);
    const arrived = (sent: Delivery[]) => sent.filter(({ status }) => status === 'delivered').length;
    await eventually(LOG_WITHIN_MS, async () => arrived(await api.replayed(id)) === job.progress.delivered);
    ranges.push({ job, sent: await api.replayed(id) });
  }
  return ranges;
}

/** Reads the lists until nothing is missing or wrong in them, or the time is over. */
export async function untilLogged(api: Tubepost, faultsOf: (log: Log) => string[]): Promise<Log> {
  const read = async (): Promise<Log> => ({ deliveries: await api.deliveries(), attempts: await api.attempts() });
  let log = await read();
  await eventually(LOG_WITHIN_MS, async () => {
    if (faultsOf(log).length === 0) return true;
    await wait(READ_AGAIN_MS);
    log = await read();
    return false;
  });
  return log;
}
