/** Faults in D1: what a flood of them may write. */
import { env } from 'cloudflare:workers';
import { beforeEach, expect, test } from 'vitest';
import type { Fault } from '../../src/core/fault.ts';
import { ALERT_WINDOW_MS } from '../../src/core/limits.ts';
import { countFaults, writeFaults } from '../../src/store/config/faults.ts';

const NOW_MS = Date.UTC(2027, 2, 1, 12);
const poison = (subject: string): Fault => ({ kind: 'poison-message', account: null, subject, detail: subject });
const full: Fault = { kind: 'record-storage', account: 'acc', subject: 'k', detail: 'full' };

beforeEach(() => env.CONFIG.prepare('DELETE FROM faults').run());

test('a flood of poison messages is kept up to what an alert counts, and leaves room for what concerns an account', async () => {
  const most = 3;
  for (let n = 0; n < 5; n += 1) await writeFaults(env.CONFIG, [poison(`m${n}`)], NOW_MS + n, most);
  await writeFaults(env.CONFIG, [full], NOW_MS + 5, most);
  const counts = async (sinceMs: number) =>
    Object.fromEntries((await countFaults(env.CONFIG, sinceMs)).map(({ kind, faults }) => [kind, faults]));
  expect(await counts(NOW_MS)).toEqual({ 'poison-message': 3, 'record-storage': 1 });
  const laterMs = NOW_MS + ALERT_WINDOW_MS + 5;
  await writeFaults(env.CONFIG, [poison('later')], laterMs, most);
  expect(await counts(laterMs)).toEqual({ 'poison-message': 1 });
});
