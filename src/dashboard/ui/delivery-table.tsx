/** Deliveries, one to a row, each with its sentence. */
import type { Schemas } from '../../client/client.ts';
import { type KnownEndpoint, nameOf } from '../endpoints.ts';
import * as to from '../paths.ts';
import { StatusBadge } from './status.tsx';
import { DataTable } from './table.tsx';
import { When } from './when.tsx';

type Of = {
  caption: string;
  deliveries: readonly Schemas['Delivery'][];
  endpoints: ReadonlyMap<string, KnownEndpoint>;
  /** Whether they are of several accounts. */
  hasAccounts: boolean;
};

export function DeliveryTable({ caption, deliveries, endpoints, hasAccounts }: Of) {
  const account = hasAccounts ? ['Account'] : [];
  return (
    <DataTable
      caption={caption}
      columns={['Status', 'What happened', 'Event', 'Record', ...account, 'Accepted']}
      rows={deliveries.map((delivery) => [
        <StatusBadge of={delivery.status} />,
        <>
          <a href={to.delivery(delivery.account, delivery.id)}>{delivery.note}</a>
          <div class="dim">{nameOf(endpoints.get(delivery.endpoint), delivery.endpoint)}</div>
        </>,
        <a href={to.event(delivery.account, delivery.event, delivery.record)}>{delivery.eventType}</a>,
        delivery.record === null ? (
          <span class="dim">none</span>
        ) : (
          <a href={to.record(delivery.account, delivery.record)}>{delivery.record}</a>
        ),
        ...(hasAccounts ? [<a href={to.account(delivery.account)}>{delivery.account}</a>] : []),
        <When at={delivery.acceptedAt} as="ago" />,
      ])}
    />
  );
}
