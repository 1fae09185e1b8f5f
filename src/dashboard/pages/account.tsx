/** One account: its endpoints and how they do, what it may use, and the link for the customer. */
import { ofAnswer, type Schemas } from '../../client/client.ts';
import { onceOf } from '../answers.tsx';
import { nameOf, typesOf } from '../endpoints.ts';
import type { Page, Visit } from '../page.ts';
import * as to from '../paths.ts';
import { Copyable, Facts } from '../ui/facts.tsx';
import { given, listed, TextField } from '../ui/field.tsx';
import { Pager } from '../ui/filters.tsx';
import { ActionButton, ActionForm } from '../ui/form.tsx';
import { Empty } from '../ui/notice.tsx';
import { NewSecret } from '../ui/secret.tsx';
import { EndpointBadge } from '../ui/status.tsx';
import { DataTable } from '../ui/table.tsx';
import { span, When } from '../ui/when.tsx';

const LINK_SECONDS = 3_600;

export const accountPage: Page = {
  path: '/accounts/:account',
  area: 'staff',
  actions: {
    async createEndpoint(visit, form, once) {
      const account = accountOf(visit);
      const eventTypes = listed(form, 'eventTypes');
      const body = {
        url: given(form, 'url') ?? '',
        description: given(form, 'description') ?? '',
        ...(eventTypes.length === 0 ? {} : { eventTypes }),
      };
      const made = ofAnswer(await visit.api.call('createEndpoint', { path: { account }, body, ...onceOf(once) }));
      const back = { href: to.endpoint(account, made.id), text: 'To the endpoint' };
      return {
        show: {
          title: 'A new endpoint',
          trail: [{ href: to.account(account), text: account }],
          body: <NewSecret title={`${nameOf(made, made.id)} is there`} secret={made.secret} back={back} />,
        },
      };
    },

    async share(visit, _form, once) {
      const account = accountOf(visit);
      const body = { expiresInSeconds: LINK_SECONDS };
      const made = ofAnswer(await visit.api.call('createPortalToken', { path: { account }, body, ...onceOf(once) }));
      return {
        show: {
          title: 'A link for the customer',
          trail: [{ href: to.account(account), text: account }],
          body: (
            <>
              <h1>A link for the customer</h1>
              <p class="lead">Who has it sees the endpoints and events of {account}, and nothing of anybody else.</p>
              <Copyable text={to.portalLink(visit.origin, to.portal(), made.token)} isBlock />
              <p class="dim">
                It ends <When at={made.expiresAt} as="until" />, and is not shown again.
              </p>
            </>
          ),
        },
      };
    },
  },
  async show(visit) {
    const { api, caller, query } = visit;
    const account = accountOf(visit);
    const cursor = query.get('cursor');
    const [answer, listed] = await Promise.all([
      api.call('getAccount', { path: { account } }),
      api.call('listEndpoints', { path: { account }, query: { limit: 100, ...(cursor === null ? {} : { cursor }) } }),
    ]);
    const found = ofAnswer(answer);
    const endpoints = ofAnswer(listed);
    return {
      title: found.name === '' ? account : found.name,
      nav: to.accounts(),
      trail: caller.account === null ? [{ href: to.accounts(), text: 'Accounts' }] : [],
      refreshSeconds: 30,
      body: (
        <>
          <h1>{found.name === '' ? account : found.name}</h1>
          <p class="ways">
            <a href={to.deliveries({ account })}>Deliveries</a>
            <a href={to.deadLetters({ account })}>Dead letters</a>
            <a href={to.audit({ account })}>Audit</a>
          </p>
          <h2>Endpoints</h2>
          <Endpoints account={account} endpoints={endpoints.data} />
          <Pager visit={visit} next={endpoints.next} />
          {caller.scopes.includes('manage') ? <Manage visit={visit} /> : null}
          <Settings of={found} />
        </>
      ),
    };
  },
};

function Endpoints({ account, endpoints }: { account: string; endpoints: readonly Schemas['Endpoint'][] }) {
  if (endpoints.length === 0) {
    return (
      <Empty title="It has no endpoint yet.">
        <p>
          An endpoint is an address that wants some of the account's events. What is published before is not sent to it.
        </p>
      </Empty>
    );
  }
  return (
    <DataTable
      caption="Endpoints"
      columns={['Status', 'Endpoint', 'Address', 'Event types']}
      rows={endpoints.map((endpoint) => [
        <EndpointBadge of={endpoint.status} />,
        <a href={to.endpoint(account, endpoint.id)}>{nameOf(endpoint, endpoint.id)}</a>,
        endpoint.url,
        typesOf(endpoint),
      ])}
    />
  );
}

function Manage({ visit }: { visit: Visit }) {
  return (
    <>
      <div class="buttons">
        <ActionButton visit={visit} action="share">
          Make a link for the customer
        </ActionButton>
      </div>
      <h2>New endpoint</h2>
      <ActionForm visit={visit} action="createEndpoint">
        <TextField visit={visit} name="url" label="Address" type="url" hint="https://…" isRequired />
        <TextField visit={visit} name="description" label="Name" hint="What people call it, like CRM." />
        <TextField
          visit={visit}
          name="eventTypes"
          label="Event types"
          hint="Between commas; order.* takes all of orders; empty: every type."
        />
        <button type="submit" class="main">
          Create
        </button>
      </ActionForm>
    </>
  );
}

function Settings({ of: { account, createdAt, jurisdiction, quota, retention, targets } }: { of: Schemas['Account'] }) {
  return (
    <>
      <h2>Settings</h2>
      <Facts
        of={[
          ['Account', <Copyable text={account} />],
          ['Deliver within', span(targets.deliverWithinMs)],
          ['Late after', span(targets.warnAfterMs)],
          ['Keeps payloads', `${retention.payloadDays} days`],
          ['Keeps the log', `${retention.logDays} days`],
          ['Events', quota.eventsPerSecond === null ? 'no quota' : `${quota.eventsPerSecond} a second`],
          ['Endpoints', `at most ${quota.endpointsMax.toLocaleString('en')}`],
          ['Jurisdiction', jurisdiction],
          ['Created', <When at={createdAt} />],
        ]}
      />
    </>
  );
}

function accountOf({ params }: Pick<Visit, 'params'>): string {
  return params['account'] ?? '';
}
