/** Figures of a measurement: quantiles, rates, tables. */
export function quantile(values: number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? NaN;
}

/** The most within any span of a second, of times in order. */
export function mostInASecond(times: number[]): number {
  let most = 0;
  let from = 0;
  for (const [i, atMs] of times.entries()) {
    while ((times[from] ?? atMs) <= atMs - 1_000) from += 1;
    most = Math.max(most, i - from + 1);
  }
  return most;
}

/** How many in each second from `sinceMs` on. */
export function perSecond(times: number[], sinceMs: number): number[] {
  const counts: number[] = [];
  for (const atMs of times) {
    const second = Math.floor((atMs - sinceMs) / 1_000);
    if (second < 0) continue;
    while (counts.length <= second) counts.push(0);
    counts[second] = (counts[second] ?? 0) + 1;
  }
  return counts;
}

export function table(head: string[], rows: (string | number)[][]): void {
  for (const row of [head, head.map(() => '---'), ...rows]) console.log(`| ${row.join(' | ')} |`);
}

export function seconds(ms: number): string {
  return `${(ms / 1_000).toFixed(1)} s`;
}
