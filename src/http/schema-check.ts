/**
 * Data against a JSON Schema: a sentence for each fault, at its place. The validator is @cfworker/json-schema, which needs no
 * `eval`; the sentences are ours. It stops at the first field that is wrong, so that hostile data of 100,000 faults costs no more
 * than data with one.
 */
import { type OutputUnit, type Schema, Validator } from '@cfworker/json-schema';
import { CHECK_STEPS_MAX, CHECK_STEPS_PER_VALUE, SCHEMA_FAULTS_MAX } from '../core/limits.ts';
import {
  isSchemaObject,
  type JsonSchema,
  pointerSegment,
  resolveRef,
  SCHEMA_KEYWORDS,
  SCHEMA_LIST_KEYWORDS,
  SCHEMA_MAP_KEYWORDS,
  ANNOTATIONS,
  typesOf,
  typeWords,
} from '../core/schema.ts';
import { shown } from '../core/text.ts';
import { plainNumber } from '../core/json.ts';

/** `pointer` leads into the data; '' is all of it. */
export type DataFault = { pointer: string; message: string };

/** `left` counts down while data is checked: one step is one schema that looks at one value. */
type Steps = { left: number };
class TooManySteps extends Error {}

/** Made once for each schema that an isolate remembers. */
const validators = new WeakMap<JsonSchema, { validator: Validator; steps: Steps }>();

/** `data` as it was published: numbers are compared as doubles. The schema was checked when it was saved. */
export function dataFaults(schema: JsonSchema, data: unknown): DataFault[] {
  const plain = plainValue(data);
  const stepsMax = Math.max(CHECK_STEPS_MAX, CHECK_STEPS_PER_VALUE * countValues(plain));
  let errors: OutputUnit[];
  try {
    const { validator, steps } = validatorOf(schema);
    steps.left = stepsMax;
    errors = validator.validate(plain).errors;
  } catch (error) {
    if (error instanceof TooManySteps) {
      const message = `is too complex for its schema: to check it takes more than ${stepsMax} steps`;
      return [{ pointer: '', message }];
    }
    // Half of a surrogate pair in a name, or more faults than an argument list holds: the data's fault, and no bug to be paged for.
    return [
      { pointer: '', message: 'cannot be checked against its schema: too many faults, or a name that is no Unicode' },
    ];
  }
  const faults = leaves(errors).map((unit) => faultOf(schema, plain, unit));
  const distinct = new Map(faults.map((fault) => [`${fault.pointer} ${fault.message}`, fault]));
  return [...distinct.values()].slice(0, SCHEMA_FAULTS_MAX);
}

function validatorOf(schema: JsonSchema) {
  const known = validators.get(schema);
  if (known !== undefined) return known;
  // A copy: the validator marks what it is given.
  const steps: Steps = { left: Infinity };
  const made = { validator: new Validator(toCheck(schema, steps) as Schema, '2020-12', true), steps };
  validators.set(schema, made);
  return made;
}

/**
 * What people wrote for people stays out: an example with "$ref" in it is no reference. The validator knows no bound, so each schema
 * counts its own visits: it is asked for `$recursiveRef`, a keyword that no saved schema has, once in each.
 */
function toCheck(schema: unknown, steps: Steps): unknown {
  if (!isSchemaObject(schema)) return schema;
  const inner = (one: unknown) => toCheck(one, steps);
  const kept = Object.entries(schema).filter(([keyword]) => !ANNOTATIONS.has(keyword) && !keyword.startsWith('x-'));
  const copy = Object.fromEntries(
    kept.map(([keyword, value]) => {
      if (SCHEMA_KEYWORDS.has(keyword)) return [keyword, inner(value)];
      if (SCHEMA_LIST_KEYWORDS.has(keyword) && Array.isArray(value)) return [keyword, value.map(inner)];
      if (!SCHEMA_MAP_KEYWORDS.has(keyword) || !isSchemaObject(value)) return [keyword, value];
      return [keyword, Object.fromEntries(Object.entries(value).map(([name, one]) => [name, inner(one)]))];
    }),
  );
  const get = (): undefined => {
    steps.left -= 1;
    if (steps.left < 0) throw new TooManySteps();
  };
  return Object.defineProperty(copy, '$recursiveRef', { get });
}

/** Data may be nested DATA_DEPTH_MAX deep, so this recursion ends. */
function plainValue(value: unknown): unknown {
  const plain = plainNumber(value);
  if (Array.isArray(plain)) return plain.map(plainValue);
  if (!isSchemaObject(plain)) return plain;
  return Object.fromEntries(Object.entries(plain).map(([name, inner]) => [name, plainValue(inner)]));
}

