/** One route's part of the document: from its declaration, and the problems that it may answer. */
import { capitalized } from '../../core/text.ts';
import { defaultScope } from '../../core/key.ts';
import type { Documented, Idempotency } from '../api.ts';
import { problemsOf } from './openapi-problems.ts';
import { type ProblemCode, problemStatus } from '../problem.ts';

export const PROBLEM_TYPE = 'application/problem+json';
/** Not `key`: Go's generators name a type after it, beside those of the schemas. */
export const BEARER = 'bearer';
export const RETRY_AFTER = 'RetryAfter';
export const REPLAYED = 'IdempotentReplayed';

export function documented(route: Documented) {
  const { id, method, path, summary, params, query, body } = route;
  const isPublic = route.keys === 'none';
  const idempotency = method === 'post' ? (route.idempotency ?? 'remembered') : 'none';
  const isKeyed = idempotency === 'remembered' || idempotency === 'own-id';
  const codes = problemsOf({ path, hasBody: body !== undefined, isPublic, isKeyed, own: route.problems ?? [] });
  return {
    method,
    path,
    summary,
    description: problemWords(codes),
    operationId: id,
    tags: [tagOf(path)],
    'x-problems': problemsByStatus(codes),
    security: isPublic ? [] : [{ [BEARER]: rolesOf(route) }],
    request: {
      ...(params === undefined ? {} : { params }),
      ...(query === undefined ? {} : { query }),
      ...(body === undefined ? {} : { body: documentedBody(body) }),
    },
    ...(method === 'post' ? { parameters: KEY_PARAMETERS[idempotency] } : {}),
    responses: {
      ...documentedAnswers(route, isKeyed),
      default: { $ref: '#/components/responses/Problem' },
    },
  };
}
/**
 * OpenAPI 3.1 lets a bearer's list name roles: ours are the scope, and `operator` where no key of
 * an account will do.
 */
function rolesOf({ method, path, scope, keys }: Documented): string[] {
  const isOperators = keys === 'operator' || (keys === undefined && !path.includes('{account}'));
  return [scope ?? defaultScope(method), ...(isOperators ? ['operator'] : [])];
}

function documentedBody({ schema, example, optional }: NonNullable<Documented['body']>) {
  return { required: optional !== true, content: { 'application/json': { schema, example } } };
}

/** What a list is as a file. */
const EXPORTS = {
  'application/x-ndjson': { schema: { type: 'string' } },
  'text/csv': { schema: { type: 'string' } },
} as const;

function documentedAnswers({ answers, query, mediaType = 'application/json' }: Documented, isKeyed: boolean) {
  const exports = query !== undefined && 'format' in query.shape ? EXPORTS : {};
  const headers = isKeyed ? { headers: { 'Idempotent-Replayed': { $ref: `#/components/headers/${REPLAYED}` } } } : {};
  const named = Object.entries(answers).map(([status, { description, schema }]) => {
    const content = schema === null ? {} : { content: { [mediaType]: { schema }, ...exports } };
    return [status, { description, ...headers, ...content }] as const;
  });
  return Object.fromEntries(named);
}

const IDEMPOTENCY_KEY = [{ $ref: '#/components/parameters/IdempotencyKey' }];

const KEY_PARAMETERS: Record<Idempotency | 'remembered', { $ref: string }[]> = {
  remembered: IDEMPOTENCY_KEY,
  'own-id': IDEMPOTENCY_KEY,
  'event-id': [{ $ref: '#/components/parameters/EventIdempotencyKey' }],
  batch: [{ $ref: '#/components/parameters/BatchIdempotencyKey' }],
  none: [],
};

/**
 * By status. No response of its own for each: every language then makes a type for each operation
 * and status, 1,400 in all, and they are one. Whatever is no success is the `default`, and `code`
 * says what it is.
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

/** The resource: the first name after the version and the account. */
export function tagOf(path: string): string {
  const [first = 'accounts'] = path.replace(/^(\/v1)?(\/accounts\/\{account\}(?=\/))?\//, '').split('/');
  const tag = TAGS[first] ?? first;
  return capitalized(tag.replaceAll('-', ' '));
}
const TAGS: Record<string, string> = {
  record: 'records',
  live: 'records',
  'dead-letters': 'deliveries',
  reseal: 'accounts',
  metrics: 'health',
  overview: 'health',
  traffic: 'health',
  'record-statuses': 'records',
  'alert-rules': 'alerts',
  'portal-tokens': 'keys',
  sessions: 'keys',
  session: 'keys',
  'openapi.json': 'reference',
  docs: 'reference',
};
