/**
 * The part of JSON Schema (2020-12) that the catalogue knows, by what its keywords hold. What may
 * be saved is checked in schema-rules.ts, what changed between two in schema-changes.ts; data is
 * checked against one in http/publish/schema-check.ts.
 */

/** Checked by schema-rules.ts. */
export type JsonSchema = { readonly [keyword: string]: unknown };
/** `true` allows everything, `false` nothing. */
export type SubSchema = JsonSchema | boolean;

/** Keywords whose value is one schema. */
export const SCHEMA_KEYWORDS: ReadonlySet<string> = new Set(
  'items contains additionalProperties propertyNames not if then else'.split(' '),
);
/** Keywords whose value is a list of schemas. */
export const SCHEMA_LIST_KEYWORDS: ReadonlySet<string> = new Set('prefixItems allOf anyOf oneOf'.split(' '));
/** Keywords whose value is schemas by name. */
export const SCHEMA_MAP_KEYWORDS: ReadonlySet<string> = new Set(
  'properties patternProperties dependentSchemas $defs definitions'.split(' '),
);
/** Keywords that say something to people and nothing about data. */
export const ANNOTATIONS: ReadonlySet<string> = new Set(
  '$schema $id $comment title description default examples deprecated readOnly writeOnly'.split(' '),
);

export const SCHEMA_TYPES = ['string', 'number', 'integer', 'boolean', 'object', 'array', 'null'] as const;
export type SchemaType = (typeof SCHEMA_TYPES)[number];

/** The types that `type` allows; null where it allows all. */
export function typesOf(schema: JsonSchema): SchemaType[] | null {
  const { type } = schema;
  const named: unknown[] = Array.isArray(type) ? type : [type];
  return type === undefined ? null : SCHEMA_TYPES.filter((one) => named.includes(one));
}

export function isSchemaObject(value: unknown): value is JsonSchema {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

const LOCAL_REF = /^#(?:\/(\$defs|definitions)\/([A-Za-z0-9._-]+))?$/;

/**
 * What `$ref` names in its own document: `#`, or one of its definitions. Undefined where nothing is
 * there.
 */
export function resolveRef(root: JsonSchema, ref: unknown): SubSchema | undefined {
  const parts = typeof ref === 'string' ? LOCAL_REF.exec(ref) : null;
  if (parts === null) return undefined;
  const [, keyword, name] = parts;
  if (keyword === undefined || name === undefined) return root;
  const definitions = root[keyword];
  if (!isSchemaObject(definitions) || !Object.hasOwn(definitions, name)) return undefined;
  const found = definitions[name];
  return typeof found === 'boolean' || isSchemaObject(found) ? found : undefined;
}

/** `~` and `/` in a name, as RFC 6901 writes them. */
export function pointerSegment(name: string): string {
  return name.replaceAll('~', '~0').replaceAll('/', '~1');
}

const WORDS: Record<SchemaType, string> = {
  string: 'text',
  number: 'a number',
  integer: 'a whole number',
  boolean: 'true or false',
  object: 'an object',
  array: 'a list',
  null: 'null',
};

/** "text or null" */
export function typeWords(types: readonly SchemaType[] | null): string {
  if (types === null) return 'anything';
  return types.length === 0 ? 'nothing' : types.map((type) => WORDS[type]).join(' or ');
}
