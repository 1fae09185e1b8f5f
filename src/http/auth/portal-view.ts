/**
 * S4: what a portal token is shown of stored responses: they could otherwise be read from a network
 * that only we reach.
 */
import { PORTAL_RESPONSE_CHARS_MAX } from '../../core/limits.ts';
import { Problem } from '../problem.ts';

export async function forPortal(response: Response): Promise<Response> {
  const type = response.headers.get('content-type') ?? '';
  // No body; or what was cut where it was made (http/live/).
  if (type === '' || type === 'text/event-stream') return response;
  if (!/^application\/(problem\+)?json/.test(type)) {
    await response.body?.cancel();
    throw new Problem('forbidden', 'a portal token reads pages of JSON, no exports');
  }
  const text = JSON.stringify(cut(await response.json()));
  return new Response(text, { status: response.status, headers: response.headers });
}

/** Not below `data`: that is what the account published itself. */
function cut(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(cut);
  if (typeof value !== 'object' || value === null) return value;
  const isList = 'next' in value;
  return Object.fromEntries(
    Object.entries(value).map(([name, member]) => {
      if (name === 'data' && !isList) return [name, member];
      if (name === 'responseBody' && typeof member === 'string') {
        return [name, member.slice(0, PORTAL_RESPONSE_CHARS_MAX)];
      }
      if (name === 'responseHeaders') return [name, contentType(member)];
      return [name, cut(member)];
    }),
  );
}

/** Headers are stored as pairs or by name. */
function contentType(headers: unknown): unknown {
  if (Array.isArray(headers)) {
    return headers.filter((pair: unknown) => Array.isArray(pair) && String(pair[0]).toLowerCase() === 'content-type');
  }
  if (typeof headers !== 'object' || headers === null) return headers;
  return Object.fromEntries(Object.entries(headers).filter(([name]) => name.toLowerCase() === 'content-type'));
}
