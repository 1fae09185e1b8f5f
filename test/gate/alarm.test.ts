import { expect, test } from 'vitest';
import { notBefore, toArm } from '../../src/gate/alarm.ts';

const NOW = 1_000_000;

test('an alarm is set where there is none, or where it must come sooner; one that is due in a moment is left alone', () => {
  expect(toArm(null, NOW + 500, NOW)).toBe(NOW + 500);
  expect(toArm(NOW + 900, NOW + 500, NOW)).toBe(NOW + 500);
  expect(toArm(NOW + 400, NOW + 500, NOW)).toBe(null);
  expect(toArm(NOW - 200, NOW + 500, NOW)).toBe(null);
});

test('an alarm that should have come long ago was lost, and is as none', () => {
  expect(toArm(NOW - 10_001, NOW + 500, NOW)).toBe(NOW + 500);
  expect(toArm(NOW - 10_001, NOW - 10_001, NOW)).toBe(NOW + 1);
});

test('what is due already is set to the next ms, and never to now', () => {
  expect([notBefore(NOW, NOW), notBefore(NOW - 5, NOW), notBefore(NOW + 2.5, NOW)]).toEqual([
    NOW + 1,
    NOW + 1,
    NOW + 3,
  ]);
});
