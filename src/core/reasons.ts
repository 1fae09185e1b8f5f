/** Why deliveries are cancelled by what happens to their endpoint: the same words from the Account, the Record and reads. */

export const ENDPOINT_REMOVED = 'endpoint-removed';

/** `statusReason` is what whoever disabled it said. */
export function disabledReason(statusReason: string | null): string {
  return statusReason === null ? 'endpoint-disabled' : `endpoint-disabled: ${statusReason}`;
}
