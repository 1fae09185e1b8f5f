/**
 * Data against a JSON Schema, in a bounded number of steps: one for each schema that looks at one
 * value, and more where a keyword looks at much (a long text, many names). Values of an `enum` are
 * found in a set, fields by their names, so that nothing multiplies what an operator wrote with
 * what a publisher sends. Numbers of the data are compared as doubles.
 *
 * A first walk only decides; where it finds a fault, a second one says which, and stops at the
 * first field or element that is wrong, so that data of 100,000 faults costs no more than data with
 * one.
 */
import { canonicalJson } from './canonical.ts';
import { isMultipleOf } from './decimal.ts';
import { plainNumber } from './json.ts';
import { isSchemaObject, type JsonSchema, resolveRef, typesOf } from './schema.ts';
import { formatCheck } from './schema-formats.ts';

/**
 * What a value breaks: `rule` is what the schema holds under `keyword`. `false` is a schema that
 * allows nothing.
 */
export type Violation = { path: readonly string[]; keyword: string; rule: unknown; value: unknown };

/** Null: it would take more steps than it may. */
export function violations(schema: JsonSchema, data: unknown, stepsMax: number): Violation[] | null {
  const evaluator = evaluatorOf(schema);
  evaluator.left = stepsMax;
  try {
    return evaluator.fits(schema, data) ? [] : evaluator.explain(schema, data, []);
  } catch (error) {
    // A chain of references in place, repeated at each level of deep data, may be deeper than the
    // stack.
    if (error instanceof TooManySteps || error instanceof RangeError) return null;
    throw error;
  }
}

class TooManySteps extends Error {}

/** What is compiled of a schema that an isolate remembers is remembered with it. */
const evaluators = new WeakMap<JsonSchema, Evaluator>();

function evaluatorOf(root: JsonSchema): Evaluator {
  const known = evaluators.get(root);
  if (known !== undefined) return known;
  const made = new Evaluator(root);
  evaluators.set(root, made);
  return made;
}

type Path = readonly string[];
/** `why`: where a fault lies deeper than the value, or in what is missing. */
type Check = {
  keyword: string;
  rule: unknown;
  fits: (value: unknown) => boolean;
  why?: (value: unknown, path: Path) => Violation[];
};
type Fields = { [name: string]: unknown };

/** Characters of a text, names of an object, that cost about what a step does. */
const CHARS_PER_STEP = 100;
const NAMES_PER_STEP = 4;

class Evaluator {
  readonly #root: JsonSchema;
  readonly #compiled = new Map<JsonSchema, Check[]>();
  left = 0;

  constructor(root: JsonSchema) {
    this.#root = root;
  }

  fits(schema: unknown, given: unknown): boolean {
    this.#spend(1);
    if (!isSchemaObject(schema)) return schema !== false;
    const value = plainNumber(given);
    return this.#checksOf(schema).every((check) => check.fits(value));
  }

  explain(schema: unknown, given: unknown, path: Path): Violation[] {
    const value = plainNumber(given);
    if (!isSchemaObject(schema)) return [{ path, keyword: 'false', rule: false, value: given }];
    const broken = this.#checksOf(schema).filter((check) => !check.fits(value));
    return broken.flatMap(({ keyword, rule, why }) => why?.(value, path) ?? [{ path, keyword, rule, value: given }]);
  }

