/** What a crash must not have done (Q2): lose what was acknowledged, break an order, leave a hole in the log. */
import type { Attempt, Delivery, Tubepost } from './api.ts';
import { isSuccess, type Request } from './receiver.ts';

export type Acknowledged = { id: string; record: string; step: number; sequence: number };
export type Log = { deliveries: Map<string, Delivery>; attempts: Map<string, Attempt>; doubled: string[] };
type Expected = { path: string; event: string };

const EVIDENCE_SHOWN = 10;

export function expected(acknowledged: Acknowledged[], paths: string[]): Expected[] {
  return acknowledged.flatMap(({ id }) => paths.map((path) => ({ path, event: id })));
}

/** By path and event, and for attempts their number. */
export async function readLog(api: Tubepost, paths: ReadonlyMap<string, string>): Promise<Log> {
  const log: Log = { deliveries: new Map(), attempts: new Map(), doubled: [] };
  for (const one of await api.deliveries()) {
    const key = `${paths.get(one.endpoint)} ${one.event}`;
    if (log.deliveries.has(key)) log.doubled.push(key);
    log.deliveries.set(key, one);
  }
  for (const one of await api.attempts()) {
    const key = `${paths.get(one.endpoint)} ${one.event} #${one.number}`;
    if (log.attempts.has(key)) log.doubled.push(key);
    log.attempts.set(key, one);
  }
  return log;
}

export function lost(all: Expected[], requests: Request[]): string[] {
  const arrived = new Set(requests.filter(isSuccess).map(({ path, event }) => `${path} ${event}`));
  return all.map(({ path, event }) => `${path} ${event}`).filter((key) => !arrived.has(key));
}

/** First successes of a record at an endpoint come in increasing sequence, and sequences are those of publishing. */
function outOfOrder(acknowledged: Acknowledged[], requests: Request[]): string[] {
  const wrong = acknowledged.filter(({ step, sequence }) => step !== sequence);
  const faults = wrong.map(({ id, step, sequence }) => `${id} was published as number ${step} and is ${sequence}`);
  const highest = new Map<string, number>();
  const seen = new Set<string>();
  for (const request of requests.filter(isSuccess)) {
    const key = `${request.path} ${request.event}`;
    if (seen.has(key)) continue;
    seen.add(key);
    const lane = `${request.path} ${request.record}`;
    const sequence = request.sequence ?? 0;
    if (sequence < (highest.get(lane) ?? 0))
      faults.push(`${key} (${sequence}) first arrived after ${highest.get(lane)}`);
    highest.set(lane, Math.max(sequence, highest.get(lane) ?? 0));
  }
  return faults;
}

/** Deliveries that the log lacks or shows as open, requests that it has no attempt for, numbers that it skips or has twice. */
export function gaps(all: Expected[], requests: Request[], { deliveries, attempts, doubled }: Log): string[] {
  const faults = doubled.map((key) => `${key} is there twice`);
  for (const { path, event } of all) {
    const delivery = deliveries.get(`${path} ${event}`);
    if (delivery?.status !== 'delivered') faults.push(`${path} ${event} is ${delivery?.status ?? 'not there'}`);
    for (let number = 1; number <= (delivery?.attempts ?? 0); number += 1) {
      const key = `${path} ${event} #${number}`;
      if (!attempts.has(key)) faults.push(`${key} is not there`);
    }
  }
  for (const request of requests) {
    const key = `${request.path} ${request.event} #${request.attempt}`;
    const attempt = attempts.get(key);
    const answered = request.answer === null || request.answer === 'hang' ? null : request.answer.status;
    if (attempt === undefined) faults.push(`${key} arrived and is not there`);
    else if (attempt.statusCode !== null && attempt.statusCode !== answered)
      faults.push(`${key} was answered ${answered} and is there as ${attempt.statusCode}`);
  }
  return faults;
}

/** Prints the counts; true only if nothing is wrong. */
export function tell(of: {
  killed: string[];
  acknowledged: Acknowledged[];
  expected: Expected[];
  requests: Request[];
  log: Log;
}): boolean {
  const { requests, log } = of;
  const faults = {
    lost: lost(of.expected, requests),
    'out of order': outOfOrder(of.acknowledged, requests),
    'log gaps': gaps(of.expected, requests, log),
    'changed or unsigned': changed(requests),
  };
  const successes = requests.filter(isSuccess);
  const duplicates = successes.length - new Set(successes.map(({ path, event }) => `${path} ${event}`)).size;
  const unknown = [...log.attempts.values()].filter(({ error }) => error?.kind === 'lost').length;
  console.log(`kills          ${of.killed.length}`);
  console.log(`acknowledged   ${of.acknowledged.length} events, ${of.expected.length} deliveries`);
  console.log(`requests       ${requests.length}; ${log.attempts.size} attempts in the log, ${unknown} of them lost`);
  console.log(`duplicates     ${duplicates} deliveries arrived once more (allowed)`);
  for (const [what, found] of Object.entries(faults)) {
    console.log(`${what.padEnd(14)} ${found.length}`);
    for (const fault of found.slice(0, EVIDENCE_SHOWN)) console.log(`    ${fault}`);
  }
  return Object.values(faults).every((found) => found.length === 0);
}

function changed(requests: Request[]): string[] {
  const hashes = new Map<string, string>();
  return requests.flatMap(({ path, event, bodyHash, fault }) => {
    const first = hashes.get(event) ?? bodyHash;
    hashes.set(event, first);
    if (fault !== null) return [`${path} ${event}: ${fault}`];
    return first === bodyHash ? [] : [`${path} ${event} came with other bytes`];
  });
}
