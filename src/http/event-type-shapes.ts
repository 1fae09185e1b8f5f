/** The catalogue: event types, their schema versions, and what changed between two. */
import { z } from '@hono/zod-openapi';
import { count, effective, pageOf, text, time } from './shared-shapes.ts';

const jsonSchema = z.record(z.string(), z.unknown());
const times = { createdAt: time(), updatedAt: time() };

const listedTypeShape = z
  .strictObject({
    name: text(),
    description: text(),
    example: z.unknown(),
    strict: z.boolean(),
    retryWindowSeconds: count().nullable(),
    expireAfterSeconds: count().nullable(),
    latestGroup: text().nullable(),
    latestOnly: z.boolean(),
    dataVersion: text().nullable(),
    archived: z.boolean(),
    ...times,
  })
  .openapi('ListedEventType');
export const eventTypesShape = pageOf('EventTypePage', listedTypeShape);

export const eventTypeShape = z
  .strictObject({
    ...listedTypeShape.shape,
    schema: jsonSchema.nullable(),
    versions: z.array(z.strictObject({ version: text(), ...times })),
  })
  .openapi('EventType');
export const changedEventTypeShape = z
  .strictObject({ ...eventTypeShape.shape, ...effective })
  .openapi('ChangedEventType');

export const versionShape = z
  .strictObject({ type: text(), version: text(), schema: jsonSchema, ...times })
  .openapi('SchemaVersion');

export const diffShape = z
  .strictObject({
    type: text(),
    from: text(),
    to: text(),
    breaks: z.boolean(),
    changes: z.array(z.strictObject({ pointer: text(), breaks: z.boolean(), message: text() })),
    text: text(),
  })
  .openapi('SchemaDiff');
