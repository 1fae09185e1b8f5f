import { expect, test } from 'vitest';
import { backlogs, silentEndpoints } from '../../src/core/overview.ts';

const totals = (endpoint: string, succeeded: number, drained: number, failed = 0) => ({
  endpoint,
  succeeded,
  drained,
  failed,
  lastSuccessMs: null,
});
const open = (endpoint: string, waiting: number, fresh: number) => ({
  endpoint,
  waiting,
  fresh,
  oldestAcceptedAtMs: 1,
});

test('a backlog grows by what came and waits, less what was drained of what waited before; the fastest first', () => {
  const list = backlogs(
    [open('draining', 90, 5), open('growing', 40, 30), open('steady', 3, 0)],
    [totals('draining', 100, 40), totals('growing', 12, 2)],
  );
  expect(list.map(({ endpoint, growth, isGrowing }) => [endpoint, growth, isGrowing])).toEqual([
    ['growing', 28, true],
    ['steady', 0, false],
    ['draining', -35, false],
  ]);
});

test('silent is who something was to reach and nothing has; not who had nothing coming', () => {
  const list = silentEndpoints(
    [open('waits', 2, 0), open('busy', 9, 9)],
    [totals('busy', 1, 0, 50), totals('fails', 0, 0, 7), totals('idle', 0, 0)],
  );
  expect(list).toEqual([
    { endpoint: 'fails', failed: 7, waiting: 0 },
    { endpoint: 'waits', failed: 0, waiting: 2 },
  ]);
});
