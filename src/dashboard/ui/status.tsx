/** The status of a delivery, as a badge: a word and a shape, and a colour beside them. */
import type { Schemas } from '../../client/client.ts';

type Status = Schemas['DeliveryStatus'];

const TONES: Record<Status, 'good' | 'busy' | 'warn' | 'bad' | 'off'> = {
  delivered: 'good',
  delivering: 'busy',
  queued: 'busy',
  retrying: 'warn',
  held: 'warn',
  dead: 'bad',
  superseded: 'off',
  cancelled: 'off',
};

export function StatusBadge({ of }: { of: Status }) {
  return <span class={`badge ${TONES[of]}`}>{of}</span>;
}

export function Badge({ tone, children }: { tone: 'good' | 'busy' | 'warn' | 'bad' | 'off'; children: string }) {
  return <span class={`badge ${tone}`}>{children}</span>;
}

const ENDPOINT_TONES = { enabled: 'good', paused: 'warn', disabled: 'bad' } as const;

export function EndpointBadge({ of }: { of: Schemas['Endpoint']['status'] }) {
  return <Badge tone={ENDPOINT_TONES[of]}>{of}</Badge>;
}
