/**
 * The life of a delivery: every transition by name, each building only a legal state. Pure; the
 * Shard decides when, lane.ts which.
 *
 *   created ──▶ waiting(queued) ──claim──▶ [claimed] ──settle 2xx──▶ ended(delivered)
 *                 ▲    │                      │ ├─ settle retry / lost ──▶ waiting(retrying)
 *                 │    │                      │ ├─ settle no more ───────▶ ended(dead)
 *                 │    ▼                      │ └─ release (nothing sent) ▶ waiting, as before
 *               wake ◀ held, or parked ◀──────┘
 *   waiting ──▶ ended(superseded) | ended(cancelled)        ended(dead) ──discard──▶ ended(cancelled)
 *
 * `delivered`, `superseded` and `cancelled` are final; `dead` is final but for a person's discard.
 * One claim is open at most.
 */
import type {
  Claim,
  Delivery,
  DeliveryStatus,
  EndedStatus,
  LastAttempt,
  ReplayFacts,
  Parked,
  Trigger,
} from './delivery.ts';
import type { Ordering } from './endpoint.ts';

export function created(of: {
  endpoint: string;
  ordering: Ordering;
  dueMs: number;
  form?: string | undefined;
  replay?: { number: number; facts: ReplayFacts; previous: Delivery['previous'] };
}): Delivery {
  return {
    endpoint: of.endpoint,
    replay: of.replay?.number ?? 0,
    ...(of.form === undefined ? {} : { form: of.form }),
    replayFacts: of.replay?.facts ?? null,
    ordering: of.ordering,
    state: { kind: 'waiting', as: 'queued', dueMs: of.dueMs },
    claim: null,
    claims: 0,
    attempts: 0,
    retries: 0,
    firstAttemptAtMs: null,
    heldMs: 0,
    heldSinceMs: null,
    last: null,
    previous: of.replay?.previous ?? null,
    revision: 1,
  };
}

export function isOpen(delivery: Delivery): boolean {
  return delivery.state.kind === 'waiting';
}

/**
 * True while its request may have left: from the begin of a claim until its end. A claim that has
 * not begun, perhaps still in a queue, has certainly sent nothing: who comes to begin it finds it
 * gone.
 */
export function isUnderWay({ claim }: Pick<Delivery, 'claim'>): boolean {
  return claim !== null && claim.begunAtMs !== null;
}

/** May be started: waits, and nobody holds a claim on it. */
export function isStartable(delivery: Delivery): boolean {
  return delivery.state.kind === 'waiting' && delivery.claim === null;
}

export function wireStatus(delivery: Delivery): DeliveryStatus {
  if (delivery.state.kind === 'ended') return delivery.state.as;
  return isUnderWay(delivery) ? 'delivering' : delivery.state.as;
}

export function nextAttemptAtMs(delivery: Delivery): number | null {
  const { state } = delivery;
  const isPlanned = state.kind === 'waiting' && state.as === 'retrying' && state.parked === undefined;
  return isPlanned && delivery.claim === null ? state.dueMs : null;
}

/** Waits at its endpoint's Gate: paused, or parked. */
export function isAtGate({ state }: Delivery): boolean {
  return state.kind === 'waiting' && (state.as === 'held' || state.parked !== undefined);
}

function triggerOf(delivery: Delivery): Trigger {
  if (delivery.replay > 0) return 'replay';
  return delivery.attempts === 0 ? 'first' : 'retry';
}

/**
 * A right to one attempt. `begunAtMs` null: the claim travels through a queue and is begun there,
 * once.
 */
export function claimed(
  delivery: Delivery,
  claim: { via: Claim['via']; begunAtMs: number | null; untilMs: number },
): Delivery {
  const number = delivery.claims + 1;
  return {
    ...delivery,
    claims: number,
    claim: { ...claim, number, attempt: delivery.attempts + 1, trigger: triggerOf(delivery), under: null },
  };
}

/**
 * The request is about to leave. `previous` is what its lane sent before; it stays what it was on
 * the first attempt.
 */
export function begun(
  delivery: Delivery,
  claim: Claim,
  at: { nowMs: number; untilMs: number; under: NonNullable<Claim['under']>; previous: number | null },
): Delivery {
  return {
    ...unheld(delivery, at.nowMs),
    claim: { ...claim, begunAtMs: at.nowMs, untilMs: at.untilMs, under: at.under },
    firstAttemptAtMs: delivery.firstAttemptAtMs ?? at.nowMs,
    previous: delivery.previous ?? { sequence: at.previous },
  };
}

