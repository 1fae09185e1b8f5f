/**
 * npm run sim -- [--seed N] [--steps N] [--seconds N] Runs world after world, each with its own
 * seed, for as long as asked. Exit 1 with seed, step and trace when an invariant breaks.
 */
import { parseArgs } from 'node:util';
import { Failure, simulate } from './simulate.ts';

const { values } = parseArgs({
  options: { seed: { type: 'string' }, steps: { type: 'string' }, seconds: { type: 'string' } },
});
const firstSeed = Number(values.seed ?? Date.now() % 1_000_000_000);
const steps = Number(values.steps ?? 3_000);
const seconds = Number(values.seconds ?? 0);

const startedMs = Date.now();
const seen = new Map<string, number>();
let total = 0;
let seed = firstSeed;
console.log(`seed ${firstSeed}, ${steps} steps a world${seconds > 0 ? `, ${seconds} s` : ''}`);
do {
  try {
    const run = await simulate(seed, steps);
    total += run.steps;
    for (const [what, times] of run.seen) seen.set(what, (seen.get(what) ?? 0) + times);
  } catch (error) {
    process.stdout.write('\n');
    console.error(error instanceof Failure ? error.message : error);
    console.error(`again: npm run sim -- --seed ${seed} --steps ${steps}`);
    process.exit(1);
  }
  seed += 1;
} while (Date.now() - startedMs < seconds * 1_000);

const tookMs = Date.now() - startedMs;
for (const [what, times] of [...seen].sort(([a], [b]) => (a < b ? -1 : 1)))
  console.log(`${String(times).padStart(9)}  ${what}`);
console.log(
  `${seed - firstSeed} worlds, ${total} steps, ${Math.round((total / tookMs) * 1_000)} steps/s, all invariants held`,
);
