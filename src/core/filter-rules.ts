/**
 * What a filter may be (E1): from anything to a Filter, or to what is wrong with it, each fault
 * with the JSON pointer (RFC 6901) of the part that it is about. The messages complete a sentence
 * that begins with the field's name.
 */
import type { Condition, Filter, Scalar } from './filter.ts';
import {
  FIELD_ERRORS_MAX,
  FILTER_BYTES_MAX,
  FILTER_CONDITIONS_MAX,
  FILTER_DEPTH_MAX,
  FILTER_IN_VALUES_MAX,
  FILTER_TEXT_BYTES_MAX,
} from './limits.ts';
import { fail, ok, type Result } from './result.ts';
import { shown, utf8Bytes } from './text.ts';

export type FilterFault = { pointer: string; message: string };

export const OPERATORS = [
  'equals',
  'in',
  'lessThan',
  'lessOrEqual',
  'greaterThan',
  'greaterOrEqual',
  'prefix',
  'exists',
] as const;
type Operator = (typeof OPERATORS)[number];
const GROUPS = ['and', 'or', 'not'] as const;

export const FIELD = /^(?:type|record|version|data(?:\.[^.]+)*)$/;

/** Where the walk is, and what it has found so far. */
type At = { pointer: string; depth: number; walk: { faults: FilterFault[]; conditions: number } };

/** At most FIELD_ERRORS_MAX faults: what a problem shows. */
export function parseFilter(input: unknown): Result<Filter, FilterFault[]> {
  const walk = { faults: [], conditions: 0 };
  const at: At = { pointer: '', depth: 1, walk };
  const filter = parse(input, at);
  if (filter === undefined) return fail(walk.faults);
  if (walk.conditions > FILTER_CONDITIONS_MAX) {
    wrong(at, `must have at most ${FILTER_CONDITIONS_MAX} conditions; it has ${walk.conditions}`);
  }
  const bytes = utf8Bytes(JSON.stringify(filter));
  if (bytes > FILTER_BYTES_MAX) wrong(at, `must have at most ${FILTER_BYTES_MAX} bytes of JSON; it has ${bytes}`);
  return walk.faults.length === 0 ? ok(filter) : fail(walk.faults);
}

/** Undefined where something in it is wrong: then the walk says what. */
function parse(input: unknown, at: At): Filter | undefined {
  if (!isObject(input)) {
    return wrong(at, `must be an object with a "field", or with "and", "or" or "not"; got ${described(input)}`);
  }
  if (at.depth > FILTER_DEPTH_MAX) return wrong(at, `must be nested at most ${FILTER_DEPTH_MAX} levels deep`);
  if ('field' in input) return parseCondition(input, at);
  const group = GROUPS.find((name) => name in input);
  if (group === undefined) return wrong(at, 'must have a "field", or "and", "or" or "not"');
  const others = Object.keys(input).filter((name) => name !== group);
  for (const name of others) wrong(below(at, name), `must not stand beside "${group}"`);

  const inside = { ...below(at, group), depth: at.depth + 1 };
  if (group === 'not') {
    const not = parse(input['not'], inside);
    return not === undefined || others.length > 0 ? undefined : { not };
  }
  const filters = parseList(input[group], 'conditions', FILTER_CONDITIONS_MAX, inside, parse);
  if (filters === undefined || others.length > 0) return undefined;
  return group === 'and' ? { and: filters } : { or: filters };
}

function parseCondition(input: Record<string, unknown>, at: At): Condition | undefined {
  at.walk.conditions += 1;
  const field = parseField(input['field'], below(at, 'field'));
  const names = Object.keys(input).filter((name) => name !== 'field');
  const unknown = names.filter((name) => !isOperator(name));
  for (const name of unknown) {
    wrong(below(at, name), `is not an operator; the operators are ${OPERATORS.join(', ')}`);
  }
  const [operator, second] = names.filter(isOperator);
  if (second !== undefined) return wrong(below(at, second), `must not stand beside "${operator}": use "and"`);
  if (operator === undefined) {
    return unknown.length > 0 ? undefined : wrong(at, `must have one of the operators ${OPERATORS.join(', ')}`);
  }
  const condition = parseOperand(field ?? '', operator, input[operator], below(at, operator));
  return field === undefined || unknown.length > 0 ? undefined : condition;
}

