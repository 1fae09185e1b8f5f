/** The last hour as charts, with the same figures as a table. */
import type { Schemas } from '../client/client.ts';
import { Chart, valueText, writeCount, writeMs } from './ui/chart.tsx';
import { DataTable } from './ui/table.tsx';
import { span, When } from './ui/when.tsx';

const ENDS = ['an hour ago', 'now'] as const;

type Minute = Schemas['MinuteOfTraffic'];

/** In one line: what a glance should tell. */
export function Figures({
  minutes,
  waiting,
  openAlerts,
}: {
  minutes: readonly Minute[];
  waiting: number;
  openAlerts: number;
}) {
  const sum = (of: (minute: Minute) => number) => minutes.reduce((all, minute) => all + of(minute), 0);
  const [succeeded, failed] = [sum((one) => one.succeeded), sum((one) => one.failed)];
  const known = succeeded + failed;
  const slowest = Math.max(0, ...minutes.map(({ latencyMs }) => latencyMs.p95 ?? 0));
  return (
    <dl class="figures">
      <Figure name="Attempts in the last hour" value={writeCount(sum((one) => one.attempts))} />
      <Figure
        name="Succeeded"
        value={known === 0 ? '–' : `${Math.floor((succeeded / known) * 1_000) / 10} %`}
        tone={known > 0 && succeeded / known < 0.99 ? 'bad' : undefined}
      />
      <Figure name="Slowest minute, p95" value={slowest === 0 ? '–' : span(slowest)} />
      <Figure name="Waiting" value={writeCount(waiting)} />
      <Figure name="Open alerts" value={writeCount(openAlerts)} tone={openAlerts > 0 ? 'bad' : undefined} />
    </dl>
  );
}

function Figure({ name, value, tone }: { name: string; value: string; tone?: 'bad' | undefined }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd class={tone}>{value}</dd>
    </div>
  );
}

export function TrafficCharts({ minutes }: { minutes: readonly Minute[] }) {
  const columns = minutes.map(({ minute }) => `${minute.slice(11, 16)} UTC`);
  const succeeded = minutes.map((one) => one.succeeded);
  const failed = minutes.map((one) => one.failed);
  return (
    <>
      <div class="charts">
        <Chart
          title="Attempts a minute"
          kind="stacked"
          ends={ENDS}
          columns={columns}
          write={writeCount}
          series={[
            { name: 'succeeded', tone: 'good', values: succeeded },
            { name: 'failed', tone: 'bad', values: failed },
          ]}
        />
        <Chart
          title="Latency of receivers"
          kind="lines"
          ends={ENDS}
          columns={columns}
          write={writeMs}
          series={[
            { name: 'p50', tone: 'good', values: minutes.map(({ latencyMs }) => latencyMs.p50) },
            { name: 'p95', tone: 'busy', values: minutes.map(({ latencyMs }) => latencyMs.p95) },
            { name: 'p99', tone: 'warn', values: minutes.map(({ latencyMs }) => latencyMs.p99) },
          ]}
        />
      </div>
      <details>
        <summary>The figures of each minute</summary>
        <DataTable
          caption="Attempts by the minute"
          columns={['Minute', 'Attempts', 'Succeeded', 'Failed', 'p50', 'p95', 'p99']}
          rows={minutes
            .filter(({ attempts }) => attempts > 0)
            .toReversed()
            .map(({ minute, attempts, latencyMs, ...one }) => [
              <When at={minute} />,
              writeCount(attempts),
              writeCount(one.succeeded),
              writeCount(one.failed),
              valueText(latencyMs.p50, writeMs),
              valueText(latencyMs.p95, writeMs),
              valueText(latencyMs.p99, writeMs),
            ])}
        />
      </details>
    </>
  );
}
