/**
 * The circuit of one endpoint (C8): whether its lanes may send, wait, or send at a growing pace. Pure; the Gate keeps the state,
 * counts and wakes.
 *
 *   closed ── failures, and most of what is sent ──▶ open ── the pause is over ──▶ open, one probe under way
 *     ▲        or a Retry-After ───────────────────▶  ▲ ▲                            │          │
 *     │                                               │ └──────── it failed ─────────┘          │ it was answered
 *     └── backlog at its end, or full pace ── half-open ◀───────────────────────────────────────┘
 *                                               │ ▲ └─ pace doubles with success, halves with failure; below 1/s it opens again
 *                                               └─┘
 */
import {
  CIRCUIT_FAILURES_MIN,
  CIRCUIT_FAILURE_SHARE,
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
  /** `round`: answers since the pace last changed. */
  | { kind: 'half-open'; sinceMs: number; pauses: number; perSecond: number; round: number };

/** `refused`: it answered, but not with success, or we may not call it: waiting for a recovery would not help. */
export type AnswerKind = 'delivered' | 'refused' | 'failed';

export type Report = {
  answer: AnswerKind;
  /** Of a failure that asked for patience. */
  retryAfterMs: number | null;
  /** Deliveries to this endpoint that its isolate saw since its last report, and did not report. */
  successes: number;
};

export type Tally = { failures: number; others: number };

type At = { nowMs: number; random: () => number };

const TOO_MANY_REQUESTS = 429;

export function answerKind({ statusCode, error }: Pick<AttemptOutcome, 'statusCode' | 'error'>): AnswerKind {
  if (error === null) return 'delivered';
  const isUp = error.kind === 'http-4xx' || error.kind === 'redirect' || error.kind === 'refused-address';
  return isUp && statusCode !== TOO_MANY_REQUESTS ? 'refused' : 'failed';
}

/** What one report of `record` makes of the circuit. `tally` counts it already. */
export function observed(
  circuit: Circuit,
  { answer, retryAfterMs }: Report,
  facts: { record: string; tally: Tally; limitPerSecond: number | null },
  at: At,
): Circuit {
  const isFailure = answer === 'failed';
  if (isFailure && retryAfterMs !== null) return patient(circuit, retryAfterMs, at.nowMs);
  switch (circuit.kind) {
    case 'closed':
      return isFailure && isFailing(facts.tally) ? opened(0, at) : circuit;
    case 'open':
      // Stragglers from before it opened decide nothing.
      if (circuit.probe?.record !== facts.record) return circuit;
      return isFailure ? opened(circuit.pauses + 1, at, circuit.sinceMs) : halfOpen(at.nowMs, circuit.pauses);
    case 'half-open':
      return isFailure ? slower(circuit, at) : faster(circuit, fullPace(facts.limitPerSecond));
  }
}

function isFailing({ failures, others }: Tally): boolean {
  return failures >= CIRCUIT_FAILURES_MIN && failures >= (failures + others) * CIRCUIT_FAILURE_SHARE;
}

export function halfOpen(nowMs: number, pauses = 0): Circuit {
  return { kind: 'half-open', sinceMs: nowMs, pauses, perSecond: 1, round: 0 };
}

/** The pace at which a backlog is sent when all is well. */
export function fullPace(limitPerSecond: number | null): number {
  return Math.min(limitPerSecond ?? DRAIN_PER_SECOND_MAX, DRAIN_PER_SECOND_MAX);
}

function opened(pauses: number, { nowMs, random }: At, sinceMs = nowMs): Circuit {
  const pauseMs = Math.min(CIRCUIT_PAUSE_MS_MAX, CIRCUIT_PAUSE_MS_MIN * 2 ** pauses);
  const untilMs = Math.ceil(nowMs + pauseMs * (1 - RETRY_JITTER_SHARE * random()));
  return { kind: 'open', sinceMs, untilMs, pauses, probe: null };
}

/** A Retry-After slows every lane of the endpoint, not only the one that was told. Never shorter than what is already waited for. */
function patient(circuit: Circuit, retryAfterMs: number, nowMs: number): Circuit {
  const askedMs = nowMs + Math.min(retryAfterMs, RETRY_AFTER_MS_CAP);
  if (circuit.kind !== 'open') {
    const pauses = circuit.kind === 'closed' ? 0 : circuit.pauses;
    return { kind: 'open', sinceMs: nowMs, untilMs: askedMs, pauses, probe: null };
  }
  return { ...circuit, untilMs: Math.max(circuit.untilMs, askedMs), probe: null };
}

function slower(circuit: Circuit & { kind: 'half-open' }, at: At): Circuit {
  const perSecond = circuit.perSecond / 2;
  return perSecond < 1 ? opened(circuit.pauses + 1, at) : { ...circuit, perSecond, round: 0 };
}

/** A second's worth of answers earns twice the pace. */
function faster(circuit: Circuit & { kind: 'half-open' }, full: number): Circuit {
  const round = circuit.round + 1;
  if (round < circuit.perSecond) return { ...circuit, round };
  const perSecond = circuit.perSecond * 2;
  return perSecond >= full ? { kind: 'closed' } : { ...circuit, perSecond, round: 0 };
}
