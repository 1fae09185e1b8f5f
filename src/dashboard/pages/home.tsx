/** The first page: the box, and what needs a look now. */
import { ofAnswer } from '../../client/client.ts';
import type { Page } from '../page.ts';
import * as to from '../paths.ts';
import { FindBox } from '../ui/find-box.tsx';
import { Empty } from '../ui/notice.tsx';
import { DataTable } from '../ui/table.tsx';
import { When } from '../ui/when.tsx';

export const homePage: Page = {
  path: '',
  area: 'staff',
  async show({ api, caller }) {
    const { account } = caller;
    const { failures } =
      account === null
        ? ofAnswer(await api.call('getOverviewOfAll', {}))
        : ofAnswer(await api.call('getOverview', { path: { account } }));
    return {
      title: 'Overview',
      nav: to.home(),
      refreshSeconds: 15,
      hasFindBox: true,
      body: (
        <>
          <h1 class="hidden">Overview</h1>
          <FindBox value="" isLarge />
          <section aria-labelledby="failures">
            <h2 id="failures">Failing now</h2>
            {failures.length === 0 ? (
              <Empty title="Nothing failed in the last 15 minutes." />
            ) : (
              <DataTable
                caption="Failures by endpoint and answer"
                columns={['Account', 'Endpoint', 'Answer', 'Failed', 'Last']}
                rows={failures.map(({ account, endpoint, statusCode, error, count, lastAt }) => [
                  account,
                  endpoint,
                  statusCode ?? error,
                  count,
                  <When at={lastAt} as="ago" />,
                ])}
              />
            )}
          </section>
        </>
      ),
    };
  },
};
