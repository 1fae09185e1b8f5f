/** A job as the API and the lists show it. Times are still milliseconds. */
import { rfc3339 } from '../core/body.ts';
import type { JobProgress, JobSpec, JobStart, JobSummary, JobView } from '../core/job.ts';
import type { State } from './rows.ts';
import type { KindRules } from './work.ts';

export function summaryOf({ id, spec, by, reason }: JobStart, state: State): JobSummary {
  const { status, progress, createdAtMs, updatedAtMs, endedAtMs } = state;
  return {
    id,
    kind: spec.kind,
    account: spec.kind === 'broadcast' ? null : spec.account,
    endpoint: endpointOf(spec),
    event: spec.kind === 'broadcast' ? spec.event.id : null,
    status,
    progress,
    by,
    reason,
    createdAtMs,
    updatedAtMs,
    endedAtMs,
  };
}

/** `waitingFor`: what was set going and has not ended. */
type Standing = { kind: KindRules; waitingFor: { [what: string]: number } };

export function viewOf(start: JobStart, state: State, { kind, waitingFor }: Standing, nowMs: number): JobView {
  const { history, failures, skips, skippedBy } = state;
  const { pacePerSecond } = kind;
  const note = noteOf(state, waitingFor, nowMs);
  return { ...summaryOf(start, state), pacePerSecond, note, history, failures, skips, skippedBy, waitingFor };
}

function endpointOf(spec: JobSpec): string | null {
  if (spec.kind === 'sweep') return spec.endpoint;
  return spec.kind === 'replay' || spec.kind === 'discard' ? spec.range.endpoint : null;
}

function noteOf(state: State, waitingFor: Standing['waitingFor'], nowMs: number): string {
  const { status, phase, stepFailures, lastError, nextMs, progress } = state;
  if (status === 'finished') return `finished: ${countsOf(progress)}`;
  if (status === 'cancelled') return `cancelled after ${countsOf(progress)}`;
  if (status === 'paused') return `paused after ${countsOf(progress)}`;
  if (stepFailures > 0) return `storage did not answer (${lastError ?? ''}), next try in ${secondsTo(nextMs, nowMs)}`;
  if (phase.kind === 'resting') {
    return `${countsOf(progress)}; looks once more at ${rfc3339(phase.untilMs)} for what was still on its way`;
  }
  const silence = lastError === null ? '' : `; nothing of the last step was answered (${lastError})`;
  return `running: ${countsOf(progress)}${waitsOf(waitingFor)}${silence}`;
}

/** Statuses of deliveries, and why they are parked, as a person says it. */
const WAITS: { [status: string]: string } = {
  queued: 'not sent yet',
  delivering: 'being sent',
  retrying: 'failed and tried again',
  held: 'held: the endpoint is paused',
  circuit: 'waiting for the endpoint to recover',
  pace: 'waiting for their turn at the rate limit of the endpoint',
};

function waitsOf(waitingFor: Standing['waitingFor']): string {
  const parts = Object.entries(waitingFor).map(([status, count]) => `${count} ${WAITS[status] ?? status}`);
  return parts.length === 0 ? '' : `; waits for ${parts.join(', ')}`;
}

function countsOf({ total, done, failed, skipped }: JobProgress): string {
  const rest = [failed > 0 ? `${failed} failed` : '', skipped > 0 ? `${skipped} skipped` : ''].filter(
    (part) => part !== '',
  );
  return [`${done} of ${total} done`, ...rest].join(', ');
}

function secondsTo(ms: number, nowMs: number): string {
  return `${Math.max(0, Math.ceil((ms - nowMs) / 1_000))} s`;
}
