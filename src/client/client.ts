/**
 * A typed client of the API: every operation by its name, with its path, query, body, answer and
 * problems as the document has them. Refusals are values; it throws only where nothing answered, or
 * something that is not the API. What is safe to repeat it repeats (retry.ts): so a publish whose
 * 202 was lost is published again with the same id, until it is acknowledged or the tries are over.
 */
import { isPassing, mayRepeat, type Passing, repeatedBody, waitMs } from './retry.ts';
import { type Operations, PLACES, type Schemas } from './schema.ts';

export type { Operations, Schemas } from './schema.ts';
export type Name = keyof Operations;
export type Code = Schemas['Problem']['code'];
/** With the codes that the operation may answer. */
export type Problem<C extends Code = Code> = Schemas['Problem'] & { code: C };
export type Answered<T, C extends Code = Code> =
  { ok: true; status: number; data: T } | { ok: false; status: number; problem: Problem<C> };
export type AnsweredBy<N extends Name> = Answered<Operations[N]['answer'], Operations[N]['problem']>;

type Has<K extends string, T> =
  Record<never, never> extends T ? { [key in K]?: T } : undefined extends T ? { [key in K]?: T } : { [key in K]: T };
/** `signal` ends the call, its repetitions too. */
export type Reading<N extends Name> = Has<'path', Operations[N]['path']> &
  Has<'query', Operations[N]['query']> & { signal?: AbortSignal };
/** `idempotencyKey` of a POST: repeating the call with the same key is safe. */
export type Input<N extends Name> = Reading<N> & Has<'body', Operations[N]['body']> & { idempotencyKey?: string };

/** Operations that answer a page, and what they list. */
export type ListName = {
  [N in Name]: Operations[N]['answer'] extends { data: unknown[]; next: string | null } ? N : never;
}[Name];
export type Item<N extends ListName> = Operations[N]['answer']['data'][number];
/** Operations that answer whole as a file. */
export type ExportName = { [N in Name]: Operations[N]['exports'] extends never ? never : N }[Name];

export type ClientOptions = {
  /** Like `https://tubepost.example.com`, without a path. */
  origin: string;
  key: string;
  /** For one try, its body included; 30,000 unless set. */
  timeoutMs?: number;
  /** How often a call that is safe to repeat is made in all; 5 unless set, 1: never again. */
  triesMax?: number;
  /**
   * Reads an answer; `JSON.parse` unless set, which rounds numbers beyond 2^53 in publishers' data.
   */
  parse?: (text: string) => unknown;
  /** What it runs on: set by tests. */
  fetch?: (url: string, init: RequestInit) => Promise<Response>;
  sleep?: (ms: number) => Promise<void>;
  random?: () => number;
};
/**
 * What another Worker reaches by a service binding (entrypoint `Tubepost`): the API without HTTP
 * between. Every call names a key, and is checked, limited and logged like a request with that key;
 * a refusal is a value with the API's problem.
 */
export interface TubepostBinding {
  /**
   * Publishes one event. Give it an id: where a call throws it is not known whether the event was
   * stored, and the same id makes it safe to call again.
   */
  publish(caller: BindingCaller, event: BindingEvent): Promise<AnsweredBy<'publishEvent'>>;
  /** Publishes up to 100 events: a result for each, in order. */
  publishBatch(caller: BindingCaller, events: BindingEvent[]): Promise<AnsweredBy<'publishEvents'>>;
  /** Where the newest event of a record stands at each endpoint. */
  status(caller: BindingCaller, record: string): Promise<AnsweredBy<'getRecordByKey'>>;
}

/**
 * `key`: of the API, with the scope that the call needs. `traceparent`: of the request that the
 * event comes from.
 */
export type BindingCaller = { key: string; account: string; traceparent?: string };
export type BindingEvent = Input<'publishEvent'>['body'];

type Loose = { path?: object; query?: object; body?: unknown; idempotencyKey?: string; signal?: AbortSignal };

const TIMEOUT_MS = 30_000;
const TRIES_MAX = 5;
/** Their next page has another parameter than `cursor`. */
const NEXT: Readonly<Partial<Record<Name, string>>> = { listRecordEvents: 'after' };

export type Client = ReturnType<typeof createClient>;

