/**
 * The answer page: where a record stands at every endpoint of its account, and what can be done
 * about it.
 */
import { ofAnswer } from '../../client/client.ts';
import { answerActions, Answers, onceOf } from '../answers.tsx';
import { endpointsOf } from '../endpoints.ts';
import type { Page, Visit } from '../page.ts';
import * as to from '../paths.ts';
import { Copyable } from '../ui/facts.tsx';
import { ActionButton } from '../ui/form.tsx';
import { StatusBadge } from '../ui/status.tsx';
import { When } from '../ui/when.tsx';

const LINK_SECONDS = 3_600;

export const recordPage: Page = {
  path: '/accounts/:account/records/:record',
  area: 'staff',
  actions: {
    ...answerActions,
    /** Shown once, and not by a redirect: it is a token. */
    async share(visit, _form, once) {
      const { api, params, origin } = visit;
      const { account = '', record = '' } = params;
      const made = ofAnswer(
        await api.call('createPortalToken', {
          path: { account },
          body: { record, expiresInSeconds: LINK_SECONDS },
          ...onceOf(once),
        }),
      );
      const link = to.portalLink(origin, to.portalRecord(record), made.token);
      return {
        show: {
          title: 'A link for the customer',
          body: <SharedLink visit={visit} link={link} until={made.expiresAt} />,
        },
      };
    },
  },
  async show(visit) {
    const { api, caller, params } = visit;
    const { account = '', record: key = '' } = params;
    const [answer, endpoints] = await Promise.all([
      api.call('getRecordByKey', { path: { account }, query: { key } }),
      endpointsOf(api, account),
    ]);
    const record = ofAnswer(answer);
    return {
      title: key,
      trail: [{ href: to.account(account), text: account }],
      refreshSeconds: 3,
      body: (
        <>
          <div class="head">
            <h1>{key}</h1>
            {record.status === null ? null : <StatusBadge of={record.status} />}
          </div>
          <p class="lead" id="sentence" data-announce={record.status ?? ''}>
            {record.note}
          </p>
          {caller.scopes.includes('manage') ? (
            <div class="buttons">
              <ActionButton visit={visit} action="share">
                Make a link for the customer
              </ActionButton>
            </div>
          ) : null}
          <h2>By endpoint</h2>
          <Answers
            visit={visit}
            account={account}
            answers={record.endpoints}
            notSent={record.notSent}
            endpoints={endpoints}
          />
        </>
      ),
    };
  },
};

function SharedLink({ visit, link, until }: { visit: Visit; link: string; until: string }) {
  return (
    <>
      <h1>A link for the customer</h1>
      <p>
        Whoever opens it sees where <strong>{visit.params['record']}</strong> stands and nothing else, and can change
        nothing. It works until <When at={until} />.
      </p>
      <Copyable text={link} isBlock />
      <p>
        <a href={visit.here}>Back to the record</a>
      </p>
    </>
  );
}
