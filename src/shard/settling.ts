/**
 * What an attempt's outcome, or its loss, makes of a delivery. Part of a Ledger turn.
 */
import type { Claim, LastAttempt } from '../core/delivery.ts';
import type { RetryPolicy } from '../core/endpoint.ts';
import {
  LOST_AT_ONCE_MAX,
  LOST_WAIT_MS_MAX,
  LOST_WAIT_MS_MIN,
  RETRY_SCHEDULE_SECONDS_DEFAULT,
  RETRY_WINDOW_SECONDS_DEFAULT,
} from '../core/limits.ts';
import type { LoggedAttempt } from '../core/log.ts';
import { type AttemptOutcome, disables, verdict } from '../core/outcome.ts';
import { notSentWaitMs, planRetry } from '../core/retry.ts';
import type { ClaimRef } from '../core/rpc.ts';
import { smoothed } from '../core/speed.ts';
import { attempted, ended, nextAttemptAtMs, released, unsent } from '../core/status.ts';
import { findClaimed } from './departing.ts';
import { answerToKeep } from './erasing.ts';
import { retryOrExpire, withinWindow } from './expiring.ts';
import type { Slot } from './lanes.ts';
import type { Memory } from './memory.ts';
import { logChanged } from './outbox.ts';

type At = { nowMs: number; random: () => number };

/** A claim whose policy was lost with an instance is settled by the default one. */
const DEFAULT_POLICY: RetryPolicy = {
  scheduleSeconds: [...RETRY_SCHEDULE_SECONDS_DEFAULT],
  windowSeconds: RETRY_WINDOW_SECONDS_DEFAULT,
  alsoRetry: [],
};

function isSuccess(outcome: AttemptOutcome): boolean {
  return outcome.error === null;
}

/**
 * Returns why the receiver wants its endpoint disabled, or null. Settling a claim twice changes
 * nothing.
 */
export function settle(
  memory: Memory,
  ref: ClaimRef,
  outcome: AttemptOutcome,
  at: At,
): { reason: string; seenRevision: number } | null {
  const found = findClaimed(memory, ref);
  if (found === null) {
    settleLate(memory, ref, outcome, at.nowMs);
    return null;
  }
  const { slot, claim } = found;
  const before = slot.delivery;
  const policy = withinWindow(claim.under?.retry ?? DEFAULT_POLICY, slot.event.facts);
  const firstAttemptAtMs = before.firstAttemptAtMs ?? outcome.atMs;
  const last: LastAttempt = {
    atMs: outcome.atMs,
    statusCode: outcome.statusCode,
    error: outcome.error,
    latencyMs: outcome.latencyMs,
  };
  const lane = memory.laneOf(slot);
  // What never left says nothing of how quick its receiver is.
  if (outcome.error?.kind !== 'not-sent') lane.latencyMs = smoothed(lane.latencyMs, outcome);
  let after = attempted({ ...before, firstAttemptAtMs }, claim.attempt, last);
  if (before.state.kind === 'waiting' && outcome.error?.kind === 'not-sent') {
    const dueMs = at.nowMs + notSentWaitMs(after.attempts - after.retries, at.random);
    after = retryOrExpire(slot, unsent(before, after, at.nowMs, dueMs), dueMs, false, at.nowMs);
  } else if (before.state.kind === 'waiting') {
    const judged = verdict(outcome, policy.alsoRetry);
    if (judged.kind === 'delivered') after = ended(after, 'delivered', at.nowMs);
    else if (judged.kind === 'dead') after = ended(after, 'dead', at.nowMs, { reason: judged.reason });
    else {
      const plan = planRetry({
        policy,
        retries: before.retries,
        firstAttemptAtMs,
        heldMs: before.heldMs,
        nowMs: at.nowMs,
        retryAfterMs: outcome.retryAfterMs,
        random: at.random,
      });
      after =
        plan.kind === 'retry'
          ? retryOrExpire(slot, after, plan.dueMs, true, at.nowMs)
          : ended(after, 'dead', at.nowMs, { reason: plan.reason });
    }
  }
  memory.put(slot, after);
  memory.sent(slot);
  keepAttempt(memory, slot, claim, outcome);
  logChanged(memory, slot, at.nowMs);
  const reason = disables(outcome);
  return reason === null ? null : { reason, seenRevision: claim.under?.revision ?? 0 };
}

