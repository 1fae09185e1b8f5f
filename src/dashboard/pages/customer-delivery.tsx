/**
 * One delivery as its customer sees it: what happened, why, what to do, and the button that sends
 * it again.
 */
import { ofAnswer } from '../../client/client.ts';
import { adviceOn } from '../advice.ts';
import { onceOf } from '../answers.tsx';
import { endpointsOf, nameOf } from '../endpoints.ts';
import type { Page } from '../page.ts';
import * as to from '../paths.ts';
import { Timeline } from '../timeline.tsx';
import { Copyable, Facts } from '../ui/facts.tsx';
import { ActionButton } from '../ui/form.tsx';
import { StatusBadge } from '../ui/status.tsx';
import { When } from '../ui/when.tsx';

export const customerDeliveryPage: Page = {
  path: '/deliveries/:delivery',
  area: 'customer',
  actions: {
    async replay({ api, caller, params }, _form, once) {
      const path = { account: caller.account ?? '', delivery: params['delivery'] ?? '' };
      const sent = ofAnswer(await api.call('replayDelivery', { path, body: {}, ...onceOf(once) }));
      return { note: `Sent again. ${sent.note}.`, to: to.portalDelivery(sent.id) };
    },
  },
  async show(visit) {
    const { api, caller, params } = visit;
    const path = { account: caller.account ?? '', delivery: params['delivery'] ?? '' };
    const [answer, endpoints] = await Promise.all([api.call('getDelivery', { path }), endpointsOf(api, path.account)]);
    const delivery = ofAnswer(answer);
    const { endpoint, lastAttempt, record } = delivery;
    const name = nameOf(endpoints.get(endpoint), endpoint);
    const advice = delivery.status === 'delivered' || lastAttempt === null ? null : adviceOn(lastAttempt);
    const mayReplay = delivery.endedAt !== null && delivery.replayedBy === null && caller.scopes.includes('replay');
    return {
      title: delivery.eventType,
      nav: to.portalDeliveries(),
      trail: [{ href: to.portalDeliveries(), text: 'Deliveries' }],
      refreshSeconds: 3,
      body: (
        <>
          <div class="head">
            <h1>{delivery.eventType}</h1>
            <StatusBadge of={delivery.status} />
          </div>
          <p class="lead" id="sentence" data-announce={delivery.status}>
            {delivery.note}
          </p>
          {advice === null ? null : <p>{advice}</p>}
          {mayReplay ? (
            <div class="buttons">
              <ActionButton visit={visit} action="replay" look={delivery.status === 'dead' ? 'main' : undefined}>
                Send it again
              </ActionButton>
            </div>
          ) : null}
          <Facts
            of={[
              ['Endpoint', <a href={to.portalEndpoint(endpoint)}>{name}</a>],
              ['Record', record === null ? null : <a href={to.portalRecord(record)}>{record}</a>],
              ['Version', delivery.version],
              ['Happened', <When at={delivery.acceptedAt} />],
              ['webhook-id', <Copyable text={delivery.event} />],
            ]}
          />
          <h2>What happened</h2>
          <Timeline account={null} delivery={delivery} name={name} />
          {delivery.body === null ? null : (
            <>
              <h2>The body of every attempt, byte for byte</h2>
              <Copyable text={delivery.body} isBlock />
            </>
          )}
        </>
      ),
    };
  },
};
