/**
 * How a route is declared: one `RouteSpec` checks the request, and is its operation in the OpenAPI
 * document (reference/openapi-route.ts). Bodies are read by body.ts and not by the framework, which
 * would parse before it knows the size, and would round long numbers.
 */
import { z } from '@hono/zod-openapi';
import { Hono } from 'hono';
import { RegExpRouter } from 'hono/router/reg-exp-router';
import { TrieRouter } from 'hono/router/trie-router';
import type { Scope } from '../core/key.ts';
import { REQUEST_BYTES_MAX } from '../core/limits.ts';
import { parseJson, readText, requireJsonType } from './body.ts';
import type { AppContext, AppEnv } from './context.ts';
import { fieldErrors, queryErrors } from './fields.ts';
import { requireGrant } from './auth/grant.ts';
import { answerOnce } from './idempotency.ts';
import { forPortal } from './auth/portal-view.ts';
import { invalid, Problem, type ProblemCode } from './problem.ts';

type Method = 'get' | 'post' | 'put' | 'patch' | 'delete';

/** What an operation is to readers: the part of a route that the document is made from. */
export type Operation = {
  /** Clients name their methods after it: never changed. */
  id: string;
  summary: string;
  /** By status, what goes well; `schema` is null where the answer has no body. */
  answers: Record<number, { description: string; schema: z.ZodType | null }>;
  /** Of answers that are no JSON. */
  mediaType?: string;
  /** Codes that only it answers; the others follow from its declaration. */
  problems?: readonly ProblemCode[];
  /** Words for parameters that elsewhere mean something else. */
  words?: Readonly<Record<string, string>>;
};

type Common<P extends z.ZodObject, Q extends z.ZodObject, B extends z.ZodType> = Operation & {
  /** With `{name}` for parameters. */
  path: string;
  /** S1. Absent: `read` for a GET, `manage` for all else. */
  scope?: Scope;
  /** Who besides operator-wide keys: absent, keys of the account in the path. */
  keys?: 'operator' | 'all';
  /** L2: it reads the status of the record in its path, and a token for that record may. */
  forRecordTokens?: boolean;
  params: P;
  /** Absent: no parameter is allowed. */
  query?: Q;
  body?: {
    schema: B;
    /** Tests send it to the running Worker. */
    example: unknown;
    /**
     * Words for its fields by place, `retry.windowSeconds`; components have theirs in
     * openapi-words.ts.
     */
    words?: Readonly<Record<string, string>>;
    bytesMax?: number;
    /** No body counts as `{}`. */
    optional?: boolean;
    /** Numbers keep the digits with which they were written. */
    exact?: boolean;
  };
  /** Runs before the body is read; throws to refuse the request. */
  before?: (c: AppContext, params: z.output<P>) => void;
};

/**
 * What an Idempotency-Key does to a POST:
 *
 * | value | effect |
 * |---|---|
 * | absent | the account in the path remembers the answer, and repeats it (idempotency.ts) |
 * | `event-id` | it is the id of the event |
 * | `batch` | ids of events are made from it and their places |
 * | `own-id` | the id of what is made is made from it |
 * | `none` | nothing: doing it again changes nothing |
 */
export type Idempotency = 'event-id' | 'batch' | 'own-id' | 'none';

type InAccount = z.ZodObject<{ account: z.ZodType<string> }>;

export type RouteSpec<P extends z.ZodObject, Q extends z.ZodObject, B extends z.ZodType> = Common<P, Q, B> &
  (
    | { method: Exclude<Method, 'post'> }
    | { method: 'post'; idempotency: Idempotency }
    | {
        method: 'post';
        idempotency?: undefined;
        params: InAccount;
        /** Throws to refuse the repetition: for answers that show a secret. */
        repeated?: (c: AppContext, answer: unknown) => Promise<void>;
      }
  );

export type RouteInput<P extends z.ZodObject, Q extends z.ZodObject, B extends z.ZodType> = {
  c: AppContext;
  params: z.output<P>;
  query: z.output<Q>;
  body: z.output<B>;
};

/**
 * A GET outside /v1, as other programs expect it: it reads no parameter, and its answer may be no
 * JSON.
 */
export type PlainSpec = Operation & { path: string; keys: 'operator' | 'none'; mediaType: string };

/** A route as the document is made from it. */
export type Documented = Operation & {
  method: Method;
  path: string;
  scope?: Scope;
  keys?: 'operator' | 'all' | 'none';
  params?: z.ZodObject;
  query?: z.ZodObject;
  body?: Pick<
    NonNullable<RouteSpec<z.ZodObject, z.ZodObject, z.ZodType>['body']>,
    'schema' | 'example' | 'words' | 'optional'
  >;
  idempotency?: Idempotency | undefined;
};