/** A replay that leaves after something newer of its lane (R4). */
export function sentOutOfOrder(delivery: Delivery): Delivery {
  const { replayFacts } = delivery;
  return replayFacts === null ? delivery : { ...delivery, replayFacts: { ...replayFacts, isOutOfOrder: true } };
}

/** Gives a claim back of which certainly no request has left: no attempt number is used up. */
export function released(delivery: Delivery, dueMs: number): Delivery {
  if (delivery.state.kind === 'ended') return { ...delivery, claim: null };
  return { ...delivery, claim: null, state: { ...delivery.state, dueMs } };
}

/**
 * Waits for its endpoint at the Gate; `dueMs` is the lane's own safety look. The retry window
 * stops.
 */
export function held(delivery: Delivery, nowMs: number, dueMs: number): Delivery {
  return {
    ...delivery,
    claim: null,
    state: { kind: 'waiting', as: 'held', dueMs },
    heldSinceMs: delivery.heldSinceMs ?? nowMs,
    revision: delivery.revision + 1,
  };
}

/**
 * As `held`, but its status stays: the endpoint fails, or has a pace of its own. The log need not
 * hear of what was never tried.
 */
export function parked(delivery: Delivery, why: Parked, nowMs: number, dueMs: number): Delivery {
  const as = statusUntried(delivery);
  const isChange = as === 'retrying' || delivery.state.as !== as;
  return {
    ...delivery,
    claim: null,
    state: { kind: 'waiting', as, dueMs, parked: why },
    heldSinceMs: delivery.heldSinceMs ?? nowMs,
    revision: delivery.revision + (isChange ? 1 : 0),
  };
}

function statusUntried({ attempts }: Delivery): 'queued' | 'retrying' {
  return attempts === 0 ? 'queued' : 'retrying';
}

/**
 * Waits no longer at the Gate: the retry window runs again, and is longer by the time it was held.
 */
function unheld(delivery: Delivery, nowMs: number): Delivery {
  const { state, heldSinceMs, firstAttemptAtMs } = delivery;
  if (state.kind !== 'waiting' || !isAtGate(delivery)) return delivery;
  const heldForMs = heldSinceMs === null || firstAttemptAtMs === null ? 0 : Math.max(0, nowMs - heldSinceMs);
  return {
    ...delivery,
    state: { kind: 'waiting', as: statusUntried(delivery), dueMs: state.dueMs },
    heldMs: delivery.heldMs + heldForMs,
    heldSinceMs: null,
  };
}

/** The Gate has admitted it. */
export function woken(delivery: Delivery, nowMs: number): Delivery {
  const free = unheld(delivery, nowMs);
  if (free.state.kind !== 'waiting') return free;
  const isChange = free.state.as === 'retrying' || delivery.state.as !== free.state.as;
  return { ...free, state: { ...free.state, dueMs: nowMs }, revision: delivery.revision + (isChange ? 1 : 0) };
}

/** An attempt's outcome is known, or given up as lost: its number is used up, its claim ends. */
export function attempted(delivery: Delivery, attempt: number, last: LastAttempt): Delivery {
  const free = unheld(delivery, last.atMs);
  return { ...free, claim: null, attempts: attempt, last, revision: delivery.revision + 1 };
}

/**
 * `after` is what `attempted` made of `before`, of which a fault of ours kept the request from
 * leaving. The retry window begins with the first request that leaves, and stands still until the
 * next try.
 */
export function unsent(before: Delivery, after: Delivery, nowMs: number, dueMs: number): Delivery {
  const neverSent = before.retries === 0 && (before.attempts === 0 || before.last?.error?.kind === 'not-sent');
  if (neverSent) return { ...after, firstAttemptAtMs: null, heldMs: 0 };
  return { ...after, heldMs: after.heldMs + dueMs - nowMs };
}

/**
 * Tried and failed; tried again at `dueMs`. `usesRetry` is false where the fault was ours
 * (outcome.ts).
 */
export function retrying(delivery: Delivery, dueMs: number, usesRetry: boolean): Delivery {
  return {
    ...delivery,
    state: { kind: 'waiting', as: 'retrying', dueMs },
    retries: delivery.retries + (usesRetry ? 1 : 0),
  };
}

export function ended(
  delivery: Delivery,
  as: EndedStatus,
  atMs: number,
  why: { reason?: string | null; supersededBy?: number | null } = {},
): Delivery {
  return {
    ...delivery,
    state: { kind: 'ended', as, atMs, reason: why.reason ?? null, supersededBy: why.supersededBy ?? null },
    heldSinceMs: null,
    revision: delivery.revision + 1,
  };
}
