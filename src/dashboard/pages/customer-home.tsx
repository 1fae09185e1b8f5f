/** The customer's first page: my endpoints, and how they do. */
import { ofAnswer } from '../../client/client.ts';
import { nameOf } from '../endpoints.ts';
import type { Page } from '../page.ts';
import * as to from '../paths.ts';
import { Empty } from '../ui/notice.tsx';
import { Badge } from '../ui/status.tsx';
import { DataTable } from '../ui/table.tsx';

export const customerHomePage: Page = {
  path: '',
  area: 'customer',
  async show({ api, caller }) {
    const account = caller.account ?? '';
    const { data } = ofAnswer(await api.call('listEndpoints', { path: { account }, query: { limit: 200 } }));
    return {
      title: 'Your endpoints',
      nav: to.portal(),
      refreshSeconds: 15,
      body: (
        <>
          <h1>Your endpoints</h1>
          {data.length === 0 ? (
            <Empty title="You have no endpoint yet." />
          ) : (
            <DataTable
              caption="Your endpoints"
              columns={['Endpoint', 'Address', 'Status']}
              rows={data.map((endpoint) => [
                nameOf(endpoint, endpoint.id),
                endpoint.url,
                <Badge tone={endpoint.status === 'enabled' ? 'good' : 'warn'}>{endpoint.status}</Badge>,
              ])}
            />
          )}
        </>
      ),
    };
  },
};
