/** The catalogue: what there is to subscribe to. */
import { ofAnswer } from '../../client/client.ts';
import type { Page } from '../page.ts';
import * as to from '../paths.ts';
import { Pager } from '../ui/filters.tsx';
import { Empty } from '../ui/notice.tsx';
import { Badge } from '../ui/status.tsx';
import { DataTable } from '../ui/table.tsx';

export const eventTypesPage: Page = {
  path: '/event-types',
  area: 'staff',
  async show(visit) {
    const { api, query } = visit;
    const cursor = query.get('cursor');
    const page = ofAnswer(await api.call('listEventTypes', { query: cursor === null ? {} : { cursor } }));
    return {
      title: 'Event types',
      nav: to.eventTypes(),
      body: (
        <>
          <h1>Event types</h1>
          {page.data.length === 0 ? (
            <Empty title="No event type is described yet.">
              <p>
                Events of any type are accepted without one. A description, an example and a schema make the type one
                that customers can read about and choose: <code>PUT /v1/event-types/order.paid</code>.
              </p>
            </Empty>
          ) : (
            <DataTable
              caption="Event types"
              columns={['Event type', 'What it says', 'Schema', 'State']}
              rows={page.data.map(({ name, description, dataVersion, strict, archived }) => [
                <a href={to.eventType(name)}>{name}</a>,
                description,
                dataVersion === null ? 'none' : `${dataVersion}${strict ? ', strict' : ''}`,
                archived ? <Badge tone="off">archived</Badge> : 'in use',
              ])}
            />
          )}
          <Pager visit={visit} next={page.next} />
        </>
      ),
    };
  },
};
