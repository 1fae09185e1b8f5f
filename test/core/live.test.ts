import { describe, expect, it } from 'vitest';
import { acknowledged, nextLateMs, NOTHING_UNREAD, sent } from '../../src/core/live.ts';
import { VIEWER_READ_MS, VIEWER_UNREAD_BYTES_MAX } from '../../src/core/limits.ts';
import type { DeliveryView, RecordView } from '../../src/core/view.ts';

describe('a viewer', () => {
  it('is asked once it was sent much, is sent nothing until it answers, and starts anew then', () => {
    const half = sent(NOTHING_UNREAD, VIEWER_UNREAD_BYTES_MAX - 1, 0);
    expect(half).toMatchObject({ ask: null, reading: { asked: null } });
    const full = sent(half.reading, 1, 100);
    expect(full).toMatchObject({ ask: 1, reading: { asked: { number: 1, byMs: 100 + VIEWER_READ_MS } } });
    expect(acknowledged(full.reading, 2)).toBeNull();
    const read = acknowledged(full.reading, 1);
    expect(read).toEqual({ unreadBytes: 0, asked: null, count: 1 });
    expect(read === null ? null : acknowledged(read, 1)).toBeNull();
    expect(read === null ? null : sent(read, VIEWER_UNREAD_BYTES_MAX, 0).ask).toBe(2);
  });
});

describe('the next time that something becomes late', () => {
  const targets = { deliverWithinMs: 5_000, warnAfterMs: 60_000 };
  const view = (status: DeliveryView['status'], acceptedAtMs: number) =>
    ({ endpoints: [{ delivery: { status, acceptedAtMs, replayedBy: null } }] }) as unknown as RecordView;

  it.each([
    ['retrying', 0, 5_001],
    ['retrying', 5_001, 60_001],
    ['retrying', 60_001, null],
    ['dead', 10, 5_001],
    ['delivered', 0, null],
    ['cancelled', 0, null],
  ] as const)('of a delivery that is %s, %i ms after its acceptance', (status, nowMs, atMs) => {
    expect(nextLateMs(view(status, 0), targets, nowMs)).toBe(atMs);
  });
});
