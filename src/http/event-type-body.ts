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
import { ruled } from './fields.ts';

const schema = z.unknown().transform((input, context): JsonSchema => {
  const parsed = parseSchema(input);
  if (parsed.ok) return parsed.value;
  for (const { pointer, message } of parsed.error) {
    context.addIssue({ code: 'custom', message, params: { pointer } });
  }
  return z.NEVER;
});

/** Depth first: the size is counted by a walk. */
const example = ruled(z.unknown(), (value) =>
  value === undefined ? null : (checkDataDepth(value) ?? checkExample(value)),
).optional();

export const typeBody = z.strictObject({
  description: ruled(z.string(), checkTypeDescription).optional(),
  example,
  schema: schema.optional(),
  strict: z.boolean().optional(),
  retryWindowSeconds: ruled(z.number(), checkTypeWindow).nullable().optional(),
  expireAfterSeconds: ruled(z.number(), checkExpireAfter).nullable().optional(),
  latestGroup: ruled(z.string(), checkLatestGroup).nullable().optional(),
  latestOnly: z.boolean().optional(),
  dataVersion: ruled(z.string(), checkSchemaVersion).optional(),
  archived: z.boolean().optional(),
});
export const versionBody = z.strictObject({ schema, example });
export type TypeBody = z.output<typeof typeBody>;
export type VersionBody = z.output<typeof versionBody>;

export const typeParams = z.strictObject({ type: ruled(z.string(), checkOwnEventType) });
export const versionParams = z.strictObject({
  type: ruled(z.string(), checkOwnEventType),
  version: ruled(z.string(), checkSchemaVersion),
});
