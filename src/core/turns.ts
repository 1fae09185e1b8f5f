/**
 * Round robin: the first of each owner, then the second of each, at most `most`. The order within
 * an owner stays. Pure.
 */
export function inTurns<T>(items: Iterable<T>, ownerOf: (item: T) => string, most: number): T[] {
  const taken = new Map<string, number>();
  const rounds: T[][] = [];
  for (const item of items) {
    const owner = ownerOf(item);
    const turn = taken.get(owner) ?? 0;
    taken.set(owner, turn + 1);
    (rounds[turn] ??= []).push(item);
  }
  return rounds.flat().slice(0, most);
}
