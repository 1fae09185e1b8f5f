/** Makes the account and the cast's endpoints, and tells the receiver their secrets. */
import { Refused, type Tubepost } from '../support/tubepost.ts';
import { CAST, RETRY, type Role } from './cast.ts';
import type { ReceiverProcess } from './receiver-process.ts';

/** Path to endpoint id. */
export async function createEndpoints(api: Tubepost, receiver: ReceiverProcess): Promise<Map<string, string>> {
  const url = await receiver.url();
  await api.createAccount();
  const endpoints = new Map<string, string>();
  const told: Promise<number>[] = [];
  for (const role of CAST) {
    const { id, secret } = await createEndpoint(api, url, role);
    told.push(receiver.addSecret(role.path, secret));
    endpoints.set(role.path, id);
  }
  await Promise.all(told);
  return endpoints;
}

async function createEndpoint(api: Tubepost, url: string, role: Role): Promise<{ id: string; secret: string }> {
  const { path, ordering, eventTypes, timeoutMs, rateLimitPerSecond } = role;
  const body = { url: url + path, ordering, eventTypes, timeoutMs, retry: RETRY };
  if (rateLimitPerSecond === null) return api.createEndpoint(body);
  try {
    return await api.createEndpoint({ ...body, rateLimitPerSecond });
  } catch (error) {
    // Until the API takes this field.
    if (!(error instanceof Refused) || !error.message.includes('rateLimitPerSecond')) throw error;
    return api.createEndpoint(body);
  }
}
