/**
 * The highest rate that is held, and what comes of twice that. A rate is held where nothing is
 * refused or missing and the p95 of arrival is below ARRIVAL_MS_MAX: the rate grows by half until
 * one is not, then the gap is halved.
 */
import { quantile } from '../figures.ts';
import { type Bench, type Case, ms, percent, ratio, warmTarget, watched, withSubject } from './bench.ts';
import { type Outcome, run } from './load.ts';
import type { Subject } from './subject.ts';

const ARRIVAL_MS_MAX = 250;
const GROWTH = 1.5;
/** The gap between what is held and what is not, when the search ends. */
const GAP = 1.1;
const RATE_MAX = 5_000;
/** Of the highest rate: what is published after an overload, to see when it is over. */
const PROBE_SHARE = 0.2;
const PROBE_SECONDS = 30;
const OVERLOAD_ARRIVES_WITHIN_MS = 60_000;
const BUCKET_MS = 1_000;

type Step = { subject: string; ratePerSecond: number; isHeld: boolean; outcome: Omit<Outcome, 'deliveries'> };
type Highest = { ratePerSecond: number; step: Step | null; steps: Step[] };

/** By subject: the overload is twice what the search of the same run found. */
const found = new WeakMap<Subject, Highest>();

export const rateCase: Case = {
  name: 'rate',
  title: `highest rate held: new records, one endpoint, p95 of arrival below ${ARRIVAL_MS_MAX} ms`,
  run: async (bench) => {
    const all = [];
    for (const subject of bench.subjects) all.push({ subject, highest: await search(bench, subject) });
    const reference = all.findLast(({ subject }) => subject.kind === 'service')?.highest;
    return {
      head: [
        'build',
        'highest rate',
        'as a ratio to the last build',
        'arrival p50, p95 there',
        'CPU s per 1,000',
        'PSS',
        'others',
        'steps',
      ],
      rows: all.map(({ subject, highest: { ratePerSecond, step, steps } }) => [
        subject.name,
        `${ratePerSecond}/s`,
        ratio(ratePerSecond, reference?.ratePerSecond),
        step === null ? '' : `${ms(step.outcome.arrivalMs.p50)}, ${ms(step.outcome.arrivalMs.p95)}`,
        step?.outcome.cpuSecondsPer1000.toFixed(2) ?? '',
        step === null ? '' : `${Math.round(step.outcome.memoryMiB)} MiB`,
        percent(
          quantile(
            steps.map(({ outcome }) => outcome.othersShare),
            0.5,
          ),
        ),
        steps.map((one) => `${one.ratePerSecond}${one.isHeld ? '' : '✗'}`).join(' '),
      ]),
      raw: all.flatMap(({ highest }) => highest.steps),
    };
  },
};

export const overloadCase: Case = {
  name: 'overload',
  title: 'twice the highest rate, then a fifth of it until arrivals are quick again',
  run: async (bench) => {
    const raw = [];
    for (const subject of bench.subjects) raw.push(await overload(bench, subject));
    return {
      head: [
        'build',
        'offered',
        'arrived a second meanwhile',
        '÷ highest rate',
        'refused',
        'missing after a minute',
        'arrival p95',
        'recovered after',
        'PSS',
        'others',
      ],
      rows: raw.map((one) => [
        one.subject,
        `${one.offeredPerSecond}/s`,
        one.arrivedPerSecond.toFixed(0),
        ratio(one.arrivedPerSecond, one.highestRate),
        JSON.stringify(one.refused),
        one.missing,
        ms(one.arrivalP95Ms),
        one.recoveredAfterMs === null ? `> ${PROBE_SECONDS} s` : ms(one.recoveredAfterMs),
        `${Math.round(one.memoryMiB)} MiB`,
        percent(one.othersShare),
      ]),
      raw,
    };
  },
};

