/** All accounts, and a form for a new one. For a session that is bound to none. */
import { ofAnswer } from '../../client/client.ts';
import type { Page } from '../page.ts';
import * as to from '../paths.ts';
import { given, TextField } from '../ui/field.tsx';
import { Pager } from '../ui/filters.tsx';
import { ActionForm } from '../ui/form.tsx';
import { Empty } from '../ui/notice.tsx';
import { DataTable } from '../ui/table.tsx';
import { When } from '../ui/when.tsx';

export const accountsPage: Page = {
  path: '/accounts',
  area: 'staff',
  actions: {
    async create({ api }, form) {
      const account = given(form, 'account') ?? '';
      const body = { name: given(form, 'name') ?? account };
      ofAnswer(await api.call('putAccount', { path: { account }, body }));
      return { note: `The account ${account} is there. Give it an endpoint next.`, to: to.account(account) };
    },
  },
  async show(visit) {
    const { api, caller, query } = visit;
    if (caller.account !== null) return to.account(caller.account);
    const cursor = query.get('cursor');
    const page = ofAnswer(await api.call('listAccounts', { query: cursor === null ? {} : { cursor } }));
    return {
      title: 'Accounts',
      nav: to.accounts(),
      body: (
        <>
          <h1>Accounts</h1>
          {page.data.length === 0 ? (
            <Empty title="There is no account yet.">
              <p>An account is one of your customers: its endpoints, its events and its quota.</p>
            </Empty>
          ) : (
            <DataTable
              caption="Accounts"
              columns={['Account', 'Name', 'Keeps payloads', 'Created']}
              rows={page.data.map(({ account, name, retention, createdAt }) => [
                <a href={to.account(account)}>{account}</a>,
                name,
                `${retention.payloadDays} days`,
                <When at={createdAt} as="ago" />,
              ])}
            />
          )}
          <Pager visit={visit} next={page.next} />
          {caller.scopes.includes('manage') ? (
            <>
              <h2>New account</h2>
              <ActionForm visit={visit} action="create">
                <TextField visit={visit} name="account" label="Id" hint="Your own id of the customer." isRequired />
                <TextField visit={visit} name="name" label="Name" />
                <button type="submit" class="main">
                  Create
                </button>
              </ActionForm>
            </>
          ) : null}
        </>
      ),
    };
  },
};
