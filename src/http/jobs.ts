/**
 * Jobs: lists from the projection, one job from its object, true right now; pause, resume and
 * cancel by its object.
 */
import { z } from '@hono/zod-openapi';
import { rfc3339 } from '../core/body.ts';
import { checkDescription } from '../core/endpoint-rules.ts';
import { isJobId } from '../core/ids.ts';
import { JOB_KINDS, type JobRefusal, type JobStart, type JobSummary, type JobView } from '../core/job.ts';
import { OUTBOX_TRY_MS } from '../core/limits.ts';
import { until } from '../core/note.ts';
import { shown } from '../core/text.ts';
import { withTimeout } from '../lookup/with-timeout.ts';
import { listJobs } from '../store/config/jobs.ts';
import type { Api } from './api.ts';
import { auditForOperators } from './audit-trail.ts';
import { type AppContext, readSettings } from './context.ts';
import { fromDatabase } from './database.ts';
import { many, ruled } from './fields.ts';
import { callObject } from '../lookup/objects.ts';
import { accountId, pageQuery, showPage } from './params.ts';
import { nextProbe } from './probes.ts';
import { Problem } from './problem.ts';
import { jobStub } from '../lookup/stubs.ts';
import { logLine } from '../log-line.ts';
import { jobShape, jobsShape } from './shapes/job-shapes.ts';

const jobParams = z.strictObject({ job: z.string() });
const ACTS = [
  {
    action: 'pause',
    id: 'pauseJob',
    audited: 'job.paused',
    summary: 'Stop a job after the step under way; resume continues from there',
    example: { reason: 'Not during the launch' },
  },
  { action: 'resume', id: 'resumeJob', audited: 'job.resumed', summary: 'Continue a paused job', example: {} },
  {
    action: 'cancel',
    id: 'cancelJob',
    audited: 'job.cancelled',
    summary: 'End a job: what it has done stays',
    example: { reason: 'Sent by mistake' },
  },
] as const;

export function addJobs(api: Api): void {
  api.route(
    {
      method: 'get',
      path: '/v1/jobs',
      id: 'listJobs',
      summary: 'Jobs, newest first; progress is some seconds old',
      params: z.strictObject({}),
      query: z.strictObject({
        ...pageQuery,
        account: many(accountId),
        kind: many(z.enum(JOB_KINDS)),
        status: many(z.enum(['running', 'paused', 'finished', 'cancelled'])),
      }),
      words: {
        status: 'Status of the job; may be given several times',
        kind: 'Kind of the job; may be given several times',
      },
      answers: { 200: { description: 'A page of jobs', schema: jobsShape } },
    },
    async ({ c, query: { account, kind, status, ...page } }) =>
      c.json(showPage(await fromDatabase(listJobs(c.env.CONFIG, { account, kind, status }, page)), showSummary)),
  );

  api.route(
    {
      method: 'get',
      path: '/v1/jobs/{job}',
      id: 'getJob',
      summary: 'One job as it is right now, with its history and what failed',
      params: jobParams,
      answers: { 200: { description: 'The job', schema: jobShape } },
    },
    async ({ c, params }) => {
      const view = await readJob(c, params.job);
      return c.json(showJob({ ...view, note: await noteWithProbe(c, view) }));
    },
  );

  for (const { action, id, audited, summary, example } of ACTS) {
    api.route(
      {
        method: 'post',
        path: `/v1/jobs/{job}/${action}`,
        id,
        summary,
        params: jobParams,
        body: {
          schema: z.strictObject({ reason: ruled(z.string(), checkDescription).nullish() }),
          words: { reason: 'Why, for the history' },
          example,
          optional: true,
        },
        answers: { 200: { description: 'The job', schema: jobShape } },
        problems: ['job-ended', 'job-refused'],
        // Doing it again changes nothing.
        idempotency: 'none',
      },
      async ({ c, params, body }) => {
        const { account } = await readJob(c, params.job);
        const by = { key: c.get('keyName'), reason: body.reason ?? null };
        await auditForOperators(c, { action: audited, account, target: params.job, detail: by.reason });
        const acted = await callObject(
          () => jobOf(c, params.job),
          (stub) => stub.act(action, by),
        );
        if (acted === null) throw unknownJob(params.job);
        if (!acted.ok) throw refused(params.job, action, acted.error);
        return c.json(showJob(acted.value));
      },
    );
  }
}

async function readJob(c: AppContext, id: string): Promise<JobView> {
  requireJobId(id);
  const view = await callObject(
    () => jobOf(c, id),
    (stub) => stub.read(),
  );
  if (view === null) throw unknownJob(id);
  return view;
}

/** Where it waits for an endpoint to recover: with when that is tried next. */
export async function noteWithProbe(c: AppContext, { account, endpoint, note, waitingFor }: JobView): Promise<string> {
  if (account === null || endpoint === null || (waitingFor?.['circuit'] ?? 0) === 0) return note;
  const settings = await readSettings(c.env, account, []);
  const atMs = settings === null ? null : await nextProbe(c.env, settings, endpoint);
  return `${note}${until(atMs, Date.now(), '; the endpoint is tried next')}`;
}

/**
 * Its Account starts it in any case; started here too, it is there when the answer that names it
 * arrives.
 */
export async function startNow(c: AppContext, start: JobStart): Promise<void> {
  try {
    const stub = jobStub(c.env, start.id);
    await withTimeout(
      OUTBOX_TRY_MS,
      Promise.resolve(stub.start(start)).then(() => undefined),
    );
  } catch (error) {
    logLine('warn', 'a job starts later', { job: start.id, error: String(error) });
  }
}

export function showJob(view: JobView) {
  const { pacePerSecond, note, history, failures, skips = [], skippedBy = {}, waitingFor = {} } = view;
  const acts = history.map(({ atMs, ...act }) => ({ at: rfc3339(atMs), ...act }));
  return { ...showSummary(view), note, pacePerSecond, failures, skippedBy, skips, waitingFor, history: acts };
}

export function showSummary(job: JobSummary) {
  const { id, kind, account, endpoint, event, status, progress, by, reason } = job;
  return {
    id,
    kind,
    account,
    endpoint,
    event,
    status,
    progress,
    by,
    reason,
    createdAt: rfc3339(job.createdAtMs),
    updatedAt: rfc3339(job.updatedAtMs),
    endedAt: job.endedAtMs === null ? null : rfc3339(job.endedAtMs),
  };
}

export function requireJobId(id: string): void {
  if (!isJobId(id)) throw unknownJob(id);
}

function jobOf(c: AppContext, id: string) {
  return jobStub(c.env, id);
}

export function unknownJob(id: string): Problem {
  return new Problem('unknown-job', `there is no job ${shown(id)}`);
}

export function refused(id: string, action: string, refusal: JobRefusal): Problem {
  switch (refusal.reason) {
    case 'ended':
      return new Problem('job-ended', `job ${id} is ${refusal.status}: there is nothing left to ${action}`);
    case 'not-cancellable':
      return new Problem(
        'job-refused',
        `job ${id} erases an account that is gone already: it cannot be cancelled, only paused`,
      );
  }
}
