/** Attempts by the hour as bars, drawn without script, with the same figures as a table for those who read. */
import type { Schemas } from '../../client/client.ts';
import { DataTable } from './table.tsx';
import { span, When } from './when.tsx';

const HEIGHT = 96;
const STEP = 20;
const BAR = 14;

export function HourBars({ hours }: { hours: readonly Schemas['HourOfEndpoint'][] }) {
  const most = Math.max(0, ...hours.map(({ attempts }) => attempts));
  if (most === 0) return null;
  const ordered = [...hours].sort((a, b) => a.hour.localeCompare(b.hour));
  const high = (n: number) => Math.round((n / most) * HEIGHT);
  return (
    <>
      <h2>By the hour</h2>
      <figure class="bars">
        <svg viewBox={`0 0 ${ordered.length * STEP} ${HEIGHT}`} role="img" preserveAspectRatio="none">
          <title>{`Attempts by the hour, at most ${most.toLocaleString('en')}; the table below has the figures`}</title>
          {ordered.map(({ succeeded, attempts }, at) => (
            <g>
              <rect class="good" x={at * STEP} y={HEIGHT - high(succeeded)} width={BAR} height={high(succeeded)} />
              <rect
                class="bad"
                x={at * STEP}
                y={HEIGHT - high(attempts)}
                width={BAR}
                height={high(attempts) - high(succeeded)}
              />
            </g>
          ))}
        </svg>
        <figcaption class="dim">
          <span class="key good">delivered</span> <span class="key bad">failed</span> at most{' '}
          {most.toLocaleString('en')} attempts an hour
        </figcaption>
      </figure>
      <details>
        <summary>The figures</summary>
        <DataTable
          caption="Attempts by the hour"
          columns={['Hour', 'Attempts', 'Delivered', 'Failed', 'p50', 'p95']}
          rows={ordered
            .toReversed()
            .map(({ hour, attempts, succeeded, failed, latencyMs }) => [
              <When at={hour} />,
              attempts.toLocaleString('en'),
              succeeded.toLocaleString('en'),
              failed.toLocaleString('en'),
              latencyMs.p50 === null ? '–' : span(latencyMs.p50),
              latencyMs.p95 === null ? '–' : span(latencyMs.p95),
            ])}
        />
      </details>
    </>
  );
}
