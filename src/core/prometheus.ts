/**
 * Prometheus text format 0.0.4: families of samples as lines. Pure. Label values may be anything
 * (they are escaped); names are ours.
 */
export type Labels = Readonly<Record<string, string>>;
export type Sample = { labels: Labels; value: number };
/**
 * Gauges, but for what only grows: what falls again is no counter, and a `histogram` is one. A type
 * that promises more invites `rate()`, which takes every fall for a restart and answers too much.
 */
export type Family = { name: string; help: string; samples: readonly Sample[]; type?: 'gauge' | 'counter' };

export const PROMETHEUS_TYPE = 'text/plain; version=0.0.4; charset=utf-8';

export function prometheusText(families: readonly Family[]): string {
  return families.map((family) => `${head(family)}${linesOf(family).join('')}`).join('');
}

function head({ name, help, type = 'gauge' }: Family): string {
  const escaped = help.replaceAll('\\', String.raw`\\`).replaceAll('\n', String.raw`\n`);
  return `# HELP ${name} ${escaped}\n# TYPE ${name} ${type}\n`;
}

function linesOf({ name, samples }: Family): string[] {
  return samples.map(({ labels, value }) => line(name, labels, value));
}

/**
 * Cumulative, as `histogram_quantile` reads them. `counts[i]`: above `bounds[i - 1]`, at or below
 * `bounds[i]`; one more above the last.
 */
export function byBound(bounds: readonly number[], counts: readonly number[]): Sample[] {
  let below = 0;
  return [...bounds.map(String), '+Inf'].map((le, index) => {
    below += counts[index] ?? 0;
    return { labels: { le }, value: below };
  });
}

function line(name: string, labels: Labels, value: number): string {
  const pairs = Object.entries(labels).map(([key, text]) => `${key}="${escapeLabel(text)}"`);
  return `${name}${pairs.length === 0 ? '' : `{${pairs.join(',')}}`} ${value}\n`;
}

function escapeLabel(text: string): string {
  return text
    .replaceAll('\\', String.raw`\\`)
    .replaceAll('"', String.raw`\"`)
    .replaceAll('\n', String.raw`\n`);
}
