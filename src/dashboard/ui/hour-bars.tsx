/** Attempts by the hour as a chart, with the same figures as a table for those who read. */
import type { Schemas } from '../../client/client.ts';
import { Chart, valueText, writeCount, writeMs } from './chart.tsx';
import { DataTable } from './table.tsx';
import { When } from './when.tsx';

export function HourBars({ hours }: { hours: readonly Schemas['HourOfEndpoint'][] }) {
  if (hours.every(({ attempts }) => attempts === 0)) return null;
  const ordered = hours.toSorted((a, b) => a.hour.localeCompare(b.hour));
  return (
    <>
      <h2>By the hour</h2>
      <Chart
        title="Attempts an hour"
        kind="stacked"
        ends={[`${ordered.length} hours ago`, 'now']}
        columns={ordered.map(({ hour }) => `${hour.slice(0, 10)} ${hour.slice(11, 16)} UTC`)}
        write={writeCount}
        series={[
          { name: 'succeeded', tone: 'good', values: ordered.map(({ succeeded }) => succeeded) },
          { name: 'failed', tone: 'bad', values: ordered.map(({ failed }) => failed) },
        ]}
      />
      <details>
        <summary>The figures of each hour</summary>
        <DataTable
          caption="Attempts by the hour"
          columns={['Hour', 'Attempts', 'Succeeded', 'Failed', 'p50', 'p95']}
          rows={ordered
            .toReversed()
            .map(({ hour, attempts, succeeded, failed, latencyMs }) => [
              <When at={hour} />,
              writeCount(attempts),
              writeCount(succeeded),
              writeCount(failed),
              valueText(latencyMs.p50, writeMs),
              valueText(latencyMs.p95, writeMs),
            ])}
        />
      </details>
    </>
  );
}
