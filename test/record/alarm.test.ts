/** The one alarm of a Record, against a storage that remembers what was set. */
import { beforeEach, describe, expect, test } from 'vitest';
import { isQuietTime, RecordAlarm } from '../../src/record/alarm.ts';

const NOW_MS = 1_000_000;
let armedAtMs: number | null;
let alarm: RecordAlarm;

beforeEach(() => {
  armedAtMs = null;
  alarm = new RecordAlarm({
    set: (atMs) => {
      armedAtMs = atMs;
    },
    delete: () => {
      armedAtMs = null;
    },
  });
});

const NO_LOOK = { atMs: null, isGuess: false };

/** Rings once, in vain. */
function ringInVain(): { afterMs: number; isInherited: boolean } {
  const { isInherited } = alarm.rang(true, null);
  alarm.failed(NOW_MS);
  return { afterMs: (armedAtMs ?? Infinity) - NOW_MS, isInherited };
}

const HOUR_MS = 3_600_000;
const quiet = (atMs: number, isGuess = false) => alarm.arm(null, { atMs, isGuess });

describe('the time that is armed', () => {
  test('is a whole hour where nothing is owed, and never one where something is', () => {
    quiet(5 * HOUR_MS - 1);
    expect([armedAtMs, isQuietTime(armedAtMs)]).toEqual([5 * HOUR_MS, true]);
    alarm.arm(5 * HOUR_MS, NO_LOOK);
    expect([armedAtMs, isQuietTime(armedAtMs)]).toEqual([5 * HOUR_MS + 1, false]);
    alarm.rang(true, null);
    alarm.failed(HOUR_MS - 1_000);
    expect(isQuietTime(armedAtMs)).toBe(false);
  });

  test('is moved even to a later one where something is owed, for a quiet one would hide it', () => {
    quiet(HOUR_MS);
    alarm.arm(9 * HOUR_MS + 5, NO_LOOK);
    expect(armedAtMs).toBe(9 * HOUR_MS + 5);
  });

  test('stays where it was for a guess, and goes where nothing is kept', () => {
    quiet(900 * HOUR_MS);
    quiet(200 * HOUR_MS, true);
    expect(armedAtMs).toBe(900 * HOUR_MS);
    quiet(200 * HOUR_MS);
    expect(armedAtMs).toBe(200 * HOUR_MS);
    alarm.arm(null, NO_LOOK);
    expect(armedAtMs).toBeNull();
  });
});

describe('a new instance', () => {
  test('doubts the log where it finds an alarm for what is owed, and not where it finds a quiet one or none', () => {
    alarm.found(NOW_MS);
    expect(alarm.suspectFromMs(NOW_MS)).toBe(NOW_MS);
    alarm.found(HOUR_MS);
    expect(alarm.suspectFromMs(NOW_MS)).toBeNull();
    alarm.found(null);
    expect(alarm.suspectFromMs(NOW_MS)).toBeNull();
  });

  test('that the alarm wakes learns from the ring what it was for', () => {
    alarm.found(null);
    expect(alarm.rang(false, HOUR_MS)).toEqual({ isInherited: false, isQuiet: true });
    expect(alarm.rang(false, HOUR_MS + 1)).toEqual({ isInherited: true, isQuiet: false });
  });

  test('that was asked something before the ring reached it, and thought itself quiet, doubts all the same', () => {
    alarm.found(null);
    quiet(2 * HOUR_MS);
    expect(alarm.rang(true, NOW_MS)).toEqual({ isInherited: true, isQuiet: false });
  });
});

describe('a ring whose turn failed', () => {
  test('comes back after a second, later each time, and never later than after a minute', () => {
    const waits = Array.from({ length: 9 }, () => ringInVain().afterMs / 1_000);
    expect(waits).toEqual([1, 2, 4, 8, 16, 32, 60, 60, 60]);
  });

  test('is a ring of its own next time: the log is told again', () => {
    alarm.arm(NOW_MS, NO_LOOK);
    expect(ringInVain().isInherited).toBe(false);
    expect(ringInVain().isInherited).toBe(true);
    alarm.arm(NOW_MS, NO_LOOK);
    expect(alarm.rang(true, NOW_MS).isInherited).toBe(false);
  });

  test('does not make the next one wait longer once a turn has come through', () => {
    ringInVain();
    ringInVain();
    alarm.rang(true, null);
    alarm.arm(NOW_MS + 5_000, NO_LOOK);
    expect(ringInVain().afterMs).toBe(1_000);
  });
});
