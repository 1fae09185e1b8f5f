/**
 * Replay of a range (R2) and bulk discard of dead letters (V6): each is a job of the account, with
 * pause, resume and cancel.
 */
import { z } from '@hono/zod-openapi';
import { ulid } from 'ulid';
import { rfc3339 } from '../core/body.ts';
import type { EndpointSettings } from '../core/endpoint.ts';
import { isEndpointId, placeOf, isJobId } from '../core/ids.ts';
import type { BulkRange, JobSpec, JobView } from '../core/job.ts';
import { REPLAY_PACE_DEFAULT } from '../core/limits.ts';
import { capitalized } from '../core/text.ts';
import { logDatabase } from '../store/database.ts';
import { listJobs } from '../store/config/jobs.ts';
import { countRange } from '../store/log/replays.ts';
import { jobStub } from '../lookup/stubs.ts';
import { accountOf } from './account-settings.ts';
import type { Api } from './api.ts';
import { BULK_WORDS, discardBody, rangeOf, replayBody, requireFew } from './bulk-body.ts';
import { auditInAccount } from './audit-trail.ts';
import type { AppContext } from './context.ts';
import { fromDatabase } from './database.ts';
import { answerDeliveries } from './delivery-lists.ts';
import { noteWithProbe, refused, requireJobId, showJob, showSummary, unknownJob } from './jobs.ts';
import { callObject } from '../lookup/objects.ts';
import { accountId, accountParams, logQuery, pageQuery, showPage } from './params.ts';
import { unknownEndpoint } from './secret-text.ts';
import { dryRunShape, replayShape } from './shapes/replay-shapes.ts';
import { jobShape, jobsShape } from './shapes/job-shapes.ts';
import { deliveriesShape } from './shapes/delivery-shapes.ts';

const path = '/v1/accounts/{account}/replays';
const ACTS = [
  { action: 'pause', id: 'pauseReplay', audited: 'replay.paused', example: { reason: 'Their office opens at 9' } },
  { action: 'resume', id: 'resumeReplay', audited: 'replay.resumed', example: {} },
  { action: 'cancel', id: 'cancelReplay', audited: 'replay.cancelled', example: { reason: 'Sent by mistake' } },
] as const;
const replayParams = z.strictObject({ account: accountId, replay: z.string() });

export function addReplays(api: Api): void {
  api.route(
    {
      method: 'post',
      path,
      scope: 'replay',
      id: 'startReplay',
      summary: 'Send the deliveries of a range again, as a job; dryRun counts them',
      params: accountParams,
      body: {
        schema: replayBody,
        words: BULK_WORDS,
        example: {
          endpoint: 'ep_01m7zwa195yxn0znmzves0kyvm',
          statuses: ['dead'],
          statusCodes: ['4xx'],
          pacePerSecond: 10,
          reason: 'Their key had expired',
        },
      },
      answers: {
        200: { description: 'With dryRun: what would be sent', schema: dryRunShape },
        202: { description: 'The job', schema: replayShape },
      },
      problems: ['unknown-endpoint'],
    },
    async ({ c, params: { account }, body }) => {
      const { force = false, pacePerSecond = REPLAY_PACE_DEFAULT } = body;
      const settings = await accountOf(c, account, [body.endpoint]);
      const [endpoint] = settings.endpoints;
      if (endpoint === undefined) throw unknownEndpoint(body.endpoint);
      const range = { ...rangeOf(body, Date.now()), ...(body.missing === true ? subscribedTo(endpoint) : {}) };
      return bulk(
        c,
        body,
        { kind: 'replay', ...placeOf(settings), range, force, pacePerSecond },
        noteFor(range, endpoint),
      );
    },
  );
  api.route(
    {
      method: 'post',
      path: '/v1/accounts/{account}/dead-letters/discard',
      scope: 'replay',
      id: 'discardDeadLetters',
      summary: 'Give up the dead letters of a range, as a job; dryRun counts them',
      params: accountParams,
      body: {
        schema: discardBody,
        words: BULK_WORDS,
        example: { endpoint: 'ep_01m7zwa195yxn0znmzves0kyvm', statusCodes: ['410'], reason: 'They have left' },
      },
      answers: {
        200: { description: 'With dryRun: what would be given up', schema: dryRunShape },
        202: { description: 'The job', schema: jobShape },
      },
      problems: ['unknown-endpoint'],
    },
    async ({ c, params: { account }, body }) => {
      const settings = await accountOf(c, account);
      // Its form only: one that was removed may have dead letters.
      if (!isEndpointId(body.endpoint)) throw unknownEndpoint(body.endpoint);
      return bulk(c, body, { kind: 'discard', ...placeOf(settings), range: rangeOf(body, Date.now()) }, FROM_THE_LOG);
    },
  );
  api.route(
    {
      method: 'get',
      path,
      id: 'listReplays',
      summary: 'Replays of ranges, newest first; progress is some seconds old',
      params: accountParams,
      query: z.strictObject(pageQuery),
      answers: { 200: { description: 'A page of jobs', schema: jobsShape } },
    },
    async ({ c, params: { account }, query }) => {
      const filter = { account: [account], kind: ['replay'] as const };
      return c.json(showPage(await fromDatabase(listJobs(c.env.CONFIG, filter, query)), showSummary));
    },
  );
  api.route(
    {
      method: 'get',
      path: `${path}/{replay}`,
      id: 'getReplay',
      summary: 'One replay of a range as it is right now',
      params: replayParams,
      answers: { 200: { description: 'The job', schema: replayShape } },
    },
    async ({ c, params: { account, replay } }) => {
      const view = await readReplay(c, account, replay);
      return c.json(showReplay({ ...view, note: await noteWithProbe(c, view) }));
    },
  );
  api.route(
    {
      method: 'get',
      path: `${path}/{replay}/deliveries`,
      id: 'listReplayedDeliveries',
      summary: 'What a replay of a range has sent, each with its status, from the log: seconds behind',
      params: replayParams,
      query: z.strictObject(logQuery),
      answers: { 200: { description: 'A page of deliveries', schema: deliveriesShape } },
    },
    async ({ c, params: { account, replay }, query }) => {
      await readReplay(c, account, replay);
      return answerDeliveries(c, account, query, { name: 'replayed-deliveries', fixed: { replayJob: replay } });
    },
  );
  for (const { action, id, audited, example } of ACTS) {
    api.route(
      {
        method: 'post',
        path: `${path}/{replay}/${action}`,
        scope: 'replay',
        id,
        summary: `${capitalized(action)} a replay of a range; what was sent stays sent`,
        params: replayParams,
        body: {
          schema: z.strictObject({ reason: discardBody.shape.reason }),
          words: { reason: 'Why, for the history' },
          example,
          optional: true,
        },
        answers: { 200: { description: 'The job', schema: replayShape } },
        problems: ['job-ended', 'job-refused'],
        idempotency: 'none',
      },
      async ({ c, params: { account, replay }, body }) => {
        await readReplay(c, account, replay);
        const by = { key: c.get('keyName'), reason: body.reason ?? null };
        await auditInAccount(c, account, { action: audited, target: replay, detail: by.reason });
        const acted = await callObject(
          () => jobStub(c.env, replay),
          (stub) => stub.act(action, by),
        );
        if (acted === null) throw unknownJob(replay);
        if (!acted.ok) throw refused(replay, action, acted.error);
        return c.json(showReplay(acted.value));
      },
    );
  }
}

