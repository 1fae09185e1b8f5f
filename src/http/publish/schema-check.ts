/**
 * Data against a JSON Schema: a sentence for each fault, at its place. What fits is decided in
 * core/schema-eval.ts.
 */
import { CHECK_STEPS_MAX, CHECK_STEPS_PER_VALUE, SCHEMA_FAULTS_MAX } from '../../core/limits.ts';
import { type JsonSchema, pointerSegment, typesOf, typeWords } from '../../core/schema.ts';
import { countValues, type Violation, violations } from '../../core/schema-eval.ts';
import { isRawJson } from '../../core/json.ts';
import { shown, shownNumber } from '../../core/text.ts';

/** `pointer` leads into the data; '' is all of it. */
export type DataFault = { pointer: string; message: string };

/**
 * `data` as it was published: numbers are compared as doubles. The schema was checked when it was
 * saved.
 */
export function dataFaults(schema: JsonSchema, data: unknown): DataFault[] {
  const stepsMax = Math.max(CHECK_STEPS_MAX, CHECK_STEPS_PER_VALUE * countValues(data));
  const found = violations(schema, data, stepsMax);
  if (found === null) {
    const message = `is too complex for its schema: to check it takes more than ${stepsMax} steps`;
    return [{ pointer: '', message }];
  }
  const faults = found.slice(0, SCHEMA_FAULTS_MAX).map(faultOf);
  const distinct = new Map(faults.map((fault) => [`${fault.pointer} ${fault.message}`, fault]));
  return [...distinct.values()];
}

function faultOf(violation: Violation): DataFault {
  const pointer = violation.path.map((name) => `/${pointerSegment(name)}`).join('');
  return { pointer, message: sentence(violation) };
}

function sentence({ keyword, rule, value }: Violation): string {
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
    case 'contains':
      return 'must have as many elements that fit the schema in "contains" as it asks for';
    case 'propertyNames':
      return 'must have no field whose name breaks the schema in "propertyNames"';
    case 'not':
      return `must not fit the schema in "not"; ${got}`;
    default:
      return `must keep the rule "${keyword}"; ${got}`;
  }
}

function listed(values: unknown[]): string {
  const some = values.slice(0, VALUES_LISTED_MAX).map(valueWords).join(', ');
  return values.length > VALUES_LISTED_MAX ? `${some}, … (${values.length} values)` : some;
}
const VALUES_LISTED_MAX = 10;

function valueWords(value: unknown): string {
  if (isRawJson(value)) return shownNumber(value.rawJSON);
  if (value === undefined) return 'nothing';
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object') return 'an object';
  return typeof value === 'string' || typeof value === 'number' ? shown(value) : JSON.stringify(value);
}
