/**
 * One endpoint with its sealed texts replaced, where they still are what they were when the new
 * ones were made. Pure.
 */
import type { EndpointSettings, Sealed } from '../core/endpoint.ts';
import { liveSecrets } from '../core/endpoint-secrets.ts';
import type { EndpointResealing } from '../core/rpc.ts';

export function resealed(before: EndpointSettings, { secrets, headers }: EndpointResealing, nowMs: number) {
  let count = 0;
  const after = liveSecrets(before.secrets, nowMs).map((secret) => {
    const next = secrets.find(({ id, from }) => id === secret.id && isSame(from, secret.secret));
    if (next === undefined) return secret;
    count += 1;
    return { ...secret, secret: next.to };
  });
  const isHeaders = headers !== null && before.headers !== null && isSame(headers.from, before.headers);
  const settings = { ...before, secrets: after, headers: isHeaders ? headers.to : before.headers };
  return { settings, secrets: count, headers: isHeaders ? 1 : 0 };
}

/** Every seal has its own random bytes, so equal texts are one and the same. */
function isSame(a: Sealed, b: Sealed): boolean {
  return a.key === b.key && a.sealed === b.sealed;
}
