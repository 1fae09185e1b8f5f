/**
 * `npm run bench:pace`: an endpoint with `rateLimitPerSecond` over many records (C8), as the
 * receiver counts: the most in any second, and the time in all against the ideal. Where the API
 * does not take the field yet, the same load without it.
 *
 *   --limit 10 --records 500    one event for each record
 */
import { parseArgs } from 'node:util';
import { eventually } from '../support/poll.ts';
import { Refused } from '../support/tubepost.ts';
import { mostInASecond, perSecond, seconds, table } from './figures.ts';
import { measure, publishAll } from './rig.ts';

const { values } = parseArgs({
  options: { limit: { type: 'string', default: '10' }, records: { type: 'string', default: '500' } },
});
const limit = Number(values.limit);
const count = Number(values.records);
const SLACK_MS = 120_000;

await measure(async (rig) => {
  const { receiver } = rig;
  const api = await rig.account('pace');
  const endpoint = { url: `${receiver.url}/pace` };
  let isLimited = true;
  try {
    await api.createEndpoint({ ...endpoint, rateLimitPerSecond: limit });
  } catch (error) {
    if (!(error instanceof Refused) || !error.message.includes('rateLimitPerSecond')) throw error;
    isLimited = false;
    await api.createEndpoint(endpoint);
  }
  const idealMs = ((count - 1) / limit) * 1_000;
  const fromMs = performance.now();
  await publishAll(
    api,
    Array.from({ length: count }, (_, i) => ({ id: `pace-${i}`, type: 'a.b', record: `pace/${i}`, data: { i } })),
  );
  const publishedMs = performance.now() - fromMs;
  const arrived = () => new Set(receiver.arrivals.map(({ event }) => event)).size;
  const isWhole = await eventually(idealMs * 3 + SLACK_MS, () => arrived() === count);
  const times = receiver.arrivals.map(({ atMs }) => atMs);
  const took = (times.at(-1) ?? NaN) - (times[0] ?? NaN);
  console.log(`${count} records, one event each, published in ${seconds(publishedMs)}`);
  table(
    ['limit', 'most in any second', 'took', 'ideal', 'took as a ratio to the ideal', 'arrived'],
    [
      [
        isLimited ? `${limit}/s` : 'none: the API does not take it yet',
        mostInASecond(times),
        seconds(took),
        seconds(idealMs),
        (took / idealMs).toFixed(2),
        `${arrived()} of ${count}`,
      ],
    ],
  );
  console.log(`in each second: ${perSecond(times, times[0] ?? 0).join(' ')}`);
  return isWhole;
});