export function createClient(options: ClientOptions) {
  const { origin, key, timeoutMs = TIMEOUT_MS, triesMax = TRIES_MAX } = options;
  const { fetch: send = (url, init) => fetch(url, init), sleep = wait, random = Math.random } = options;
  const { parse = JSON.parse } = options;

  function once(name: Name, { path = {}, query = {}, body, idempotencyKey, signal }: Loose): Promise<Response> {
    const [method, pattern] = PLACES[name];
    const headers: Record<string, string> = { authorization: `Bearer ${key}` };
    if (body !== undefined) headers['content-type'] = 'application/json';
    if (idempotencyKey !== undefined) headers['idempotency-key'] = idempotencyKey;
    const late = AbortSignal.timeout(timeoutMs);
    return send(`${origin}${placeOf(pattern, path)}${queryOf(query)}`, {
      method,
      headers,
      signal: signal === undefined ? late : AbortSignal.any([signal, late]),
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
  }

  /** One try: what the API answered, or the failure of there being no answer. */
  async function attempt<T, C extends Code>(
    name: Name,
    input: Loose,
  ): Promise<{ answer: Answered<T, C> | null } & Passing> {
    try {
      const response = await once(name, input);
      const answer = await answered<T, C>(response, parse);
      return { answer, status: response.status, retryAfter: response.headers.get('retry-after'), error: null };
    } catch (error) {
      // Nothing answered, or not in time, or something that is not the API: whether it happened is
      // unknown.
      return { answer: null, status: null, retryAfter: null, error };
    }
  }

  async function repeated<T, C extends Code>(name: Name, given: Loose): Promise<Answered<T, C>> {
    let input = given;
    for (let tries = 1; ; tries += 1) {
      const tried = await attempt<T, C>(name, input);
      const problem = tried.answer?.ok === false ? tried.answer.problem : null;
      input = { ...input, body: repeatedBody(name, input.body, problem) };
      const isOver = tries >= triesMax || given.signal?.aborted === true;
      if (isOver || !isPassing(tried, problem) || !mayRepeat(name, input)) {
        if (tried.answer === null) throw tried.error;
        return tried.answer;
      }
      await sleep(waitMs(tries, tried.retryAfter, random()));
    }
  }

  return {
    /** One operation. */
    call<N extends Name>(name: N, input: Input<N>): Promise<AnsweredBy<N>> {
      return repeated(name, input);
    },

    /**
     * What a list holds, page after page, each asked for when the one before has been read. Throws
     * a Refusal.
     */
    async *list<N extends ListName>(name: N, input: Reading<N>): AsyncGenerator<Item<N>, void, undefined> {
      const { query = {}, ...rest }: Loose = input;
      for (let next: string | null = null, isFirst = true; isFirst || next !== null; isFirst = false) {
        const from: object = next === null ? {} : { [NEXT[name] ?? 'cursor']: next };
        const page = ofAnswer(
          await repeated<{ data: Item<N>[]; next: string | null }, Code>(name, {
            ...rest,
            query: { ...query, ...from },
          }),
        );
        yield* page.data;
        next = page.next;
      }
    },

    /**
     * A list whole, as a file in chunks. It may take long: no timeout but yours. Throws a Refusal;
     * a stream that breaks off is not whole.
     */
    async stream<N extends ExportName>(
      name: N,
      format: Operations[N]['exports'],
      input: Reading<N>,
    ): Promise<ReadableStream<Uint8Array>> {
      const { path = {}, query = {}, signal }: Loose = input;
      const [method, pattern] = PLACES[name];
      const response = await send(`${origin}${placeOf(pattern, path)}${queryOf({ ...query, format })}`, {
        method,
        headers: { authorization: `Bearer ${key}` },
        ...(signal === undefined ? {} : { signal }),
      });
      if (!response.ok) ofAnswer(await answered<never, Code>(response, parse));
      if (response.body === null) throw new Error(`${name} answered ${response.status} without a body`);
      return response.body;
    },
  };
}

/** A problem as an exception, for where a value cannot be. */
export class Refusal extends Error {
  readonly status: number;
  readonly problem: Problem;

  constructor(status: number, problem: Problem) {
    super(`${status} ${problem.code}: ${problem.detail}`);
    this.name = 'Refusal';
    this.status = status;
    this.problem = problem;
  }
}

/** The data of an answer, or its problem thrown as a Refusal. */
export function ofAnswer<T, C extends Code>(answer: Answered<T, C>): T {
  if (answer.ok) return answer.data;
  throw new Refusal(answer.status, answer.problem);
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

/**
 * What the types say of an answer is held by the tests of the document, and not checked again here.
 */
async function answered<T, C extends Code>(
  response: Response,
  parse: (text: string) => unknown,
): Promise<Answered<T, C>> {
  const { ok, status } = response;
  const text = await response.text();
  const type = response.headers.get('content-type') ?? '';
  if (ok) return { ok, status, data: (text === '' ? null : type.includes('json') ? parse(text) : text) as T };
  if (!type.startsWith('application/problem+json'))
    throw new Error(`no answer of the API: ${status} as ${type.slice(0, 80)}`);
  return { ok, status, problem: JSON.parse(text) as Problem<C> };
}

function wait(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