  #spend(steps: number): void {
    this.left -= steps;
    if (this.left < 0) throw new TooManySteps();
  }

  #checksOf(schema: JsonSchema): Check[] {
    const known = this.#compiled.get(schema);
    if (known !== undefined) return known;
    // What it refers to stands alone (schema-rules.ts).
    const keywords = schema['$ref'] === undefined ? Object.keys(schema) : ['$ref'];
    const made = keywords.flatMap((keyword) => this.#compile(schema, keyword) ?? []);
    this.#compiled.set(schema, made);
    return made;
  }

  /** Null for notes, definitions, and what another keyword speaks for. */
  #compile(schema: JsonSchema, keyword: string): Check | null {
    const rule = schema[keyword];
    const check = (fits: Check['fits'], why?: Check['why']): Check => ({
      keyword,
      rule,
      fits,
      ...(why === undefined ? {} : { why }),
    });
    switch (keyword) {
      case '$ref': {
        const target = resolveRef(this.#root, rule);
        return this.#inPlace(check, () => [target]);
      }
      case 'allOf':
        return this.#inPlace(check, () => listOf(rule));
      case 'if':
        return this.#inPlace(check, (value) => [schema[this.fits(rule, value) ? 'then' : 'else'] ?? true]);
      case 'dependentSchemas': {
        const named = namedIn(rule);
        return this.#inPlace(check, (value) => this.#named(named, value).map(([, one]) => one));
      }
      case 'anyOf':
        return check((value) => listOf(rule).some((one) => this.fits(one, value)));
      case 'oneOf':
        return check((value) => this.#count(listOf(rule), (one) => this.fits(one, value), 2) === 1);
      case 'not':
        return check((value) => !this.fits(rule, value));
      case 'type':
        return this.#typeCheck(check, schema);
      case 'enum':
        return this.#valueCheck(check, listOf(rule));
      case 'const':
        return this.#valueCheck(check, [rule]);
      case 'minimum':
        return check((value) => typeof value !== 'number' || value >= Number(rule));
      case 'maximum':
        return check((value) => typeof value !== 'number' || value <= Number(rule));
      case 'exclusiveMinimum':
        return check((value) => typeof value !== 'number' || value > Number(rule));
      case 'exclusiveMaximum':
        return check((value) => typeof value !== 'number' || value < Number(rule));
      case 'multipleOf':
        return check((value) => typeof value !== 'number' || this.#isMultiple(value, Number(rule)));
      case 'minLength':
        return check((value) => typeof value !== 'string' || this.#length(value, Number(rule)) >= Number(rule));
      case 'maxLength':
        return check((value) => typeof value !== 'string' || this.#length(value, Number(rule)) <= Number(rule));
      case 'pattern':
        return this.#textCheck(check, patternTest(String(rule)));
      case 'format':
        return this.#textCheck(check, formatCheck(rule));
      default:
        return this.#compileContainer(schema, keyword, check);
    }
  }

  #compileContainer(schema: JsonSchema, keyword: string, check: MakeCheck): Check | null {
    const rule = schema[keyword];
    switch (keyword) {
      case 'prefixItems':
        return this.#eachIn(check, (value) =>
          elementsOf(value)
            .slice(0, listOf(rule).length)
            .map((element, i) => [String(i), element, listOf(rule)[i]]),
        );
      case 'items':
        return this.#itemsCheck(check, rule, listOf(schema['prefixItems']).length);
      case 'contains':
        return this.#containsCheck(check, schema);
      case 'minItems':
        return check((value) => !Array.isArray(value) || value.length >= Number(rule));
      case 'maxItems':
        return check((value) => !Array.isArray(value) || value.length <= Number(rule));
      case 'properties': {
        const named = namedIn(rule);
        return this.#eachIn(check, (value) =>
          this.#named(named, value).map(([name, one]) => [name, fieldsOf(value)?.[name], one]),
        );
      }
      case 'patternProperties':
        return this.#patternsCheck(check, rule);
      case 'additionalProperties':
        return this.#additionalCheck(check, schema);
      case 'propertyNames':
        return check((value) => this.#names(value).every((name) => this.fits(rule, name)));
      case 'required': {
        const texts = listOf(rule).map(String);
        return this.#requiredCheck(check, (value) => (fieldsOf(value) === null ? [] : texts));
      }
      case 'dependentRequired': {
        const named = namedIn(rule);
        return this.#requiredCheck(check, (value) =>
          this.#named(named, value).flatMap(([, names]) => listOf(names).map(String)),
        );
      }
      case 'minProperties':
        return check((value) => fieldsOf(value) === null || this.#names(value).length >= Number(rule));
      case 'maxProperties':
        return check((value) => fieldsOf(value) === null || this.#names(value).length <= Number(rule));
      default:
        return null;
    }
  }

  /** Schemas that look at the same value. */
  #inPlace(check: MakeCheck, schemasFor: (value: unknown) => unknown[]): Check {
    return check(
      (value) => schemasFor(value).every((one) => this.fits(one, value)),
      (value, path) => {
        const broken = schemasFor(value).filter((one) => !this.fits(one, value));
        return broken.flatMap((one) => this.explain(one, value, path));
      },
    );
  }

  /** Fields or elements with what each must fit: the first that does not is explained. */
  #eachIn(
    check: MakeCheck,
    partsOf: (value: unknown) => (readonly [name: string, part: unknown, schema: unknown])[],
  ): Check {
    return check(
      (value) => partsOf(value).every(([, part, schema]) => this.fits(schema, part)),
      (value, path) => {
        const broken = partsOf(value).find(([, part, schema]) => !this.fits(schema, part));
        return broken === undefined ? [] : this.explain(broken[2], broken[1], [...path, broken[0]]);
      },
    );
  }

  #itemsCheck(check: MakeCheck, rule: unknown, from: number): Check {
    return check(
      (value) => !Array.isArray(value) || value.every((element, i) => i < from || this.fits(rule, element)),
      (value, path) => {
        const at = elementsOf(value).findIndex((element, i) => i >= from && !this.fits(rule, element));
        return this.explain(rule, elementsOf(value)[at], [...path, String(at)]);
      },
    );
  }

  #containsCheck(check: MakeCheck, { contains, minContains = 1, maxContains = Infinity }: JsonSchema): Check {
    const [least, most] = [Number(minContains), Number(maxContains)];
    return check((value) => {
      if (!Array.isArray(value)) return true;
      const enough = most === Infinity ? least : most + 1;
      const count = this.#count(value, (element) => this.fits(contains, element), enough);
      return count >= least && count <= most;
    });
  }

  #patternsCheck(check: MakeCheck, rule: unknown): Check {
    const patterns = Object.entries(fieldsOf(rule) ?? {}).map(([pattern, schema]) => ({
      test: patternTest(pattern),
      schema,
    }));
    return this.#eachIn(check, (value) =>
      this.#names(value).flatMap((name) => {
        this.#spend(patterns.length * this.#textSteps(name));
        const matching = patterns.filter(({ test }) => test(name));
        return matching.map(({ schema }) => [name, fieldsOf(value)?.[name], schema] as const);
      }),
    );
  }

  /** Of fields that neither `properties` nor `patternProperties` names. */
  #additionalCheck(check: MakeCheck, { additionalProperties, properties, patternProperties }: JsonSchema): Check {
    const named = new Set(Object.keys(fieldsOf(properties) ?? {}));
    const patterns = Object.keys(fieldsOf(patternProperties) ?? {}).map(patternTest);
    return this.#eachIn(check, (value) => {
      const others = this.#names(value).filter((name) => {
        if (named.has(name)) return false;
        this.#spend(patterns.length * this.#textSteps(name));
        return !patterns.some((test) => test(name));
      });
      return others.map((name) => [name, fieldsOf(value)?.[name], additionalProperties]);
    });
  }

  #requiredCheck(check: MakeCheck, namesFor: (value: unknown) => string[]): Check {
    const missing = (value: unknown) => {
      const names = namesFor(value);
      this.#spend(Math.ceil(names.length / NAMES_PER_STEP));
      return names.filter((name) => !Object.hasOwn(Object(value), name));
    };
    return check(
      (value) => missing(value).length === 0,
      (value, path) =>
        missing(value).map((name) => ({ path: [...path, name], keyword: 'required', rule: true, value: undefined })),
    );
  }

  #typeCheck(check: MakeCheck, schema: JsonSchema): Check {
    const types = new Set<string>(typesOf(schema) ?? []);
    return check((value) => {
      const type = typeOf(value);
      return types.has(type) || (type === 'number' && types.has('integer') && !(Number(value) % 1));
    });
  }

  #valueCheck(check: MakeCheck, allowed: readonly unknown[]): Check {
    const scalars = new Set(allowed.filter((one) => typeof one !== 'object' || one === null));
    const containers = allowed.filter((one) => typeof one === 'object' && one !== null);
    const texts = new Set(containers.map((one) => canonicalJson(one)));
    return check((value) => {
      if (typeof value !== 'object' || value === null) return scalars.has(value);
      if (texts.size === 0) return false;
      this.#spend(countValues(value, this.left));
      return texts.has(canonicalJson(plainValue(value)));
    });
  }

  #textCheck(check: MakeCheck, test: ((text: string) => boolean) | null): Check | null {
    if (test === null) return null;
    return check((value) => {
      if (typeof value !== 'string') return true;
      this.#spend(this.#textSteps(value));
      return test(value);
    });
  }

  #textSteps(text: string): number {
    return 1 + Math.floor(text.length / CHARS_PER_STEP);
  }

  /**
   * In characters (RFC 8259's, not UTF-16's): counted only where their number decides against
   * `limit`.
   */
  #length(text: string, limit: number): number {
    if (text.length < limit || text.length / 2 > limit) return text.length < limit ? text.length : text.length / 2;
    this.#spend(this.#textSteps(text));
    let pairs = 0;
    for (let i = 0; i < text.length; i++) {
      if ((text.charCodeAt(i) & 0xfc00) !== 0xd800 || (text.charCodeAt(i + 1) & 0xfc00) !== 0xdc00) continue;
      pairs += 1;
      i += 1;
    }
    return text.length - pairs;
  }

  #isMultiple(value: number, divisor: number): boolean {
    if (Number.isSafeInteger(value) && Number.isSafeInteger(divisor)) return value % divisor === 0;
    this.#spend(BIG_DIVISION_STEPS);
    return isMultipleOf(value, divisor);
  }

  /** Members of the map whose names the value has: by the shorter of both. */
  #named({ members, all }: Named, value: unknown): [name: string, one: unknown][] {
    const fields = fieldsOf(value);
    if (fields === null) return [];
    const names = all.length <= FEW_NAMES ? all : Object.keys(fields);
    this.#spend(Math.floor(names.length / NAMES_PER_STEP));
    const both = names.filter((name) => Object.hasOwn(members, name) && Object.hasOwn(fields, name));
    return both.map((name) => [name, members[name]]);
  }

  #names(value: unknown): string[] {
    const fields = fieldsOf(value);
    if (fields === null) return [];
    const names = Object.keys(fields);
    this.#spend(Math.floor(names.length / NAMES_PER_STEP));
    return names;
  }

  #count<T>(of: readonly T[], fits: (one: T) => boolean, enough: number): number {
    let count = 0;
    for (const one of of) {
      if (fits(one)) count += 1;
      if (count >= enough) break;
    }
    return count;
  }
}