async function search(bench: Bench, subject: Subject): Promise<Highest> {
  const steps: Step[] = [];
  let highest: Step | null = null;
  let failedAt = Infinity;
  let rate = bench.fromRate;
  while (rate <= RATE_MAX && (highest === null || failedAt / highest.ratePerSecond > GAP)) {
    // A service that a step has overwhelmed is no start for the next: each begins anew.
    const step: Step = await tryRate(bench, subject, rate);
    bench.say(`${subject.name}: ${rate}/s ${step.isHeld ? 'held' : 'not held'}, p95 ${ms(step.outcome.arrivalMs.p95)}`);
    steps.push(step);
    if (step.isHeld) highest = step;
    else failedAt = rate;
    rate = nextRate(highest?.ratePerSecond ?? null, failedAt);
    if (rate < 1) break;
  }
  const result = { ratePerSecond: highest?.ratePerSecond ?? 0, step: highest, steps };
  found.set(subject, result);
  return result;
}

function nextRate(heldAt: number | null, failedAt: number): number {
  if (heldAt === null) return Math.floor(failedAt / GROWTH);
  return Math.round(failedAt === Infinity ? heldAt * GROWTH : (heldAt + failedAt) / 2);
}

function tryRate(bench: Bench, subject: Subject, ratePerSecond: number): Promise<Step> {
  return withSubject(bench, subject, async (running) => {
    const { target } = await warmTarget(bench, running, 'rate', watched(1, 0));
    const phases = [{ ratePerSecond, seconds: bench.seconds }];
    const load = { targets: [target], fanOut: 1, phases, prefix: 'run', arrivesWithinMs: ARRIVAL_MS_MAX * 4 };
    const { deliveries: _, ...outcome } = await run(running, bench.receiver, load);
    const isWhole = outcome.accepted === outcome.offered && outcome.missing === 0;
    return { subject: subject.name, ratePerSecond, isHeld: isWhole && outcome.arrivalMs.p95 < ARRIVAL_MS_MAX, outcome };
  });
}

async function overload(bench: Bench, subject: Subject) {
  const highestRate = bench.highestRate ?? (found.get(subject) ?? (await search(bench, subject))).ratePerSecond;
  return withSubject(bench, subject, async (running) => {
    const { target } = await warmTarget(bench, running, 'overload', watched(1, 0));
    const twice = { ratePerSecond: highestRate * 2, seconds: bench.seconds };
    const probe = { ratePerSecond: Math.max(5, highestRate * PROBE_SHARE), seconds: PROBE_SECONDS };
    const load = {
      targets: [target],
      fanOut: 1,
      phases: [twice, probe],
      prefix: 'run',
      arrivesWithinMs: OVERLOAD_ARRIVES_WITHIN_MS,
    };
    const outcome = await run(running, bench.receiver, load);
    const { deliveries } = outcome;
    const fromMs = outcome.firstDueMs;
    const endMs = fromMs + twice.seconds * 1_000;
    const during = deliveries.filter(({ atMs }) => atMs !== null && atMs < endMs).length;
    const result = {
      subject: subject.name,
      highestRate,
      offeredPerSecond: twice.ratePerSecond,
      arrivedPerSecond: during / twice.seconds,
      refused: outcome.refused,
      missing: outcome.missing,
      arrivalP95Ms: outcome.arrivalMs.p95,
      recoveredAfterMs: recoveredAfter(
        deliveries.filter(({ dueMs }) => dueMs >= endMs),
        endMs,
      ),
      memoryMiB: outcome.memoryMiB,
      othersShare: outcome.othersShare,
    };
    bench.say(`${subject.name}: ${result.arrivedPerSecond.toFixed(0)}/s at ${twice.ratePerSecond}/s offered`);
    return result;
  });
}

/**
 * How long after `endMs` the last second lies that was not quick; null: none of the last ones was.
 */
export function recoveredAfter(probes: Outcome['deliveries'], endMs: number): number | null {
  const bySecond = Map.groupBy(probes, ({ dueMs }) => Math.floor((dueMs - endMs) / BUCKET_MS));
  const isQuick = (bucket: Outcome['deliveries']) =>
    quantile(
      bucket.map(({ tookMs }) => tookMs ?? Infinity),
      0.95,
    ) < ARRIVAL_MS_MAX;
  const slow = [...bySecond].flatMap(([second, bucket]) => (isQuick(bucket) ? [] : [second]));
  const last = Math.max(-1, ...slow);
  return last >= PROBE_SECONDS - 1 ? null : (last + 1) * BUCKET_MS;
}
