/** One load on one running subject, and what came of it. */
import { availableParallelism } from 'node:os';
import { setTimeout as wait } from 'node:timers/promises';
import { eventually } from '../../support/poll.ts';
import { quantile } from '../figures.ts';
import { type Arrivals, eventId, nowMs, type Plan, type Sent } from './messages.ts';
import { cpuSecondsOf, machineCpuSeconds, memoryOf, ownGroup } from './processes.ts';
import { publishBy, type Receiver } from './programs.ts';
import { KEY, type Running, type Target } from './subject.ts';

export type Load = {
  targets: Target[];
  /** How many watched endpoints get each event. */
  fanOut: number;
  phases: Plan['phases'];
  prefix: string;
  records?: { count: number; of: string };
  /** How long after the last answer an event may still arrive; then it is missing. */
  arrivesWithinMs?: number;
};

export type Spread = { p50: number; p95: number; p99: number };

export type Outcome = {
  offered: number;
  firstDueMs: number;
  accepted: number;
  /** Answers that are no 2xx, by status; 0: no answer. */
  refused: Record<string, number>;
  /** From when a request was due to its answer. Only of what was accepted. */
  publishMs: Spread;
  /** From when a request was due to its arrival, at each endpoint. */
  arrivalMs: Spread;
  arrived: number;
  /** Accepted, and not arrived in time. */
  missing: number;
  /**
   * CPU of the subject's processes for a thousand deliveries, what comes after them (the log)
   * included.
   */
  cpuSecondsPer1000: number;
  memoryMiB: number;
  /** How late requests left: a publisher that lags measures itself. */
  publisherLagMs: number;
  /** What share of the machine others used meanwhile: all but subject, publisher, receiver. */
  othersShare: number;
  /**
   * For what needs more than the figures: due time and latency of each arrival; latency null:
   * missing.
   */
  deliveries: { dueMs: number; tookMs: number | null; atMs: number | null }[];
};

const ARRIVES_WITHIN_MS = 10_000;
/** A log batch waits a second for company. */
const LOGGED_AFTER_MS = 2_500;

export async function run(running: Running, receiver: Receiver, load: Load): Promise<Outcome> {
  const { targets, phases, prefix, records, fanOut, arrivesWithinMs = ARRIVES_WITHIN_MS } = load;
  await receiver.take();
  const meter = startMeter(running);
  const sent = await publishBy({
    origin: running.service.url,
    targets,
    key: KEY,
    phases,
    prefix,
    records: records?.count ?? null,
    recordsOf: records?.of ?? null,
  });
  const accepted = sent.status.filter(isAccepted).length;
  await eventually(arrivesWithinMs, async () => (await receiver.count()) >= accepted * fanOut);
  await wait(LOGGED_AFTER_MS);
  const used = meter();
  const deliveries = deliveriesOf(sent, await receiver.take(), load);
  const took = deliveries.flatMap(({ tookMs }) => (tookMs === null ? [] : [tookMs]));
  return {
    offered: sent.status.length,
    firstDueMs: sent.dueMs[0] ?? NaN,
    accepted,
    refused: refusedOf(sent),
    publishMs: spread(sent.status.flatMap((status, i) => (isAccepted(status) ? [latencyOf(sent, i)] : []))),
    arrivalMs: spread(took),
    arrived: took.length,
    missing: deliveries.length - took.length,
    cpuSecondsPer1000: (used.subjectSeconds / took.length) * 1_000,
    memoryMiB: memoryOf(running.service.group).allMiB,
    publisherLagMs: quantile(
      sent.sentMs.map((sentMs, i) => sentMs - (sent.dueMs[i] ?? NaN)),
      0.99,
    ),
    othersShare: used.othersShare,
    deliveries,
  };
}

/** The same for requests that deliver nothing: `GET /health`. */
export async function runHealth(running: Running, phase: Plan['phases'][number]): Promise<Health> {
  const meter = startMeter(running);
  const sent = await publishBy({
    origin: running.service.url,
    targets: [{ method: 'GET', path: '/health' }],
    key: KEY,
    phases: [phase],
    prefix: 'health',
    records: null,
    recordsOf: null,
  });
  const { subjectSeconds } = meter();
  return {
    ms: spread(sent.status.flatMap((status, i) => (isAccepted(status) ? [latencyOf(sent, i)] : []))),
    cpuSecondsPer1000: (subjectSeconds / sent.status.length) * 1_000,
  };
}

export type Health = { ms: Spread; cpuSecondsPer1000: number };

/** Call the result once: what was used since. */
function startMeter({ service }: Running): () => { subjectSeconds: number; othersShare: number } {
  const sample = () => ({
    subject: cpuSecondsOf(service.group),
    ours: cpuSecondsOf(ownGroup()),
    machine: machineCpuSeconds(),
    atMs: nowMs(),
  });
  const from = sample();
  return () => {
    const to = sample();
    const subjectSeconds = to.subject - from.subject;
    const othersSeconds = to.machine - from.machine - subjectSeconds - (to.ours - from.ours);
    const capacitySeconds = ((to.atMs - from.atMs) / 1_000) * availableParallelism();
    return { subjectSeconds, othersShare: othersSeconds / capacitySeconds };
  };
}

/**
 * One for each event that was accepted and each endpoint that gets it. A request that comes twice
 * counts the first time.
 */
function deliveriesOf(sent: Sent, arrivals: Arrivals, { prefix, fanOut }: Load): Outcome['deliveries'] {
  const atByEvent = new Map<string, Map<string, number>>();
  arrivals.id.forEach((id, i) => {
    const atByPath = atByEvent.get(id) ?? new Map<string, number>();
    atByEvent.set(id, atByPath);
    const path = arrivals.path[i] ?? '';
    if (!atByPath.has(path)) atByPath.set(path, arrivals.atMs[i] ?? NaN);
  });
  return sent.status.flatMap((status, i) => {
    if (!isAccepted(status)) return [];
    const times = [...(atByEvent.get(eventId(prefix, i))?.values() ?? [])];
    const dueMs = sent.dueMs[i] ?? NaN;
    return Array.from({ length: fanOut }, (_, endpoint) => {
      const atMs = times[endpoint] ?? null;
      return { dueMs, atMs, tookMs: atMs === null ? null : atMs - dueMs };
    });
  });
}

function refusedOf(sent: Sent): Record<string, number> {
  const refused: Record<string, number> = {};
  for (const status of sent.status.filter((one) => !isAccepted(one))) refused[status] = (refused[status] ?? 0) + 1;
  return refused;
}

function latencyOf(sent: Sent, i: number): number {
  return (sent.answeredMs[i] ?? NaN) - (sent.dueMs[i] ?? NaN);
}

function isAccepted(status: number): boolean {
  return status >= 200 && status < 300;
}

export function spread(values: number[]): Spread {
  return { p50: quantile(values, 0.5), p95: quantile(values, 0.95), p99: quantile(values, 0.99) };
}
