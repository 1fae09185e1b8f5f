import { expect, it, vi } from 'vitest';
import type { Bindings } from '../../src/env.ts';
import { runSchedule } from '../../src/schedule/schedule.ts';

it('gives every task its turn, also beside one that fails, and says which one failed', async () => {
  const said = vi.spyOn(console, 'error').mockImplementation(() => {});
  const ran: string[] = [];
  const task = (name: string, work: () => Promise<void>) => ({
    name,
    run: (_: Bindings, nowMs: number) => {
      ran.push(`${name} ${nowMs}`);
      return work();
    },
  });
  await runSchedule({} as Bindings, 60_000, [
    task('broken', () => Promise.reject(new Error('no database'))),
    task('whole', () => Promise.resolve()),
  ]);
  expect(ran).toEqual(['broken 60000', 'whole 60000']);
  expect(said.mock.calls.map(([line]) => String(line))).toEqual([expect.stringContaining('"task":"broken"')]);
  said.mockRestore();
});
