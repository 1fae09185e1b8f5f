/** One delivery: its attempts in time, what was sent and what was answered. */
import { ofAnswer } from '../../client/client.ts';
import { answerActions } from '../answers.tsx';
import type { Page } from '../page.ts';
import * as to from '../paths.ts';
import { Copyable, Facts } from '../ui/facts.tsx';
import { StatusBadge } from '../ui/status.tsx';
import { span, When } from '../ui/when.tsx';

export const deliveryPage: Page = {
  path: '/accounts/:account/deliveries/:delivery',
  area: 'staff',
  actions: answerActions,
  async show({ api, params }) {
    const { account = '', delivery: id = '' } = params;
    const delivery = ofAnswer(await api.call('getDelivery', { path: { account, delivery: id } }));
    const record = delivery.record;
    return {
      title: 'Delivery',
      trail: [
        { href: to.account(account), text: account },
        ...(record === null ? [] : [{ href: to.record(account, record), text: record }]),
      ],
      refreshSeconds: 3,
      body: (
        <>
          <div class="head">
            <h1>{delivery.eventType}</h1>
            <StatusBadge of={delivery.status} />
          </div>
          <p class="lead" id="sentence">
            {delivery.note}
          </p>
          <Facts
            of={[
              ['Delivery', <Copyable text={delivery.id} />],
              ['Event', <a href={to.event(account, delivery.event, record)}>{delivery.event}</a>],
              ['Accepted', <When at={delivery.acceptedAt} />],
            ]}
          />
          <h2>Attempts</h2>
          <ol class="timeline">
            {delivery.attemptLog.map(({ number, at, latencyMs, statusCode, error }) => (
              <li id={`attempt-${number}`}>
                <strong>{error === null ? `Answered ${statusCode ?? ''}` : error.message}</strong>{' '}
                <span class="dim">
                  <When at={at} /> in {span(latencyMs)}
                </span>
              </li>
            ))}
          </ol>
        </>
      ),
    };
  },
};
