import { expect, test } from 'vitest';
import { simulate } from './simulate.ts';

/**
 * Requirement Q1: at least 10,000 steps; the invariants are asked after each, and what must be true
 * in the end after each world.
 */
const SEEDS = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12];
const STEPS = 2_000;
const MORE_SEEDS_MAX = 60;

/** What a run must have seen, or it has tested less than it says. */
const MUST_SEE = [
  'attempt lost',
  'outcome after its loss',
  'attempt by a consumer',
  'became delivered',
  'became dead',
  'became superseded',
  'became held',
  'became retrying',
  'cancelled: discarded',
  'cancelled: endpoint-disabled',
  'cancelled: endpoint-removed',
  'dead: expired',
  'dead: window-passed',
  'expired while queued',
  'expired while retrying',
  'expired while held',
  'superseded by its group',
  'superseded in an ordered lane',
  'older form sent',
  'replay accepted',
  'missing event sent',
  'crash inside a turn',
  'turn that threw',
  'alarm that failed',
  'shard crashed',
  'machine crashed',
  'evicted',
  'consumer crashed',
  'alarm rang twice',
  'call made twice',
  'answer of an object lost',
  'FANOUT message lost',
  'FANOUT message doubled',
  'LOG message lost',
  'LOG message doubled',
  'send to FANOUT rejected',
  'send to LOG rejected',
  'D1 failed before its work',
  'D1 failed after its work',
  'publish: conflict',
  'publish: accepted duplicate',
  'event that nobody wants',
  'SLOW message lost',
  'SLOW message doubled',
  'send to SLOW rejected',
  'circuit: closed to open',
  'circuit: open to half-open',
  'circuit: half-open to closed',
  'circuit: half-open to open',
  'quiet ring',
  'row purged',
  'record emptied',
  'payload erased',
  'payload expired',
  'accepted again after retention',
  'replay refused: payload-erased',
  'replay refused: payload-expired',
  'replay refused: not-found',
  'nothing ran for days',
  'account removed',
  'account made again',
  'tombstone gone',
  'swept',
  'gate: at',
  'gate: go',
  'gate: parked circuit',
  'gate: parked pace',
  'gate: parked paused',
  'endpoint: rotate',
  'endpoint: limit',
  'receiver hangs',
  'receiver answer lost',
];

test(
  'the invariants hold after every step, whatever crashes, is lost, doubled, late or out of order',
  { timeout: 240_000 },
  async () => {
    const seen = new Map<string, number>();
    const missed = () => MUST_SEE.filter((what) => !seen.has(what));
    let steps = 0;
    const look = async (seed: number) => {
      const run = await simulate(seed, STEPS);
      steps += run.steps;
      for (const [what, times] of run.seen) seen.set(what, (seen.get(what) ?? 0) + times);
    };
    const random = Date.now() % 1_000_000_000;
    for (const seed of [...SEEDS, random]) await look(seed);
    // What is rare may be in none of these: it is looked for in further ones.
    for (let more = 1; more <= MORE_SEEDS_MAX && missed().length > 0; more += 1) await look(SEEDS.length + more);
    console.log(`simulated ${steps} steps, seeds ${SEEDS.join(', ')} and ${random}`);
    expect(steps).toBeGreaterThanOrEqual(10_000);
    expect(missed()).toEqual([]);
  },
);

test('the same seed is the same run', { timeout: 60_000 }, async () => {
  const [first, again] = [await simulate(7, 300), await simulate(7, 300)];
  expect(again).toEqual(first);
});
