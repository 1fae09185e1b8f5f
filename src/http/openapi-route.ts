/** One route's part of the document: from its declaration, its row in openapi-operations.ts, and the problems that every route shares. */
import type { z } from '@hono/zod-openapi';
import { EXAMPLES } from './openapi-examples.ts';
import { type Operation, operationOf, tagOf } from './openapi-operations.ts';
import { PROBLEM_LIST } from './problem.ts';

export type Documented = {
  method: 'get' | 'post' | 'put' | 'patch' | 'delete';
  path: string;
  summary: string;
  params: z.ZodObject;
  query?: z.ZodObject;
  body?: { schema: z.ZodType; optional?: boolean };
  answers: Record<number, string>;
  ownIdempotency?: boolean;
};

export const BEARER = 'operatorKey';

export function documented({ method, path, summary, params, query, body, answers, ownIdempotency }: Documented) {
  const operation = operationOf(method, path);
  return {
    method,
    path,
    summary,
    operationId: operation.id,
    tags: [tagOf(path)],
    security: [{ [BEARER]: [] }],
    request: {
      params,
      ...(query === undefined ? {} : { query }),
      ...(body === undefined ? {} : { body: documentedBody(operation.id, body) }),
    },
    ...(method === 'post' ? { parameters: keyParameter(operation.id, ownIdempotency === true) } : {}),
    responses: {
      ...documentedAnswers(operation, answers, query !== undefined && 'format' in query.shape),
      ...problemAnswers(method, path, body !== undefined),
    },
  };
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

function documentedAnswers({ shows }: Operation, answers: Documented['answers'], isExported: boolean) {
  const told = Object.entries(answers).map(([status, description]) => {
    const schema = shows[Number(status)] ?? null;
    const content =
      schema === null ? {} : { content: { 'application/json': { schema }, ...(isExported ? EXPORTS : {}) } };
    return [status, { description, ...content }] as const;
  });
  return Object.fromEntries(told);
}

/** Publishing takes the key for the event's id; repeating what has its own idempotency changes nothing, and needs none. */
const AS_EVENT_ID: ReadonlySet<string> = new Set(['publishEvent', 'publishEvents', 'broadcastEvent']);

/** What they make follows from the key: the answer is as the first all the same. */
const FROM_KEY: ReadonlySet<string> = new Set(['createKey']);

function keyParameter(id: string, isOwn: boolean) {
  if (AS_EVENT_ID.has(id)) return [{ $ref: '#/components/parameters/EventIdempotencyKey' }];
  if (isOwn && !FROM_KEY.has(id)) return [];
  return [{ $ref: '#/components/parameters/IdempotencyKey' }];
}

/** What may be answered instead, as far as that follows from the declaration; `default` is the rest. */
function problemAnswers(method: string, path: string, hasBody: boolean) {
  const changes = method === 'get' ? [] : [409];
  const read = hasBody ? [413, 415] : [];
  const found = path.includes('{') ? [404] : [];
  const statuses = [400, 401, 403, ...found, ...changes, ...read, 429, 503].filter(isProblemStatus);
  const named = statuses.map((status) => [status, { $ref: `#/components/responses/${problemName(status)}` }] as const);
  return { ...Object.fromEntries(named), default: { $ref: '#/components/responses/Problem' } };
}

/** 403 is answered once there are keys that may not do everything. */
function isProblemStatus(wanted: number): boolean {
  return PROBLEM_LIST.some(({ status }) => status === wanted);
}

export function problemName(status: number): string {
  return `Problem${status}`;
}
