/** K4: pauses of a receiver's own calls. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type BackoffOptions, withBackoff } from '../../src/receiver/backoff.ts';

/** Time that goes by only in pauses, and while the work runs. */
function stage(random: () => number, options: BackoffOptions = {}) {
  let nowMs = 5_000;
  const pauses: number[] = [];
  const clock: BackoffOptions = {
    now: () => nowMs,
    random,
    sleep: async (ms) => {
      pauses.push(ms);
      nowMs += ms;
    },
    ...options,
  };
  return { pauses, clock, elapse: (ms: number) => (nowMs += ms) };
}

const failing = () => Promise.reject(new Error('down'));

describe('withBackoff', () => {
  it('answers the first success, without a pause', async () => {
    const { pauses, clock } = stage(() => 1);
    expect(await withBackoff(async ({ attempt, remainingMs }) => [attempt, remainingMs], clock)).toEqual([1, 60_000]);
    expect(pauses).toEqual([]);
  });

  it('draws each pause from nought to a bound that doubles from 1 s to 16 s, and ends within 60 s', async () => {
    const { pauses, clock } = stage(() => 0.999_999);
    await expect(withBackoff(failing, clock)).rejects.toThrow('down');
    expect(pauses.map((ms) => Math.round(ms / 1000))).toEqual([1, 2, 4, 8, 16, 16]);
  });

  it('starts no try after 60 s, whatever is drawn', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.double({ min: 0.01, max: 0.999, noNaN: true }), { minLength: 1 }), async (draws) => {
        let drawn = 0;
        const { pauses, clock } = stage(() => draws[drawn++ % draws.length] ?? 0);
        const tries: number[] = [];
        await withBackoff(({ remainingMs }) => {
          tries.push(remainingMs);
          return failing();
        }, clock).catch(() => undefined);
        expect(tries.length).toBe(pauses.length + 1);
        expect(Math.min(...tries)).toBeGreaterThan(0);
        for (const [i, ms] of pauses.entries()) expect(ms).toBeLessThan(Math.min(1_000 * 2 ** i, 16_000));
      }),
      { numRuns: 50 },
    );
  });

  it('counts the time of the work itself', async () => {
    const { pauses, clock, elapse } = stage(() => 0.5);
    const slow = () => {
      elapse(25_000);
      return failing();
    };
    await expect(withBackoff(slow, clock)).rejects.toThrow('down');
    expect(pauses).toEqual([500, 1_000]);
  });

  it('does not try again what would fail again', async () => {
    const { pauses, clock } = stage(() => 0.5, { shouldRetry: () => false });
    await expect(withBackoff(failing, clock)).rejects.toThrow('down');
    expect(pauses).toEqual([]);
  });

  it('ends with its signal, before a pause and in the middle of one', async () => {
    const before = new AbortController();
    const pausing = withBackoff(failing, {
      firstMs: 50_000,
      pauseMsMax: 50_000,
      random: () => 1,
      signal: before.signal,
    });
    before.abort(new Error('shutting down'));
    await expect(pausing).rejects.toThrow('shutting down');

    const within = new AbortController();
    const options = { firstMs: 50_000, pauseMsMax: 50_000, random: () => 1, signal: within.signal };
    const paused = withBackoff(failing, options);
    setImmediate(() => within.abort(new Error('shutting down')));
    await expect(paused).rejects.toThrow('shutting down');
  });
});