function parseField(value: unknown, at: At): string | undefined {
  if (typeof value !== 'string' || !FIELD.test(value)) {
    return wrong(at, `must be "type", "record", "version" or a path like "data.plan"; got ${described(value)}`);
  }
  return checkedText(value, at);
}

function parseOperand(field: string, operator: Operator, value: unknown, at: At): Condition | undefined {
  switch (operator) {
    case 'equals': {
      const equals = parseScalar(value, at);
      return equals === undefined ? undefined : { field, equals };
    }
    case 'in': {
      const values = parseList(value, 'values', FILTER_IN_VALUES_MAX, at, parseScalar);
      return values === undefined ? undefined : { field, in: values };
    }
    case 'lessThan': {
      const lessThan = parseOrdered(value, at);
      return lessThan === undefined ? undefined : { field, lessThan };
    }
    case 'lessOrEqual': {
      const lessOrEqual = parseOrdered(value, at);
      return lessOrEqual === undefined ? undefined : { field, lessOrEqual };
    }
    case 'greaterThan': {
      const greaterThan = parseOrdered(value, at);
      return greaterThan === undefined ? undefined : { field, greaterThan };
    }
    case 'greaterOrEqual': {
      const greaterOrEqual = parseOrdered(value, at);
      return greaterOrEqual === undefined ? undefined : { field, greaterOrEqual };
    }
    case 'prefix': {
      if (typeof value !== 'string' || value === '') {
        return wrong(at, `must be text that is not empty; got ${described(value)}`);
      }
      const prefix = checkedText(value, at);
      return prefix === undefined ? undefined : { field, prefix };
    }
    case 'exists':
      if (typeof value !== 'boolean') return wrong(at, `must be true or false; got ${described(value)}`);
      return { field, exists: value };
  }
}

function parseList<T>(
  value: unknown,
  what: string,
  most: number,
  at: At,
  parseOne: (element: unknown, at: At) => T | undefined,
): T[] | undefined {
  if (!Array.isArray(value)) return wrong(at, `must be a list of ${what}; got ${described(value)}`);
  if (value.length < 1 || value.length > most)
    return wrong(at, `must have 1 to ${most} ${what}; it has ${value.length}`);
  const parsed = value.map((element: unknown, i) => parseOne(element, below(at, String(i))));
  const right = parsed.filter((element) => element !== undefined);
  return right.length === parsed.length ? right : undefined;
}

function parseScalar(value: unknown, at: At): Scalar | undefined {
  if (value === null || typeof value === 'boolean') return value;
  if (typeof value === 'string' || typeof value === 'number') return parseOrdered(value, at);
  return wrong(at, `must be text, a number, true, false or null; got ${described(value)}`);
}

function parseOrdered(value: unknown, at: At): string | number | undefined {
  if (typeof value === 'string') return checkedText(value, at);
  if (typeof value !== 'number') return wrong(at, `must be text or a number; got ${described(value)}`);
  // JSON.parse has rounded a longer one already: it would be compared as another number than the
  // one that was sent.
  if (Math.abs(value) <= Number.MAX_SAFE_INTEGER) return value;
  return wrong(at, `must be a number of at most ${Number.MAX_SAFE_INTEGER} on either side of 0`);
}

function checkedText(value: string, at: At): string | undefined {
  const bytes = utf8Bytes(value);
  if (bytes > FILTER_TEXT_BYTES_MAX) {
    return wrong(at, `must have at most ${FILTER_TEXT_BYTES_MAX} bytes of UTF-8; ${shown(value)} has ${bytes}`);
  }
  return value.isWellFormed() ? value : wrong(at, `must be well-formed Unicode; ${shown(value)} is not`);
}

function wrong({ pointer, walk }: At, message: string): undefined {
  if (walk.faults.length < FIELD_ERRORS_MAX) walk.faults.push({ pointer, message });
}

/** RFC 6901: `~` and `/` in a name are escaped. */
function below(at: At, name: string): At {
  return { ...at, pointer: `${at.pointer}/${name.replaceAll('~', '~0').replaceAll('/', '~1')}` };
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isOperator(name: string): name is Operator {
  return OPERATORS.some((operator) => operator === name);
}

function described(value: unknown): string {
  if (typeof value === 'string' || typeof value === 'number') return shown(value);
  if (Array.isArray(value)) return 'a list';
  return typeof value === 'object' && value !== null ? 'an object' : String(value);
}
