/**
 * Why deliveries end without an answer that says so: the same words from the Account, the Shard and
 * reads.
 */

/** Its event type's `expireAfterSeconds` were over while it waited. */
export const EXPIRED = 'expired';

/** A person had the event's payload erased: nothing is left to send. */
export const PAYLOAD_ERASED = 'payload erased';

export const ENDPOINT_REMOVED = 'endpoint-removed';

/** `statusReason` is what whoever disabled it said. */
export function disabledReason(statusReason: string | null): string {
  return statusReason === null ? 'endpoint-disabled' : `endpoint-disabled: ${statusReason}`;
}

/** A clause for the endpoint's `statusReason` (C8). */
export const NOTHING_BUT_FAILURES = 'nothing but failures for 5 days';
