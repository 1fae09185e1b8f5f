/** A job as the API and the lists show it. Times are still milliseconds. */
import { rfc3339 } from '../core/body.ts';
import type { JobProgress, JobSpec, JobStart, JobSummary, JobView } from '../core/job.ts';
import type { State } from './rows.ts';
import type { Manner } from './work.ts';

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

export function viewOf(given: JobStart, state: State, { pacePerSecond }: Manner, nowMs: number): JobView {
  const { history, failures, skippedBy } = state;
  return { ...summaryOf(given, state), pacePerSecond, note: noteOf(state, nowMs), history, failures, skippedBy };
}

function endpointOf(spec: JobSpec): string | null {
  if (spec.kind === 'sweep') return spec.endpoint;
  return spec.kind === 'replay' || spec.kind === 'discard' ? spec.range.endpoint : null;
}

function noteOf(state: State, nowMs: number): string {
  const { status, phase, stepFailures, lastError, nextMs, progress } = state;
  if (status === 'finished') return `finished: ${countsOf(progress)}`;
  if (status === 'cancelled') return `cancelled after ${countsOf(progress)}`;
  if (status === 'paused') return `paused after ${countsOf(progress)}`;
  if (stepFailures > 0) return `storage did not answer (${lastError ?? ''}), next try in ${secondsTo(nextMs, nowMs)}`;
  if (phase.kind === 'resting') {
    return `${countsOf(progress)}; looks once more at ${rfc3339(phase.untilMs)} for what was still on its way`;
  }
  return `running: ${countsOf(progress)}`;
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
