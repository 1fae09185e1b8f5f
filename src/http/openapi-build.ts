/** The OpenAPI document (O5), made from the schemas that check the requests, with the glossary's words put in. */
import { type Api } from './api.ts';
import {
  type ApiDocument,
  type ApiOperation,
  type ApiParameter,
  type ApiSchema,
  documentShape,
} from './openapi-document.ts';
import { BEARER, problemName } from './openapi-route.ts';
import { FIELD_WORDS, PARAMETER_WORDS, PLACED_WORDS, TAG_WORDS } from './openapi-words.ts';
import { IDEMPOTENCY_KEY_CHARS_MAX, LIST_LIMIT_MAX } from '../core/limits.ts';
import { PROBLEM_LIST } from './problem.ts';
import { problemShape } from './shared-shapes.ts';

const ABOUT =
  'Webhook delivery: every event reaches every endpoint, in order for each record. JSON is camelCase, times are RFC 3339 in UTC, ' +
  'lists are pages of `data` and `next`. Errors are problems (RFC 9457) with a stable `code`.';

/** Call it when all routes are declared. */
export function buildDocument({ app }: Api): ApiDocument {
  const { openAPIRegistry: registry } = app;
  registry.registerComponent('securitySchemes', BEARER, { type: 'http', scheme: 'bearer', description: 'An API key' });
  registry.register('Problem', problemShape);
  for (const { name, description } of problems()) {
    const schema = { $ref: '#/components/schemas/Problem' };
    registry.registerComponent('responses', name, { description, content: { 'application/problem+json': { schema } } });
  }
  for (const [name, description] of Object.entries(KEY_HEADERS)) {
    const schema = { type: 'string', maxLength: IDEMPOTENCY_KEY_CHARS_MAX } as const;
    registry.registerComponent('parameters', name, { name: 'Idempotency-Key', in: 'header', description, schema });
  }
  const made = app.getOpenAPI31Document({
    openapi: '3.1.0',
    info: { title: 'Tubepost API', version: '1', description: ABOUT },
    servers: [{ url: '/' }],
  });
  const plain: unknown = { ...JSON.parse(JSON.stringify(made)), tags: [] };
  return finished(documentShape.parse(plain));
}

const KEY_HEADERS = {
  IdempotencyKey: 'The same key with the same request is answered as the first time, for 7 days',
  EventIdempotencyKey: "Works as the event's id: a repeated publish is answered as the first",
};

function problems(): { name: string; description: string }[] {
  const statuses = [...new Set(PROBLEM_LIST.map(({ status }) => status))];
  const ofStatus = (wanted: number) => PROBLEM_LIST.filter(({ status }) => status === wanted).map(({ code }) => code);
  const named = statuses.map((status) => ({
    name: problemName(status),
    description: `A problem: ${ofStatus(status).join(', ')}`,
  }));
  return [...named, { name: 'Problem', description: 'A problem (RFC 9457)' }];
}

function finished(document: ApiDocument): ApiDocument {
  const paths = mapped(document.paths, (operations) => mapped(operations, withParameters));
  const used = [...new Set(Object.values(paths).flatMap((item) => Object.values(item).flatMap(({ tags }) => tags)))];
  const tags = used.map((name) => ({ name, ...described(TAG_WORDS[name]) }));
  const schemas = mapped(document.components.schemas, withWords);
  const bodies = mapped(paths, (operations) => mapped(operations, withBodyWords));
  return { ...document, tags, paths: bodies, components: { ...document.components, schemas } };
}

function withParameters(operation: ApiOperation): ApiOperation {
  return { ...operation, parameters: (operation.parameters ?? []).map(withMeaning) };
}

function withMeaning(parameter: ApiParameter): ApiParameter {
  const { name, in: place, schema } = parameter;
  if (name === undefined || schema === undefined) return parameter;
  const words = parameter.description ?? PLACED_WORDS[`${place} ${name}`] ?? PARAMETER_WORDS[name];
  return { ...parameter, ...described(words), schema: asWritten(name, schema) };
}

/** A query is text until it is parsed; what it is then says more. */
function asWritten(name: string, schema: ApiSchema): ApiSchema {
  const { default: preset, ...rest } = schema;
  const shown = typeof preset === 'number' ? { default: preset } : {};
  if (name === 'limit') return { ...rest, type: 'integer', minimum: 1, maximum: LIST_LIMIT_MAX, ...shown };
  if (typeof preset === 'number') return { ...rest, type: 'integer', ...shown };
  return preset === null ? { ...rest, type: 'string' } : schema;
}

function withBodyWords(operation: ApiOperation): ApiOperation {
  const { requestBody } = operation;
  if (requestBody === undefined) return operation;
  const content = mapped(requestBody.content, (media) =>
    media.schema === undefined ? media : { ...media, schema: withWords(media.schema, operation.operationId) },
  );
  return { ...operation, requestBody: { ...requestBody, content } };
}

function withWords(schema: ApiSchema, owner: string): ApiSchema {
  const inner = (one: ApiSchema) => withWords(one, owner);
  const { properties, items, anyOf, oneOf } = schema;
  return {
    ...schema,
    ...(properties === undefined
      ? {}
      : { properties: mapped(properties, (field, name) => withWord(inner(field), `${owner}.${name}`, name)) }),
    ...(items === undefined ? {} : { items: inner(items) }),
    ...(anyOf === undefined ? {} : { anyOf: anyOf.map(inner) }),
    ...(oneOf === undefined ? {} : { oneOf: oneOf.map(inner) }),
  };
}

function withWord(field: ApiSchema, full: string, name: string): ApiSchema {
  const words = field.description ?? FIELD_WORDS[full] ?? FIELD_WORDS[name];
  return { ...field, ...described(words) };
}

function described(words: string | undefined): { description?: string } {
  return words === undefined ? {} : { description: words };
}

function mapped<T, U>(values: Record<string, T>, change: (value: T, name: string) => U): Record<string, U> {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, change(value, name)]));
}
