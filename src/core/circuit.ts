/**
 * The circuit of one endpoint (C8): whether its lanes may send, wait, or send at a growing pace.
 * Pure; the Gate keeps the state, counts and wakes.
 *
 *   closed ── failures, and most of what is sent ──▶ open ── the pause is over ──▶ open, one probe under way
 *     ▲        or several records are asked ───────▶  ▲ ▲    for patience            │          │
 *     │                                               │ └──────── it failed ─────────┘          │ it was answered (a 429 too)
 *     └── backlog at its end, or full pace ── half-open ◀───────────────────────────────────────┘
 *                                               │ ▲ └─ pace doubles with success, halves when half of it fails; below 1/s it
 *                                               └─┘    opens again, for as long as before
 *
 * One record's answer is not its endpoint's, in any state: what opens the circuit are failures of
 * several records, and a Retry-After lengthens a pause only where several records were asked before
 * (asking.ts) and an answer after the pause says the same.
 */
import { askedMs, askedOfSeveral, type Asking, isEndpointAsking } from './asking.ts';
import {
  CIRCUIT_FAILURES_MIN,
  CIRCUIT_FAILURE_SHARE,
  CIRCUIT_FAILURES_OF_ONE_MIN,
  CIRCUIT_FAILING_RECORDS_MIN,
  CIRCUIT_PAUSE_MS_MAX,
  CIRCUIT_PAUSE_MS_MIN,
  DRAIN_PER_SECOND_MAX,
  RETRY_JITTER_SHARE,
} from './limits.ts';
import type { Report } from './report.ts';

export type Circuit =
  | { kind: 'closed' }
  /** `pauses`: how many have passed without a success. */
  | {
      kind: 'open';
      sinceMs: number;
      untilMs: number;
      pauses: number;
      probe: { record: string; untilMs: number } | null;
      /** For how long several records, at least, were asked to wait; null: they were not. */
      askedMs: number | null;
    }
  /**
   * `round`: answers since the pace last changed. `failed`: failures among them, those in a row of
   * one record as one.
   */
  | {
      kind: 'half-open';
      sinceMs: number;
      pauses: number;
      perSecond: number;
      round: number;
      failed: number;
      failedLast: string | null;
    };

/** Within the window. `records`: how many had failures. */
export type Tally = { failures: number; others: number; records: number };

type At = { nowMs: number; random: () => number };

/** Failures that are no single record's. */
const FAILING_ROUND_MIN = 2;
/** From this pace on, earlier pauses are forgotten. */
const PAUSES_FORGOTTEN_PER_SECOND = 4;

/** What is known beside the report. `tally` and `asking` count it already. */
export type Facts = { record: string; tally: Tally; asking: Asking; limitPerSecond: number | null };

/** What one report of a record makes of the circuit. */
export function observed(circuit: Circuit, report: Report, facts: Facts, at: At): Circuit {
  const isFailure = report.answer === 'failed';
  const { record, tally, asking } = facts;
  switch (circuit.kind) {
    case 'closed': {
      if (!isFailure || !(isFailing(tally) || isEndpointAsking(asking))) return circuit;
      const several = severalAsked(facts, report);
      // That others failed a while ago is no reason to take its word for theirs.
      if (askedMs(report) > 0 && several === null) return circuit;
      return opened(0, several, at);
    }
    case 'open': {
      // Stragglers from before it opened decide nothing.
      if (circuit.probe?.record !== record) return circuit;
      if (!isFailure) return halfOpen(at.nowMs, circuit.pauses);
      const several = isEndpointAsking(asking) ? askedOfSeveral(asking) : circuit.askedMs;
      const isConfirmed = several !== null && askedMs(report) > 0;
      // It is there, and that it limits this record says nothing of others: they are tried, from
      // one a second.
      if (report.isTooMany === true && !isConfirmed)
        return { ...halfOpen(at.nowMs, circuit.pauses + 1), failed: 1, failedLast: record };
      return { ...opened(circuit.pauses + 1, several, at, askedMs(report)), sinceMs: circuit.sinceMs };
    }
    case 'half-open':
      if (report.atMs < circuit.sinceMs) return circuit;
      if (isFailure && tally.records === 1 && isFailing(tally))
        return opened(circuit.pauses, severalAsked(facts, report), at);
      return paced(circuit, report, facts, at);
  }
}

