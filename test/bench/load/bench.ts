/** What every case is given, and what it gives back. */
import { runHealth, type Health, run } from './load.ts';
import type { Receiver } from './programs.ts';
import { type Running, start, type Subject } from './subject.ts';

export type Bench = {
  /** In the order of each round. */
  subjects: Subject[];
  receiver: Receiver;
  /** Of each load. */
  seconds: number;
  rounds: number;
  /** Whether the subjects' state is in memory instead of on disk. */
  inMemory: boolean;
  /** Of the case `memory`. */
  events: number;
  eventsPerSecond: number;
  /** Where the search for the highest rate begins. */
  fromRate: number;
  /** Of every subject, where it is known; null: searched. */
  highestRate: number | null;
  say: (line: string) => void;
};

/** A table as it is printed, and what it was made from. */
export type Report = { head: string[]; rows: (string | number)[][]; raw: object[] };

export type Case = { name: string; title: string; run: (bench: Bench) => Promise<Report> };

/** Records that exist before a load that is about known ones. */
export const KNOWN_RECORDS = 200;
const WARM_UP = { ratePerSecond: 50, seconds: KNOWN_RECORDS / 50 };

/** Starts it anew for `work`, and ends it however that ends. */
export async function withSubject<T>(
  bench: Bench,
  subject: Subject,
  work: (running: Running) => Promise<T>,
): Promise<T> {
  const running = await start(subject, bench.inMemory);
  try {
    return await work(running);
  } catch (error) {
    for (const line of running.service.complaints().slice(-10)) bench.say(line.slice(0, 300));
    throw error;
  } finally {
    await running.stop();
  }
}

/**
 * An account with these endpoints, after KNOWN_RECORDS events to records `warm-…/0` and on: code
 * compiled, caches full.
 */
export async function warmTarget(bench: Bench, running: Running, account: string, paths: string[]) {
  const target = await running.target(
    account,
    paths.map((path) => bench.receiver.origin + path),
  );
  const prefix = `warm-${account}`;
  const fanOut = paths.filter((path) => path.startsWith('/watched/')).length;
  const records = { count: KNOWN_RECORDS, of: prefix };
  await run(running, bench.receiver, { targets: [target], fanOut, phases: [WARM_UP], prefix, records });
  return { target, known: records };
}

export function healthOf(bench: Bench, running: Running, ratePerSecond: number): Promise<Health> {
  return runHealth(running, { ratePerSecond, seconds: Math.max(4, bench.seconds / 3) });
}

/** `/watched/0/0`, `/watched/0/1`, …: so many endpoints, each answering after `delayMs`. */
export function watched(count: number, delayMs: number): string[] {
  return Array.from({ length: count }, (_, i) => `/watched/${delayMs}/${i}`);
}

export function ms(value: number): string {
  return value < 1_000 ? `${value.toFixed(1)} ms` : `${(value / 1_000).toFixed(1)} s`;
}

export function ratio(value: number, to: number | undefined): string {
  return to === undefined ? '' : (value / to).toFixed(2);
}

export function percent(share: number): string {
  return `${Math.round(share * 100)} %`;
}
