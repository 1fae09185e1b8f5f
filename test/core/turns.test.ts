import { expect, test } from 'vitest';
import { inTurns } from '../../src/core/turns.ts';

test('a long list of one owner leaves the others their turns, and each owner its order', () => {
  const items = ['a1', 'a2', 'a3', 'a4', 'b1', 'c1', 'c2'];
  const ownerOf = (item: string) => item.slice(0, 1);
  expect(inTurns(items, ownerOf, 5)).toEqual(['a1', 'b1', 'c1', 'a2', 'c2']);
  expect(inTurns(items, ownerOf, 100)).toEqual(['a1', 'b1', 'c1', 'a2', 'c2', 'a3', 'a4']);
});