const nothing = z.strictObject({});

export class Api {
  /**
   * One regular expression for each method: hono's own choice falls back to walking a tree, a tenth
   * of a publish's CPU.
   */
  readonly app = new Hono<AppEnv>({ router: new RegExpRouter() });
  /** In the order of their declaration, which is that of the document. */
  readonly documented: Documented[] = [];
  readonly #methods = new Map<string, Method[]>();

  route<P extends z.ZodObject, Q extends z.ZodObject = typeof nothing, B extends z.ZodType = z.ZodUndefined>(
    spec: RouteSpec<P, Q, B>,
    handle: (input: RouteInput<P, Q, B>) => Promise<Response>,
  ): void {
    const path = spec.path.replaceAll(/\{(\w+)\}/g, ':$1');
    this.#methods.set(path, [...(this.#methods.get(path) ?? []), spec.method]);
    this.documented.push(spec);

    this.app.on(spec.method, path, async (c) => {
      requireGrant(c, spec);
      const params = check(spec.params, c.req.param());
      const query = check(spec.query ?? nothing, queryOf(c), true) as z.output<Q>;
      spec.before?.(c, params);
      const text = spec.body === undefined ? '' : await readText(c.req, spec.body.bytesMax ?? REQUEST_BYTES_MAX);
      const body = (spec.body === undefined ? undefined : await bodyOf(c, spec.body, text)) as z.output<B>;
      const run = () => handle({ c, params, query, body });
      const isRemembered = spec.method === 'post' && spec.idempotency === undefined;
      const answer = isRemembered
        ? await answerOnce(c, accountIn(spec.params, c), text, run, spec.repeated)
        : await run();
      // Last of all: what is remembered is whole, whoever asked first.
      return c.get('grant').isPortal ? forPortal(answer) : answer;
    });
  }

  plain(spec: PlainSpec, handle: (c: AppContext) => Promise<Response>): void {
    const { path, keys } = spec;
    this.#methods.set(path, ['get']);
    this.documented.push({ method: 'get', ...spec });
    this.app.get(path, async (c) => {
      if (keys === 'operator') requireGrant(c, { method: 'get', path, keys });
      return handle(c);
    });
  }

  /**
   * What no route takes: a known path with another method is a 405 that names those it has, any
   * other a 404.
   */
  closePaths(): void {
    const paths = new TrieRouter<string>();
    for (const [path, methods] of this.#methods) {
      paths.add('ALL', path, methods.map((method) => method.toUpperCase()).join(', '));
    }
    this.app.notFound((c) => {
      const path = c.req.path.slice(0, 200);
      const [known] = paths.match('ALL', c.req.path)[0];
      if (known === undefined) return nothingAt(path).toResponse();
      const [allow] = known;
      const detail = `${c.req.method} is not allowed on ${path}; ${allow} is`;
      return new Problem('method-not-allowed', detail, { headers: { allow } }).toResponse();
    });
  }
}

/**
 * A record key with a slash, written into the path as it is, looks for a resource that is not
 * there.
 */
function nothingAt(path: string): Problem {
  const isRecord = /^\/v1\/accounts\/[^/]+\/records\/[^/]+\/./.test(path);
  const hint = isRecord ? '; a record key is one part of the path: write its "/" as %2F' : '';
  return new Problem('not-found', `there is nothing at ${path}${hint}`);
}

function accountIn({ shape }: InAccount, c: AppContext): string {
  return shape.account.parse(c.req.param('account'));
}

function check<S extends z.ZodType>(schema: S, input: unknown, isQuery = false): z.output<S> {
  const parsed = schema.safeParse(input);
  if (!parsed.success) throw invalid(isQuery ? queryErrors(parsed.error, input) : fieldErrors(parsed.error, input));
  return parsed.data;
}

type BodySpec<B extends z.ZodType> = NonNullable<RouteSpec<z.ZodObject, z.ZodObject, B>['body']>;

async function bodyOf<B extends z.ZodType>(
  c: AppContext,
  { schema, optional, exact }: BodySpec<B>,
  text: string,
): Promise<z.output<B>> {
  if (optional === true && text === '') return check(schema, {});
  requireJsonType(c.req);
  return check(schema, await parseJson(text, exact === true ? 'exact' : 'double'));
}

/**
 * One value as itself, several as a list: a parameter that may be given once then refuses the list
 * by name.
 */
function queryOf(c: AppContext): Record<string, string | string[]> {
  const entries = Object.entries(c.req.queries());
  // The framework passes over a parameter without a name.
  if (/[?&]=/.test(c.req.url)) entries.push(['', ['']]);
  return Object.fromEntries(entries.map(([name, values]) => [name, values.length === 1 ? (values[0] ?? '') : values]));
}
