/**
 * Gaps: the sender says which sequence it sent before this one; a receiver that has not seen it has
 * missed events, and can read them from the API and handle them first.
 */
import type { WebhookEvent } from './event.ts';

export type Gap = {
  record: string;
  /**
   * The highest sequence that was seen of the record; null where none was, as after a loss of the
   * store.
   */
  seen: number | null;
  /** The sequence that the sender sent before this event, and that was not seen. */
  previous: number;
  /** Of the event that shows the gap. */
  sequence: number;
};

export type Filled = { handled: number; error: unknown } | null;

/** The part of the client that is used: `createClient` of the client package fits. */
export interface RecordReader {
  list(
    name: 'listRecordEvents',
    input: { path: { account: string; record: string }; query: { after: number } },
  ): AsyncIterable<ReadEvent>;
}
export type ReadEvent = {
  id: string;
  type: string;
  record: string | null;
  sequence: number | null;
  version: number | null;
  schemaVersion: string | null;
  occurredAt: string | null;
  acceptedAt: string;
  data?: unknown;
  deliveries: readonly { endpoint: string; status: string }[];
};

export type Fill = {
  client: RecordReader;
  account: string;
  /**
   * Only what was meant for this endpoint is handled: others have other event types and filters.
   */
  endpoint: string;
};

/**
 * Bounds what one request may set going: a receiver that lost its store is better helped by a
 * replay.
 */
const FILLED_MAX = 500;

export function gapOf({ record, sequence, previous }: WebhookEvent, seen: number | null): Gap | null {
  if (record === null || sequence === null || typeof previous !== 'number') return null;
  return previous > (seen ?? 0) ? { record, seen, previous, sequence } : null;
}

/** The events between what was seen and this one, oldest first. */
export async function* missed({ client, account, endpoint }: Fill, gap: Gap): AsyncGenerator<WebhookEvent> {
  const input = { path: { account, record: gap.record }, query: { after: gap.seen ?? 0 } };
  let count = 0;
  for await (const event of client.list('listRecordEvents', input)) {
    if (event.sequence === null || event.sequence >= gap.sequence) return;
    if (!isMeantFor(event, endpoint)) continue;
    if (event.data === undefined) throw new Error(`the data of ${event.id} is no longer kept`);
    count += 1;
    if (count > FILLED_MAX)
      throw new Error(`the gap is larger than ${FILLED_MAX} events: replay what this endpoint missed`);
    yield readEvent(event, event.data);
  }
}

/** A superseded or cancelled delivery is not missing. */
function isMeantFor({ deliveries }: ReadEvent, endpoint: string): boolean {
  return deliveries.some(
    (delivery) => delivery.endpoint === endpoint && !['superseded', 'cancelled'].includes(delivery.status),
  );
}

function readEvent(event: ReadEvent, data: unknown): WebhookEvent {
  const { id, type, record, sequence, version, schemaVersion, occurredAt, acceptedAt } = event;
  const headers = { body: null, attempt: null, previous: null, replay: null };
  return { id, type, timestamp: occurredAt ?? acceptedAt, record, sequence, version, schemaVersion, data, ...headers };
}
