/** E1: what a filter lets through. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Condition, type Filter, filterable, meets as meetsValues } from '../../src/core/filter.ts';
import { EventValues, type FilteredEvent } from '../../src/core/filter-values.ts';
import { parseFilter } from '../../src/core/filter-rules.ts';
import { FILTER_VALUES_LOOKED_AT_MAX } from '../../src/core/limits.ts';
import { parseExact } from '../../src/core/json.ts';

function event(given: Partial<FilteredEvent> = {}): FilteredEvent {
  return { type: 'invoice.paid', record: 'invoice/1', version: 3, data: {}, ...given };
}
const meets = (filter: Filter | null | undefined, subject: FilteredEvent) => meetsValues(filter, filterable(subject));
const withData = (json: string) => event({ data: parseExact(json) });

describe('one condition', () => {
  test.each<[condition: object, data: string, met: boolean]>([
    [{ equals: 'pro' }, '"pro"', true],
    [{ equals: 'pro' }, '"Pro"', false],
    [{ equals: 5 }, '5', true],
    [{ equals: 5 }, '5.0', true],
    [{ equals: 5 }, '"5"', false],
    [{ equals: '5' }, '5', false],
    [{ equals: 0 }, '-0', true],
    [{ equals: 1.1 }, '1.10', true],
    [{ equals: 9007199254740991 }, '9007199254740991.5', false],
    [{ equals: true }, 'true', true],
    [{ equals: true }, '1', false],
    [{ equals: null }, 'null', true],
    [{ equals: null }, 'false', false],
    [{ equals: 'x' }, '{}', false],
    [{ in: ['a', 2, null] }, '2e0', true],
    [{ in: ['a', 2, null] }, 'null', true],
    [{ in: ['a', 2, null] }, '"b"', false],
    [{ lessThan: 5 }, '4.9', true],
    [{ lessThan: 5 }, '5', false],
    [{ lessThan: 5 }, '"4"', false],
    [{ lessOrEqual: 5 }, '5.00', true],
    [{ lessOrEqual: 5 }, '5.01', false],
    [{ greaterThan: 9007199254740991 }, '9007199254740991.25', true],
    [{ greaterThan: 9007199254740991 }, '12345678901234567890', true],
    [{ greaterThan: 5 }, '1e400', true],
    [{ greaterThan: 5 }, '-1e400', false],
    [{ greaterOrEqual: 5 }, '5', true],
    [{ greaterOrEqual: 5 }, 'null', false],
    [{ greaterOrEqual: '2026-01-01' }, '"2026-05-01T00:00:00Z"', true],
    [{ lessThan: '2026-01-01' }, '"2026-05-01T00:00:00Z"', false],
    [{ prefix: 'EU-' }, '"EU-7"', true],
    [{ prefix: 'EU-' }, '"US-EU-7"', false],
    [{ prefix: '1' }, '12', false],
    [{ exists: true }, '0', true],
    [{ exists: true }, 'false', true],
    [{ exists: true }, 'null', false],
    [{ exists: true }, '[]', true],
    [{ exists: false }, '[]', false],
    [{ exists: false }, 'null', true],
    // A list stands for its elements, also in lists.
    [{ equals: 'b' }, '["a","b"]', true],
    [{ equals: 'b' }, '[["a"],["b"]]', true],
    [{ equals: 'c' }, '["a","b"]', false],
    [{ equals: null }, '[]', false],
    [{ greaterThan: 5 }, '[1, 6]', true],
  ])('%j on a value %s: %s', (condition, value, met) => {
    const inside = withData(`{"a":{"b":${value}}}`);
    expect(meets({ field: 'data.a.b', ...condition } as Filter, inside)).toBe(met);
    // Anywhere: the same with lists on the way.
    expect(meets({ field: 'data.a.b', ...condition } as Filter, withData(`{"a":[7,{"b":${value}}]}`))).toBe(met);
    expect(meets({ field: 'data', ...condition } as Filter, withData(value))).toBe(met);
  });

  test.each<[Filter, boolean]>([
    [{ field: 'type', prefix: 'invoice.' }, true],
    [{ field: 'record', equals: 'invoice/1' }, true],
    [{ field: 'version', greaterThan: 2 }, true],
    [{ field: 'version', greaterThan: 3 }, false],
  ])('%j on the event itself: %s', (filter, met) => {
    expect(meets(filter, event())).toBe(met);
  });

  test('a record and a version that the publisher did not give are null, and do not exist', () => {
    const bare = event({ record: null, version: null });
    expect(meets({ field: 'record', exists: true }, bare)).toBe(false);
    expect(meets({ field: 'version', equals: null }, bare)).toBe(true);
  });

  test('what is missing meets only "exists": false, and what every object inherits is missing', () => {
    for (const field of [
      'data.b',
      'data.a.b.c',
      'data.constructor',
      'data.__proto__',
      'data.toString.name',
      'data.a.length',
    ]) {
      expect(meets({ field, exists: true }, withData('{"a":"text"}'))).toBe(false);
      expect(meets({ field, exists: false }, withData('{"a":"text"}'))).toBe(true);
      expect(meets({ not: { field, equals: 'x' } }, withData('{"a":"text"}'))).toBe(true);
    }
    expect(meets({ field: 'data.n.rawJSON', exists: true }, withData('{"n":1.10}'))).toBe(false);
  });
});

test('no filter lets everything through', () => {
  expect(meets(null, event())).toBe(true);
  expect(meets(undefined, event())).toBe(true);
});

describe('lists too long to look at', () => {
  const items = Array.from({ length: FILTER_VALUES_LOOKED_AT_MAX * 2 }, (_, i) => ({ id: i }));
  const long = event({ data: { items, plan: 'free' } });
  const beyond: Filter = { field: 'data.items.id', equals: items.length - 1 };

  test('leave a condition undecided, and the event is sent whichever way it is asked', () => {
    expect(meets(beyond, long)).toBe(true);
    expect(meets({ not: beyond }, long)).toBe(true);
    expect(meets({ field: 'data.items.id', exists: true }, long)).toBe(true);
  });

  test('are those above the limit, to the value', () => {
    const numbers = (count: number): unknown[] => Array.from({ length: count }, (_, i) => i);
    const decided = numbers(FILTER_VALUES_LOOKED_AT_MAX - 1); // and the list itself
    const absent: Filter = { field: 'data', equals: 'x' };
    expect(meets(absent, event({ data: decided }))).toBe(false);
    expect(meets(absent, event({ data: [...decided, 1] }))).toBe(true);
    // The last value to be looked at is an object: what is in it is one too many.
    const last = [...decided.slice(1), { id: 1 }];
    expect(meets({ field: 'data.id', equals: 'x' }, event({ data: last }))).toBe(true);
    expect(meets({ field: 'data.id', equals: 'x' }, event({ data: last.slice(1) }))).toBe(false);
  });

  test('do not matter where another condition decides', () => {
    const isPro: Filter = { field: 'data.plan', equals: 'pro' };
    expect(meets({ and: [beyond, isPro] }, long)).toBe(false);
    expect(meets({ not: { or: [beyond, { not: isPro }] } }, long)).toBe(false);
  });
});

describe('the steps', () => {
  const lists = Object.fromEntries(
    Array.from({ length: 12 }, (_, i) => [`list${i}`, Array.from({ length: 990 }, (_unused, n) => n)]),
  );
  const nowhere = (i: number): Filter => ({ field: `data.list${i}`, equals: 'x' });

  test('of one filter are bounded: beyond them it is undecided, and the event is sent', () => {
    const subject = event({ data: lists });
    const [ten, twelve] = [10, 12].map((count) => Array.from({ length: count }, (_, i) => nowhere(i)));
    expect(meets({ or: ten ?? [] }, subject)).toBe(false);
    expect(meets({ or: twelve ?? [] }, subject)).toBe(true);
    expect(meets({ not: { or: twelve ?? [] } }, subject)).toBe(true);
  });

  test('of one filter do not depend on what other filters have looked up', () => {
    const values = filterable(event({ data: lists }));
    const all: Filter = { or: Array.from({ length: 12 }, (_, i) => nowhere(i)) };
    expect([meetsValues(all, values), meetsValues(all, values)]).toEqual([true, true]);
    expect([meetsValues(nowhere(1), values), meetsValues(nowhere(11), values)]).toEqual([false, false]);
  });

  test('of a publish are bounded over all of its events and filters', () => {
    const budget = { left: 2_000 };
    const [first, second] = [1, 2].map(() => new EventValues(event({ data: lists }), budget));
    if (first === undefined || second === undefined) throw new Error('two were made');
    expect(meetsValues(nowhere(0), first)).toBe(false);
    expect(meetsValues(nowhere(0), first)).toBe(false);
    expect(budget.left).toBeGreaterThan(1_000);
    expect(meetsValues(nowhere(0), second)).toBe(false);
    expect(meetsValues(nowhere(1), second)).toBe(false);
    expect(budget.left).toBeLessThan(0);
    expect(meetsValues(nowhere(0), second)).toBe(true);
    expect(meetsValues({ not: nowhere(0) }, second)).toBe(true);
  });
});

test('a condition of a newer release that this one does not know sends the event', () => {
  expect(meets({ field: 'data.a', matches: '.*' } as unknown as Filter, withData('{"a":1}'))).toBe(true);
});

const scalar = fc.oneof(
  fc.constantFrom('a', 'b', 'aa'),
  fc.integer({ min: -2, max: 2 }),
  fc.boolean(),
  fc.constant(null),
);
const ordered = fc.oneof(fc.constantFrom('a', 'b', 'aa'), fc.integer({ min: -2, max: 2 }));
const field = fc.constantFrom('type', 'record', 'version', 'data', 'data.a', 'data.a.b', 'data.b');
const condition = fc
  .tuple(
    field,
    fc.oneof(
      fc.record({ equals: scalar }),
      fc.record({ in: fc.array(scalar, { minLength: 1, maxLength: 3 }) }),
      fc.record({ lessThan: ordered }),
      fc.record({ lessOrEqual: ordered }),
      fc.record({ greaterThan: ordered }),
      fc.record({ greaterOrEqual: ordered }),
      fc.record({ prefix: fc.constantFrom('a', 'b') }),
      fc.record({ exists: fc.boolean() }),
    ),
  )
  .map(([name, operator]) => ({ field: name, ...operator }));
const { filter } = fc.letrec<{ filter: Filter }>((tie) => ({
  filter: fc.oneof(
    { depthSize: 'small', maxDepth: 4, withCrossShrink: true },
    condition,
    fc.record({ and: fc.array(tie('filter'), { minLength: 1, maxLength: 2 }) }),
    fc.record({ or: fc.array(tie('filter'), { minLength: 1, maxLength: 2 }) }),
    fc.record({ not: tie('filter') }),
  ),
}));
const json = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    scalar,
    fc.array(tie('value'), { maxLength: 3 }),
    fc.dictionary(fc.constantFrom('a', 'b', '__proto__'), tie('value')),
  ),
})).value;
const anyEvent = fc.record({
  type: fc.constantFrom('a', 'aa', 'b.a'),
  record: fc.constantFrom(null, 'a'),
  version: fc.constantFrom(null, 1),
  data: json,
});

/** What docs/filters.md says, value by value. */
function holds(given: Condition, subject: FilteredEvent): boolean {
  const ends = valuesAt(given.field.split('.'), subject, 'exists' in given);
  if ('exists' in given) return ends.some((value) => value !== null) === given.exists;
  return ends.some((value) => {
    if ('equals' in given) return value === given.equals;
    if ('in' in given) return given.in.some((wanted) => value === wanted);
    if ('prefix' in given) return typeof value === 'string' && value.startsWith(given.prefix);
    const [[name, wanted] = ['', '']] = Object.entries(given).filter(([key]) => key !== 'field');
    if (typeof value !== typeof wanted || (typeof value !== 'string' && typeof value !== 'number')) return false;
    if (name === 'lessThan') return value < Object(wanted);
    if (name === 'lessOrEqual') return value <= Object(wanted);
    return name === 'greaterThan' ? value > Object(wanted) : value >= Object(wanted);
  });
}

