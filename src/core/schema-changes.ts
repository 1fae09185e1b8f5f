/**
 * What changed between two schemas of an event type (P7), in words, and whether it breaks anyone: a
 * reader, who counts on what was there, or a publisher, whose data would be refused now. Pure. In
 * doubt a change breaks: a needless new version costs little, a reader that fails in the night
 * much.
 *
 * Breaks: a field removed, its type changed, a field that must be there now or may be missing now,
 * values no longer allowed, limits made narrower, and every change of a keyword that cannot be
 * compared (allOf, oneOf, if, …). Does not: a field added that may be missing (data that used its
 * name before the schema did is taken to mean the same), values also allowed, limits made wider,
 * notes.
 */
import { canonicalJson } from './canonical.ts';
import {
  ANNOTATIONS,
  isSchemaObject,
  type JsonSchema,
  pointerSegment,
  resolveRef,
  type SchemaType,
  type SubSchema,
  typesOf,
  typeWords,
} from './schema.ts';
import { COMPARED_DEPTH_MAX } from './limits.ts';
import { shown } from './text.ts';

/**
 * `pointer` leads into the data: '' is all of it; `*` stands for each element of a list, or each
 * field that has no name.
 */
export type SchemaChange = { pointer: string; breaks: boolean; message: string };

export function schemaChanges(before: JsonSchema, after: JsonSchema): SchemaChange[] {
  const changes: SchemaChange[] = [];
  compare({ before, after, changes, seen: new Map(), depth: 0 }, before, after, '');
  return changes;
}

/** One line for each change; `!` stands before what breaks. */
export function changeLines(changes: readonly SchemaChange[]): string[] {
  return changes.map(({ pointer, breaks, message }) => `${breaks ? '!' : ' '} ${pointer || 'data'}: ${message}`);
}

type Walk = {
  before: JsonSchema;
  after: JsonSchema;
  changes: SchemaChange[];
  seen: Map<SubSchema, Set<SubSchema>>;
  depth: number;
};
type Pair = { before: JsonSchema; after: JsonSchema; pointer: string };

/** Limits that are narrower when they are higher. */
const LEAST = 'minimum exclusiveMinimum minLength minItems minProperties minContains'.split(' ');
/** Limits that are narrower when they are lower. */
const MOST = 'maximum exclusiveMaximum maxLength maxItems maxProperties maxContains'.split(' ');
/** Taking them away widens; any other change may refuse what was allowed. */
const RULES = 'pattern format multipleOf'.split(' ');
/** Limits that are there where nothing is set (JSON Schema Validation 2020-12, 6.3 to 6.5). */
const UNLESS_SET = new Map([
  ['minLength', 0],
  ['minItems', 0],
  ['minProperties', 0],
  ['minContains', 1],
]);
const NOT_COMPARED =
  'allOf anyOf oneOf not if then else prefixItems contains patternProperties propertyNames dependentRequired dependentSchemas'.split(
    ' ',
  );
const NOTES = [...ANNOTATIONS].filter((keyword) => !keyword.startsWith('$'));

function compare(walk: Walk, a: SubSchema, b: SubSchema, pointer: string): void {
  const [before, after] = [resolved(walk.before, a), resolved(walk.after, b)];
  if (isRef(a) || isRef(b)) {
    // Each two schemas are compared once, and what changed said at the first place that uses them:
    // one may contain itself.
    const met = walk.seen.get(before) ?? new Set();
    if (met.has(after)) return;
    walk.seen.set(before, met.add(after));
  }
  if (typeof before === 'boolean' || typeof after === 'boolean') return compareBare(walk, before, after, pointer);
  if (walk.depth >= COMPARED_DEPTH_MAX) return say(walk, pointer, true, 'is nested too deep to be compared');
  walk.depth += 1;
  comparePair(walk, { before, after, pointer });
  walk.depth -= 1;
}

function comparePair(walk: Walk, pair: Pair): void {
  const isSameType = compareTypes(walk, pair);
  if (!isSameType) return;
  compareFields(walk, pair);
  compareElements(walk, pair);
  compareValues(walk, pair);
  compareLimits(walk, pair);
  for (const keyword of NOT_COMPARED) compareText(walk, pair, keyword);
  for (const keyword of NOTES) {
    if (isChanged(pair, keyword)) say(walk, pair.pointer, false, `its ${keyword} was changed`);
  }
}

function isRef(schema: SubSchema): boolean {
  return isSchemaObject(schema) && schema['$ref'] !== undefined;
}

