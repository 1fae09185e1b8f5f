/** One route's part of the document: from its declaration, its row in openapi-operations.ts, and the problems that it may answer. */
import type { z } from '@hono/zod-openapi';
import { defaultScope, type Scope } from '../../core/key.ts';
import { EXAMPLES } from './openapi-examples.ts';
import { type Operation, operationOf, tagOf } from './openapi-operations.ts';
import { problemsOf } from './openapi-problems.ts';
import { type ProblemCode, problemStatus } from '../problem.ts';

export type Documented = {
  method: 'get' | 'post' | 'put' | 'patch' | 'delete';
  path: string;
  summary: string;
  scope?: Scope;
  keys?: 'operator' | 'all' | 'none';
  params?: z.ZodObject;
  query?: z.ZodObject;
  body?: { schema: z.ZodType; optional?: boolean };
  answers: Record<number, string>;
  ownIdempotency?: boolean;
  /** Of answers that are no JSON. */
  mediaType?: string;
};

export const PROBLEM_TYPE = 'application/problem+json';
/** Not `key`: Go's generators name a type after it, beside those of the schemas. */
export const BEARER = 'bearer';
export const RETRY_AFTER = 'RetryAfter';
export const REPLAYED = 'IdempotentReplayed';

export function documented(route: Documented) {
  const { method, path, summary, params, query, body, answers, ownIdempotency } = route;
  const operation = operationOf(method, path);
  const isPublic = route.keys === 'none';
  const isKeyed = method === 'post' && (ownIdempotency !== true || FROM_KEY.has(operation.id));
  const codes = problemsOf({ id: operation.id, path, hasBody: body !== undefined, isPublic, isKeyed });
  return {
    method,
    path,
    summary,
    description: problemWords(codes),
    operationId: operation.id,
    tags: [tagOf(path)],
    'x-problems': problemsByStatus(codes),
    security: isPublic ? [] : [{ [BEARER]: rolesOf(route) }],
    request: {
      ...(params === undefined ? {} : { params }),
      ...(query === undefined ? {} : { query }),
      ...(body === undefined ? {} : { body: documentedBody(operation.id, body) }),
    },
    ...(method === 'post' ? { parameters: keyParameter(operation.id, ownIdempotency === true) } : {}),
    responses: {
      ...documentedAnswers(operation, route, answers, isKeyed),
      default: { $ref: '#/components/responses/Problem' },
    },
  };
}

/** OpenAPI 3.1 lets a bearer's list name roles: ours are the scope, and `operator` where no key of an account will do. */
function rolesOf({ method, path, scope, keys }: Documented): string[] {
  const isOperators = keys === 'operator' || (keys === undefined && !path.includes('{account}'));
  return [scope ?? defaultScope(method), ...(isOperators ? ['operator'] : [])];
}

function documentedBody(id: string, { schema, optional }: NonNullable<Documented['body']>) {
  const example = EXAMPLES[id];
  const content = { schema, ...(example === undefined ? {} : { example }) };
  return { required: optional !== true, content: { 'application/json': content } };
}

/** What a list is as a file. */
const EXPORTS = {
  'application/x-ndjson': { schema: { type: 'string' } },
  'text/csv': { schema: { type: 'string' } },
} as const;

function documentedAnswers(
  { shows }: Operation,
  { query, mediaType = 'application/json' }: Documented,
  answers: Documented['answers'],
  isKeyed: boolean,
) {
  const exports = query !== undefined && 'format' in query.shape ? EXPORTS : {};
  const headers = isKeyed ? { headers: { 'Idempotent-Replayed': { $ref: `#/components/headers/${REPLAYED}` } } } : {};
  const told = Object.entries(answers).map(([status, description]) => {
    const schema = shows[Number(status)] ?? null;
    const content = schema === null ? {} : { content: { [mediaType]: { schema }, ...exports } };
    return [status, { description, ...headers, ...content }] as const;
  });
  return Object.fromEntries(told);
}

/** Publishing takes the key for the event's id; repeating what has its own idempotency changes nothing, and needs none. */
const AS_EVENT_ID: ReadonlySet<string> = new Set(['publishEvent', 'broadcastEvent']);

/** What they make follows from the key: the answer is the first one. */
const FROM_KEY: ReadonlySet<string> = new Set(['createKey']);

function keyParameter(id: string, isOwn: boolean) {
  if (AS_EVENT_ID.has(id)) return [{ $ref: '#/components/parameters/EventIdempotencyKey' }];
  if (id === 'publishEvents') return [{ $ref: '#/components/parameters/BatchIdempotencyKey' }];
  if (isOwn && !FROM_KEY.has(id)) return [];
  return [{ $ref: '#/components/parameters/IdempotencyKey' }];
}

/**
 * By status. No response of its own for each: every language then makes a type for each operation and status, 1,400 in all, and they are
 * one. Whatever is no success is the `default`, and `code` says what it is.
 */
function problemsByStatus(codes: readonly ProblemCode[]): Record<string, ProblemCode[]> {
  const statuses = [...new Set(codes.map(problemStatus))].sort((a, b) => a - b);
  return Object.fromEntries(
    statuses.map((status) => [String(status), codes.filter((code) => problemStatus(code) === status)]),
  );
}

function problemWords(codes: readonly ProblemCode[]): string {
  const byStatus = Object.entries(problemsByStatus(codes));
  const listed = byStatus.map(([status, here]) => `${status} ${here.map((code) => `\`${code}\``).join(', ')}`);
  return `Problems: ${listed.join('; ')}.`;
}
