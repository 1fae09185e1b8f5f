/**
 * Which JSON Schemas may be saved. Stricter than the standard on purpose: a keyword that nobody
 * knows is a typing error that would never be noticed, a reference elsewhere would be a request at
 * publish time, and a reference that leads back to itself without looking into the data would never
 * end.
 */
import { SCHEMA_BYTES_MAX, SCHEMA_DEPTH_MAX, SCHEMA_FAULTS_MAX, SCHEMA_STEPS_MAX } from './limits.ts';
import { fail, ok, type Result } from './result.ts';
import {
  ANNOTATIONS,
  isSchemaObject,
  type JsonSchema,
  pointerSegment,
  resolveRef,
  SCHEMA_KEYWORDS,
  SCHEMA_LIST_KEYWORDS,
  SCHEMA_MAP_KEYWORDS,
  SCHEMA_TYPES,
} from './schema.ts';
import { inPlace, recursionFinder } from './schema-recursion.ts';
import { shown, utf8Bytes } from './text.ts';

/**
 * `pointer` leads into the schema: '' is the whole, `/properties/plan/type` one keyword. `message`
 * starts with "must" or "is".
 */
export type SchemaFault = { pointer: string; message: string };

export function parseSchema(input: unknown): Result<JsonSchema, SchemaFault[]> {
  if (!isSchemaObject(input)) return fail([{ pointer: '', message: 'must be a JSON Schema: an object' }]);
  const bytes = utf8Bytes(JSON.stringify(input));
  if (bytes > SCHEMA_BYTES_MAX) {
    return fail([{ pointer: '', message: `must have at most ${SCHEMA_BYTES_MAX} bytes of JSON; it has ${bytes}` }]);
  }
  const faults: SchemaFault[] = [];
  checkSub(input, input, '', 0, faults);
  if (faults.length === 0) checkEnds(input, faults);
  return faults.length === 0 ? ok(input) : fail(faults.slice(0, SCHEMA_FAULTS_MAX));
}

type Check = (value: unknown) => string | null;

const isNumber: Check = (value) => (typeof value === 'number' ? null : 'must be a number');
const isCount: Check = (value) =>
  Number.isSafeInteger(value) && Number(value) >= 0 ? null : 'must be a whole number from 0 up';
const isTexts: Check = (value) =>
  Array.isArray(value) && value.every((one) => typeof one === 'string') && new Set(value).size === value.length
    ? null
    : 'must be a list of different texts';
const isAnything: Check = () => null;

const KEYWORDS: Readonly<Record<string, Check>> = {
  type: checkType,
  enum: (value) => (Array.isArray(value) && value.length > 0 ? null : 'must be a list of at least one value'),
  const: isAnything,
  required: isTexts,
  dependentRequired: (value) =>
    isSchemaObject(value) && Object.values(value).every((one) => isTexts(one) === null)
      ? null
      : 'must be lists of different texts by name',
  minimum: isNumber,
  maximum: isNumber,
  exclusiveMinimum: isNumber,
  exclusiveMaximum: isNumber,
  multipleOf: (value) => (typeof value === 'number' && value > 0 ? null : 'must be a number above 0'),
  minLength: isCount,
  maxLength: isCount,
  minItems: isCount,
  maxItems: isCount,
  minContains: isCount,
  maxContains: isCount,
  minProperties: isCount,
  maxProperties: isCount,
  pattern: checkPattern,
  format: checkFormat,
  uniqueItems: () => 'is not available: comparing each element with each other takes too long for long lists',
  $schema: checkDialect,
};

function checkType(value: unknown): string | null {
  const named: unknown[] = Array.isArray(value) ? value : [value];
  const known: readonly unknown[] = SCHEMA_TYPES;
  if (named.length > 0 && named.every((one) => known.includes(one)) && new Set(named).size === named.length)
    return null;
  return `must be one or several of ${SCHEMA_TYPES.join(', ')}; got ${valueShown(value)}`;
}

function checkPattern(value: unknown): string | null {
  if (typeof value !== 'string') return 'must be text';
  try {
    void new RegExp(value, 'u');
    return null;
  } catch {
    // What the engine says of it differs from release to release.
    return `must be a regular expression (with the flag u); got ${shown(value)}`;
  }
}

/** The validator looks formats up in an object, which has these names from birth. */
function checkFormat(value: unknown): string | null {
  if (typeof value !== 'string') return 'must be text';
  return value in Object.prototype ? `must be the name of a format; got ${shown(value)}` : null;
}

/** The keywords that are known mean the same in these three. */
function checkDialect(value: unknown): string | null {
  const isKnown =
    typeof value === 'string' && /^https?:\/\/json-schema\.org\/draft(-07|\/2019-09|\/2020-12)\/schema#?$/.test(value);
  return isKnown ? null : `must name draft-07, 2019-09 or 2020-12 of JSON Schema; got ${valueShown(value)}`;
}

function valueShown(value: unknown): string {
  return typeof value === 'string' || typeof value === 'number' ? shown(value) : shown(JSON.stringify(value));
}