/**
 * Where it asks and is not alone with that. Several others do not speak for a failure that did not
 * ask.
 */
function severalAsked({ asking }: Facts, report: Report): number | null {
  return askedMs(report) > 0 ? askedOfSeveral(asking) : null;
}

function isFailing({ failures, others, records }: Tally): boolean {
  const isOutage = records >= CIRCUIT_FAILING_RECORDS_MIN || failures >= CIRCUIT_FAILURES_OF_ONE_MIN;
  return failures >= CIRCUIT_FAILURES_MIN && isOutage && failures >= (failures + others) * CIRCUIT_FAILURE_SHARE;
}

export function halfOpen(nowMs: number, pauses = 0): Circuit & { kind: 'half-open' } {
  return { kind: 'half-open', sinceMs: nowMs, pauses, perSecond: 1, round: 0, failed: 0, failedLast: null };
}

/** The pace at which a backlog is sent when all is well. */
export function fullPace(limitPerSecond: number | null): number {
  return Math.min(limitPerSecond ?? DRAIN_PER_SECOND_MAX, DRAIN_PER_SECOND_MAX);
}

/**
 * `several`: what several records were asked. `confirmedMs`: what an answer after them asks; it is
 * believed as far as those were asked, and for our own longest pause in any case. Never shorter
 * than our own pause, which grows.
 */
function opened(
  pauses: number,
  several: number | null,
  { nowMs, random }: At,
  confirmedMs = 0,
): Circuit & { kind: 'open' } {
  const pauseMs = Math.min(CIRCUIT_PAUSE_MS_MAX, CIRCUIT_PAUSE_MS_MIN * 2 ** pauses);
  const ownMs = Math.ceil(pauseMs * (1 - RETRY_JITTER_SHARE * random()));
  const believedMs = several === null ? 0 : Math.min(confirmedMs, Math.max(several, CIRCUIT_PAUSE_MS_MAX));
  const untilMs = nowMs + Math.max(ownMs, believedMs);
  return { kind: 'open', sinceMs: nowMs, untilMs, pauses, probe: null, askedMs: several };
}

/**
 * A second's worth of answers earns twice the pace, unless half of them were failures: those cost
 * half of it.
 */
function paced(circuit: Circuit & { kind: 'half-open' }, report: Report, facts: Facts, at: At): Circuit {
  const isFailure = report.answer === 'failed';
  const isCounted = isFailure && circuit.failedLast !== facts.record;
  const failed = circuit.failed + Number(isCounted);
  const failedLast = isFailure ? facts.record : circuit.failedLast;
  const round = circuit.round + 1;
  // Two records at least, or one that fails by itself would hold up all others at one a second.
  if (isCounted && failed >= Math.max(FAILING_ROUND_MIN, circuit.perSecond * CIRCUIT_FAILURE_SHARE)) {
    const perSecond = circuit.perSecond / 2;
    // No longer than before: the probe was answered, so that pause counts as used.
    if (perSecond < 1) return opened(circuit.pauses, severalAsked(facts, report), at, askedMs(report));
    return { ...circuit, perSecond, round: 0, failed: 0, failedLast };
  }
  if (isFailure || round < circuit.perSecond) return { ...circuit, round, failed, failedLast };
  const perSecond = circuit.perSecond * 2;
  if (perSecond >= fullPace(facts.limitPerSecond)) return { kind: 'closed' };
  // It takes what it is sent: earlier pauses are no measure any more.
  const pauses = perSecond >= PAUSES_FORGOTTEN_PER_SECOND ? 0 : circuit.pauses;
  return { ...circuit, pauses, perSecond, round: 0, failed: 0, failedLast: null };
}