/** One object, so that two that allow everything are the same to `seen`. */
const ANYTHING: JsonSchema = {};

/** `$ref` stands alone (schema-rules.ts) and its chain ends: what it names takes its place. */
function resolved(root: JsonSchema, schema: SubSchema): SubSchema {
  let found = schema;
  while (isSchemaObject(found) && found['$ref'] !== undefined) {
    const next = resolveRef(root, found['$ref']);
    if (next === undefined || next === found) return ANYTHING;
    found = next;
  }
  return found === true ? ANYTHING : found;
}

function say({ changes }: Walk, pointer: string, breaks: boolean, message: string): void {
  changes.push({ pointer, breaks, message });
}

function compareBare(walk: Walk, before: SubSchema, after: SubSchema, pointer: string): void {
  if (before === false && after === false) return;
  say(walk, pointer, true, after === false ? 'nothing is allowed here any more' : 'was not allowed, and is now');
}

function compareTypes(walk: Walk, { before, after, pointer }: Pair): boolean {
  const [was, is] = [readTypes(before), readTypes(after)];
  if (JSON.stringify(was) === JSON.stringify(is)) return true;
  say(walk, pointer, true, `the type was changed: was ${typeWords(was)}, is now ${typeWords(is)}`);
  return false;
}

/** What a reader sees: without `type`, the types of the values that are allowed. */
function readTypes(schema: JsonSchema): SchemaType[] | null {
  const { enum: values, const: only } = schema;
  const allowed: unknown[] | null = only !== undefined ? [only] : Array.isArray(values) ? values : null;
  if (schema['type'] !== undefined || allowed === null) return typesOf(schema);
  return [...new Set(allowed.map(typeOf))].sort();
}

function typeOf(value: unknown): SchemaType {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'array';
  if (typeof value === 'string') return 'string';
  if (typeof value === 'number') return 'number';
  return typeof value === 'boolean' ? 'boolean' : 'object';
}

function fieldsOf(schema: JsonSchema): Map<string, SubSchema> {
  const { properties } = schema;
  return new Map(isSchemaObject(properties) ? (Object.entries(properties) as [string, SubSchema][]) : []);
}

function requiredOf({ required }: JsonSchema): Set<string> {
  return new Set(Array.isArray(required) ? required.map(String) : []);
}

function compareFields(walk: Walk, { before, after, pointer }: Pair): void {
  const [was, is] = [fieldsOf(before), fieldsOf(after)];
  const [wasRequired, isRequired] = [requiredOf(before), requiredOf(after)];
  for (const name of new Set([...was.keys(), ...is.keys(), ...wasRequired, ...isRequired])) {
    const at = `${pointer}/${pointerSegment(name)}`;
    const [old, now] = [was.get(name), is.get(name)];
    if (old !== undefined && now === undefined) {
      say(walk, at, true, 'the field was removed');
      continue;
    }
    if (wasRequired.has(name) && !isRequired.has(name)) say(walk, at, true, 'may be missing now; it was always there');
    if (old === undefined && now !== undefined) {
      const words = typeWords(typesIn(walk.after, now));
      if (isRequired.has(name) && !wasRequired.has(name)) {
        say(walk, at, true, `the field was added (${words}) and must be there`);
      } else say(walk, at, false, `the field was added (${words})`);
      for (const unnamed of unnamedOf(before, name, resolved(walk.after, now))) compare(walk, unnamed, now, at);
      continue;
    }
    if (isRequired.has(name) && !wasRequired.has(name)) say(walk, at, true, 'must be there now; it could be missing');
    if (old !== undefined && now !== undefined) compare(walk, old, now, at);
  }
  compareOthers(walk, { before, after, pointer });
}

/**
 * What a field had to be before it was named: it may have been there already, as one of a map, or
 * because it had to be. Only what no schema spoke of is free to be named, and not even that to be
 * forbidden.
 */
function unnamedOf(before: JsonSchema, name: string, now: SubSchema): SubSchema[] {
  const { patternProperties } = before;
  const patterns = isSchemaObject(patternProperties) ? Object.keys(patternProperties) : [];
  const matching = patterns.filter((pattern) => new RegExp(pattern, 'u').test(name));
  if (matching.length > 0) return matching.map((pattern) => subOf(Object(patternProperties), pattern));
  const others = subOf(before, 'additionalProperties');
  const mayBeThere = requiredOf(before).has(name) || isSpokenOf(before, name) || (others === true && now === false);
  return isSchemaObject(others) || mayBeThere ? [others] : [];
}