function countValues(plain: unknown): number {
  if (typeof plain !== 'object' || plain === null) return 1;
  return Object.values(plain).reduce<number>((sum, inner) => sum + countValues(inner), 1);
}

/** They say only that something inside them is wrong, and that follows. */
const AROUND = new Set(
  '$ref allOf if properties patternProperties additionalProperties items prefixItems dependentSchemas propertyNames'.split(
    ' ',
  ),
);
/** What is inside them says what one of several choices would have asked. */
const CHOICES = new Set(['anyOf', 'oneOf', 'contains']);

function leaves(errors: OutputUnit[]): OutputUnit[] {
  const choices = errors.filter(({ keyword }) => CHOICES.has(keyword)).map((unit) => `${unit.keywordLocation}/`);
  const found = errors.filter(
    ({ keyword, keywordLocation }) =>
      !AROUND.has(keyword) && !choices.some((choice) => keywordLocation.startsWith(choice)),
  );
  return found.length > 0 ? found : errors.slice(0, 1);
}

function faultOf(schema: JsonSchema, data: unknown, unit: OutputUnit): DataFault {
  const path = segments(unit.instanceLocation);
  const value = path.reduce(childOf, data);
  const rule = segments(unit.keywordLocation).reduce((at, name) => ruleIn(schema, at, name), schema as unknown);
  const missing = unit.keyword === 'required' ? /property "(.*)"\.$/s.exec(unit.error)?.[1] : undefined;
  const names = missing === undefined ? path : [...path, missing];
  return { pointer: names.map((name) => `/${pointerSegment(name)}`).join(''), message: sentence(unit, rule, value) };
}

function segments(location: string): string[] {
  const names = location.split('/').slice(1);
  return names.map((name) => decodeURIComponent(name).replaceAll('~1', '/').replaceAll('~0', '~'));
}

function childOf(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, name)
    ? Reflect.get(value, name)
    : undefined;
}

function ruleIn(root: JsonSchema, at: unknown, name: string): unknown {
  return name === '$ref' && isSchemaObject(at) ? resolveRef(root, at['$ref']) : childOf(at, name);
}

function sentence({ keyword, error }: OutputUnit, rule: unknown, value: unknown): string {
  const got = `got ${valueWords(value)}`;
  switch (keyword) {
    case 'required':
      return 'is required';
    case 'false':
      return 'is not a field that the schema knows';
    case 'type':
      return `must be ${typeWords(typesOf({ type: rule }))}; ${got}`;
    case 'enum':
      return `must be one of ${Array.isArray(rule) ? listed(rule) : 'a list'}; ${got}`;
    case 'const':
      return `must be ${valueWords(rule)}; ${got}`;
    case 'minimum':
      return `must be at least ${String(rule)}; ${got}`;
    case 'maximum':
      return `must be at most ${String(rule)}; ${got}`;
    case 'exclusiveMinimum':
      return `must be above ${String(rule)}; ${got}`;
    case 'exclusiveMaximum':
      return `must be below ${String(rule)}; ${got}`;
    case 'multipleOf':
      return `must be a multiple of ${String(rule)}; ${got}`;
    case 'minLength':
    case 'maxLength':
      return `must have at ${keyword === 'minLength' ? 'least' : 'most'} ${String(rule)} characters; ${got}`;
    case 'minItems':
    case 'maxItems':
      return `must have at ${keyword === 'minItems' ? 'least' : 'most'} ${String(rule)} elements; it has ${Array.isArray(value) ? value.length : 'none'}`;
    case 'minProperties':
    case 'maxProperties':
      return `must have at ${keyword === 'minProperties' ? 'least' : 'most'} ${String(rule)} fields`;
    case 'pattern':
      return `must match the pattern ${shown(String(rule))}; ${got}`;
    case 'format':
      return `must be written as ${shown(String(rule))}; ${got}`;
    case 'anyOf':
      return `must fit one of the schemas in "anyOf"; ${got}`;
    case 'oneOf':
      return `must fit exactly one of the schemas in "oneOf"; ${got}`;
    case 'not':
      return `must not fit the schema in "not"; ${got}`;
    default:
      return `must keep the rule "${keyword}": ${error}`;
  }
}

function listed(values: unknown[]): string {
  const some = values.slice(0, VALUES_LISTED_MAX).map(valueWords).join(', ');
  return values.length > VALUES_LISTED_MAX ? `${some}, … (${values.length} values)` : some;
}
const VALUES_LISTED_MAX = 10;

function valueWords(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object') return 'an object';
  return typeof value === 'string' || typeof value === 'number' ? shown(value) : JSON.stringify(value);
}