function valuesAt([name, ...names]: string[], value: unknown, isItself: boolean): unknown[] {
  if (name === undefined) {
    return isItself || !Array.isArray(value) ? [value] : value.flatMap((one) => valuesAt([], one, isItself));
  }
  if (Array.isArray(value)) return value.flatMap((one) => valuesAt([name, ...names], one, isItself));
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return [];
  return valuesAt(names, Reflect.get(value, name), isItself);
}

describe('every filter and every event', () => {
  test('"not" is the opposite, and and/or are every and some', () => {
    fc.assert(
      fc.property(filter, filter, anyEvent, (a, b, subject) => {
        const [isA, isB] = [meets(a, subject), meets(b, subject)];
        expect(meets({ not: a }, subject)).toBe(!isA);
        expect(meets({ and: [a, b] }, subject)).toBe(isA && isB);
        expect(meets({ or: [a, b] }, subject)).toBe(isA || isB);
      }),
    );
  });

  test('what may be saved is read back as it was, and decides in the same way', () => {
    fc.assert(
      fc.property(filter, anyEvent, (given, subject) => {
        const parsed = parseFilter(JSON.parse(JSON.stringify(given)));
        // Deeper or larger than may be saved: then it says so at the part.
        fc.pre(parsed.ok);
        expect(parsed).toEqual({ ok: true, value: given });
        if (parsed.ok) expect(meets(parsed.value, subject)).toBe(meets(given, subject));
      }),
    );
  });

  test('a condition holds if it holds for one of the values that its field leads to', () => {
    fc.assert(
      fc.property(condition, anyEvent, (given, subject) => {
        expect(meets(given as Filter, subject)).toBe(holds(given as Condition, subject));
      }),
      { numRuns: 1_000 },
    );
  });

  test('any data is decided, never thrown at', () => {
    fc.assert(
      fc.property(filter, fc.json(), (given, text) => {
        expect(typeof meets(given, event({ data: parseExact(text) }))).toBe('boolean');
      }),
    );
  });
});
