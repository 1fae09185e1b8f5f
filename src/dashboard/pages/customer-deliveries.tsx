/** The customer's latest events in plain words, and what did not arrive. */
import type { Schemas } from '../../client/client.ts';
import { nameOf, endpointsOf } from '../endpoints.ts';
import { type Field, filtersOf, inScope } from '../filters.ts';
import type { Page } from '../page.ts';
import * as to from '../paths.ts';
import { Filters, Pager } from '../ui/filters.tsx';
import { Empty } from '../ui/notice.tsx';
import { ProblemNotice } from '../ui/problem.tsx';
import { StatusBadge } from '../ui/status.tsx';
import { DataTable } from '../ui/table.tsx';
import { When } from '../ui/when.tsx';

const STATUSES: Schemas['DeliveryStatus'][] = [
  'delivered',
  'retrying',
  'queued',
  'held',
  'dead',
  'superseded',
  'cancelled',
];
const FIELDS: readonly Field[] = [
  { name: 'status', label: 'Status', kind: 'choice', options: STATUSES },
  { name: 'endpoint', label: 'Endpoint', kind: 'text', hint: 'ep_…' },
  { name: 'eventType', label: 'Event type', kind: 'text', hint: 'order.*' },
  { name: 'record', label: 'Record', kind: 'text' },
];

export const customerDeliveriesPage: Page = {
  path: '/deliveries',
  area: 'customer',
  async show(visit) {
    const { api, caller, query } = visit;
    const account = caller.account ?? '';
    const [answer, endpoints] = await Promise.all([
      inScope(api, account, ['listAllDeliveries', 'listDeliveries'], filtersOf(query, FIELDS)),
      endpointsOf(api, account),
    ]);
    return {
      title: 'Deliveries',
      nav: to.portalDeliveries(),
      body: (
        <>
          <h1>Deliveries</h1>
          <Filters visit={visit} fields={FIELDS} />
          {!answer.ok ? (
            <ProblemNotice problem={answer.problem} />
          ) : answer.data.data.length === 0 ? (
            <Empty title="No delivery matches.">
              <p>An event shows here some seconds after it happened.</p>
            </Empty>
          ) : (
            <DataTable
              caption="Your deliveries, newest first"
              columns={['Status', 'What happened', 'Event', 'Record', 'When']}
              rows={answer.data.data.map(({ id, status, note, endpoint, eventType, record, acceptedAt }) => [
                <StatusBadge of={status} />,
                <>
                  <a href={to.portalDelivery(id)}>{note}</a>
                  <div class="dim">{nameOf(endpoints.get(endpoint), endpoint)}</div>
                </>,
                eventType,
                record === null ? <span class="dim">none</span> : <a href={to.portalRecord(record)}>{record}</a>,
                <When at={acceptedAt} as="ago" />,
              ])}
            />
          )}
          {answer.ok ? <Pager visit={visit} next={answer.data.next} /> : null}
        </>
      ),
    };
  },
};