function keepAttempt(
  memory: Memory,
  slot: Slot,
  claim: Pick<Claim, 'number' | 'attempt' | 'trigger'>,
  outcome: AttemptOutcome,
): void {
  const nextMs = nextAttemptAtMs(slot.delivery);
  const { responseHeaders, responseBody } = answerToKeep(slot, outcome);
  const attempt: LoggedAttempt = {
    atMs: outcome.atMs,
    latencyMs: outcome.latencyMs,
    statusCode: outcome.statusCode,
    error: outcome.error,
    responseHeaders,
    responseBody,
    sent: outcome.sent,
    number: claim.attempt,
    trigger: claim.trigger,
    willRetry: nextMs !== null,
    nextAttemptAtMs: nextMs,
  };
  // A success is packed with its delivery, whose row is written anyway.
  if (isSuccess(outcome)) slot.success = attempt;
  else memory.rows.writeAttempt(slot.sequence, slot.index, { ...attempt, claim: claim.number });
}

/**
 * The claim ran out. One that never began goes back; one that began counts as an attempt whose
 * outcome nobody will know: it keeps its number and uses up no retry.
 */
export function expire(memory: Memory, slot: Slot, claim: Claim, at: At): void {
  const { delivery } = slot;
  if (claim.begunAtMs === null) {
    memory.put(slot, released(delivery, at.nowMs));
    return;
  }
  const lost: AttemptOutcome = {
    atMs: claim.begunAtMs,
    latencyMs: Math.max(0, at.nowMs - claim.begunAtMs),
    statusCode: null,
    error: { kind: 'lost', message: 'we stopped before the outcome of this attempt was known' },
    responseHeaders: null,
    responseBody: null,
    retryAfterMs: null,
    directive: null,
  };
  const firstAttemptAtMs = delivery.firstAttemptAtMs ?? claim.begunAtMs;
  const last = { atMs: lost.atMs, statusCode: null, error: lost.error, latencyMs: lost.latencyMs };
  let after = attempted({ ...delivery, firstAttemptAtMs }, claim.attempt, last);
  if (delivery.state.kind === 'waiting') {
    // Without the endpoint's own policy (the instance that knew it is gone) no window is judged:
    // the next outcome will be.
    const windowSeconds = Math.min(
      claim.under?.retry.windowSeconds ?? Infinity,
      slot.event.facts.retryWindowSeconds ?? Infinity,
    );
    const windowMs = windowSeconds * 1_000;
    const isOver = at.nowMs > firstAttemptAtMs + delivery.heldMs + windowMs;
    after = isOver
      ? ended(after, 'dead', at.nowMs, { reason: 'window-passed' })
      : retryOrExpire(slot, after, at.nowMs + lostWaitMs(after.attempts - after.retries), false, at.nowMs);
  }
  memory.put(slot, after);
  memory.sent(slot);
  keepAttempt(memory, slot, claim, lost);
  logChanged(memory, slot, at.nowMs);
}

/**
 * Retries at once at first; an attempt that ends its instance each time waits longer each time.
 * `lost`: those of this delivery, about.
 */
function lostWaitMs(lost: number): number {
  if (lost <= LOST_AT_ONCE_MAX) return 0;
  return Math.min(LOST_WAIT_MS_MAX, LOST_WAIT_MS_MIN * 2 ** (lost - LOST_AT_ONCE_MAX - 1));
}

/**
 * An outcome that arrives after its claim was given up as lost: the log learns the truth, and a
 * success still delivers.
 */
function settleLate(memory: Memory, ref: ClaimRef, outcome: AttemptOutcome, nowMs: number): void {
  const event = memory.load(ref.sequence);
  const slot = event?.slots.find((one) => one.delivery.endpoint === ref.endpoint && one.delivery.replay === ref.replay);
  if (slot === undefined) return;
  const given = memory.rows.attempts(slot.sequence, slot.index).find((one) => one.claim === ref.claim);
  if (given?.error?.kind !== 'lost') return;
  const { delivery } = slot;
  const last = {
    atMs: given.atMs,
    statusCode: outcome.statusCode,
    error: outcome.error,
    latencyMs: outcome.latencyMs,
  };
  const corrected = delivery.attempts === given.number ? { ...delivery, last } : delivery;
  const after =
    isSuccess(outcome) && delivery.state.kind === 'waiting'
      ? // An attempt may be under way again: its claim stays, and keeps the lane, until that one has ended too.
        ended(corrected, 'delivered', nowMs)
      : { ...corrected, revision: corrected.revision + 1 };
  memory.put(slot, after);
  const { latencyMs, statusCode, error, sent } = outcome;
  const { responseHeaders, responseBody } = answerToKeep(slot, outcome);
  memory.rows.writeAttempt(slot.sequence, slot.index, {
    // Its time stays as it was sent: the log finds the attempt by that.
    ...given,
    ...{ latencyMs, statusCode, error, responseHeaders, responseBody, sent },
    ...(after.state.kind === 'ended' ? { willRetry: false, nextAttemptAtMs: null } : {}),
  });
  slot.ackedAttempts = Math.min(slot.ackedAttempts, given.number - 1);
  logChanged(memory, slot, nowMs);
}
