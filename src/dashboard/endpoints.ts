/** Endpoints by id, to name them and to know whether they are paused. */
import type { Client, Schemas } from '../client/client.ts';

export type KnownEndpoint = Pick<Schemas['Endpoint'], 'id' | 'description' | 'url' | 'status'>;

/**
 * The largest page. An account with more has its endpoints named by their ids where they are not on
 * it.
 */
const READ_MAX = 200;

/** Where they may not be read, they are named by their ids: a name is no reason to show nothing. */
export async function endpointsOf(api: Client, account: string): Promise<Map<string, KnownEndpoint>> {
  const listed = await api.call('listEndpoints', { path: { account }, query: { limit: READ_MAX } });
  return new Map(listed.ok ? listed.data.data.map((endpoint) => [endpoint.id, endpoint]) : []);
}

export function nameOf(known: KnownEndpoint | undefined, id: string): string {
  if (known === undefined) return id;
  return known.description === '' ? (URL.parse(known.url)?.host ?? known.url) : known.description;
}

/** An endpoint without event types takes every one. */
export function typesOf({ eventTypes }: { eventTypes: readonly string[] }): string {
  return eventTypes.length === 0 ? 'every type' : eventTypes.join(', ');
}
