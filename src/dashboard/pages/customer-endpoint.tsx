/**
 * The customer's endpoint: how it does, a test that shows what arrived, its secrets, and code that
 * verifies.
 */
import { ofAnswer, type Schemas } from '../../client/client.ts';
import { adviceOn } from '../advice.ts';
import { answerActions, onceOf } from '../answers.tsx';
import { nameOf, typesOf } from '../endpoints.ts';
import type { Done, Page, Visit } from '../page.ts';
import * as to from '../paths.ts';
import { SentRequest } from '../timeline.tsx';
import { EndpointHealth, SentTypes } from '../ui/endpoint-health.tsx';
import { Copyable, Facts } from '../ui/facts.tsx';
import { ActionButton } from '../ui/form.tsx';
import { HourBars } from '../ui/hour-bars.tsx';
import { NewSecret } from '../ui/secret.tsx';
import { EndpointBadge } from '../ui/status.tsx';
import { DataTable } from '../ui/table.tsx';
import { span, When } from '../ui/when.tsx';
import { snippetsFor, variableOf } from '../../client/verification.ts';
import { sentenceOf } from './endpoint.tsx';

const SENT_DAYS = 7;
const TRAIL = [{ href: to.portal(), text: 'Your endpoints' }];

export const customerEndpointPage: Page = {
  path: '/endpoints/:endpoint',
  area: 'customer',
  actions: {
    pause: (visit, form, once) => staffAction('pause', visit, form, once),
    resume: (visit, form, once) => staffAction('resume', visit, form, once),

    /** What came back is shown whole: a test is for who writes the receiver. */
    async test(visit, _form, once) {
      const attempt = ofAnswer(await visit.api.call('testEndpoint', { path: pathOf(visit), ...onceOf(once) }));
      return { show: { title: 'The test', trail: TRAIL, body: <Tested of={attempt} /> } };
    },

    async rotate(visit, _form, once) {
      const made = ofAnswer(await visit.api.call('rotateSecret', { path: pathOf(visit), body: {}, ...onceOf(once) }));
      const back = { href: to.portalEndpoint(pathOf(visit).endpoint), text: 'To the endpoint' };
      const told = 'Give it to your receiver now. Deliveries are signed with both for a day, then with this one.';
      return {
        show: {
          title: 'A new secret',
          body: <NewSecret title="Your new secret" secret={made.secret} back={back} told={told} />,
        },
      };
    },

    async reveal(visit, form) {
      const path = { ...pathOf(visit), secret: form.get('secret') ?? '' };
      const { secret } = ofAnswer(await visit.api.call('getSecret', { path }));
      const back = { href: to.portalEndpoint(path.endpoint), text: 'To the endpoint' };
      return {
        show: {
          title: 'Your secret',
          body: <NewSecret title="Your secret" secret={secret} back={back} isNew={false} />,
        },
      };
    },
  },
  async show(visit) {
    const { api } = visit;
    const path = pathOf(visit);
    const [read, health, history, sent] = await Promise.all([
      api.call('getEndpoint', { path }),
      api.call('getEndpointHealth', { path }),
      api.call('getEndpointHistory', { path, query: { hours: 24 } }),
      api.call('listSentEventTypes', { path, query: { days: SENT_DAYS } }),
    ]);
    const endpoint = ofAnswer(read);
    const name = nameOf(endpoint, endpoint.id);
    return {
      title: name,
      nav: to.portal(),
      trail: TRAIL,
      refreshSeconds: 10,
      body: (
        <>
          <div class="head">
            <h1>{name}</h1>
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
              waitingHref={to.portalDeliveries({ endpoint: endpoint.id, status: 'queued' })}
            />
          ) : null}
          <p class="ways">
            <a href={to.portalDeliveries({ endpoint: endpoint.id })}>Its latest deliveries</a>
            <a href={to.portalDeliveries({ endpoint: endpoint.id, status: 'dead' })}>What did not arrive</a>
          </p>
          {history.ok ? <HourBars hours={history.data.data} /> : null}
          {sent.ok ? <SentTypes of={sent.data} days={SENT_DAYS} /> : null}
          <Secrets visit={visit} secrets={endpoint.secrets} />
          <Verification endpoint={endpoint} />
          <h2>Settings</h2>
          <Facts
            of={[
              ['Event types', typesOf(endpoint)],
              ['Order', endpoint.ordering],
              ['Answer within', span(endpoint.timeoutMs)],
              ['Tried for', span(endpoint.retry.windowSeconds * 1_000)],
              ['Endpoint', <Copyable text={endpoint.id} />],
            ]}
          />
        </>
      ),
    };
  },
};

