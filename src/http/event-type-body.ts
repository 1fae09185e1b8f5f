/** What a request may set of an event type (P6, P7): the schemas of both PUTs. The rules are core/event-type-rules.ts and schema-rules.ts. */
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

/** What GET answers may be sent back with a change in it: what cannot be set is passed over, and what the path says must be the same. */
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
