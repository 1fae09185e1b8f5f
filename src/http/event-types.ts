/**
 * P6: the catalogue of event types, one for all accounts. The Catalogue answers, so that a change
 * is visible in the instant after it.
 */
import { z } from '@hono/zod-openapi';
import { rfc3339 } from '../core/body.ts';
import { changesBetween } from '../core/audit.ts';
import type { EventType, EventTypeDetail, SchemaVersion } from '../core/event-type.ts';
import { EFFECTIVE_WITHIN_MS } from '../core/limits.ts';
import { ok } from '../core/result.ts';
import type { EventTypeRefusal } from '../core/rpc.ts';
import { isSchemaObject, type JsonSchema } from '../core/schema.ts';
import { shown } from '../core/text.ts';
import { cutPage, newestFirst, parseCursor } from '../store/page.ts';
import type { Api } from './api.ts';
import { auditForOperators } from './audit-trail.ts';
import { type AppContext, callCatalogue, catalogueCacheOf } from './context.ts';
import { defined } from './defined.ts';
import {
  EVENT_TYPE_WORDS,
  EXAMPLE_SCHEMA,
  requireSame,
  typeBody,
  type TypeBody,
  typeParams,
} from './event-type-body.ts';
import { pageQuery, showPage } from './params.ts';
import { invalid, Problem } from './problem.ts';
import { dataFaults } from './publish/schema-check.ts';
import { changedEventTypeShape, eventTypeShape, eventTypesShape } from './shapes/event-type-shapes.ts';

const path = '/v1/event-types';

export function addEventTypes(api: Api): void {
  api.route(
    {
      method: 'put',
      path: `${path}/{type}`,
      id: 'putEventType',
      summary: 'Create or change an event type: what is not given stays as it is',
      params: typeParams,
      body: {
        schema: typeBody,
        words: EVENT_TYPE_WORDS,
        example: { description: 'A ticket was opened', schema: EXAMPLE_SCHEMA, example: { number: 4211 } },
        optional: true,
      },
      answers: {
        200: { description: 'Changed', schema: changedEventTypeShape },
        201: { description: 'Created', schema: changedEventTypeShape },
      },
      problems: ['breaking-change', 'event-types-full', 'versions-full'],
    },
    ({ c, params, body }) => putType(c, params.type, body),
  );

  api.route(
    {
      method: 'get',
      keys: 'all',
      path: `${path}/{type}`,
      id: 'getEventType',
      summary: 'One event type, with the schema of its newest version',
      params: typeParams,
      answers: { 200: { description: 'The event type', schema: eventTypeShape } },
    },
    async ({ c, params }) => c.json(showDetail(await readType(c, params.type))),
  );

  api.route(
    {
      method: 'get',
      keys: 'all',
      path,
      id: 'listEventTypes',
      summary: 'Event types, newest first: those in use or, with archived=true, the others',
      params: z.strictObject({}),
      query: z.strictObject({ ...pageQuery, archived: z.enum(['true', 'false']).default('false') }),
      answers: { 200: { description: 'A page of event types, without schemas', schema: eventTypesShape } },
    },
    async ({ c, query: { archived, limit, cursor } }) => {
      const after = parseCursor('event-types', cursor);
      if (!after.ok) return c.json(showPage(after, () => null));
      const all = await callCatalogue(c.env, (stub) => stub.types());
      const position = ({ createdAtMs, name }: EventType) => ({ atMs: createdAtMs, id: name });
      const rows = all
        .filter((type) => String(type.archived) === archived)
        .sort((a, b) => newestFirst(position(a), position(b)))
        .filter((type) => newestFirst(after.value, position(type)) < 0);
      return c.json(showPage(ok(cutPage('event-types', rows, limit, position)), showType));
    },
  );
}

async function putType(c: AppContext, name: string, body: TypeBody): Promise<Response> {
  const { schema: given, example, name: named, versions, createdAt, updatedAt, effectiveWithinMs, ...facts } = body;
  requireSame({ name: { given: named, inPath: name } });
  const known = await callCatalogue(c.env, (stub) => stub.detail(name));
  const schema = given ?? undefined;
  if (given === null && (known?.versions.length ?? 0) > 0) {
    const message = 'schema must not be null: the event type has one, and its versions stay';
    throw invalid([{ field: 'schema', message }]);
  }
  if (schema !== undefined || example !== undefined) checkExampleFits(known, schema, example);
  const change = defined({
    ...facts,
    exampleJson: exampleJson(example),
    schemaJson: schema === undefined ? undefined : JSON.stringify(schema),
  });
  const changes = changesBetween(known === null ? {} : auditedFacts(known), defined({ ...facts, schema, example }));
  if (known === null || changes.length > 0) {
    await auditForOperators(c, { action: 'event-type.put', target: name, changes });
  }
  const put = await callCatalogue(c.env, (stub) => stub.put(name, change));
  if (!put.ok) throw typeRefused(name, put.error);
  return answerPut(c, put.value);
}

/** As a request names them. */
function auditedFacts({ type, versions }: EventTypeDetail) {
  const { exampleJson: text, ...facts } = type;
  const example: unknown = text === null ? null : JSON.parse(text);
  return { ...facts, example, schema: schemaOf(versions.at(-1)) };
}

