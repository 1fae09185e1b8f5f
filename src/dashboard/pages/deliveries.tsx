/** Every delivery that the log has, newest first, with the filters of the API in the address. */
import type { Schemas } from '../../client/client.ts';
import { endpointsOf } from '../endpoints.ts';
import { type Field, fieldsFor, filtersOf, inScope } from '../filters.ts';
import type { Page } from '../page.ts';
import * as to from '../paths.ts';
import { DeliveryTable } from '../ui/delivery-table.tsx';
import { Filters, Pager } from '../ui/filters.tsx';
import { Empty } from '../ui/notice.tsx';
import { ProblemNotice } from '../ui/problem.tsx';

const STATUSES: Schemas['DeliveryStatus'][] = [
  'queued',
  'delivering',
  'retrying',
  'held',
  'delivered',
  'dead',
  'superseded',
  'cancelled',
];
const FIELDS: readonly Field[] = [
  { name: 'status', label: 'Status', kind: 'choice', options: STATUSES },
  { name: 'account', label: 'Account', kind: 'text' },
  { name: 'endpoint', label: 'Endpoint', kind: 'text', hint: 'ep_…' },
  { name: 'eventType', label: 'Event type', kind: 'text', hint: 'order.*' },
  { name: 'record', label: 'Record', kind: 'text' },
  { name: 'event', label: 'Event', kind: 'text', hint: 'evt_…' },
  { name: 'statusCode', label: 'Answer', kind: 'text', hint: '503 or 5xx' },
  { name: 'trigger', label: 'Sent by', kind: 'choice', options: ['first', 'retry', 'replay'] },
  { name: 'from', label: 'From (UTC)', kind: 'time' },
  { name: 'to', label: 'To (UTC)', kind: 'time' },
];

export const deliveriesPage: Page = {
  path: '/deliveries',
  area: 'staff',
  async show(visit) {
    const { api, caller, query } = visit;
    const fields = fieldsFor(caller, FIELDS);
    const { account = caller.account, ...filters } = filtersOf(query, fields);
    const [answer, endpoints] = await Promise.all([
      inScope(api, account, ['listAllDeliveries', 'listDeliveries'], filters),
      account === null ? new Map() : endpointsOf(api, account),
    ]);
    return {
      title: 'Deliveries',
      nav: to.deliveries(),
      body: (
        <>
          <h1>Deliveries</h1>
          <Filters visit={visit} fields={fields} />
          {!answer.ok ? (
            <ProblemNotice problem={answer.problem} />
          ) : answer.data.data.length === 0 ? (
            <Empty title="No delivery matches.">
              <p>The log has a delivery some seconds after its event was published, and until its retention ends.</p>
            </Empty>
          ) : (
            <DeliveryTable
              caption="Deliveries, newest first"
              deliveries={answer.data.data}
              endpoints={endpoints}
              hasAccounts={account === null}
            />
          )}
          {answer.ok ? <Pager visit={visit} next={answer.data.next} /> : null}
        </>
      ),
    };
  },
};
