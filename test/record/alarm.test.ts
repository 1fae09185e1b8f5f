/** The one alarm of a Record, against a storage that remembers what was set. */
import { beforeEach, describe, expect, test } from 'vitest';
import { RecordAlarm } from '../../src/record/alarm.ts';

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

/** Rings once, in vain. */
function ringInVain(): { afterMs: number; isInherited: boolean } {
  const isInherited = alarm.rang(true);
  alarm.failed(NOW_MS);
  return { afterMs: (armedAtMs ?? Infinity) - NOW_MS, isInherited };
}

describe('a ring whose turn failed', () => {
  test('comes back after a second, later each time, and never later than after a minute', () => {
    const waits = Array.from({ length: 9 }, () => ringInVain().afterMs / 1_000);
    expect(waits).toEqual([1, 2, 4, 8, 16, 32, 60, 60, 60]);
  });

  test('is a ring of its own next time: the log is told again', () => {
    alarm.arm(NOW_MS);
    expect(ringInVain().isInherited).toBe(false);
    expect(ringInVain().isInherited).toBe(true);
    alarm.arm(NOW_MS);
    expect(alarm.rang(true)).toBe(false);
  });

  test('does not make the next one wait longer once a turn has come through', () => {
    ringInVain();
    ringInVain();
    alarm.rang(true);
    alarm.arm(NOW_MS + 5_000);
    expect(ringInVain().afterMs).toBe(1_000);
  });
});
