/**
 * One delivery: its attempts in time, with what was sent and what was answered, and what happens
 * next.
 */
import { ofAnswer, type Schemas } from '../../client/client.ts';
import { answerActions, Buttons } from '../answers.tsx';
import { endpointsOf, nameOf } from '../endpoints.ts';
import type { Page } from '../page.ts';
import * as to from '../paths.ts';
import { Copyable, Facts } from '../ui/facts.tsx';
import { Empty } from '../ui/notice.tsx';
import { Badge, StatusBadge } from '../ui/status.tsx';
import { Timeline } from '../timeline.tsx';
import { When } from '../ui/when.tsx';

export const deliveryPage: Page = {
  path: '/accounts/:account/deliveries/:delivery',
  area: 'staff',
  actions: answerActions,
  async show(visit) {
    const { api, params } = visit;
    const { account = '', delivery: id = '' } = params;
    const [answer, endpoints] = await Promise.all([
      api.call('getDelivery', { path: { account, delivery: id } }),
      endpointsOf(api, account),
    ]);
    const delivery = ofAnswer(answer);
    const { endpoint, record } = delivery;
    const known = endpoints.get(endpoint);
    const name = nameOf(known, endpoint);
    return {
      title: `${delivery.eventType} to ${name}`,
      trail: [
        { href: to.account(account), text: account },
        ...(record === null ? [] : [{ href: to.record(account, record), text: record }]),
      ],
      refreshSeconds: delivery.endedAt === null ? 2 : 10,
      body: (
        <>
          <div class="head">
            <h1>
              {delivery.eventType} to {name}
            </h1>
            <StatusBadge of={delivery.status} />
            {delivery.late ? <Badge tone="warn">late</Badge> : null}
            {delivery.outOfOrder ? <Badge tone="warn">out of order</Badge> : null}
          </div>
          <p class="lead" id="sentence" data-announce={delivery.status}>
            {delivery.note}
          </p>
          <Buttons visit={visit} id={endpoint} name={name} known={known} delivery={delivery} />
          <h2>What happened</h2>
          <Timeline account={account} delivery={delivery} name={name} />
          <h2>The event</h2>
          <Facts
            of={[
              ['Endpoint', <a href={to.endpoint(account, endpoint)}>{name}</a>],
              ['Event', <a href={to.event(account, delivery.event, record)}>{delivery.event}</a>],
              ['Record', record === null ? null : <a href={to.record(account, record)}>{record}</a>],
              ['Sequence', delivery.sequence],
              ['Version', delivery.version],
              ['Schema version', delivery.schemaVersion],
              ['Delivery', <Copyable text={delivery.id} />],
            ]}
          />
          <Body of={delivery} />
        </>
      ),
    };
  },
};

function Body({ of: { body, erasedAt, payloadExpiredAt } }: { of: Schemas['DeliveryDetail'] }) {
  if (erasedAt !== null) {
    return (
      <Empty title="The data was erased on request.">
        <When at={erasedAt} />
      </Empty>
    );
  }
  if (payloadExpiredAt !== null || body === null) {
    return <Empty title="The data is past its retention: this account keeps the log for longer than payloads." />;
  }
  return (
    <>
      <h2>The body of every attempt, byte for byte</h2>
      <Copyable text={body} isBlock />
    </>
  );
}
