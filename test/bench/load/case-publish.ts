/**
 * Publish and publish-to-arrival at a fixed rate: fan-out, receivers' delay, new records and known
 * ones.
 */
import { quantile } from '../figures.ts';
import {
  type Bench,
  type Case,
  healthOf,
  ms,
  percent,
  ratio,
  type Report,
  warmTarget,
  watched,
  withSubject,
} from './bench.ts';
import { type Health, type Outcome, run, type Spread } from './load.ts';
import { BARE, type Subject } from './subject.ts';

const RATE_PER_SECOND = 50;
const FAN_OUTS = [1, 5];
const DELAYS_MS = [0, 243];
const RECORDS = ['new', 'known'] as const;

type Variant = { fanOut: number; delayMs: number; records: (typeof RECORDS)[number] };
type Round = { subject: string; health: Health; outcome: Outcome };

export const publishCases: Case[] = FAN_OUTS.flatMap((fanOut) =>
  DELAYS_MS.flatMap((delayMs) => RECORDS.map((records) => caseOf({ fanOut, delayMs, records }))),
);

function caseOf(variant: Variant): Case {
  const { fanOut, delayMs, records } = variant;
  return {
    name: `publish-${fanOut}-${delayMs}-${records}`,
    title: `${RATE_PER_SECOND} events a second to ${fanOut} endpoint${fanOut > 1 ? 's' : ''} that answer after ${delayMs} ms, ${records} records`,
    run: (bench) => measure(bench, variant),
  };
}

async function measure(bench: Bench, variant: Variant): Promise<Report> {
  const rounds: Round[] = [];
  for (let i = 0; i < bench.rounds; i += 1) {
    for (const subject of bench.subjects) rounds.push(await measureOne(bench, variant, subject));
  }
  const floor = of(rounds, BARE.name);
  const reference = bench.subjects.findLast(({ kind }) => kind === 'service');
  const compared = reference === undefined ? null : of(rounds, reference.name);
  return {
    head: [
      'build',
      '/health p50, p95',
      'publish p50, p95',
      'arrival p50, p95',
      'arrival p50, p95 ÷ bare',
      `arrival p50, p95 ÷ ${reference?.name}`,
      'CPU s per 1,000 deliveries (per 1,000 /health)',
      'CPU ÷ bare',
      `CPU ÷ ${reference?.name}`,
      'PSS',
      'refused, missing',
      'others',
    ],
    rows: bench.subjects.map(({ name }) => {
      const one = of(rounds, name);
      const both = (to: Omit<Spread, 'p99'> | undefined) =>
        `${ratio(one.arrivalMs.p50, to?.p50)}, ${ratio(one.arrivalMs.p95, to?.p95)}`;
      return [
        name,
        `${ms(one.healthMs.p50)}, ${ms(one.healthMs.p95)}`,
        `${ms(one.publishMs.p50)}, ${ms(one.publishMs.p95)}`,
        `${ms(one.arrivalMs.p50)}, ${ms(one.arrivalMs.p95)}`,
        both(floor.arrivalMs),
        both(compared?.arrivalMs),
        `${one.cpu.toFixed(2)} (${one.healthCpu.toFixed(2)})`,
        ratio(one.cpu, floor.cpu),
        ratio(one.cpu, compared?.cpu),
        `${Math.round(one.memoryMiB)} MiB`,
        `${one.refused}, ${one.missing}`,
        percent(one.othersShare),
      ];
    }),
    raw: rounds.map(({ outcome: { deliveries: _, ...outcome }, ...round }) => ({ ...round, outcome })),
  };
}

function measureOne(bench: Bench, { fanOut, delayMs, records }: Variant, subject: Subject): Promise<Round> {
  return withSubject(bench, subject, async (running) => {
    const { target, known } = await warmTarget(bench, running, 'bench', watched(fanOut, delayMs));
    const health = await healthOf(bench, running, RATE_PER_SECOND);
    const phases = [{ ratePerSecond: RATE_PER_SECOND, seconds: bench.seconds }];
    const load = {
      targets: [target],
      fanOut,
      phases,
      prefix: 'run',
      ...(records === 'known' ? { records: known } : {}),
    };
    const outcome = await run(running, bench.receiver, load);
    bench.say(`${subject.name}: arrival p50 ${ms(outcome.arrivalMs.p50)}, p95 ${ms(outcome.arrivalMs.p95)}`);
    return { subject: subject.name, health, outcome };
  });
}

/** The median of the rounds of one subject. */
function of(rounds: Round[], subject: string) {
  const own = rounds.filter((round) => round.subject === subject);
  const median = (pick: (round: Round) => number) => quantile(own.map(pick), 0.5);
  const spread = (pick: (round: Round) => { p50: number; p95: number }) => ({
    p50: median((round) => pick(round).p50),
    p95: median((round) => pick(round).p95),
  });
  return {
    healthMs: spread(({ health }) => health.ms),
    publishMs: spread(({ outcome }) => outcome.publishMs),
    arrivalMs: spread(({ outcome }) => outcome.arrivalMs),
    cpu: median(({ outcome }) => outcome.cpuSecondsPer1000),
    healthCpu: median(({ health }) => health.cpuSecondsPer1000),
    memoryMiB: median(({ outcome }) => outcome.memoryMiB),
    refused: median(({ outcome }) => outcome.offered - outcome.accepted),
    missing: median(({ outcome }) => outcome.missing),
    othersShare: median(({ outcome }) => outcome.othersShare),
  };
}
