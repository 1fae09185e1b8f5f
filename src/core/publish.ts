/**
 * What the Worker hands to a Shard with a publish, and what it answers. Everything here is already
 * checked (event-rules.ts).
 */
import type { AccountSettings, EndpointSettings } from './endpoint.ts';
import type { DeliveryStatus } from './delivery.ts';
import type { EventPolicy } from './event-type.ts';

/**
 * A form beside the newest, and the matched endpoints that are sent it. `body`: all of its bytes,
 * in the place of the envelope; `schemaVersion` is its name then. A release that does not know
 * `body` sends the envelope.
 */
export type NewForm = { schemaVersion: string | null; dataJson: string; endpoints: string[]; body?: string };

export type NewEvent = EventPolicy & {
  id: string;
  type: string;
  version: number | null;
  /** Of `dataJson`; null where the type has no schema. */
  schemaVersion: string | null;
  /** As given: it is part of the content hash and of the body. */
  occurredAt: string | null;
  contentHash: string;
  /** JSON text of `data` in the newest form, byte for byte what receivers get. */
  dataJson: string;
  /** Older forms (P7). A release that knows none sends the newest to all. */
  forms?: NewForm[];
  /** Of the publish; no part of the content. */
  traceparent?: string;
  /** The id was made by us for this very publish. Absent: its publisher named the event. */
  isMade?: boolean;
  /** The catalogue refuses it now: not to be accepted, but answered as before where it was. */
  isOnlyAsked?: boolean;
  /** The endpoints that want this event, by id, into `AcceptRequest.endpoints`. */
  matches: string[];
};

export type MatchedEndpoint = Pick<EndpointSettings, 'id' | 'ordering' | 'status' | 'statusReason' | 'cutoff'> &
  Partial<Pick<EndpointSettings, 'isWatched' | 'rateLimitPerSecond'>>;

export function matchedOf(endpoint: EndpointSettings): MatchedEndpoint {
  const { id, ordering, status, statusReason, cutoff, isWatched = false, rateLimitPerSecond = null } = endpoint;
  return { id, ordering, status, statusReason, cutoff, isWatched, rateLimitPerSecond };
}

export type AcceptRequest = {
  account: string;
  /** The record key; null for a shard's events without one. */
  record: string | null;
  /** In the publisher's order. */
  events: NewEvent[];
  endpoints: MatchedEndpoint[];
  /**
   * Full settings of the matched endpoints, when few; used for first attempts while fresh, never
   * stored.
   */
  settings: {
    revision: number;
    readAtMs: number;
    endpoints: EndpointSettings[];
    retention: AccountSettings['retention'];
  } | null;
};

export type Accepted = {
  kind: 'accepted';
  id: string;
  sequence: number;
  duplicate: boolean;
  deliveryCount: number;
  deliveries: { id: string; endpoint: string; status: DeliveryStatus }[];
};

export type AcceptResult =
  | Accepted
  /** The id is taken by an event with other content. */
  | { kind: 'conflict'; id: string }
  /** The record has too many open deliveries. */
  | { kind: 'full'; id: string; open: number }
  /** The shard's database holds SHARD_BYTES_MAX. */
  | { kind: 'storage-full'; id: string; bytes: number }
  /** The Shard has more work waiting than it can do in time; nothing was stored. */
  | { kind: 'busy'; id: string; retryAfterSeconds: number }
  /** The turn of its record failed, and was undone; those of other records in the call did not. */
  | { kind: 'failed'; id: string; error: string }
  /** It was only asked for, and is not known. */
  | { kind: 'unknown'; id: string };
