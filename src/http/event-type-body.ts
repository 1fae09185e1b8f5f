/**
 * What a request may set of an event type (P6, P7): the schemas of both PUTs. The rules are
 * core/event-type-rules.ts and schema-rules.ts.
 */
import { z } from '@hono/zod-openapi';
import { checkDataDepth, checkOwnEventType } from '../core/event-rules.ts';
import {
  checkExample,
  checkExpireAfter,
  checkLatestGroup,
  checkSchemaVersion,
  checkTypeDescription,
  checkTypeWindow,
} from '../core/event-type-rules.ts';
import { EXAMPLE_BYTES_MAX, SCHEMA_BYTES_MAX } from '../core/limits.ts';
import type { JsonSchema } from '../core/schema.ts';
import { parseSchema } from '../core/schema-rules.ts';
import { shown } from '../core/text.ts';
import { ruled } from './fields.ts';
import { invalid } from './problem.ts';

const schema = z
  .unknown()
  .openapi({ type: 'object', additionalProperties: {} })
  .transform((input, context): JsonSchema => {
    const parsed = parseSchema(input);
    if (parsed.ok) return parsed.value;
    for (const { pointer, message } of parsed.error) {
      context.addIssue({ code: 'custom', message, params: { pointer } });
    }
    return z.NEVER;
  });

/**
 * What GET answers may be sent back with a change in it: what cannot be set is passed over, and
 * what the path says must be the same.
 */
const passedOver = z.unknown().openapi({ readOnly: true }).optional();
const answered = { createdAt: passedOver, updatedAt: passedOver, effectiveWithinMs: passedOver };

/** Depth first: the size is counted by a walk. */
const example = ruled(z.unknown(), (value) =>
  value === undefined ? null : (checkDataDepth(value) ?? checkExample(value)),
).optional();

export const typeBody = z.strictObject({
  description: ruled(z.string(), checkTypeDescription).optional(),
  example,
  // Null: it has none.
  schema: schema
    .nullable()
    .openapi({ type: ['object', 'null'], additionalProperties: {} })
    .optional(),
  strict: z.boolean().optional(),
  retryWindowSeconds: ruled(z.number(), checkTypeWindow).nullable().optional(),
  expireAfterSeconds: ruled(z.number(), checkExpireAfter).nullable().optional(),
  latestGroup: ruled(z.string(), checkLatestGroup).nullable().optional(),
  latestOnly: z.boolean().optional(),
  dataVersion: ruled(z.string(), checkSchemaVersion).nullable().optional(),
  archived: z.boolean().optional(),
  name: z.string().openapi({ readOnly: true }).optional(),
  versions: passedOver,
  ...answered,
});
export const versionBody = z.strictObject({
  schema,
  example,
  type: z.string().openapi({ readOnly: true }).optional(),
  version: z.string().openapi({ readOnly: true }).optional(),
  ...answered,
});
/** What readers of the reference may copy. */
export const EXAMPLE_SCHEMA = {
  type: 'object',
  properties: { number: { type: 'integer', minimum: 1 }, title: { type: 'string', maxLength: 200 } },
  required: ['number'],
};
/** Of both bodies, for the reference. */
export const EVENT_TYPE_WORDS = {
  name: 'The event type, as in the path: an answer may be sent back as it is',
  description: 'What it means, for people',
  example: `An example of its data that fits the schema: at most ${EXAMPLE_BYTES_MAX} bytes; null: none`,
  schema: `JSON Schema 2020-12 of the data (docs/event-types.md): at most ${SCHEMA_BYTES_MAX} bytes`,
  strict: 'Refuse data that does not fit the schema',
  retryWindowSeconds: "Retry window instead of the endpoint's, in seconds; null: the endpoint's",
  expireAfterSeconds: 'Seconds after the acceptance at which a delivery that waits ends; null: it does not',
  latestGroup: 'Types of one group replace each other in `latest` lanes; null: only itself',
  latestOnly: 'Newer events replace those that still wait, at every endpoint',
  dataVersion: 'Schema version that plain `data` is in; null: the first',
  archived: 'Refuse to publish it',
  type: 'The event type, as in the path',
  version: 'The version, as in the path',
  versions: 'Only answered; passed over here',
  createdAt: 'Only answered; passed over here',
  updatedAt: 'Only answered; passed over here',
  effectiveWithinMs: 'Only answered; passed over here',
};
export type TypeBody = z.output<typeof typeBody>;
export type VersionBody = z.output<typeof versionBody>;

export const typeParams = z.strictObject({ type: ruled(z.string(), checkOwnEventType) });
export const versionParams = z.strictObject({
  type: ruled(z.string(), checkOwnEventType),
  version: ruled(z.string(), checkSchemaVersion),
});

/** Throws where a body that was read elsewhere names something else than its path. */
export function requireSame(fields: Record<string, { given: string | undefined; inPath: string }>): void {
  const faults = Object.entries(fields)
    .filter(([, { given, inPath }]) => given !== undefined && given !== inPath)
    .map(([field, { given = '', inPath }]) => ({
      field,
      message: `${field} must be that of the path, ${shown(inPath)}, or left out; got ${shown(given)}`,
    }));
  if (faults.length > 0) throw invalid(faults);
}
