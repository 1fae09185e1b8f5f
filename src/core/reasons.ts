/** Why deliveries are cancelled by what happens to their endpoint: the same words from the Account, the Record and reads. */

export const ENDPOINT_REMOVED = 'endpoint-removed';

/** `statusReason` is what whoever disabled it said. */
export function disabledReason(statusReason: string | null): string {
  return statusReason === null ? 'endpoint-disabled' : `endpoint-disabled: ${statusReason}`;
}

/** A clause for the endpoint's `statusReason` (C8). */
export const NOTHING_BUT_FAILURES = 'nothing but failures for 5 days';
