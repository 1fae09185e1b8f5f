/** The first page: the box, what needs a look now, and how the last hour went. */
import { type Client, ofAnswer, type Schemas } from '../../client/client.ts';
import { nameOf, type KnownEndpoint } from '../endpoints.ts';
import { FirstVisit, firstSteps } from '../first-visit.tsx';
import type { Caller, Page } from '../page.ts';
import * as to from '../paths.ts';
import { Figures, TrafficCharts } from '../traffic.tsx';
import { FindBox } from '../ui/find-box.tsx';
import { Empty } from '../ui/notice.tsx';
import { Badge } from '../ui/status.tsx';
import { DataTable } from '../ui/table.tsx';
import { When } from '../ui/when.tsx';

/** The worst; each list says where the rest is. */
const SHOWN_MAX = 10;

export const homePage: Page = {
  path: '',
  area: 'staff',
  async show(visit) {
    const steps = await firstSteps(visit.api, visit.caller);
    const frame = { title: 'Overview', nav: to.home(), hasFindBox: true };
    if (steps !== null) {
      return {
        ...frame,
        refreshSeconds: 3,
        body: (
          <>
            <h1 class="hidden">Overview</h1>
            <FindBox value="" isLarge />
            <FirstVisit visit={visit} steps={steps} />
          </>
        ),
      };
    }
    const { overview, traffic, alerts, endpoints } = await overviewOf(visit.api, visit.caller);
    const waiting = overview.backlogs.reduce((sum, one) => sum + one.waiting, 0);
    return {
      ...frame,
      refreshSeconds: 20,
      body: (
        <>
          <h1 class="hidden">Overview</h1>
          <FindBox value="" isLarge />
          <Figures minutes={traffic.data} waiting={waiting} openAlerts={alerts.length} />
          <Alerts alerts={alerts} />
          <Failures overview={overview} endpoints={endpoints} />
          <Backlogs overview={overview} endpoints={endpoints} />
          <h2>The last hour</h2>
          <TrafficCharts minutes={traffic.data} />
          {overview.isComplete && traffic.isComplete ? null : (
            <p class="dim">There is more than one page reads: the newest is counted.</p>
          )}
        </>
      ),
    };
  },
};

type Found = {
  overview: Pick<Schemas['Overview'], 'failures' | 'backlogs' | 'isComplete'>;
  traffic: Schemas['TrafficOfAll'];
  alerts: readonly Schemas['Alert'][];
  endpoints: ReadonlyMap<string, KnownEndpoint>;
};

async function overviewOf(api: Client, { account }: Caller): Promise<Found> {
  const path = { account: account ?? '' };
  const open = { status: 'open', limit: 200 } as const;
  const [overview, traffic, alerts, endpoints] = await Promise.all([
    account === null ? api.call('getOverviewOfAll', {}) : api.call('getOverview', { path }),
    account === null ? api.call('getTrafficOfAll', {}) : api.call('getTraffic', { path }),
    account === null ? api.call('listAllAlerts', { query: open }) : api.call('listAlerts', { path, query: open }),
    account === null
      ? api.call('listAllEndpoints', { query: { limit: 200 } })
      : api.call('listEndpoints', { path, query: { limit: 200 } }),
  ]);
  // Each by itself: their refusals have different types, and the first one is thrown.
  if (!overview.ok) return ofAnswer(overview);
  if (!traffic.ok) return ofAnswer(traffic);
  return {
    overview: overview.data,
    traffic: traffic.data,
    alerts: alerts.ok ? alerts.data.data : [],
    endpoints: new Map(endpoints.ok ? endpoints.data.data.map((endpoint) => [endpoint.id, endpoint]) : []),
  };
}

function Alerts({ alerts }: { alerts: readonly Schemas['Alert'][] }) {
  if (alerts.length === 0) return null;
  return (
    <section aria-labelledby="alerts">
      <h2 id="alerts">Open alerts</h2>
      <ul class="hits">
        {alerts.slice(0, SHOWN_MAX).map(({ id, rule, detail, openedAt, account }) => (
          <li id={id} data-announce={`${rule} is open`}>
            <a href={to.alert(id)}>
              <Badge tone="bad">{rule}</Badge> <strong>{detail}</strong>
            </a>
            <span class="dim">
              {account === null ? null : `${account} · `}
              <When at={openedAt} as="ago" />
            </span>
          </li>
        ))}
      </ul>
      {alerts.length > SHOWN_MAX ? <a href={to.alerts()}>All {alerts.length}</a> : null}
    </section>
  );
}

function Failures({ overview: { failures }, endpoints }: Pick<Found, 'overview' | 'endpoints'>) {
  return (
    <section aria-labelledby="failures">
      <h2 id="failures">Failing</h2>
      {failures.length === 0 ? (
        <Empty title="Nothing failed in the last hour." />
      ) : (
        <DataTable
          caption="Failures of the last hour by endpoint and answer"
          columns={['Endpoint', 'Account', 'Answer', 'Failed', 'Last']}
          rows={failures.slice(0, SHOWN_MAX).map(({ account, endpoint, statusCode, error, count, lastAt }) => [
            <a href={to.endpoint(account, endpoint)}>{nameOf(endpoints.get(endpoint), endpoint)}</a>,
            <a href={to.account(account)}>{account}</a>,
            statusCode === null ? error : `${statusCode}`,
            <a
              href={to.deliveries({
                account,
                endpoint,
                ...(statusCode === null ? {} : { statusCode: `${statusCode}` }),
              })}
            >
              {count.toLocaleString('en')}
            </a>,
            <When at={lastAt} as="ago" />,
          ])}
        />
      )}
    </section>
  );
}

function Backlogs({ overview: { backlogs }, endpoints }: Pick<Found, 'overview' | 'endpoints'>) {
  if (backlogs.length === 0) return null;
  return (
    <section aria-labelledby="backlogs">
      <h2 id="backlogs">Waiting</h2>
      <DataTable
        caption="Endpoints with deliveries that wait"
        columns={['Endpoint', 'Account', 'Waiting', 'In the last hour', 'Oldest']}
        rows={backlogs
          .slice(0, SHOWN_MAX)
          .map(({ account, endpoint, waiting, growth, isGrowing, oldestAcceptedAt }) => [
            <a href={to.endpoint(account, endpoint)}>{nameOf(endpoints.get(endpoint), endpoint)}</a>,
            <a href={to.account(account)}>{account}</a>,
            waiting.toLocaleString('en'),
            isGrowing ? <Badge tone="warn">{`${growth.toLocaleString('en')} more`}</Badge> : 'not growing',
            <When at={oldestAcceptedAt} as="ago" />,
          ])}
      />
    </section>
  );
}