function checkSub(root: JsonSchema, schema: unknown, pointer: string, depth: number, faults: SchemaFault[]): void {
  if (typeof schema === 'boolean') return;
  const add = (keyword: string, message: string) =>
    faults.push({ pointer: `${pointer}/${pointerSegment(keyword)}`, message });
  if (!isSchemaObject(schema)) {
    faults.push({ pointer, message: 'must be a schema: an object, true or false' });
    return;
  }
  if (depth > SCHEMA_DEPTH_MAX) {
    faults.push({ pointer, message: `must be nested at most ${SCHEMA_DEPTH_MAX} levels deep; it is deeper` });
    return;
  }
  for (const [keyword, value] of Object.entries(schema)) {
    if (faults.length >= SCHEMA_FAULTS_MAX) return;
    const at = `${pointer}/${pointerSegment(keyword)}`;
    const inner = (sub: unknown, name?: string) =>
      checkSub(root, sub, name === undefined ? at : `${at}/${pointerSegment(name)}`, depth + 1, faults);
    const check = KEYWORDS[keyword];
    if (Object.hasOwn(KEYWORDS, keyword) && check !== undefined) {
      const fault = check(value);
      if (fault !== null) add(keyword, fault);
    } else if (keyword === '$ref') {
      const fault = checkRef(root, schema);
      if (fault !== null) add(keyword, fault);
    } else if (SCHEMA_KEYWORDS.has(keyword)) inner(value);
    else if (SCHEMA_LIST_KEYWORDS.has(keyword)) {
      if (Array.isArray(value) && value.length > 0) value.forEach((one: unknown, i) => inner(one, String(i)));
      else add(keyword, 'must be a list of at least one schema');
    } else if (SCHEMA_MAP_KEYWORDS.has(keyword)) {
      if (isSchemaObject(value)) for (const [name, one] of Object.entries(value)) inner(one, name);
      else add(keyword, 'must be schemas by name');
      if (keyword === 'patternProperties') checkPatterns(value, at, faults);
    } else if (!ANNOTATIONS.has(keyword) && !keyword.startsWith('x-')) {
      add(keyword, 'is not a keyword that is known here; notes of your own start with "x-"');
    }
  }
}

function checkPatterns(value: unknown, at: string, faults: SchemaFault[]): void {
  if (!isSchemaObject(value)) return;
  for (const pattern of Object.keys(value)) {
    const fault = checkPattern(pattern);
    if (fault !== null) faults.push({ pointer: `${at}/${pointerSegment(pattern)}`, message: fault });
  }
}

/**
 * Beside `$ref` only notes: what two rules for one place mean together is hard to say to a reader.
 */
function checkRef(root: JsonSchema, schema: JsonSchema): string | null {
  const beside = Object.keys(schema).find(
    (keyword) => keyword !== '$ref' && !isNote(keyword) && !isDefinition(keyword),
  );
  if (beside !== undefined) return `must stand without ${shown(beside)}: put both into "allOf"`;
  if (resolveRef(root, schema['$ref']) !== undefined) return null;
  return `must be "#" or name one of the definitions, like "#/$defs/address"; got ${valueShown(schema['$ref'])}`;
}

function isNote(keyword: string): boolean {
  return ANNOTATIONS.has(keyword) || keyword.startsWith('x-');
}

function isDefinition(keyword: string): boolean {
  return keyword === '$defs' || keyword === 'definitions';
}

/**
 * No schema leads back to itself at the same value, few look at one value together, and recursion
 * takes one way through each field. How often a value far down is looked at in all is no matter of
 * the schema alone: CHECK_STEPS_MAX bounds it when data is checked.
 */
function checkEnds(root: JsonSchema, faults: SchemaFault[]): void {
  const steps = new Map<JsonSchema, number>();
  const open = new Set<JsonSchema>();
  const severalWaysBack = recursionFinder(root);
  const stepsOf = (schema: unknown): number => {
    if (!isSchemaObject(schema)) return 1;
    const known = steps.get(schema);
    if (known !== undefined) return known;
    if (open.has(schema)) return Infinity;
    open.add(schema);
    const all = inPlace(root, schema).reduce<number>((sum, one) => sum + stepsOf(one), 1);
    open.delete(schema);
    steps.set(schema, all);
    return all;
  };
  const visit = (schema: unknown, pointer: string): void => {
    if (!isSchemaObject(schema) || faults.length >= SCHEMA_FAULTS_MAX) return;
    const needed = stepsOf(schema);
    if (needed > SCHEMA_STEPS_MAX) {
      const message =
        needed === Infinity
          ? 'must not lead back to itself without looking deeper into the data'
          : `must look at one value in at most ${SCHEMA_STEPS_MAX} steps; it takes ${needed}`;
      faults.push({ pointer, message });
      return;
    }
    const field = severalWaysBack(schema);
    if (field !== null) {
      const message = `must lead back to itself in one way for each field; ${shown(field)} leads back in several, and each level of the data would multiply the steps`;
      faults.push({ pointer, message });
      return;
    }
    for (const [keyword, value] of Object.entries(schema)) {
      const at = `${pointer}/${pointerSegment(keyword)}`;
      if (SCHEMA_KEYWORDS.has(keyword)) visit(value, at);
      else if (SCHEMA_LIST_KEYWORDS.has(keyword) || SCHEMA_MAP_KEYWORDS.has(keyword)) {
        for (const [name, one] of Object.entries(value ?? {})) visit(one, `${at}/${pointerSegment(name)}`);
      }
    }
  };
  visit(root, '');
}
