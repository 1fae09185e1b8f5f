import fc from 'fast-check';
import { expect, test } from 'vitest';
import { changesBetween } from '../../src/core/audit.ts';
import { AUDIT_CHANGES_MAX, AUDIT_VALUE_CHARS_MAX } from '../../src/core/limits.ts';

test('names what differs, with old and new, and nothing that is the same or absent both ways', () => {
  const before = { a: 1, b: { deep: [1] }, c: 'x', d: null };
  const after = { a: 2, b: { deep: [1] }, c: 'y', e: null, f: true };
  expect(changesBetween(before, after)).toEqual([
    { field: 'a', from: '1', to: '2' },
    { field: 'c', from: '"x"', to: '"y"' },
    { field: 'f', from: 'null', to: 'true' },
  ]);
});

test('names a secret field without a value, and leaves out what was to be left out', () => {
  const changes = changesBetween({}, { headers: 'hush', at: 1 }, { secret: ['headers'], leftOut: ['at'] });
  expect(changes).toEqual([{ field: 'headers', from: null, to: null }]);
});

test('is bounded, whatever changed', () => {
  fc.assert(
    fc.property(fc.dictionary(fc.string(), fc.jsonValue()), fc.dictionary(fc.string(), fc.jsonValue()), (a, b) => {
      const changes = changesBetween(a, b);
      expect(changes.length).toBeLessThanOrEqual(AUDIT_CHANGES_MAX);
      for (const { from, to } of changes) {
        expect(from?.length).toBeLessThanOrEqual(AUDIT_VALUE_CHARS_MAX + 1);
        expect(to?.length).toBeLessThanOrEqual(AUDIT_VALUE_CHARS_MAX + 1);
      }
    }),
  );
  const many = Object.fromEntries(Array.from({ length: 100 }, (_, i) => [`f${i}`, 'x'.repeat(1_000)]));
  expect(changesBetween({}, many)).toHaveLength(AUDIT_CHANGES_MAX);
});