function Buttons({ visit, endpoint }: { visit: Visit; endpoint: Schemas['EndpointNow'] }) {
  if (!visit.caller.scopes.includes('manage')) return null;
  return (
    <div class="buttons">
      {endpoint.status === 'disabled' ? null : (
        <ActionButton visit={visit} action="test" look="main">
          Send a test
        </ActionButton>
      )}
      {endpoint.status === 'enabled' ? (
        <ActionButton visit={visit} action="pause" with={{ endpoint: endpoint.id }}>
          Pause
        </ActionButton>
      ) : (
        <ActionButton visit={visit} action="resume" with={{ endpoint: endpoint.id }} look="main">
          {endpoint.status === 'paused' ? 'Resume' : 'Enable'}
        </ActionButton>
      )}
    </div>
  );
}

function Tested({ of: { statusCode, error, latencyMs, request, responseBody, event } }: { of: Schemas['Attempt'] }) {
  const advice = adviceOn({ statusCode, error });
  const refused = statusCode === null ? 'The test did not arrive' : 'Your receiver refused the test';
  return (
    <>
      <h1>{error === null ? 'The test arrived' : refused}</h1>
      <p class="lead">
        {error === null ? `Your receiver answered ${statusCode ?? ''} in ${span(latencyMs)}.` : error.message}
      </p>
      {advice === null ? null : <p>{advice}</p>}
      <h2>What your receiver answered</h2>
      <Copyable text={responseBody === null || responseBody === '' ? '(nothing)' : responseBody} isBlock />
      {request === null ? null : <SentRequest id="request" of={request} />}
      <p class="dim">
        The event had the id <code>{event}</code> and the type <code>tubepost.test</code>.
      </p>
    </>
  );
}

function Secrets({ visit, secrets }: { visit: Visit; secrets: readonly Schemas['EndpointSecret'][] }) {
  const mayManage = visit.caller.scopes.includes('manage');
  return (
    <>
      <h2>Secrets</h2>
      <DataTable
        caption="Secrets"
        columns={['Secret', 'Kind', 'Made', 'Ends', ...(mayManage ? ['Do'] : [])]}
        rows={secrets.map(({ id, kind, createdAt, expiresAt }) => [
          id,
          kind,
          <When at={createdAt} as="ago" />,
          expiresAt === null ? 'does not end' : <When at={expiresAt} as="until" />,
          ...(mayManage
            ? [
                <ActionButton visit={visit} action="reveal" with={{ secret: id }} label={`Show the secret ${id}`}>
                  Show
                </ActionButton>,
              ]
            : []),
        ])}
      />
      {mayManage ? (
        <div class="buttons">
          <ActionButton visit={visit} action="rotate" confirm="Make a new secret? The former one stays good for a day.">
            Rotate
          </ActionButton>
        </div>
      ) : null}
    </>
  );
}

function Verification({ endpoint }: { endpoint: Schemas['EndpointNow'] }) {
  const variable = variableOf(nameOf(endpoint, endpoint.id));
  const path = URL.parse(endpoint.url)?.pathname ?? '/';
  return (
    <>
      <h2>Code that verifies</h2>
      <p>
        Put the secret into <code>{variable}</code>. Verify the bytes as they arrived, answer 2xx when the event is
        stored, and remember <code>webhook-id</code>: the same event may come twice.
      </p>
      {snippetsFor({ variable, path }).map(({ language, code }) => (
        <details>
          <summary>{language}</summary>
          <Copyable text={code} isBlock />
        </details>
      ))}
    </>
  );
}

/** The customer's page has no account in its path, as those of staff do. */
async function staffAction(name: 'pause' | 'resume', visit: Visit, form: URLSearchParams, once: string): Promise<Done> {
  const action = answerActions[name];
  if (action === undefined) throw new Error(`there is no action ${name}`);
  return action({ ...visit, params: { ...visit.params, account: pathOf(visit).account } }, form, once);
}

function pathOf({ caller, params }: Pick<Visit, 'caller' | 'params'>) {
  return { account: caller.account ?? '', endpoint: params['endpoint'] ?? '' };
}
