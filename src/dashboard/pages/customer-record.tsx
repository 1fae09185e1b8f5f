/** What support sends a customer: where one record stands, in plain words. */
import { ofAnswer } from '../../client/client.ts';
import { endpointsOf, type KnownEndpoint, nameOf } from '../endpoints.ts';
import type { Page } from '../page.ts';
import * as to from '../paths.ts';
import { Badge, StatusBadge } from '../ui/status.tsx';

export const customerRecordPage: Page = {
  path: '/records/:record',
  area: 'customer',
  async show({ api, caller, params }) {
    const account = caller.account ?? '';
    const [answer, endpoints] = await Promise.all([
      api.call('getRecord', { path: { account, record: params['record'] ?? '' } }),
      // Closed to a link for one record: its sentences name the endpoints themselves.
      caller.record === null ? endpointsOf(api, account) : new Map<string, KnownEndpoint>(),
    ]);
    const record = ofAnswer(answer);
    return {
      title: record.record,
      trail: caller.record === null ? [{ href: to.portal(), text: 'Your endpoints' }] : [],
      refreshSeconds: 3,
      body: (
        <>
          <div class="head">
            <h1>{record.record}</h1>
            {record.status === null ? null : <StatusBadge of={record.status} />}
          </div>
          <p class="lead" id="sentence" data-announce={record.status ?? ''}>
            {record.note}
          </p>
          <h2>By endpoint</h2>
          <ul class="answers">
            {record.endpoints.map(({ endpoint, delivery }) => (
              <li id={`at-${endpoint}`}>
                <div class="head">
                  {endpoints.has(endpoint) ? <h3>{nameOf(endpoints.get(endpoint), endpoint)}</h3> : null}
                  <StatusBadge of={delivery.status} />
                </div>
                <p class="sentence">{delivery.note}</p>
              </li>
            ))}
            {record.notSent.map(({ endpoint, note }) => (
              <li id={`at-${endpoint}`} class="unsent">
                <div class="head">
                  <h3>{nameOf(endpoints.get(endpoint), endpoint)}</h3>
                  <Badge tone="off">not sent</Badge>
                </div>
                <p class="sentence">{note}</p>
              </li>
            ))}
          </ul>
        </>
      ),
    };
  },
};