const FROM_THE_LOG = 'Counted from the log, which is some seconds behind';

function subscribedTo({ eventTypes }: EndpointSettings): Pick<BulkRange, 'subscribed'> {
  return { subscribed: eventTypes };
}

/** What a dry run cannot know. */
function noteFor({ missing }: BulkRange, { filter = null }: EndpointSettings): string {
  if (!missing || filter === null) return FROM_THE_LOG;
  return `${FROM_THE_LOG}. The endpoint has a filter: it is judged for each missing event when its turn comes, so fewer may be sent`;
}

async function bulk(
  c: AppContext,
  { limit, dryRun = false, reason = null }: Pick<z.output<typeof discardBody>, 'limit' | 'dryRun' | 'reason'>,
  spec: Extract<JobSpec, { range: BulkRange }>,
  note: string,
): Promise<Response> {
  const { range, account } = spec;
  const { oldestAtMs, newestAtMs, ...counted } = await fromDatabase(
    countRange(logDatabase(account, c.env), account, range),
  );
  const at = (ms: number | null) => (ms === null ? null : rfc3339(ms));
  if (dryRun) {
    const span = { oldestAt: at(oldestAtMs), newestAt: at(newestAtMs), from: at(range.fromMs), to: at(range.toMs) };
    return c.json({ ...counted, ...span, note });
  }
  requireFew(counted.count, limit);
  const id = `job_${ulid().toLowerCase()}`;
  if (!isJobId(id)) throw new Error(`${id} is no job id`);
  const action = spec.kind === 'replay' ? 'replay.started' : 'discard.started';
  await auditInAccount(c, account, { action, endpoint: range.endpoint, target: id, detail: reason });
  const started = await callObject(
    () => jobStub(c.env, id),
    (stub) => stub.start({ id, spec, by: c.get('keyName'), reason }),
  );
  if (!started.ok) throw new Error(`the new job ${id} was there already`);
  return c.json(spec.kind === 'replay' ? showReplay(started.value) : showJob(started.value), 202);
}

async function readReplay(c: AppContext, account: string, id: string): Promise<JobView> {
  requireJobId(id);
  const view = await callObject(
    () => jobStub(c.env, id),
    (stub) => stub.read(),
  );
  if (view === null || view.account !== account || view.kind !== 'replay') throw unknownJob(id);
  return view;
}

/** `waiting`: not sent yet, or sent and not ended. */
function showReplay(view: JobView) {
  const { total, done, failed, skipped } = view.progress;
  const waiting = Math.max(0, total - done - failed - skipped);
  return { ...showJob(view), progress: { total, delivered: done, done, failed, skipped, waiting } };
}
