/**
 * Reads everything that can come over from Svix's API, page by page, with a token of the operator.
 * Reads only.
 */
import { EXIT, Failure } from '../exit.ts';
import type { Io } from '../io.ts';
import { plain } from '../words.ts';
import { parseSvix, type SvixExport } from './svix.ts';

/** As many as one page of Svix holds. */
const PAGE = 250;
/** Of one list: beyond this, something goes round in circles. */
const PAGES_MAX = 10_000;
const ANSWERS_WITHIN_MS = 30_000;
const REGIONS: readonly string[] = ['us', 'eu', 'in', 'ca', 'au'];

type Item = Record<string, unknown>;
type Get = (path: string) => Promise<Item | null>;

/** Where a token belongs, as Svix's own libraries find it. */
export function svixOrigin(token: string): string {
  const region = token.split('.')[1] ?? '';
  return REGIONS.includes(region) ? `https://api.${region}.svix.com` : 'https://api.svix.com';
}

export async function readSvixApi(
  io: Io,
  origin: string,
  token: string,
  told: (accounts: number) => void,
): Promise<SvixExport> {
  const get = getter(io, origin, token);
  const applications: Item[] = [];
  for (const application of await all(get, '/api/v1/app')) {
    const at = `/api/v1/app/${encodeURIComponent(String(application['id']))}/endpoint`;
    const endpoints: Item[] = [];
    for (const endpoint of await all(get, at)) {
      const one = `${at}/${encodeURIComponent(String(endpoint['id']))}`;
      endpoints.push({
        ...endpoint,
        secret: await get(`${one}/secret`),
        headers: await get(`${one}/headers`),
        // The self-hosted server has none.
        transformation: await get(`${one}/transformation`),
      });
    }
    applications.push({ ...application, endpoints });
    told(applications.length);
  }
  const eventTypes = await all(get, '/api/v1/event-type?include_archived=true&with_content=true');
  return parseSvix({ applications, eventTypes }, origin);
}

async function all(get: Get, path: string): Promise<Item[]> {
  const items: Item[] = [];
  let iterator: string | null = null;
  for (let pages = 0; pages < PAGES_MAX; pages += 1) {
    const query = new URLSearchParams({ limit: String(PAGE), ...(iterator === null ? {} : { iterator }) });
    const page: Item | null = await get(`${path}${path.includes('?') ? '&' : '?'}${query.toString()}`);
    if (!Array.isArray(page?.['data'])) throw new Failure(EXIT.unreachable, `Svix answered no list to ${path}`);
    items.push(...(page['data'] as Item[]));
    iterator = typeof page['iterator'] === 'string' ? page['iterator'] : null;
    if (page['done'] === true || iterator === null) return items;
  }
  throw new Failure(EXIT.unreachable, `Svix's list ${path} has no end`);
}

/** Null for what is not there. */
function getter(io: Io, origin: string, token: string): Get {
  return async (path) => {
    const signal = AbortSignal.any([io.signal, AbortSignal.timeout(ANSWERS_WITHIN_MS)]);
    const headers = { authorization: `Bearer ${token}`, accept: 'application/json' };
    const answer = await io.fetch(`${origin}${path}`, { headers, signal, redirect: 'error' });
    if (answer.status === 404) return null;
    if (answer.ok) return (await answer.json()) as Item;
    const said = plain(await answer.text());
    const code = answer.status < 500 ? EXIT.refused : EXIT.unreachable;
    throw new Failure(code, `Svix answered ${answer.status} to ${path}${said === '' ? '' : `: ${said}`}`);
  };
}
