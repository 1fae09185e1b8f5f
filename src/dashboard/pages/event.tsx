/** One event: where it stands at every endpoint, and what it said. */
import { ofAnswer } from '../../client/client.ts';
import { answerActions, Answers, worstFirst } from '../answers.tsx';
import { endpointsOf } from '../endpoints.ts';
import type { Page } from '../page.ts';
import * as to from '../paths.ts';
import { Copyable, Facts } from '../ui/facts.tsx';
import { Empty } from '../ui/notice.tsx';
import { When } from '../ui/when.tsx';

export const eventPage: Page = {
  path: '/accounts/:account/events/:event',
  area: 'staff',
  actions: answerActions,
  async show(visit) {
    const { api, params, query } = visit;
    const { account = '', event: id = '' } = params;
    const record = query.get('record');
    const [answer, endpoints] = await Promise.all([
      api.call('getEvent', { path: { account, event: id }, query: record === null ? {} : { record } }),
      endpointsOf(api, account),
    ]);
    const event = ofAnswer(answer);
    const answers = event.deliveries.map((delivery) => ({ delivery, waiting: 0 }));
    const [worst] = worstFirst(answers).map(({ delivery }) => delivery);
    return {
      title: event.type,
      trail: [
        { href: to.account(account), text: account },
        ...(event.record === null ? [] : [{ href: to.record(account, event.record), text: event.record }]),
      ],
      refreshSeconds: 3,
      body: (
        <>
          <h1>{event.type}</h1>
          <p class="lead" id="sentence">
            {event.note ?? worst?.note ?? 'No endpoint of this account wanted it.'}
          </p>
          {event.deliveries.length < 2 ? null : <p class="dim">{summary(event.deliveries)}</p>}
          <Facts
            of={[
              ['Event', <Copyable text={event.id} />],
              ['Record', event.record === null ? null : <a href={to.record(account, event.record)}>{event.record}</a>],
              ['Sequence', event.sequence],
              ['Version', event.version],
              ['Accepted', <When at={event.acceptedAt} />],
            ]}
          />
          <h2>By endpoint</h2>
          <Answers visit={visit} account={account} answers={answers} notSent={event.notSent} endpoints={endpoints} />
          <h2>Data</h2>
          {event.erasedAt !== null ? (
            <Empty title="The data was erased on request." />
          ) : event.payloadExpiredAt !== null ? (
            <Empty title="The data is past its retention." />
          ) : (
            <Copyable text={JSON.stringify(event.data, null, 2)} isBlock />
          )}
        </>
      ),
    };
  },
};

function summary(deliveries: readonly { status: string }[]): string {
  const has = deliveries.filter(({ status }) => status === 'delivered').length;
  return `${has} of ${deliveries.length} endpoints that wanted it ${has === 1 ? 'has' : 'have'} it.`;
}
