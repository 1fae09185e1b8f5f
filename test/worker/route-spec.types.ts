/** What does not typecheck in a route: `npm run types` fails where one of these does. */
import { z } from '@hono/zod-openapi';
import type { RouteSpec } from '../../src/http/api.ts';

type Spec<P extends z.ZodObject> = RouteSpec<P, z.ZodObject, z.ZodType>;
const inAccount = z.strictObject({ account: z.string() });
const elsewhere = z.strictObject({ job: z.string() });
const answers = { 200: { description: 'The thing', schema: z.string() } };
const body = { schema: z.strictObject({}), example: {} };
const shared = { id: 'getThing', summary: 'A thing', path: '/v1/things', answers };
const { id: _id, ...nameless } = shared;
const { summary: _summary, ...wordless } = shared;
const { answers: _answers, ...silent } = shared;

export const fine: Spec<z.ZodObject>[] = [
  { ...shared, method: 'get', params: elsewhere },
  { ...shared, method: 'post', params: inAccount, body },
  { ...shared, method: 'post', params: elsewhere, body, idempotency: 'none' },
];

export const refused: Spec<z.ZodObject>[] = [
  // @ts-expect-error without an id
  { ...nameless, method: 'get', params: elsewhere },
  // @ts-expect-error without words
  { ...wordless, method: 'get', params: elsewhere },
  // @ts-expect-error without answers
  { ...silent, method: 'get', params: elsewhere },
  // @ts-expect-error an answer without a schema; null says that it has no body
  { ...shared, method: 'get', params: elsewhere, answers: { 200: { description: 'The thing' } } },
  // @ts-expect-error a body without an example
  { ...shared, method: 'put', params: elsewhere, body: { schema: z.strictObject({}) } },
  // @ts-expect-error an answer that an account would remember, and no account
  { ...shared, method: 'post', params: elsewhere, body },
];
