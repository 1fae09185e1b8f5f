/**
 * Whether a schema that contains itself stays cheap: where two of its alternatives lead one field
 * of the data back to it, each level of the data doubles the work. Looks at the schema alone, never
 * at data; what multiplies without recursion is bounded when data is checked
 * (http/publish/schema-check.ts).
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

/**
 * Of schemas whose in-place steps are bounded: the field ("*": any other, or an element) that leads
 * back in several ways, or null.
 */
export function recursionFinder(root: JsonSchema): (schema: JsonSchema) => string | null {
  const circleOf = circles(root);
  const expressions: Expressions = new Map();
  return (schema) => {
    // What it names is asked itself, and says the same.
    if (schema['$ref'] !== undefined) return null;
    const together = allInPlace(root, schema);
    // What is looked at from here and leads back is of the same circle.
    const isBack = (one: unknown) => isSchemaObject(one) && circleOf(one) === circleOf(schema);
    if (![...new Set(together)].some((one) => deeper(one).some(isBack))) return null;
    const names = new Set(together.flatMap((one) => Object.keys(Object(one['properties']))));
    const several = (targets: unknown[]) => targets.filter(isBack).length > 1;
    const field = [...names].find((name) => several(together.flatMap((one) => fieldTargets(one, name, expressions))));
    if (field !== undefined) return field;
    const positions = Math.max(0, ...together.map((one) => listOf(one['prefixItems']).length));
    const isOther = several(together.flatMap((one) => fieldTargets(one, null, expressions)));
    const isElement = Array.from({ length: positions + 1 }, (_, i) => i).some((i) =>
      several(together.flatMap((one) => [listOf(one['prefixItems'])[i] ?? one['items'], one['contains']])),
    );
    return isOther || isElement ? '*' : null;
  };
}

/**
 * For each schema a number that those have in common which lead to each other (strongly connected,
 * by Tarjan): in one walk over all, where asking each for what it reaches would be a walk for each.
 */
function circles(root: JsonSchema): (schema: JsonSchema) => number | undefined {
  const numbers = new Map<JsonSchema, number>();
  const circle = new Map<JsonSchema, number>();
  const open: JsonSchema[] = [];
  /** The least number that it leads to, of those that are open. */
  const visit = (schema: JsonSchema): number => {
    const own = numbers.size;
    numbers.set(schema, own);
    open.push(schema);
    let least = own;
    for (const next of [...inPlace(root, schema), ...deeper(schema)]) {
      if (!isSchemaObject(next) || circle.has(next)) continue;
      least = Math.min(least, numbers.get(next) ?? visit(next));
    }
    if (least === own) {
      for (const one of open.splice(open.lastIndexOf(schema))) circle.set(one, own);
    }
    return least;
  };
  return (schema) => {
    if (!circle.has(schema)) visit(schema);
    return circle.get(schema);
  };
}

/** With repetitions: what stands twice is checked twice. */
function allInPlace(root: JsonSchema, schema: JsonSchema): JsonSchema[] {
  return [schema, ...inPlace(root, schema).flatMap((one) => (isSchemaObject(one) ? allInPlace(root, one) : []))];
}

/** Each pattern is compiled once, for all names. */
type Expressions = Map<string, RegExp>;

function expressionOf(pattern: string, expressions: Expressions): RegExp {
  const known = expressions.get(pattern);
  if (known !== undefined) return known;
  const made = new RegExp(pattern, 'u');
  expressions.set(pattern, made);
  return made;
}

/** What looks at one field; null: at one that no schema names, which any pattern may match. */
function fieldTargets(schema: JsonSchema, name: string | null, expressions: Expressions): unknown[] {
  const { properties, patternProperties, additionalProperties } = schema;
  const named =
    name !== null && isSchemaObject(properties) && Object.hasOwn(properties, name) ? [properties[name]] : [];
  const patterns = Object.entries(Object(patternProperties)).filter(
    ([pattern]) => name === null || expressionOf(pattern, expressions).test(name),
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
