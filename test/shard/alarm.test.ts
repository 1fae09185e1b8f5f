/** The one alarm of a Record, against a storage that remembers what was set. */
import { createHash } from 'node:crypto';
import { beforeEach, describe, expect, test } from 'vitest';
import { base32 } from '../../src/core/base32.ts';
import { quietPhaseMs } from '../../src/core/retention.ts';
import { isQuietTime, RecordAlarm } from '../../src/record/alarm.ts';

const NOW_MS = 1_000_000;
/** Of this record. */
const PHASE_MS = 1_234_567;
let armedAtMs: number | null;
let alarm: RecordAlarm;

beforeEach(() => {
  armedAtMs = null;
  alarm = alarmOf(PHASE_MS);
});

function alarmOf(phaseMs: number): RecordAlarm {
  return new RecordAlarm(
    {
      set: (atMs) => {
        armedAtMs = atMs;
      },
      delete: () => {
        armedAtMs = null;
      },
    },
    phaseMs,
  );
}

const NO_LOOK = { atMs: null, isGuess: false };

/** Rings once, in vain. */
function ringInVain(): { afterMs: number; isInherited: boolean } {
  const { isInherited } = alarm.rang(true, null);
  alarm.failed(NOW_MS);
  return { afterMs: (armedAtMs ?? Infinity) - NOW_MS, isInherited };
}

const HOUR_MS = 3_600_000;
/** The quiet moment of an hour. */
const quietIn = (hour: number) => hour * HOUR_MS + PHASE_MS;
const quiet = (atMs: number, isGuess = false) => alarm.arm(null, { atMs, isGuess });

describe('the time that is armed', () => {
  test("is the record's own moment of an hour where nothing is owed, and never that where something is", () => {
    quiet(quietIn(4) + 1);
    expect([armedAtMs, isQuietTime(armedAtMs, PHASE_MS)]).toEqual([quietIn(5), true]);
    alarm.arm(quietIn(5), NO_LOOK);
    expect([armedAtMs, isQuietTime(armedAtMs, PHASE_MS)]).toEqual([quietIn(5) + 1, false]);
    alarm.rang(true, null);
    alarm.failed(quietIn(1) - 1_000);
    expect(isQuietTime(armedAtMs, PHASE_MS)).toBe(false);
  });

  test('differs from record to record, so that those of an account do not all ask for its settings at once', () => {
    const records = Array.from({ length: 1_000 }, (_, n) => base32(createHash('sha1').update(`${n}`).digest()));
    const minutes = new Map<number, number>();
    for (const hash of records) {
      alarmOf(quietPhaseMs(hash)).arm(null, { atMs: 7 * HOUR_MS, isGuess: false });
      const minute = Math.floor(((armedAtMs ?? 0) - 7 * HOUR_MS) / 60_000);
      minutes.set(minute, (minutes.get(minute) ?? 0) + 1);
    }
    expect(Math.min(...minutes.keys())).toBeGreaterThanOrEqual(0);
    expect(Math.max(...minutes.keys())).toBeLessThan(60);
    expect(minutes.size).toBeGreaterThan(50);
    expect(Math.max(...minutes.values())).toBeLessThan(60);
  });

  test('is moved even to a later one where something is owed, for a quiet one would hide it', () => {
    quiet(quietIn(1));
    alarm.arm(9 * HOUR_MS + 5, NO_LOOK);
    expect(armedAtMs).toBe(9 * HOUR_MS + 5);
  });

  test('stays where it was for a guess, and goes where nothing is kept', () => {
    quiet(quietIn(900));
    quiet(quietIn(200), true);
    expect(armedAtMs).toBe(quietIn(900));
    quiet(quietIn(200));
    expect(armedAtMs).toBe(quietIn(200));
    alarm.arm(null, NO_LOOK);
    expect(armedAtMs).toBeNull();
  });
});

describe('a new instance', () => {
  test('doubts the log where it finds an alarm for what is owed, and not where it finds a quiet one or none', () => {
    alarm.found(NOW_MS);
    expect(alarm.suspectFromMs(NOW_MS)).toBe(NOW_MS);
    alarm.found(quietIn(1));
    expect(alarm.suspectFromMs(NOW_MS)).toBeNull();
    alarm.found(null);
    expect(alarm.suspectFromMs(NOW_MS)).toBeNull();
  });

  test('that the alarm wakes learns from the ring what it was for', () => {
    alarm.found(null);
    expect(alarm.rang(false, quietIn(1))).toEqual({ isInherited: false, isQuiet: true });
    expect(alarm.rang(false, quietIn(1) + 1)).toEqual({ isInherited: true, isQuiet: false });
  });

  test('that was asked something before the ring reached it, and thought itself quiet, doubts all the same', () => {
    alarm.found(null);
    quiet(quietIn(2));
    expect(alarm.rang(true, NOW_MS)).toEqual({ isInherited: true, isQuiet: false });
  });

  test('that has armed its own before the ring reached it doubts too: that ring was of an earlier one', () => {
    alarm.found(null);
    alarm.arm(NOW_MS + 5_000.4, NO_LOOK);
    expect(alarm.rang(true, NOW_MS)).toEqual({ isInherited: true, isQuiet: false });
    alarm.arm(NOW_MS + 5_000.4, NO_LOOK);
    expect(armedAtMs).toBe(NOW_MS + 5_001);
    expect(alarm.rang(true, armedAtMs)).toEqual({ isInherited: false, isQuiet: false });
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
