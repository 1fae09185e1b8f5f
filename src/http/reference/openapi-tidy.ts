/**
 * Schemas as the generators of other languages read them best. What zod makes is right and not
 * enough: Go's take a `number` for a float of 32 bits, so that two versions become one without an
 * error.
 */
import { ALWAYS } from '../shapes/shared-shapes.ts';
import type { ApiSchema } from './openapi-document.ts';

/** All whole numbers of the API are ones that JSON.parse keeps. */
const WHOLE = { format: 'int64', minimum: -Number.MAX_SAFE_INTEGER, maximum: Number.MAX_SAFE_INTEGER };

/**
 * `isAnswer`: it is read, not sent; then fields may be added, and a client that refuses those it
 * does not know would break.
 */
export function tidied(schema: ApiSchema, isAnswer: boolean): ApiSchema {
  const inner = (one: ApiSchema) => tidied(one, isAnswer);
  const plain = withoutNull(unwrapped(numbered(schema)));
  const { properties, required, items, anyOf, oneOf, additionalProperties, [ALWAYS]: _, ...rest } = plain;
  const there = [...(required ?? []), ...Object.keys(properties ?? {}).filter((name) => properties?.[name]?.[ALWAYS])];
  return {
    ...rest,
    ...(there.length === 0 ? {} : { required: there }),
    ...(properties === undefined ? {} : { properties: mapped(properties, inner) }),
    ...(items === undefined ? {} : { items: inner(items) }),
    ...(anyOf === undefined ? {} : { anyOf: anyOf.map(inner) }),
    ...(oneOf === undefined ? {} : { oneOf: oneOf.map(inner) }),
    ...(additionalProperties === undefined || (additionalProperties === false && isAnswer)
      ? {}
      : { additionalProperties: isSchema(additionalProperties) ? inner(additionalProperties) : additionalProperties }),
  };
}

/** A number of bytes, counts and ids is whole; what is measured is a double. */
function numbered(schema: ApiSchema): ApiSchema {
  const types = [schema.type ?? []].flat();
  const isWhole = types.includes('integer') || schema['format'] === 'int64';
  if (isWhole) {
    const type = types.map((one) => (one === 'number' ? 'integer' : one));
    return { ...WHOLE, ...schema, type: type.length === 1 ? type[0] : type };
  }
  return types.includes('number') ? { format: 'double', ...schema } : schema;
}

/** A reference with words beside it, which zod writes as allOf. */
function unwrapped({ allOf, ...schema }: ApiSchema): ApiSchema {
  if (allOf === undefined) return schema;
  const [first, second = {}] = allOf;
  const isWords = Object.keys(second).every((keyword) => keyword === 'description');
  return first?.$ref === undefined || allOf.length > 2 || !isWords
    ? { ...schema, allOf }
    : { ...schema, ...second, ...first };
}

/**
 * Null is a type beside another, and nothing else: as a choice of an enum it makes three types in
 * Python, as a default a fault in Go.
 */
function withoutNull({ default: preset, enum: choices, ...schema }: ApiSchema): ApiSchema {
  const named = choices?.includes(null) === true ? { pattern: patternOf(choices) } : { enum: choices };
  return {
    ...schema,
    ...(preset === undefined || preset === null ? {} : { default: preset }),
    ...(choices === undefined ? {} : named),
  };
}

function patternOf(choices: readonly unknown[]): string {
  return `^(?:${choices.filter((one) => typeof one === 'string').join('|')})$`;
}

function isSchema(value: unknown): value is ApiSchema {
  return typeof value === 'object' && value !== null;
}

export function mapped<T, U>(values: Record<string, T>, change: (value: T, name: string) => U): Record<string, U> {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, change(value, name)]));
}
