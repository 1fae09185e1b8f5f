/**
 * What people call an endpoint: its description or, without one, its host. Ids say nothing to a
 * reader.
 */
import type { Context } from './connect.ts';
import { EXIT, Failure } from './exit.ts';
import { plain } from './words.ts';

export type EndpointName = (id: string) => string;

export function nameOf({ description, url }: { description: string; url: string }): string {
  if (description !== '') return plain(description, 40);
  return URL.canParse(url) ? new URL(url).host : plain(url, 40);
}

/**
 * Names of an account's endpoints; one that is not there any more is called by its id, as `isKnown`
 * tells.
 */
export async function endpointNames({ client }: Context, account: string): Promise<EndpointName> {
  const names = new Map<string, string>();
  for await (const endpoint of client.list('listEndpoints', { path: { account } })) {
    names.set(endpoint.id, nameOf(endpoint));
  }
  return (id) => names.get(id) ?? id;
}

export function isKnown(name: EndpointName, id: string): boolean {
  return name(id) !== id;
}

/**
 * The id of the endpoint that a person means: an `ep_…`, a description, an external id or a host.
 * Throws a Failure where it is none, or several: a guess could pause the wrong one.
 */
export async function endpointId({ client }: Context, account: string, text: string): Promise<string> {
  if (text.startsWith('ep_')) return text;
  const found: string[] = [];
  for await (const endpoint of client.list('listEndpoints', { path: { account } })) {
    const { id, description, externalId, url } = endpoint;
    const names = [description, externalId, URL.canParse(url) ? new URL(url).host : null];
    if (names.includes(text)) found.push(id);
  }
  const [id] = found;
  if (id !== undefined && found.length === 1) return id;
  const why = found.length === 0 ? 'no endpoint is called that' : `several are called that: ${found.join(', ')}`;
  throw new Failure(EXIT.usage, `which endpoint is "${plain(text, 60)}"? ${why} (see: tubepost endpoints)`);
}
