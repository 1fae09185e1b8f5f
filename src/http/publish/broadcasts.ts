/**
 * P4: one event to every account, or to those named, carried by a job. The event is checked here,
 * as a publish checks it; the job's id comes from the event's id where one is given, so that a
 * broadcast that is sent twice is one.
 */
import { z } from '@hono/zod-openapi';
import { ulid } from 'ulid';
import { base32 } from '../../core/base32.ts';
import { checkAccountId } from '../../core/event-rules.ts';
import { isJobId, madeEventId } from '../../core/ids.ts';
import type { JobSpec } from '../../core/job.ts';
import { BROADCAST_ACCOUNTS_MAX } from '../../core/limits.ts';
import { contentHash, recordHash } from '../../lookup/address.ts';
import type { Api } from '../api.ts';
import { auditForOperators } from '../audit-trail.ts';
import type { AppContext } from '../context.ts';
import { ruled } from '../fields.ts';
import { showJob } from '../jobs.ts';
import { callObject } from '../../lookup/objects.ts';
import { Problem } from '../problem.ts';
import type { TypedEvent } from './type-check.ts';
import { givenId } from './publish.ts';
import { broadcastFields, checkEvent, type EventBody, formsOf, plainFields } from './publish-body.ts';
import { typeCheck } from './publishing.ts';
import { jobStub } from '../../lookup/stubs.ts';
import { sha256 } from '../../lookup/sha256.ts';
import { jobShape } from '../shapes/job-shapes.ts';

const names = ruled(
  z.array(ruled(z.string(), checkAccountId)),
  (accounts) =>
    accounts.length >= 1 && accounts.length <= BROADCAST_ACCOUNTS_MAX
      ? null
      : `must name 1 to ${BROADCAST_ACCOUNTS_MAX} accounts; it names ${accounts.length}`,
  { minItems: 1, maxItems: BROADCAST_ACCOUNTS_MAX },
);
const broadcastBody = z.preprocess(
  plainFields,
  z
    .strictObject({ ...broadcastFields, accounts: names.nullish() })
    .openapi('EventToBroadcast', { required: ['type', 'data'] }),
);

export function addBroadcasts(api: Api): void {
  api.route(
    {
      method: 'post',
      path: '/v1/broadcasts',
      scope: 'publish',
      id: 'broadcastEvent',
      summary: 'Publish one event to every account, or to those named; answers with the job that carries it',
      params: z.strictObject({}),
      body: {
        schema: broadcastBody,
        example: { type: 'service.maintenance', data: { from: '2026-12-01T02:00:00Z' }, accounts: ['acme'] },
        exact: true,
      },
      answers: { 202: { description: 'The job', schema: jobShape } },
      problems: ['schema-violation', 'event-conflict', 'event-type-archived'],
      idempotency: 'event-id',
    },
    ({ c, body: { accounts = null, ...rest } }) => broadcast(c, checkEvent(rest), accounts),
  );
}

async function broadcast(c: AppContext, body: EventBody, accounts: string[] | null): Promise<Response> {
  const given = givenId(c, body);
  const id = given === null ? `job_${ulid().toLowerCase()}` : await derivedJobId(given);
  if (!isJobId(id)) throw new Error(`${id} is no job id`);
  const forms = formsOf(body);
  const checked = await (await typeCheck(c)).check(body, forms);
  // What was started before is answered as it is, whatever the catalogue says by now (P2).
  if (checked instanceof Problem && (given === null || !(await isStarted(c, id)))) throw checked;
  const typed = checked instanceof Problem ? { forms, policy: {} } : checked;
  const spec = await specOf(body, typed, given ?? (await newEventId(body.record ?? null)), accounts);
  const to = accounts === null ? 'to every account' : `to ${accounts.length} accounts`;
  const detail = `event ${spec.event.id} of type ${spec.event.type} ${to}`;
  await auditForOperators(c, { action: 'broadcast.started', target: id, detail });
  const started = await callObject(
    () => jobStub(c.env, id),
    (stub) => stub.start({ id, spec, by: c.get('keyName'), reason: null }),
  );
  if (!started.ok) {
    const detail = `the event id ${spec.event.id} is taken by a broadcast with other content or to other accounts`;
    throw new Problem('event-conflict', detail, { members: { id: spec.event.id, job: id } });
  }
  return c.json(showJob(started.value), 202);
}

async function isStarted(c: AppContext, id: string): Promise<boolean> {
  const job = await callObject(
    () => jobStub(c.env, id),
    (stub) => stub.read(),
  );
  return job !== null;
}

async function specOf(
  body: EventBody,
  { forms: [{ version: schemaVersion, dataJson }], policy }: TypedEvent,
  id: string,
  accounts: string[] | null,
): Promise<Extract<JobSpec, { kind: 'broadcast' }>> {
  const { type, data } = body;
  const content = {
    type,
    record: body.record ?? null,
    version: body.version ?? null,
    occurredAt: body.occurredAt ?? null,
  };
  const hash = await contentHash({ ...content, data });
  const event = {
    id,
    ...content,
    contentHash: hash,
    dataJson,
    ...policy,
    ...(schemaVersion === null ? {} : { schemaVersion }),
  };
  return { kind: 'broadcast', event, accounts: accounts === null ? null : [...new Set(accounts)].sort() };
}

/**
 * A record's hash is the same in every account, so an id of our making leads to it everywhere
 * (whose shard is there, the hash says); without a record the id chooses its shard.
 */
async function newEventId(record: string | null): Promise<string> {
  return record === null
    ? `evt_${ulid().toLowerCase()}`
    : madeEventId(ulid(), { kind: 'k', hash: await recordHash(record), generation: 0, shard: 0 });
}

/** Such an id does not sort by time. */
async function derivedJobId(eventId: string): Promise<string> {
  return `job_${base32(await sha256(JSON.stringify(['broadcast', eventId]))).slice(0, JOB_ID_CHARS)}`;
}
const JOB_ID_CHARS = 26;