/** What a keyword holds by name. */
type Named = { members: Fields; all: string[] };

function namedIn(rule: unknown): Named {
  const members = fieldsOf(rule) ?? {};
  return { members, all: Object.keys(members) };
}

type MakeCheck = (fits: Check['fits'], why?: Check['why']) => Check;

/**
 * Names of a schema that are looked up one by one in any object; of more, the object's own are
 * looked up.
 */
const FEW_NAMES = 16;
/** Divides numbers of hundreds of digits, in steps. */
const BIG_DIVISION_STEPS = 50;

function patternTest(pattern: string): (text: string) => boolean {
  const expression = new RegExp(pattern, 'u');
  return (text) => expression.test(text);
}

function typeOf(value: unknown): string {
  if (value === null) return 'null';
  return Array.isArray(value) ? 'array' : typeof value;
}

function fieldsOf(value: unknown): Fields | null {
  return isSchemaObject(value) ? value : null;
}

function elementsOf(value: unknown): unknown[] {
  return listOf(value);
}

function listOf(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [];
}

/** Ends soon after `most`. Data may be nested DATA_DEPTH_MAX deep, so this recursion ends. */
export function countValues(value: unknown, most = Infinity): number {
  if (typeof value !== 'object' || value === null) return 1;
  let count = 1;
  for (const inner of Object.values(value)) {
    if (count > most) break;
    count += countValues(inner, most - count);
  }
  return count;
}

function plainValue(value: unknown): unknown {
  const plain = plainNumber(value);
  if (Array.isArray(plain)) return plain.map(plainValue);
  if (!isSchemaObject(plain)) return plain;
  return Object.fromEntries(Object.entries(plain).map(([name, inner]) => [name, plainValue(inner)]));
}
