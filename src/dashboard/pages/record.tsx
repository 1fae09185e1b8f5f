/** The answer page: where a record stands at every endpoint of its account, and what can be done about it. */
import { ofAnswer } from '../../client/client.ts';
import { answerActions, Answers } from '../answers.tsx';
import { endpointsOf } from '../endpoints.ts';
import type { Page } from '../page.ts';
import * as to from '../paths.ts';
import { StatusBadge } from '../ui/status.tsx';

export const recordPage: Page = {
  path: '/accounts/:account/records/:record',
  area: 'staff',
  actions: answerActions,
  async show(visit) {
    const { api, params } = visit;
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
