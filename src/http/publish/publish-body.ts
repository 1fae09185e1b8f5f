/** What a publish holds (P1, P5, P7), checked by core/event-rules.ts. */
import { z } from '@hono/zod-openapi';
import {
  checkDataDepth,
  checkDataSize,
  checkEventId,
  checkOwnEventType,
  checkOccurredAt,
  checkRecordKey,
  checkVersion,
} from '../../core/event-rules.ts';
import { checkSchemaVersion } from '../../core/event-type-rules.ts';
import { type Form, type Forms, newestFirst } from '../../core/forms.ts';
import { BATCH_EVENTS_MAX, FORMS_BYTES_MAX, FORMS_MAX } from '../../core/limits.ts';
import { shown, utf8Bytes } from '../../core/text.ts';
import { byName, fieldErrors, ruled } from '../fields.ts';
import { exactNumber } from '../../core/json.ts';
import { DATA_OR_FORMS, FORMS_FACTS } from '../reference/openapi-facts.ts';
import { invalid, Problem } from '../problem.ts';

/** Absent and null are the same, but for `data`, which may be null. */
const fields = {
  id: ruled(z.string(), checkEventId).nullish(),
  type: ruled(z.string(), checkOwnEventType),
  record: ruled(z.string(), checkRecordKey).nullish(),
  version: ruled(z.number(), checkVersion).nullish(),
  occurredAt: ruled(z.string(), checkOccurredAt).nullish(),
  data: ruled(z.unknown(), checkDataDepth).optional(),
};
const eventShape = z
  .strictObject({ ...fields, forms: ruled(byName(z.unknown()), checkForms, FORMS_FACTS).nullish() })
  .openapi('EventToPublish', DATA_OR_FORMS)
  .superRefine(({ data, forms }, context) => {
    const hasForms = forms !== undefined && forms !== null;
    if (data === undefined && !hasForms) context.addIssue({ code: 'custom', path: ['data'], message: 'is required' });
    if (data !== undefined && hasForms) {
      context.addIssue({
        code: 'custom',
        path: ['forms'],
        message: 'must not stand beside data: an event has one or the other',
      });
    }
  });

export const eventBody = z.preprocess(plainFields, eventShape);
/** A broadcast carries `data` alone. */
export const broadcastFields = fields;
/** Events are checked one by one: a bad one fails alone. */
const anyEvent = z.unknown().openapi({ allOf: [{ $ref: '#/components/schemas/EventToPublish' }] });
export const batchBody = z.strictObject({
  events: ruled(
    z.array(anyEvent),
    (events) =>
      events.length >= 1 && events.length <= BATCH_EVENTS_MAX
        ? null
        : `must have 1 to ${BATCH_EVENTS_MAX} events; it has ${events.length}`,
    { minItems: 1, maxItems: BATCH_EVENTS_MAX },
  ),
});

export type EventBody = z.output<typeof eventBody>;

/** One form with its JSON, exactly as receivers will get it. */
export type GivenForm = Form & { dataJson: string };

function checkForms(forms: Record<string, unknown>): string | null {
  const entries = Object.entries(forms);
  if (entries.length < 1 || entries.length > FORMS_MAX)
    return `must have 1 to ${FORMS_MAX} forms; it has ${entries.length}`;
  for (const [version, data] of entries) {
    const fault = checkSchemaVersion(version);
    if (fault !== null) return `must be data by schema version; a name in it ${fault}`;
    const depth = checkDataDepth(data);
    if (depth !== null) return `must be data by schema version; that of ${shown(version)} ${depth}`;
  }
  return null;
}

/**
 * The newest first; plain `data` is one form whose version the catalogue knows. Throws the problem
 * of data that is too large.
 */
export function formsOf(body: EventBody): Forms<GivenForm> {
  const given = Object.entries(body.forms ?? {}).map(([version, data]) => formOf(version, data, `forms.${version}`));
  const [newest, ...older] = newestFirst(given);
  if (newest === undefined) return [formOf(null, body.data, 'data')];
  const bytes = given.reduce((sum, { dataJson }) => sum + utf8Bytes(dataJson), 0);
  if (bytes > FORMS_BYTES_MAX) {
    throw tooLarge('forms', `must have at most ${FORMS_BYTES_MAX} bytes of JSON together; they have ${bytes}`);
  }
  return [newest, ...older];
}

function formOf(version: string | null, data: unknown, field: string): GivenForm {
  const dataJson = JSON.stringify(data);
  const fault = checkDataSize(dataJson);
  if (fault !== null) throw tooLarge(field, fault);
  return { version, data, dataJson };
}

function tooLarge(field: string, fault: string): Problem {
  return new Problem('too-large', `${field} ${fault}`, { errors: [{ field, message: `${field} ${fault}` }] });
}

export function checkEvent(input: unknown): EventBody {
  const parsed = eventBody.safeParse(input);
  if (!parsed.success) throw invalid(fieldErrors(parsed.error, plainFields(input)));
  return parsed.data;
}

/** Only `data` and `forms` keep the digits of their numbers. */
export function plainFields(input: unknown): unknown {
  if (typeof input !== 'object' || input === null || Array.isArray(input)) return input;
  const entries = Object.entries(input).map(([name, value]) => [
    name,
    name === 'data' || name === 'forms' ? value : exactNumber(value),
  ]);
  return Object.fromEntries(entries);
}
