/**
 * Zod schemas whose errors are sentences: each names the field, the rule and, where it is not
 * secret, the value. The rules themselves are core's; zod knows only shapes.
 */
import { z } from '@hono/zod-openapi';
import { FIELD_POINTER_CHARS_MAX, FILTER_VALUES_MAX, SHOWN_VALUE_CHARS_MAX } from '../core/limits.ts';
import type { FieldError } from '../core/result.ts';
import { isRawJson } from '../core/json.ts';
import { checkText, shown, shownNumber } from '../core/text.ts';
import { type Facts, FACTS, lineFacts, wholeFacts } from './reference/openapi-facts.ts';

/**
 * A core check as part of a schema: null or a sentence that starts with "must". `facts` is what
 * JSON Schema can say of it; those of core's checks are known (openapi-facts.ts).
 */
export function ruled<T extends z.ZodType>(
  schema: T,
  check: (value: z.output<T>) => string | null,
  facts: Facts = FACTS.get(check) ?? {},
): T {
  const checked = schema.superRefine((value, context) => {
    const fault = check(value);
    if (fault !== null) context.addIssue({ code: 'custom', message: fault });
  });
  return checked.openapi(facts);
}

/** A clean line of text (core/text.ts). */
export function line(bytesMin: number, bytesMax: number) {
  return ruled(z.string(), (value) => checkText(value, bytesMin, bytesMax), lineFacts(bytesMin, bytesMax));
}

export function whole(least: number, most: number, unit = '') {
  return ruled(
    z.number(),
    (value) =>
      Number.isInteger(value) && value >= least && value <= most
        ? null
        : `must be a whole number from ${least} to ${most}${unit}; got ${shown(value)}`,
    wholeFacts(least, most),
  );
}

/** A whole number in a query, where it is text. */
export function wholeText(least: number, most: number) {
  const digits = new RegExp(`^[0-9]{1,${String(most).length}}$`);
  const check = (value: string) =>
    digits.test(value) && Number(value) >= least && Number(value) <= most
      ? null
      : `must be a whole number from ${least} to ${most}; got ${shown(value)}`;
  return ruled(z.string(), check, { type: 'integer', ...wholeFacts(least, most) }).transform(Number);
}

/** Values by name. Refuses `__proto__` itself: z.record would leave it out and say nothing. */
export function byName<T extends z.ZodType>(value: T) {
  return z.preprocess(
    (input, context) => {
      if (typeof input === 'object' && input !== null && Object.hasOwn(input, '__proto__')) {
        context.addIssue({ code: 'custom', message: 'must not have the name "__proto__"' });
      }
      return input;
    },
    z.record(z.string(), value),
  );
}

/** A query parameter that may be given several times. */
export function many<T extends z.ZodType<unknown, string>>(schema: T) {
  return z
    .preprocess(
      (value) => (typeof value === 'string' ? [value] : value),
      ruled(z.array(schema), checkFew, { maxItems: FILTER_VALUES_MAX }),
    )
    .optional();
}

function checkFew(values: unknown[]): string | null {
  return values.length <= FILTER_VALUES_MAX
    ? null
    : `must have at most ${FILTER_VALUES_MAX} values; it has ${values.length}`;
}

/** Never shown back, even where they are refused. */
const SECRET_FIELDS: ReadonlySet<unknown> = new Set(['secret', 'headers']);

/** `input` is what was parsed: zod's issues do not carry the value. */
export function fieldErrors(error: z.ZodError, input: unknown): FieldError[] {
  return error.issues.flatMap((issue) => {
    const path = pathIn(input, issue.path);
    const field =
      (path.length === 0 ? 'body' : path.map((step) => String(step).slice(0, SHOWN_VALUE_CHARS_MAX)).join('.')) +
      pointerOf(issue);
    if (issue.code !== 'unrecognized_keys')
      return [{ field, message: `${field} ${sentence(issue, valueAt(input, path))}` }];
    const within = path.length === 0 ? '' : `${field}.`;
    return issue.keys.map((key) => ({
      field: `${within}${key}`.slice(0, SHOWN_VALUE_CHARS_MAX),
      message: `${shown(`${within}${key}`)} is not a field of this request`,
    }));
  });
}

/**
 * Of a query: a parameter that may be given once and is given several times is a list, which nobody
 * wrote.
 */
export function queryErrors(error: z.ZodError, input: unknown): FieldError[] {
  const repeated = error.issues.flatMap(({ code, path }): FieldError[] => {
    const value = path.length === 1 && code !== 'custom' ? valueAt(input, path) : undefined;
    const field = String(path[0]);
    if (!Array.isArray(value)) return [];
    return [{ field, message: `${field} must be given once; it is given ${value.length} times` }];
  });
  const names = new Set(repeated.map(({ field }) => field));
  const others = fieldErrors(error, input).filter(({ field }) => !names.has(field));
  return [...repeated, ...others].map((one) => (one.field === '' ? NAMELESS : one));
}

const NAMELESS: FieldError = { field: 'query', message: 'the query has a parameter without a name, before its "="' };

/** Where a rule of core looked into a value itself: `/and/1/in` of a filter. */
function pointerOf(issue: z.core.$ZodIssue): string {
  const pointer: unknown = issue.code === 'custom' ? issue.params?.['pointer'] : '';
  return typeof pointer === 'string' ? pointer.slice(0, FIELD_POINTER_CHARS_MAX) : '';
}

/**
 * A query parameter that was given once is a list of one to its schema (`many`), and itself to
 * whoever wrote it.
 */
function pathIn(input: unknown, path: readonly PropertyKey[]): readonly PropertyKey[] {
  const [first] = path;
  return first !== undefined && typeof valueAt(input, [first]) === 'string' ? [first] : path;
}

function sentence(issue: z.core.$ZodIssue, value: unknown): string {
  if (issue.code === 'custom') return issue.message;
  if (value === undefined) return 'is required';
  if (isRawJson(value) && issue.code === 'invalid_type' && issue.expected === 'number') {
    return `must be a number that a double holds; got ${describe(value)}`;
  }
  const got = SECRET_FIELDS.has(issue.path[0]) ? `it is ${typeName(value)}` : `got ${describe(value)}`;
  if (issue.code === 'invalid_type') return `must be ${typeWord(issue.expected)}; ${got}`;
  if (issue.code === 'invalid_value') {
    return `must be ${issue.values.length === 1 ? '' : 'one of '}${issue.values.map(String).join(', ')}; ${got}`;
  }
  return `is not valid (${issue.message}); ${got}`;
}

function valueAt(input: unknown, path: readonly PropertyKey[]): unknown {
  let value = input;
  for (const step of path) {
    if (typeof value !== 'object' || value === null) return undefined;
    value = Reflect.get(value, step);
  }
  return value;
}

function typeWord(expected: string): string {
  switch (expected) {
    case 'object':
    case 'record':
      return 'an object';
    case 'array':
      return 'a list';
    case 'int':
      return 'a whole number';
    default:
      return `a ${expected}`;
  }
}

function typeName(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'a list';
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`;
}

function describe(value: unknown): string {
  if (isRawJson(value)) return shownNumber(value.rawJSON);
  return typeof value === 'string' || typeof value === 'number'
    ? shown(value)
    : typeof value === 'boolean'
      ? String(value)
      : typeName(value);
}
