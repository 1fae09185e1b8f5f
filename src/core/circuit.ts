/**
 * The circuit of one endpoint (C8): whether its lanes may send, wait, or send at a growing pace. Pure; the Gate keeps the state,
 * counts and wakes.
 *
 *   closed ── failures, and most of what is sent ──▶ open ── the pause is over ──▶ open, one probe under way
 *     ▲        or a Retry-After ───────────────────▶  ▲ ▲                            │          │
 *     │                                               │ └──────── it failed ─────────┘          │ it was answered
 *     └── backlog at its end, or full pace ── half-open ◀───────────────────────────────────────┘
 *                                               │ ▲ └─ pace doubles with success, halves when half of it fails; below 1/s it
 *                                               └─┘    opens again, for as long as before
 */
import {
  CIRCUIT_FAILURES_MIN,
  CIRCUIT_FAILURE_SHARE,
  CIRCUIT_FAILURES_OF_ONE_MIN,
  CIRCUIT_FAILING_RECORDS_MIN,
  CIRCUIT_PAUSE_MS_MAX,
  CIRCUIT_PAUSE_MS_MIN,
  DRAIN_PER_SECOND_MAX,
  RETRY_AFTER_MS_CAP,
  RETRY_JITTER_SHARE,
} from './limits.ts';
import type { AttemptOutcome } from './outcome.ts';

export type Circuit =
  | { kind: 'closed' }
  /** `pauses`: how many have passed in vain. */
  | {
      kind: 'open';
      sinceMs: number;
      untilMs: number;
      pauses: number;
      probe: { record: string; untilMs: number } | null;
    }
  /** `round` and `failed`: answers and failures since the pace last changed. */
  | { kind: 'half-open'; sinceMs: number; pauses: number; perSecond: number; round: number; failed: number };

/** `refused`: it answered, but not with success, or we may not call it: waiting for a recovery would not help. */
export type AnswerKind = 'delivered' | 'refused' | 'failed';

export type Report = {
  answer: AnswerKind;
  /** Of a failure that asked for patience. */
  retryAfterMs: number | null;
  /** Deliveries to this endpoint that its isolate saw of late and did not report. */
  successes: number;
  /** When the attempt started. */
  atMs: number;
};

/** Within the window. `records`: how many had failures. */
export type Tally = { failures: number; others: number; records: number };

type At = { nowMs: number; random: () => number };

const TOO_MANY_REQUESTS = 429;
/** From this pace on, earlier pauses are forgotten. */
const PAUSES_FORGOTTEN_PER_SECOND = 4;

export function answerKind({ statusCode, error }: Pick<AttemptOutcome, 'statusCode' | 'error'>): AnswerKind {
  if (error === null) return 'delivered';
  const isUp = error.kind === 'http-4xx' || error.kind === 'redirect' || error.kind === 'refused-address';
  return isUp && statusCode !== TOO_MANY_REQUESTS ? 'refused' : 'failed';
}

/** What one report of `record` makes of the circuit. `tally` counts it already. */
export function observed(
  circuit: Circuit,
  report: Report,
  facts: { record: string; tally: Tally; limitPerSecond: number | null },
  at: At,
): Circuit {
  const isFailure = report.answer === 'failed';
  const askedMs = isFailure ? (report.retryAfterMs ?? 0) : 0;
  switch (circuit.kind) {
    case 'closed':
      if (isFailure && isFailing(facts.tally)) return opened(0, at, askedMs);
      // One answer for all: a single receiver behind the URL may ask for a little, and is believed for a while.
      return askedMs >= CIRCUIT_PAUSE_MS_MIN ? opened(0, at, Math.min(askedMs, CIRCUIT_PAUSE_MS_MAX)) : circuit;
    case 'open':
      // Stragglers from before it opened decide nothing.
      if (circuit.probe?.record !== facts.record) return circuit;
      if (!isFailure) return halfOpen(at.nowMs, circuit.pauses);
      return { ...opened(circuit.pauses + 1, at, askedMs), sinceMs: circuit.sinceMs };
    case 'half-open':
      if (report.atMs < circuit.sinceMs) return circuit;
      if (askedMs >= CIRCUIT_PAUSE_MS_MIN) return opened(circuit.pauses, at, askedMs);
      return paced(circuit, isFailure, fullPace(facts.limitPerSecond), at);
  }
}

function isFailing({ failures, others, records }: Tally): boolean {
  const isOutage = records >= CIRCUIT_FAILING_RECORDS_MIN || failures >= CIRCUIT_FAILURES_OF_ONE_MIN;
  return failures >= CIRCUIT_FAILURES_MIN && isOutage && failures >= (failures + others) * CIRCUIT_FAILURE_SHARE;
}

export function halfOpen(nowMs: number, pauses = 0): Circuit {
  return { kind: 'half-open', sinceMs: nowMs, pauses, perSecond: 1, round: 0, failed: 0 };
}

/** The pace at which a backlog is sent when all is well. */
export function fullPace(limitPerSecond: number | null): number {
  return Math.min(limitPerSecond ?? DRAIN_PER_SECOND_MAX, DRAIN_PER_SECOND_MAX);
}

/** `askedMs`: how long the receiver asked to be left alone (Retry-After); never shorter than our own pause, which grows. */
function opened(pauses: number, { nowMs, random }: At, askedMs: number): Circuit & { kind: 'open' } {
  const pauseMs = Math.min(CIRCUIT_PAUSE_MS_MAX, CIRCUIT_PAUSE_MS_MIN * 2 ** pauses);
  const ownMs = Math.ceil(pauseMs * (1 - RETRY_JITTER_SHARE * random()));
  const untilMs = nowMs + Math.max(ownMs, Math.min(askedMs, RETRY_AFTER_MS_CAP));
  return { kind: 'open', sinceMs: nowMs, untilMs, pauses, probe: null };
}

/** A second's worth of answers earns twice the pace, unless half of them were failures: those cost half of it. */
function paced(circuit: Circuit & { kind: 'half-open' }, isFailure: boolean, full: number, at: At): Circuit {
  const failed = circuit.failed + Number(isFailure);
  const round = circuit.round + 1;
  if (failed > 0 && failed >= circuit.perSecond * CIRCUIT_FAILURE_SHARE) {
    const perSecond = circuit.perSecond / 2;
    // No longer than before: the probe was answered, so that pause was not in vain.
    return perSecond < 1 ? opened(circuit.pauses, at, 0) : { ...circuit, perSecond, round: 0, failed: 0 };
  }
  if (round < circuit.perSecond) return { ...circuit, round, failed };
  const perSecond = circuit.perSecond * 2;
  if (perSecond >= full) return { kind: 'closed' };
  // It takes what it is sent: what was waited for in vain before is no measure any more.
  const pauses = perSecond >= PAUSES_FORGOTTEN_PER_SECOND ? 0 : circuit.pauses;
  return { ...circuit, pauses, perSecond, round: 0, failed: 0 };
}
