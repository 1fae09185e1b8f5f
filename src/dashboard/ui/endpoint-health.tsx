/** How an endpoint does, and what it got: for the pages of staff and of customers. */
import type { Schemas } from '../../client/client.ts';
import { typesOf } from '../endpoints.ts';
import { Facts } from './facts.tsx';
import { Empty } from './notice.tsx';
import { DataTable } from './table.tsx';
import { span, When } from './when.tsx';

export function EndpointHealth({ of: health, waitingHref }: { of: Schemas['EndpointHealth']; waitingHref: string }) {
  const { waiting, windows } = health;
  return (
    <>
      <h2>How it does</h2>
      <DataTable
        caption="Attempts and latency"
        columns={['Window', 'Attempts', 'Success', 'p50', 'p95', 'p99']}
        rows={[
          ['Last 15 minutes', ...window(windows.last15Minutes)],
          ['Last 24 hours', ...window(windows.last24Hours)],
        ]}
      />
      <Facts
        of={[
          ['Last success', health.lastSuccessAt === null ? 'none known' : <When at={health.lastSuccessAt} as="ago" />],
          ['Last failure', health.lastFailureAt === null ? 'none known' : <When at={health.lastFailureAt} as="ago" />],
          [
            'Waiting',
            <a href={waitingHref}>
              {waiting.count.toLocaleString('en')}
              {waiting.isComplete ? '' : ' or more'}
            </a>,
          ],
          [
            'Oldest waits since',
            waiting.oldestAcceptedAt === null ? null : <When at={waiting.oldestAcceptedAt} as="ago" />,
          ],
          ['Next retry', health.nextRetryAt === null ? null : <When at={health.nextRetryAt} as="until" />],
        ]}
      />
    </>
  );
}

function window({ attempts, successRate, latencyMs }: Schemas['HealthWindow']): string[] {
  const took = (ms: number | null) => (ms === null ? '–' : span(ms));
  const share = successRate === null ? '–' : `${Math.floor(successRate * 1_000) / 10} %`;
  return [attempts.toLocaleString('en'), share, took(latencyMs.p50), took(latencyMs.p95), took(latencyMs.p99)];
}

/** What it subscribed to and what it was sent: a subscription that never matches stands out. */
export function SentTypes({
  of: { data, eventTypes, complete },
  days,
}: {
  of: Schemas['SentEventTypes'];
  days: number;
}) {
  return (
    <>
      <h2>What it was sent in {days} days</h2>
      {data.length === 0 ? (
        <Empty title="Nothing.">
          <p>It asks for {typesOf({ eventTypes })}. Nothing of that was published, or its filter did not match.</p>
        </Empty>
      ) : (
        <DataTable
          caption="Event types that it was sent"
          columns={['Event type', 'Events', 'Last']}
          rows={data.map(({ eventType, events, lastSentAt }) => [
            eventType,
            events.toLocaleString('en'),
            <When at={lastSentAt} as="ago" />,
          ])}
        />
      )}
      {complete ? null : <p class="dim">Counted over the newest part of the log: there is more.</p>}
    </>
  );
}
