/**
 * `npm run bench:limited`: how long healthy records wait beside records that their receiver limits,
 * by simulation (test/gate/limited.ts): the Gate's own protocol, in each state of the circuit.
 * Asserts nothing; test/gate/limited.test.ts does.
 *
 *   --seeds 10   runs of each case; the worst ratio of them is shown
 */
import { parseArgs } from 'node:util';
import { limited, ratios, SERVED, served, STATES } from '../gate/limited.ts';
import { table } from './figures.ts';

const { values } = parseArgs({ options: { seeds: { type: 'string', default: '10' } } });
const seeds = Array.from({ length: Number(values.seeds) }, (_, n) => n + 1);

const LIMITS = [
  { name: 'one record of 75', records: 1 },
  { name: '15 records of 75 (one customer of the receiver)', records: 15 },
];

const rows = STATES.flatMap((state) =>
  LIMITS.flatMap(({ name, records }) =>
    [null, 5_000, 60_000, 3_600_000].map((retryAfterMs) => {
      const all = seeds.map((seed) =>
        ratios({
          ...{ records: 75, perSecondEach: 0.2, seed },
          ...state.plan,
          alone: state.receiver(served),
          beside: state.receiver((record) => (record < records ? limited(retryAfterMs) : SERVED)),
          isHealthy: (record) => record >= records,
        }),
      );
      const worst = (of: 'p50' | 'p95' | 'p99') => Math.max(...all.map((one) => one[of])).toFixed(2);
      const asked = retryAfterMs === null ? 'none' : `${retryAfterMs / 1_000} s`;
      return [state.name, name, asked, worst('p50'), worst('p95'), worst('p99')];
    }),
  ),
);
console.log(`waits of healthy records as a ratio to none limited, the worst of ${seeds.length} runs`);
table(['circuit', 'limited', 'Retry-After', 'p50', 'p95', 'p99'], rows);