export function schemaOf(version: SchemaVersion | undefined): JsonSchema | null {
  return version === undefined ? null : parsedSchema(version.schemaJson);
}

/** The isolate that made a change is the first to know of it. */
export async function answerPut(
  c: AppContext,
  { created, detail }: { created: boolean; detail: EventTypeDetail },
): Promise<Response> {
  await catalogueCacheOf(c.env).fresh(Date.now());
  return c.json({ ...showDetail(detail), effectiveWithinMs: EFFECTIVE_WITHIN_MS }, created ? 201 : 200);
}

/** Undefined: not given. A null example is none. */
export function exampleJson(example: unknown): string | null | undefined {
  return example === undefined ? undefined : example === null ? null : JSON.stringify(example);
}

/**
 * An example that does not fit the newest schema would mislead who copies it. Checked here, where
 * the validator is; two changes at a time may slip past.
 */
export function checkExampleFits(known: EventTypeDetail | null, given: JsonSchema | undefined, example: unknown): void {
  const newest = known?.versions.at(-1);
  const schema = given ?? (newest === undefined ? undefined : parsedSchema(newest.schemaJson));
  const stored = known?.type.exampleJson ?? null;
  const wanted: unknown = example === undefined ? (stored === null ? null : JSON.parse(stored)) : example;
  if (schema === undefined || wanted === null) return;
  const hint = example === undefined ? ' (it is the stored one: give another along, or null)' : '';
  const faults = dataFaults(schema, wanted).map(({ pointer, message }) => ({
    field: `example${pointer}`,
    message: `example${pointer} ${message}${hint}`,
  }));
  if (faults.length > 0) throw invalid(faults);
}

export async function readType(c: AppContext, name: string): Promise<EventTypeDetail> {
  const detail = await callCatalogue(c.env, (stub) => stub.detail(name));
  if (detail === null) throw unknownType(name);
  return detail;
}

export function parsedSchema(json: string): JsonSchema {
  const parsed: unknown = JSON.parse(json);
  return isSchemaObject(parsed) ? parsed : {};
}

function showType(type: EventType) {
  const { name, description, exampleJson: text, strict, retryWindowSeconds, expireAfterSeconds } = type;
  const { latestGroup, latestOnly, dataVersion, archived, createdAtMs, updatedAtMs } = type;
  const example: unknown = text === null ? null : JSON.parse(text);
  return {
    ...{ name, description, example, strict, retryWindowSeconds, expireAfterSeconds },
    ...{ latestGroup, latestOnly, dataVersion, archived },
    createdAt: rfc3339(createdAtMs),
    updatedAt: rfc3339(updatedAtMs),
  };
}

function showDetail({ type, versions }: EventTypeDetail) {
  const newest = versions.at(-1);
  return {
    ...showType(type),
    schema: newest === undefined ? null : parsedSchema(newest.schemaJson),
    versions: versions.map(({ version, createdAtMs, updatedAtMs }) => ({
      version,
      createdAt: rfc3339(createdAtMs),
      updatedAt: rfc3339(updatedAtMs),
    })),
  };
}

function unknownType(name: string): Problem {
  return new Problem(
    'unknown-event-type',
    `the catalogue has no event type ${shown(name)}; PUT ${path}/${name} makes it`,
  );
}

export function typeRefused(name: string, refusal: EventTypeRefusal): Problem {
  switch (refusal.reason) {
    case 'full':
      return new Problem('event-types-full', `a catalogue may have at most ${refusal.most} event types`);
    case 'versions-full':
      return new Problem('versions-full', `an event type may have at most ${refusal.most} versions`);
    case 'not-found':
      return unknownType(name);
    case 'breaking':
      return breaking(name, refusal);
    case 'not-next':
      return invalid([
        { field: 'version', message: `version must be one that is there, or the next, "${refusal.next}"` },
      ]);
    case 'no-schema':
      return invalid([{ field: 'strict', message: 'strict must be false: the event type has no schema to check by' }]);
    case 'unknown-version': {
      const has = refusal.versionCount === 0 ? 'none' : `1 to ${refusal.versionCount}`;
      return invalid([
        { field: 'dataVersion', message: `dataVersion must be a version of the event type, which has ${has}` },
      ]);
    }
  }
}

function breaking(name: string, refusal: Extract<EventTypeRefusal, { reason: 'breaking' }>): Problem {
  const { version, next, changes } = refusal;
  const detail =
    `the schema would break the users of version ${version} of ${shown(name)}, in ${changes.length} ` +
    `${changes.length === 1 ? 'place' : 'places'}; publish it as PUT ${path}/${name}/versions/${next}`;
  const errors = changes.map(({ pointer, message }) => ({
    field: `schema${pointer}`,
    message: `${pointer === '' ? 'data' : pointer}: ${message}`,
  }));
  return new Problem('breaking-change', detail, {
    errors,
    members: { version, nextVersion: next, changes: changes.map(({ pointer, message }) => ({ pointer, message })) },
  });
}
