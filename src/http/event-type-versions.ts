/** P7: the schema versions of an event type, and what changed between two. */
import { z } from '@hono/zod-openapi';
import { changesBetween } from '../core/audit.ts';
import { rfc3339 } from '../core/body.ts';
import { checkEventType } from '../core/event-rules.ts';
import { checkSchemaVersion } from '../core/event-type-rules.ts';
import type { EventTypeDetail, SchemaVersion } from '../core/event-type.ts';
import { changeLines, schemaChanges } from '../core/schema-changes.ts';
import { shown } from '../core/text.ts';
import type { Api } from './api.ts';
import { auditForOperators } from './audit-trail.ts';
import { type AppContext, callCatalogue } from './context.ts';
import { defined } from './defined.ts';
import {
  EVENT_TYPE_WORDS,
  EXAMPLE_SCHEMA,
  requireSame,
  versionBody,
  type VersionBody,
  versionParams,
} from './event-type-body.ts';
import {
  answerPut,
  checkExampleFits,
  exampleJson,
  parsedSchema,
  readType,
  schemaOf,
  typeRefused,
} from './event-types.ts';
import { ruled } from './fields.ts';
import { Problem } from './problem.ts';
import { changedEventTypeShape, diffShape, versionShape } from './shapes/event-type-shapes.ts';

const path = '/v1/event-types/{type}/versions/{version}';
const version = ruled(z.string(), checkSchemaVersion);
const diffParams = z.strictObject({ type: ruled(z.string(), checkEventType), from: version, to: version });

export function addEventTypeVersions(api: Api): void {
  api.route(
    {
      method: 'put',
      path,
      id: 'putSchemaVersion',
      summary: 'Publish the next version of a schema, or replace one by a schema that breaks nobody',
      params: versionParams,
      body: {
        schema: versionBody,
        words: EVENT_TYPE_WORDS,
        example: {
          schema: { ...EXAMPLE_SCHEMA, required: ['number', 'title'] },
          example: { number: 4211, title: 'Fire' },
        },
      },
      answers: {
        200: { description: 'Replaced', schema: changedEventTypeShape },
        201: { description: 'Published', schema: changedEventTypeShape },
      },
      problems: ['breaking-change', 'versions-full'],
    },
    ({ c, params, body }) => {
      requireSame({
        type: { given: body.type, inPath: params.type },
        version: { given: body.version, inPath: params.version },
      });
      return putVersion(c, params, body);
    },
  );

  api.route(
    {
      method: 'get',
      keys: 'all',
      path,
      id: 'getSchemaVersion',
      summary: 'The schema of one version',
      params: versionParams,
      answers: { 200: { description: 'The version', schema: versionShape } },
      problems: ['not-found'],
    },
    async ({ c, params }) => {
      const { schemaJson, createdAtMs, updatedAtMs } = versionOf(await readType(c, params.type), params.version);
      return c.json({
        type: params.type,
        version: params.version,
        schema: parsedSchema(schemaJson),
        createdAt: rfc3339(createdAtMs),
        updatedAt: rfc3339(updatedAtMs),
      });
    },
  );

  api.route(
    {
      method: 'get',
      keys: 'all',
      path: '/v1/event-types/{type}/versions/{from}/diff/{to}',
      id: 'diffSchemaVersions',
      summary: 'What changed between two versions, and which of it breaks readers or publishers',
      params: diffParams,
      answers: { 200: { description: 'The changes, and the same as lines of text', schema: diffShape } },
      problems: ['not-found'],
    },
    async ({ c, params: { type, from, to } }) => {
      const detail = await readType(c, type);
      const [before, after] = [versionOf(detail, from), versionOf(detail, to)];
      const changes = schemaChanges(parsedSchema(before.schemaJson), parsedSchema(after.schemaJson));
      const breaks = changes.some((change) => change.breaks);
      return c.json({ type, from, to, breaks, changes, text: changeLines(changes).join('\n') });
    },
  );
}

async function putVersion(
  c: AppContext,
  { type, version: wanted }: z.output<typeof versionParams>,
  { schema, example }: VersionBody,
): Promise<Response> {
  const detail = await readType(c, type);
  // An example shows the newest version; that of an older one may stay as it is.
  if (Number(wanted) >= detail.versions.length) checkExampleFits(detail, schema, example);
  else if (example !== undefined) checkExampleFits(detail, undefined, example);
  const change = { schemaJson: JSON.stringify(schema), ...defined({ exampleJson: exampleJson(example) }) };
  const before = schemaOf(detail.versions.find((one) => one.version === wanted));
  const changes = changesBetween({ schema: before }, { schema });
  await auditForOperators(c, { action: 'schema-version.put', target: type, detail: `version ${wanted}`, changes });
  const put = await callCatalogue(c.env, (stub) => stub.putVersion(type, wanted, change));
  if (!put.ok) throw typeRefused(type, put.error);
  return answerPut(c, put.value);
}

function versionOf({ type, versions }: EventTypeDetail, wanted: string): SchemaVersion {
  const found = versions.find((one) => one.version === wanted);
  if (found !== undefined) return found;
  const has = versions.length === 0 ? 'none' : `1 to ${versions.length}`;
  throw new Problem('not-found', `${shown(type.name)} has no version ${wanted}; it has ${has}`);
}
