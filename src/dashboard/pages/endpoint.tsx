/**
 * One endpoint: how it does now and did by the hour, what it is asked for and what it got, and the
 * buttons of support.
 */
import { ofAnswer, type Schemas } from '../../client/client.ts';
import { answerActions, onceOf } from '../answers.tsx';
import { nameOf, typesOf } from '../endpoints.ts';
import type { Page, Visit } from '../page.ts';
import * as to from '../paths.ts';
import { Copyable, Facts } from '../ui/facts.tsx';
import { ActionButton } from '../ui/form.tsx';
import { EndpointHealth, SentTypes } from '../ui/endpoint-health.tsx';
import { HourBars } from '../ui/hour-bars.tsx';
import { NewSecret } from '../ui/secret.tsx';
import { EndpointBadge } from '../ui/status.tsx';
import { DataTable } from '../ui/table.tsx';
import { span, When } from '../ui/when.tsx';

const SENT_DAYS = 7;
const HISTORY_HOURS = 24;

export const endpointPage: Page = {
  path: '/accounts/:account/endpoints/:endpoint',
  area: 'staff',
  actions: {
    ...answerActions,
    /**
     * The one before stays good for a day, so that its receiver can be given the new one in peace.
     */
    async rotate(visit, _form, once) {
      const path = pathOf(visit);
      const made = ofAnswer(await visit.api.call('rotateSecret', { path, body: {}, ...onceOf(once) }));
      const back = { href: to.endpoint(path.account, path.endpoint), text: 'To the endpoint' };
      const told = 'Deliveries are signed with this and the former secret until the former one ends.';
      return {
        show: {
          title: 'A new secret',
          body: <NewSecret title="A new secret" secret={made.secret} back={back} told={told} />,
        },
      };
    },
  },
  async show(visit) {
    const { api, params } = visit;
    const path = pathOf(visit);
    const [read, health, history, sent] = await Promise.all([
      api.call('getEndpoint', { path }),
      api.call('getEndpointHealth', { path }),
      api.call('getEndpointHistory', { path, query: { hours: HISTORY_HOURS } }),
      api.call('listSentEventTypes', { path, query: { days: SENT_DAYS } }),
    ]);
    const endpoint = ofAnswer(read);
    const { account = '' } = params;
    return {
      title: nameOf(endpoint, endpoint.id),
      nav: to.accounts(),
      trail: [{ href: to.account(account), text: account }],
      refreshSeconds: 10,
      body: (
        <>
          <div class="head">
            <h1>{nameOf(endpoint, endpoint.id)}</h1>
            <EndpointBadge of={endpoint.status} />
          </div>
          <p class="lead" id="sentence">
            {sentenceOf(endpoint)}
          </p>
          <p class="url dim">{endpoint.url}</p>
          <Buttons visit={visit} endpoint={endpoint} />
          {health.ok ? (
            <EndpointHealth
              of={health.data}
              waitingHref={to.deliveries({ account, endpoint: endpoint.id, status: 'queued' })}
            />
          ) : null}
          {history.ok ? <HourBars hours={history.data.data} /> : null}
          {sent.ok ? <SentTypes of={sent.data} days={SENT_DAYS} /> : null}
          <Settings of={endpoint} />
        </>
      ),
    };
  },
};

export function sentenceOf({ status, statusReason, circuit }: Schemas['EndpointNow']) {
  if (status === 'disabled') return `Nothing is sent: ${statusReason ?? 'it is disabled'}.`;
  if (status === 'paused') return 'Paused. What comes waits, in order, until it is resumed.';
  if (circuit === null || circuit.state === 'closed') return 'It takes deliveries.';
  const waiting = `${circuit.waitingRecords.toLocaleString('en')} records wait`;
  if (circuit.nextProbeAt === null)
    return `It is failing: ${waiting}, and one delivery at a time asks whether it is back.`;
  return (
    <>
      It is failing: {waiting}. It is asked again <When at={circuit.nextProbeAt} as="until" />.
    </>
  );
}

function Buttons({ visit, endpoint }: { visit: Visit; endpoint: Schemas['EndpointNow'] }) {
  if (!visit.caller.scopes.includes('manage')) return null;
  const fixed = { endpoint: endpoint.id };
  return (
    <div class="buttons">
      {endpoint.status === 'disabled' ? null : (
        <ActionButton visit={visit} action="test" with={fixed}>
          Send a test
        </ActionButton>
      )}
      {endpoint.status === 'enabled' ? (
        <ActionButton visit={visit} action="pause" with={fixed}>
          Pause
        </ActionButton>
      ) : (
        <ActionButton visit={visit} action="resume" with={fixed} look="main">
          {endpoint.status === 'paused' ? 'Resume' : 'Enable'}
        </ActionButton>
      )}
      <ActionButton visit={visit} action="rotate" confirm="Make a new secret? The former one stays good for a day.">
        Rotate the secret
      </ActionButton>
    </div>
  );
}

function Settings({ of: endpoint }: { of: Schemas['EndpointNow'] }) {
  return (
    <>
      <h2>Settings</h2>
      <Facts
        of={[
          ['Endpoint', <Copyable text={endpoint.id} />],
          ['Event types', typesOf(endpoint)],
          ['Order', endpoint.ordering],
          ['Timeout', span(endpoint.timeoutMs)],
          ['Gives up after', span(endpoint.retry.windowSeconds * 1_000)],
          ['Rate limit', endpoint.rateLimitPerSecond === null ? 'none' : `${endpoint.rateLimitPerSecond} a second`],
          ['Payload', endpoint.payloadFormat],
          ['Own headers', endpoint.headerNames.length === 0 ? null : endpoint.headerNames.join(', ')],
          ['Your id', endpoint.externalId],
          ['Changed', <When at={endpoint.updatedAt} />],
        ]}
      />
      {endpoint.filter === null ? null : (
        <>
          <h3>Filter</h3>
          <Copyable text={JSON.stringify(endpoint.filter, null, 2)} isBlock />
        </>
      )}
      <h3>Secrets</h3>
      <DataTable
        caption="Secrets"
        columns={['Secret', 'Kind', 'Made', 'Ends']}
        rows={endpoint.secrets.map(({ id, kind, createdAt, expiresAt }) => [
          id,
          kind,
          <When at={createdAt} as="ago" />,
          expiresAt === null ? 'does not end' : <When at={expiresAt} as="until" />,
        ])}
      />
    </>
  );
}

function pathOf({ params }: Pick<Visit, 'params'>) {
  return { account: params['account'] ?? '', endpoint: params['endpoint'] ?? '' };
}
