/** The catalogue: event types, their schema versions, and what changed between two. */
import { z } from '@hono/zod-openapi';
import { anything, count, effective, flag, pageOf, text, time } from './shared-shapes.ts';

const jsonSchema = (words: string) => z.record(z.string(), z.unknown()).openapi({ description: words });

const listedTypeShape = z
  .strictObject({
    name: text('The event type: a dotted name like `ticket.created`'),
    description: text('What it means, for people'),
    example: anything('An example of its data; null: none'),
    strict: flag('Whether data that does not fit the schema is refused'),
    retryWindowSeconds: count("Retry window instead of the endpoint's, in seconds; null: the endpoint's").nullable(),
    expireAfterSeconds: count(
      'Seconds after the acceptance at which a delivery that waits ends; null: it does not',
    ).nullable(),
    latestGroup: text('Types of one group replace each other in `latest` lanes; null: only itself').nullable(),
    latestOnly: flag('Whether newer events replace those that still wait, at every endpoint'),
    dataVersion: text('Schema version that plain `data` is in; null: the first').nullable(),
    archived: flag('Whether publishing it is refused'),
    createdAt: time('When the type was created'),
    updatedAt: time('When it was last changed'),
  })
  .openapi('ListedEventType');
export const eventTypesShape = pageOf('EventTypePage', listedTypeShape, 'Event types, newest first');

export const eventTypeShape = z
  .strictObject({
    ...listedTypeShape.shape,
    schema: jsonSchema('JSON Schema of its newest version; null: it has none').nullable(),
    versions: z
      .array(
        z
          .strictObject({
            version: text('The version: "1", "2", …'),
            createdAt: time('When the version was published'),
            updatedAt: time('When its schema was last changed'),
          })
          .openapi('EventTypeVersion'),
      )
      .openapi({ description: 'Its schema versions, oldest first' }),
  })
  .openapi('EventType', { description: 'It may be sent back to `putEventType` as it is' });
export const changedEventTypeShape = z
  .strictObject({ ...eventTypeShape.shape, ...effective })
  .openapi('ChangedEventType');

export const versionShape = z
  .strictObject({
    type: text('The event type that it is a version of'),
    version: text('The version: "1", "2", …'),
    schema: jsonSchema('JSON Schema of the data'),
    createdAt: time('When the version was published'),
    updatedAt: time('When its schema was last changed'),
  })
  .openapi('SchemaVersion');

export const diffShape = z
  .strictObject({
    type: text('The event type'),
    from: text('The version before'),
    to: text('The version after'),
    breaks: flag('Whether some change breaks readers or publishers'),
    changes: z
      .array(
        z
          .strictObject({
            pointer: text('Where in the data, as a JSON pointer'),
            breaks: flag('Whether this change breaks readers or publishers'),
            message: text('What changed, in words'),
          })
          .openapi('SchemaChange'),
      )
      .openapi({ description: 'Each change by its place in the data' }),
    text: text('The changes as lines of text'),
  })
  .openapi('SchemaDiff');
