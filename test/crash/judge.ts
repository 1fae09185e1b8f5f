/** Everything that a crash must not have done, by name, with the evidence of each case. */
import { wantedBy } from './cast.ts';
import {
  backwards,
  brokenChains,
  lanesOf,
  outOfOrder,
  overlaps,
  sentWhilePaused,
  wronglySigned,
} from './judge-lanes.ts';
import { type Evidence, gaps, lost, unlogged, wrongRanges, wrongSequences } from './judge-log.ts';
import { changed, misnumbered, unverified } from './judge-requests.ts';
import type { Kill } from './killer.ts';
import type { Published } from './load.ts';
import type { Owner } from './owner.ts';
import type { Range } from './settle.ts';

export type Told = Evidence & {
  kills: Kill[];
  owner: Pick<Owner, 'pauses' | 'rotations' | 'replays'>;
  unreadable: string[];
  ranges: Range[];
};

export function faultsOf(told: Told): Record<string, string[]> {
  const { published, seen, owner } = told;
  const wanted = wantedByLane(published);
  const ordered = lanesOf(seen, ['ordered']);
  const single = lanesOf(seen, ['ordered', 'latest']);
  return {
    lost: lost(told),
    'out of order': [
      ...wrongSequences(published),
      ...outOfOrder(ordered, wanted),
      ...backwards(lanesOf(seen, ['latest'])),
      ...brokenChains(single, wanted),
    ],
    overlaps: overlaps(single),
    'log gaps': [...gaps(told), ...unlogged(told)],
    unverified: [...unverified(seen, told.unreadable), ...wronglySigned(seen, owner.rotations)],
    changed: [...changed(seen, published), ...misnumbered(seen)],
    ranges: wrongRanges(told.ranges),
    'while paused': sentWhilePaused(seen, owner.pauses),
    'nothing to check': Object.entries({ published, seen, kills: told.kills, pauses: owner.pauses }).flatMap(
      ([what, all]) => (all.length === 0 ? [what] : []),
    ),
  };
}

/** By endpoint and record, as lanes are named. */
function wantedByLane(published: Published[]): Map<string, Published[]> {
  const lanes = new Map<string, Published[]>();
  for (const one of published) {
    for (const { path } of wantedBy(one.type)) {
      const key = `${path} ${one.record}`;
      lanes.set(key, [...(lanes.get(key) ?? []), one]);
    }
  }
  return lanes;
}
