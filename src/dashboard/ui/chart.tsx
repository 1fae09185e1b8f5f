/**
 * Charts, drawn as SVG where the page is made: they need no script, follow light and dark by the
 * style, and weigh a few kB. The pointer finds each column's figures as its title; who reads rather
 * than looks has the table below. One chart has one unit.
 */
import type { Child } from 'hono/jsx';
import { span } from './when.tsx';

export type Tone = 'good' | 'bad' | 'busy' | 'warn' | 'off';
/** `values`: one for each column; null leaves a gap. */
export type Series = { name: string; tone: Tone; values: readonly (number | null)[] };

type Chart = {
  title: string;
  /** When each column begins, as the reader is told it. */
  columns: readonly string[];
  series: readonly Series[];
  /** How a value is written. */
  write: (value: number) => string;
  kind: 'stacked' | 'lines';
  /** What the first and the last column are called below them. */
  ends: readonly [first: string, last: string];
};

const WIDTH = 600;
const HEIGHT = 140;

export function Chart({ title, columns, series, write, kind, ends }: Chart) {
  const top = niceTop(kind === 'stacked' ? highestSum(columns.length, series) : highest(series));
  const step = WIDTH / Math.max(1, columns.length);
  const y = (value: number) => round(HEIGHT - (value / top) * HEIGHT);
  return (
    <figure class="chart">
      <figcaption>
        <strong>{title}</strong>
        <span class="keys">
          {series.map(({ name, tone }) => (
            <span class={`key ${tone}`}>{name}</span>
          ))}
        </span>
      </figcaption>
      <div class="plot">
        <span class="scale dim" aria-hidden="true">
          <span>{write(top)}</span>
          <span>{write(0)}</span>
        </span>
        <svg
          viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
          role="img"
          aria-label={`${title}. The table below has the figures.`}
          preserveAspectRatio="none"
        >
          <path class="grid" d={`M0 0H${WIDTH}M0 ${HEIGHT / 2}H${WIDTH}M0 ${HEIGHT}H${WIDTH}`} />
          {kind === 'stacked' ? (
            <Bars columns={columns.length} series={series} step={step} y={y} />
          ) : (
            series.map(({ tone, values }) => <path class={`line ${tone}`} d={lineOf(values, step, y)} />)
          )}
          {columns.map((column, at) => (
            <rect class="hit" x={round(at * step)} y={0} width={round(step)} height={HEIGHT}>
              <title>{told(column, at, series, write)}</title>
            </rect>
          ))}
        </svg>
        <span class="ends dim" aria-hidden="true">
          <span>{ends[0]}</span>
          <span>{ends[1]}</span>
        </span>
      </div>
    </figure>
  );
}

type Bars = { columns: number; series: readonly Series[]; step: number; y: (value: number) => number };

/** One path for each series: each bar stands on those before it. */
function Bars({ columns, series, step, y }: Bars): Child {
  const below = Array.from({ length: columns }, () => 0);
  return series.map(({ tone, values }) => {
    const bars = values.map((value, at) => {
      const from = below[at] ?? 0;
      const to = from + (value ?? 0);
      below[at] = to;
      if (value === null || value === 0) return '';
      const [left, width] = [round(at * step + step * 0.1), round(step * 0.8)];
      return `M${left} ${y(from)}H${round(left + width)}V${y(to)}H${left}Z`;
    });
    return <path class={`bar ${tone}`} d={bars.join('')} />;
  });
}

/**
 * From middle to middle of the columns; a gap begins a new line, and a value alone between gaps is
 * a short one.
 */
function lineOf(values: readonly (number | null)[], step: number, y: (value: number) => number): string {
  let isDown = false;
  return values
    .map((value, at) => {
      if (value === null) {
        isDown = false;
        return '';
      }
      const [x, height] = [at * step + step / 2, y(value)];
      const part = isDown
        ? `L${round(x)} ${height}`
        : `M${round(x - step / 4)} ${height}L${round(x + step / 4)} ${height}`;
      isDown = true;
      return part;
    })
    .join('');
}

function told(column: string, at: number, series: readonly Series[], write: (value: number) => string): string {
  const parts = series.map(({ name, values }) => `${name} ${valueText(values[at] ?? null, write)}`);
  return `${column}: ${parts.join(', ')}`;
}

export function valueText(value: number | null, write: (value: number) => string): string {
  return value === null ? '–' : write(value);
}

function highest(series: readonly Series[]): number {
  return Math.max(0, ...series.flatMap(({ values }) => values.map((value) => value ?? 0)));
}

function highestSum(columns: number, series: readonly Series[]): number {
  const sums = Array.from({ length: columns }, (_, at) =>
    series.reduce((sum, { values }) => sum + (values[at] ?? 0), 0),
  );
  return Math.max(0, ...sums);
}

/** 1, 2 or 5 times a power of ten, so that half of it is a number too; never 0. */
function niceTop(value: number): number {
  if (value <= 2) return 2;
  const power = 10 ** Math.floor(Math.log10(value));
  return ([1, 2, 5, 10].find((times) => value <= times * power) ?? 10) * power;
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}

export const writeCount = (value: number) => value.toLocaleString('en');
export const writeMs = (value: number) => span(value);
