/**
 * What a service that has sent nothing yet shows in place of an overview: the commands to paste,
 * one after the other. The page reads itself again, so that each step is ticked off as what it
 * makes arrives.
 */
import type { Child } from 'hono/jsx';
import { ofAnswer, type Client } from '../client/client.ts';
import type { Caller, Visit } from './page.ts';
import * as to from './paths.ts';
import { Copyable } from './ui/facts.tsx';

/** What of the way is done: the account that is there, and whether it has an endpoint. */
export type FirstSteps = { account: string | null; hasEndpoint: boolean };

const ACCOUNT = 'acme';
const RECORD = 'subscription/sub_81';
/** Null once anything was published. Three reads of one row each, and one once it is over. */
export async function firstSteps(api: Client, caller: Caller): Promise<FirstSteps | null> {
  const one = { limit: 1 };
  const { account } = caller;
  const sent =
    account === null
      ? ofAnswer(await api.call('listAllDeliveries', { query: one }))
      : ofAnswer(await api.call('listDeliveries', { path: { account }, query: one }));
  if (sent.data.length > 0) return null;
  if (account !== null) {
    const { data } = ofAnswer(await api.call('listEndpoints', { path: { account }, query: one }));
    return { account, hasEndpoint: data.length > 0 };
  }
  const [accounts, endpoints] = await Promise.all([
    api.call('listAccounts', { query: one }),
    api.call('listAllEndpoints', { query: one }),
  ]);
  const [endpoint] = ofAnswer(endpoints).data;
  const known = endpoint?.account ?? ofAnswer(accounts).data[0]?.account ?? null;
  return { account: known, hasEndpoint: endpoint !== undefined };
}

export function FirstVisit({ visit, steps }: { visit: Visit; steps: FirstSteps }) {
  const account = steps.account ?? ACCOUNT;
  const at = `$TUBEPOST/v1/accounts/${account}`;
  const key = visit.isLocal ? 'tubepost_local_admin_key' : '…your key…';
  return (
    <section aria-labelledby="first">
      <h2 id="first">Send your first webhook</h2>
      <p>
        Nothing was sent yet. Paste these into a terminal; this page fills as they arrive. Every operation is in the{' '}
        <a href="/docs">API reference</a>.
      </p>
      <ol class="steps">
        <Step title="Say where the service is, and with which key" state={steps.account === null ? 'now' : 'done'}>
          <Copyable isBlock text={`export TUBEPOST=${visit.origin} TUBEPOST_KEY='${key}'`} />
        </Step>
        <Step title="Make an account: one of your customers" state={steps.account === null ? 'now' : 'done'}>
          <Copyable isBlock text={curl('PUT', at, { name: 'Acme' })} />
        </Step>
        <Step
          title="Give it an endpoint: where its events go"
          state={steps.account === null ? 'later' : steps.hasEndpoint ? 'done' : 'now'}
        >
          <Copyable isBlock text={curl('POST', `${at}/endpoints`, { url: endpointUrl(visit), description: 'CRM' })} />
          <p class="dim">
            Its answer shows the secret that signs what is sent, once. With nothing at that address you see it being
            retried; <code>npm run tubepost -- listen</code> receives there.
          </p>
        </Step>
        <Step title="Publish an event about a record" state={steps.hasEndpoint ? 'now' : 'later'}>
          <Copyable
            isBlock
            text={curl('POST', `${at}/events`, { type: 'subscription.updated', record: RECORD, data: { plan: 'pro' } })}
          />
          <p class="dim">
            Then <a href={to.record(account, RECORD)}>{RECORD}</a> says where it stands, at once; here it appears some
            seconds later.
          </p>
        </Step>
      </ol>
    </section>
  );
}

type State = 'done' | 'now' | 'later';
const WORDS: Record<State, string> = { done: 'Done', now: 'Next', later: 'Later' };

function Step({ title, state, children }: { title: string; state: State; children: Child }) {
  return (
    <li class={state} data-announce={`${title}: ${WORDS[state]}`} id={`step-${title.slice(0, 4).toLowerCase()}`}>
      <h3>
        {title} <span class="dim">{WORDS[state]}</span>
      </h3>
      {children}
    </li>
  );
}

function endpointUrl({ isLocal }: Visit): string {
  return isLocal ? 'http://127.0.0.1:9000/hook' : 'https://crm.example.com/hook';
}

/** Nothing of it is foreign but the account's id, which is letters, digits, "_" and "-". */
function curl(method: string, url: string, body: object): string {
  const verb = method === 'POST' ? '' : ` -X ${method}`;
  return [
    `curl${verb} "${url}" -H "Authorization: Bearer $TUBEPOST_KEY"`,
    `  -H 'Content-Type: application/json' -d '${JSON.stringify(body)}'`,
  ].join(' \\\n');
}
