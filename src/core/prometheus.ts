/**
 * Prometheus text format 0.0.4: families of samples as lines. Pure. Label values may be anything (they are escaped); names are ours.
 */
export type Labels = Readonly<Record<string, string>>;
export type Sample = { labels: Labels; value: number };
export type Family =
  | { name: string; help: string; type: 'gauge'; samples: readonly Sample[] }
  /** `counts[i]`: how many lie above `bounds[i - 1]` and at or below `bounds[i]`; one more for those above the last. */
  | {
      name: string;
      help: string;
      type: 'histogram';
      bounds: readonly number[];
      counts: readonly number[];
      sum: number;
    };

export const PROMETHEUS_TYPE = 'text/plain; version=0.0.4; charset=utf-8';

export function prometheusText(families: readonly Family[]): string {
  return families.map((family) => `${head(family)}${linesOf(family).join('')}`).join('');
}

function head({ name, help, type }: Family): string {
  const escaped = help.replaceAll('\\', String.raw`\\`).replaceAll('\n', String.raw`\n`);
  return `# HELP ${name} ${escaped}\n# TYPE ${name} ${type}\n`;
}

function linesOf(family: Family): string[] {
  const { name } = family;
  if (family.type === 'gauge') return family.samples.map(({ labels, value }) => line(name, labels, value));
  const lines: string[] = [];
  let below = 0;
  family.bounds.forEach((bound, index) => {
    below += family.counts[index] ?? 0;
    lines.push(line(`${name}_bucket`, { le: String(bound) }, below));
  });
  const all = below + (family.counts[family.bounds.length] ?? 0);
  lines.push(line(`${name}_bucket`, { le: '+Inf' }, all));
  lines.push(line(`${name}_sum`, {}, family.sum), line(`${name}_count`, {}, all));
  return lines;
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
