/**
 * Whether a schema that contains itself stays cheap: where two of its alternatives lead one field of the data back to it, each level of
 * the data doubles the work. Looks at the schema alone, never at data; what multiplies without recursion is bounded when data is checked
 * (http/schema-check.ts).
 */
import { isSchemaObject, type JsonSchema, resolveRef } from './schema.ts';

const IN_PLACE_LISTS = ['allOf', 'anyOf', 'oneOf'];
const IN_PLACE = ['not', 'if', 'then', 'else'];

/** The schemas that look at the same value as this one. */
export function inPlace(root: JsonSchema, schema: JsonSchema): unknown[] {
  const lists = IN_PLACE_LISTS.flatMap((keyword) => listOf(schema[keyword]));
  const dependent = valuesOf(schema['dependentSchemas']);
  return [resolveRef(root, schema['$ref']), ...lists, ...IN_PLACE.map((keyword) => schema[keyword]), ...dependent];
}

/** Of schemas whose in-place steps are bounded: the field ("*": any other, or an element) that leads back in several ways, or null. */
export function recursionFinder(root: JsonSchema): (schema: JsonSchema) => string | null {
  const reached = new Map<unknown, ReadonlySet<unknown>>();
  const reachedFrom = (start: unknown): ReadonlySet<unknown> => {
    const known = reached.get(start);
    if (known !== undefined) return known;
    const found = new Set<unknown>([start]);
    // A set hands out what is added while it is walked.
    for (const one of found) {
      if (isSchemaObject(one)) for (const next of [...inPlace(root, one), ...deeper(one)]) found.add(next);
    }
    reached.set(start, found);
    return found;
  };
  return (schema) => {
    // What it names is asked itself, and says the same.
    if (schema['$ref'] !== undefined) return null;
    const together = allInPlace(root, schema);
    const isBack = (one: unknown) => isSchemaObject(one) && reachedFrom(one).has(schema);
    if (![...new Set(together)].some((one) => deeper(one).some(isBack))) return null;
    const names = new Set(together.flatMap((one) => Object.keys(Object(one['properties']))));
    const several = (targets: unknown[]) => targets.filter(isBack).length > 1;
    const field = [...names].find((name) => several(together.flatMap((one) => fieldTargets(one, name))));
    if (field !== undefined) return field;
    const positions = Math.max(0, ...together.map((one) => listOf(one['prefixItems']).length));
    const isOther = several(together.flatMap((one) => fieldTargets(one, null)));
    const isElement = Array.from({ length: positions + 1 }, (_, i) => i).some((i) =>
      several(together.flatMap((one) => [listOf(one['prefixItems'])[i] ?? one['items'], one['contains']])),
    );
    return isOther || isElement ? '*' : null;
  };
}

/** With repetitions: what stands twice is checked twice. */
function allInPlace(root: JsonSchema, schema: JsonSchema): JsonSchema[] {
  return [schema, ...inPlace(root, schema).flatMap((one) => (isSchemaObject(one) ? allInPlace(root, one) : []))];
}

/** What looks at one field; null: at one that no schema names, which any pattern may match. */
function fieldTargets(schema: JsonSchema, name: string | null): unknown[] {
  const { properties, patternProperties, additionalProperties } = schema;
  const named =
    name !== null && isSchemaObject(properties) && Object.hasOwn(properties, name) ? [properties[name]] : [];
  const patterns = Object.entries(Object(patternProperties)).filter(
    ([pattern]) => name === null || new RegExp(pattern, 'u').test(name),
  );
  const found = [...named, ...patterns.map(([, one]) => one)];
  return name === null ? [...found, additionalProperties] : found.length > 0 ? found : [additionalProperties];
}

/** The schemas that look at fields or elements of the value. */
function deeper(schema: JsonSchema): unknown[] {
  const { properties, patternProperties, additionalProperties, items, prefixItems, contains } = schema;
  return [
    ...valuesOf(properties),
    ...valuesOf(patternProperties),
    additionalProperties,
    items,
    contains,
    ...listOf(prefixItems),
  ];
}

function listOf(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [];
}

function valuesOf(value: unknown): unknown[] {
  return isSchemaObject(value) ? Object.values(value) : [];
}
