import { describe, expect, it } from 'vitest';
import { VIEWERS_ROUND_MS, VIEWERS_TRIES_MAX } from '../../../src/core/limits.ts';
import { type Newcomers, Rounds } from '../../../src/http/live/rounds.ts';
import type { Viewer } from '../../../src/http/live/viewer.ts';

const VIEWER = {} as Viewer;

function rig(show: (round: Map<string, Newcomers>) => Promise<void> = () => Promise.resolve()) {
  let nowMs = 0;
  let running: Promise<void> = Promise.resolve();
  const shown: { atMs: number; round: [string, Newcomers][] }[] = [];
  const gaveUp: string[][] = [];
  const rounds = new Rounds({
    nowMs: () => nowMs,
    wait: (ms) => {
      nowMs += ms;
      return Promise.resolve();
    },
    keep: (work) => {
      running = work;
    },
    show: (round) => {
      shown.push({ atMs: nowMs, round: [...round] });
      return show(round);
    },
    gaveUp: (round) => gaveUp.push([...round.keys()]),
  });
  return { rounds, shown, gaveUp, settled: () => running, pass: (ms: number) => (nowMs += ms) };
}

describe('a round', () => {
  it('begins at once, and the next one a little later with all that changed meanwhile, each record once', async () => {
    const { rounds, shown, settled } = rig(async () => {
      if (shown.length > 1) return;
      for (let i = 0; i < 10; i += 1) rounds.want(['a', 'b']);
      await Promise.resolve();
    });
    rounds.want(['a']);
    await settled();
    expect(shown.map(({ atMs, round }) => [atMs, round.map(([id]) => id).join()])).toEqual([
      [0, 'a'],
      [VIEWERS_ROUND_MS, 'a,b'],
    ]);
  });

  it('still shows a newcomer what it asks for where a change is to be shown to all', async () => {
    const { rounds, shown, settled } = rig(async () => {
      if (shown.length > 1) return;
      rounds.want(['a']);
      rounds.want(['a'], new Set([VIEWER]));
      rounds.want(['a']);
      await Promise.resolve();
    });
    rounds.want(['a']);
    await settled();
    expect(shown.map(({ round }) => round)).toEqual([[['a', new Set()]], [['a', new Set([VIEWER])]]]);
  });

  it('that fails is repeated, later each time, and given up in the end; the next change begins anew', async () => {
    const { rounds, shown, gaveUp, settled } = rig((round) =>
      round.has('a') ? Promise.reject(new Error('down')) : Promise.resolve(),
    );
    rounds.want(['a']);
    await settled();
    expect(shown).toHaveLength(VIEWERS_TRIES_MAX);
    expect(gaveUp).toEqual([['a']]);
    rounds.want(['b']);
    await settled();
    expect(shown.at(-1)?.round).toEqual([['b', new Set()]]);
  });
});
