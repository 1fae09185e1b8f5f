/**
 * A sampled profile as three lists: by place and by function without what they call, by our
 * functions with it.
 */
import type { Profile } from './inspector.ts';

export type Spent = { name: string; ms: number };
export type Summary = { busyMs: number; byPlace: Spent[]; self: Spent[]; total: Spent[] };

/** Nothing ran. */
const IDLE = '(idle)';

/** `sourceOf`: the source file of a position in the bundle. */
export function summarize(profile: Profile, sourceOf: (line: number, column: number) => string): Summary {
  const selfMs = new Map<number, number>();
  profile.samples.forEach((id, i) =>
    selfMs.set(id, (selfMs.get(id) ?? 0) + Math.max(0, profile.timeDeltas[i] ?? 0) / 1_000),
  );
  const nodes = new Map(profile.nodes.map((node) => [node.id, { ...node, ...frameOf(node.callFrame, sourceOf) }]));
  const byPlace = new Map<string, number>();
  const self = new Map<string, number>();
  const total = new Map<string, number>();

  /** Depth first; a function that calls itself counts once. Its path: our functions above it. */
  const visit = (id: number, path: ReadonlySet<string>): number => {
    const node = nodes.get(id);
    if (node === undefined || node.functionName === IDLE) return 0;
    const { place, isOurs, children = [] } = node;
    const name = `${node.functionName} ${place}`;
    const own = selfMs.get(id) ?? 0;
    add(byPlace, place, own);
    add(self, name, own);
    const isFirst = isOurs && !path.has(name);
    const below = isFirst ? new Set([...path, name]) : path;
    const all = children.reduce((sum, child) => sum + visit(child, below), own);
    if (isFirst) add(total, name, all);
    return all;
  };
  const called = new Set(profile.nodes.flatMap(({ children = [] }) => children));
  const roots = profile.nodes.filter(({ id }) => !called.has(id));
  const busyMs = roots.reduce((sum, { id }) => sum + visit(id, new Set()), 0);
  return { busyMs, byPlace: sorted(byPlace), self: sorted(self), total: sorted(total) };
}

function frameOf(
  { functionName, url, lineNumber, columnNumber }: Profile['nodes'][number]['callFrame'],
  sourceOf: (line: number, column: number) => string,
) {
  const source = url === '' ? '' : sourceOf(lineNumber, columnNumber);
  const [, ours] = /(?:^|\/)(src\/.*)$/.exec(source.includes('node_modules') ? '' : source) ?? [];
  const [, dependency] = /.*node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(source) ?? [];
  const place = ours ?? dependency ?? 'native';
  return { functionName: functionName === '' ? '(anonymous)' : functionName, place, isOurs: ours !== undefined };
}

function add(to: Map<string, number>, name: string, ms: number): void {
  to.set(name, (to.get(name) ?? 0) + ms);
}

function sorted(spent: Map<string, number>): Spent[] {
  return [...spent].map(([name, ms]) => ({ name, ms })).toSorted((a, b) => b.ms - a.ms);
}
