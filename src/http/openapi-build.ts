/** The OpenAPI document (O5), made from the schemas that check the requests, with the glossary's words put in. */
import { type Api } from './api.ts';
import {
  type ApiDocument,
  type ApiOperation,
  type ApiParameter,
  type ApiResponse,
  type ApiSchema,
  documentShape,
} from './openapi-document.ts';
import { sampleOf } from './openapi-sample.ts';
import { BEARER, PROBLEM_TYPE, REPLAYED, RETRY_AFTER } from './openapi-route.ts';
import { FIELD_WORDS, PARAMETER_WORDS, PLACED_WORDS, TAG_WORDS } from './openapi-words.ts';
import { IDEMPOTENCY_KEY_CHARS_MAX, LIST_LIMIT_MAX } from '../core/limits.ts';
import { problemShape } from './shared-shapes.ts';

const ABOUT =
  'Webhook delivery: every event reaches every endpoint, in order for each record. JSON is camelCase, times are RFC 3339 in UTC, ' +
  'lists are pages of `data` and `next`. Errors are problems (RFC 9457) with a stable `code`.';

const ABOUT_KEYS =
  'An API key, or a portal token. Each operation names the scope that it needs, and `operator` where keys bound to one account will not do.';

/** Call it when all routes are declared. */
export function buildDocument({ app }: Api): ApiDocument {
  const { openAPIRegistry: registry } = app;
  registry.registerComponent('securitySchemes', BEARER, { type: 'http', scheme: 'bearer', description: ABOUT_KEYS });
  registry.register('Problem', problemShape);
  const schema = { $ref: '#/components/schemas/Problem' };
  const content = { [PROBLEM_TYPE]: { schema } };
  registry.registerComponent('responses', 'Problem', { description: 'Any other problem (RFC 9457)', content });
  for (const [name, description] of Object.entries(KEY_HEADERS)) {
    const text = { type: 'string', maxLength: IDEMPOTENCY_KEY_CHARS_MAX } as const;
    registry.registerComponent('parameters', name, {
      name: 'Idempotency-Key',
      in: 'header',
      description,
      schema: text,
    });
  }
  registry.registerComponent('headers', RETRY_AFTER, {
    description: 'Seconds to wait before the request is repeated',
    schema: { type: 'string', pattern: '^[0-9]+$' },
  });
  registry.registerComponent('headers', REPLAYED, {
    description: '`true`: the answer is the first one, repeated under its Idempotency-Key',
    schema: { type: 'string', enum: ['true'] },
  });
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

function finished(document: ApiDocument): ApiDocument {
  const schemas = mapped(document.components.schemas, withWords);
  const shared: Record<string, ApiResponse> = { ...document.components.responses };
  const paths = mapped(document.paths, (operations) =>
    mapped(operations, (operation) => withAnswers(withBodyWords(withParameters(operation)), schemas, shared)),
  );
  const used = new Set(Object.values(paths).flatMap((item) => Object.values(item).flatMap(({ tags }) => tags)));
  const inOrder = new Set([...Object.keys(TAG_WORDS), ...used]);
  const tags = [...inOrder].filter((name) => used.has(name)).map((name) => ({ name, ...described(TAG_WORDS[name]) }));
  return { ...document, tags, paths, components: { ...document.components, schemas, responses: shared } };
}

/** Examples for what goes well; problems that several operations have in common become components, added to `shared`. */
function withAnswers(
  operation: ApiOperation,
  schemas: Record<string, ApiSchema>,
  shared: Record<string, ApiResponse>,
): ApiOperation {
  const responses = mapped(operation.responses, (response) => {
    const { content = {}, description = '' } = response;
    if (PROBLEM_TYPE in content) {
      const name = description.replaceAll(/[^a-z]+([a-z]?)/g, (_, letter: string) => letter.toUpperCase());
      shared[name] = response;
      return { $ref: `#/components/responses/${name}` };
    }
    const example = content['application/json']?.schema;
    if (example === undefined || isOpen(example)) return response;
    const shown = { ...content['application/json'], example: sampleOf(example, schemas) };
    return { ...response, content: { ...content, 'application/json': shown } };
  });
  return { ...operation, responses };
}

/** The document itself: its example is the document. */
function isOpen({ $ref, properties, additionalProperties }: ApiSchema): boolean {
  return $ref === undefined && properties !== undefined && additionalProperties !== false;
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
