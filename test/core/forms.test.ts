import { expect, test } from 'vitest';
import { type Form, formFor, type Forms, newestFirst, pinnedVersion } from '../../src/core/forms.ts';

function formsOf(...versions: string[]): Forms {
  const [first, ...rest] = newestFirst(versions.map((version): Form => ({ version, data: null })));
  if (first === undefined) throw new Error('no form');
  return [first, ...rest];
}

test.each<[string[], string | undefined, string, string]>([
  [['1', '2'], undefined, '2', 'nothing pinned: the newest'],
  [['9', '10'], undefined, '10', 'by number, not by letter'],
  [['1', '2'], '1', '1', 'the pinned one'],
  [['1', '3'], '2', '1', 'the next older one, where the pinned one is not there'],
  [['3', '4'], '2', '3', 'the oldest, where all are newer'],
  [['1', '2'], '5', '2', 'the newest, where all are older'],
])('of %j an endpoint that pins %s is sent %s: %s', (versions, pinned, sent, _why) => {
  expect(formFor(formsOf(...versions), pinned).version).toBe(sent);
});

test('a type that is named like a property of every object pins nothing', () => {
  expect([pinnedVersion({}, 'constructor'), pinnedVersion({ a: '2' }, 'a'), pinnedVersion(undefined, 'a')]).toEqual([
    undefined,
    '2',
    undefined,
  ]);
});

test('plain data of a type without versions is sent to everyone', () => {
  const forms: Forms = [{ version: null, data: 1 }];
  expect([formFor(forms, undefined).data, formFor(forms, '2').data]).toEqual([1, 1]);
});