/** By name in a keyword that cannot be compared. */
function isSpokenOf(before: JsonSchema, name: string): boolean {
  return NOT_COMPARED.some((keyword) => textOf(before[keyword]).includes(JSON.stringify(name)));
}

function typesIn(root: JsonSchema, schema: SubSchema) {
  const found = resolved(root, schema);
  return typeof found === 'boolean' ? null : typesOf(found);
}

/** Fields that have no name in the schema. */
function compareOthers(walk: Walk, { before, after, pointer }: Pair): void {
  const [was, is] = [subOf(before, 'additionalProperties'), subOf(after, 'additionalProperties')];
  if (was === is) return;
  if (was === false) return say(walk, pointer, false, 'further fields are allowed now');
  if (is === false) return say(walk, pointer, true, 'further fields are no longer allowed');
  compare(walk, was, is, `${pointer}/*`);
}

function compareElements(walk: Walk, { before, after, pointer }: Pair): void {
  const [was, is] = [subOf(before, 'items'), subOf(after, 'items')];
  if (was !== is) compare(walk, was, is, `${pointer}/*`);
}

function subOf(schema: JsonSchema, keyword: string): SubSchema {
  const value = schema[keyword];
  return isSchemaObject(value) || typeof value === 'boolean' ? value : true;
}

/** Null: all. */
function valuesOf({ enum: values, const: only }: JsonSchema): string[] | null {
  if (only !== undefined) return [canonicalJson(only)];
  return Array.isArray(values) ? values.map((value) => canonicalJson(value)) : null;
}

function compareValues(walk: Walk, { before, after, pointer }: Pair): void {
  const [was, is] = [valuesOf(before), valuesOf(after)];
  if (was === null && is === null) return;
  if (is === null) return say(walk, pointer, false, 'any value is allowed now');
  if (was === null) return say(walk, pointer, true, `only ${listed(is)} is allowed now`);
  const gone = was.filter((value) => !is.includes(value));
  const added = is.filter((value) => !was.includes(value));
  if (gone.length > 0) say(walk, pointer, true, `${listed(gone)} is no longer allowed`);
  if (added.length > 0) say(walk, pointer, false, `${listed(added)} is also allowed`);
}

function listed(values: string[]): string {
  const text = values.join(', ');
  return text.length <= LISTED_CHARS_MAX ? text : `${text.slice(0, LISTED_CHARS_MAX).toWellFormed()}…`;
}
const LISTED_CHARS_MAX = 200;

function compareLimits(walk: Walk, { before, after, pointer }: Pair): void {
  for (const keyword of [...LEAST, ...MOST, ...RULES]) {
    const [was, is] = [before[keyword], after[keyword]];
    if (was === is) continue;
    say(
      walk,
      pointer,
      isNarrower(keyword, limitOf(before, keyword), limitOf(after, keyword)),
      `${keyword} was ${valueOf(was)}, is now ${valueOf(is)}`,
    );
  }
}

/** Undefined: none. */
function limitOf(schema: JsonSchema, keyword: string): unknown {
  return schema[keyword] ?? UNLESS_SET.get(keyword);
}

function isNarrower(keyword: string, was: unknown, is: unknown): boolean {
  if (is === undefined || is === was) return false;
  if (was === undefined || RULES.includes(keyword)) return true;
  return LEAST.includes(keyword) ? Number(is) > Number(was) : Number(is) < Number(was);
}

function valueOf(value: unknown): string {
  if (value === undefined) return 'not set';
  return typeof value === 'string' || typeof value === 'number' ? shown(value) : shown(JSON.stringify(value));
}

function compareText(walk: Walk, pair: Pair, keyword: string): void {
  if (!isChanged(pair, keyword, walk)) return;
  say(walk, pair.pointer, true, `${keyword} was changed; whether that breaks anyone is not known, so it counts as if`);
}

/** With `walk`, also where it refers to definitions that changed. */
function isChanged({ before, after }: Pair, keyword: string, walk?: Walk): boolean {
  const [was, is] = [textOf(before[keyword]), textOf(after[keyword])];
  if (was !== is) return true;
  return walk !== undefined && is.includes('"$ref"') && definitionsOf(walk.before) !== definitionsOf(walk.after);
}

function definitionsOf({ $defs, definitions }: JsonSchema): string {
  return textOf({ $defs, definitions });
}

function textOf(value: unknown): string {
  return value === undefined ? '' : canonicalJson(value);
}
