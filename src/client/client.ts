/**
 * A typed client of the API: every operation by its name, with its path, query, body and answer as the document has them. Refusals
 * are values, with their problem; it throws only where nothing answered, or something that is not the API. It retries nothing.
 */
import { type Operations, PLACES, type Schemas } from './schema.ts';

export type { Operations, Schemas } from './schema.ts';
export type Problem = Schemas['Problem'];
export type Answered<T> = { ok: true; status: number; data: T } | { ok: false; status: number; problem: Problem };

type Has<K extends string, T> =
  Record<never, never> extends T ? { [key in K]?: T } : undefined extends T ? { [key in K]?: T } : { [key in K]: T };
export type Input<N extends keyof Operations> = Has<'path', Operations[N]['path']> &
  Has<'query', Operations[N]['query']> &
  Has<'body', Operations[N]['body']> & {
    /** Of a POST: repeating the call with the same key is safe. */
    idempotencyKey?: string;
    signal?: AbortSignal;
  };

export type ClientOptions = {
  /** Like `https://tubepost.example.com`, without a path. */
  origin: string;
  key: string;
  fetch?: (url: string, init: RequestInit) => Promise<Response>;
};
type Loose = { path?: object; query?: object; body?: unknown; idempotencyKey?: string; signal?: AbortSignal };

export function createClient({ origin, key, fetch: send = (url, init) => fetch(url, init) }: ClientOptions) {
  return async function call<N extends keyof Operations>(
    name: N,
    input: Input<N>,
  ): Promise<Answered<Operations[N]['answer']>> {
    const [method, pattern] = PLACES[name];
    const { path = {}, query = {}, body, idempotencyKey, signal }: Loose = input;
    const headers: Record<string, string> = { authorization: `Bearer ${key}` };
    if (body !== undefined) headers['content-type'] = 'application/json';
    if (idempotencyKey !== undefined) headers['idempotency-key'] = idempotencyKey;
    const response = await send(`${origin}${placeOf(pattern, path)}${queryOf(query)}`, {
      method,
      headers,
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      ...(signal === undefined ? {} : { signal }),
    });
    return answered(response);
  };
}

function placeOf(pattern: string, path: object): string {
  return pattern.replaceAll(/\{(\w+)\}/g, (_, name: string) => {
    const value: unknown = Reflect.get(path, name);
    if (typeof value !== 'string' || value === '') throw new Error(`path.${name} must be a text; ${pattern} needs it`);
    return encodeURIComponent(value);
  });
}

function queryOf(query: object): string {
  const pairs = Object.entries(query).flatMap(([name, value]: [string, unknown]) =>
    (Array.isArray(value) ? value : [value]).filter((one) => one !== undefined).map((one) => [name, String(one)]),
  );
  return pairs.length === 0 ? '' : `?${new URLSearchParams(pairs).toString()}`;
}

/** What the types say of an answer is held by the tests of the document, and not checked again here. */
async function answered<T>(response: Response): Promise<Answered<T>> {
  const { ok, status } = response;
  const text = await response.text();
  const type = response.headers.get('content-type') ?? '';
  if (ok) return { ok, status, data: (text === '' ? null : type.includes('json') ? JSON.parse(text) : text) as T };
  if (!type.startsWith('application/problem+json'))
    throw new Error(`no answer of the API: ${status} as ${type.slice(0, 80)}`);
  return { ok, status, problem: JSON.parse(text) as Problem };
}
