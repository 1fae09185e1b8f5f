/**
 * The OpenAPI document (O5), made from the schemas that check the requests, with the glossary's
 * words put in.
 */
import { OpenAPIHono } from '@hono/zod-openapi';
import { z } from 'zod';
import type { Documented } from '../api.ts';
import {
  type ApiDocument,
  type ApiOperation,
  type ApiParameter,
  type ApiSchema,
  documentShape,
  refName,
} from './openapi-document.ts';
import { FILTER_COMPONENTS } from './openapi-filter.ts';
import { sampleOf } from './openapi-sample.ts';
import { PARAMETER_SAMPLES } from './openapi-samples.ts';
import { BEARER, documented, PROBLEM_TYPE, REPLAYED, RETRY_AFTER } from './openapi-route.ts';
import { mapped, tidied } from './openapi-tidy.ts';
import { addWebhooks } from './openapi-webhooks.ts';
import { COMPONENT_WORDS, PARAMETER_WORDS, PLACED_WORDS, TAG_WORDS } from './openapi-words.ts';
import { EVENT_ID } from '../../core/ids.ts';
import { IDEMPOTENCY_KEY_CHARS_MAX } from '../../core/limits.ts';
import { problemShape } from '../shapes/shared-shapes.ts';

const ABOUT =
  'Webhook delivery: every event reaches every endpoint, in order for each record. JSON is camelCase, times are RFC 3339 in UTC, ' +
  'lists are pages of `data` and `next`. Errors are problems (RFC 9457) with a stable `code`. Whole numbers are at most ' +
  '9,007,199,254,740,991. Answers may get further fields; requests have no others than those named here.';

const ABOUT_US = {
  title: 'Tubepost API',
  license: { name: 'Apache License 2.0', identifier: 'Apache-2.0' },
  contact: { name: 'Tubepost', url: 'https://tubepost.dev' },
};

const ABOUT_KEYS =
  'An API key, or a portal token. Each operation names the scope that it needs, and `operator` where keys bound to one account will not do.';

/** Call it when all routes are declared. `origin` is where the document was asked for. */
export function buildDocument(routes: readonly Documented[], origin = '/'): ApiDocument {
  const app = new OpenAPIHono();
  const { openAPIRegistry: registry } = app;
  for (const route of routes) registry.registerPath(documented(route));
  registry.registerComponent('securitySchemes', BEARER, { type: 'http', scheme: 'bearer', description: ABOUT_KEYS });
  registry.register('Problem', problemShape);
  registry.registerComponent('responses', 'Problem', {
    description: 'A problem (RFC 9457): `x-problems` and the description of the operation list its codes',
    headers: { 'Retry-After': { $ref: `#/components/headers/${RETRY_AFTER}` } },
    content: { [PROBLEM_TYPE]: { schema: { $ref: '#/components/schemas/Problem' } } },
  });
  for (const [name, { description, pattern, maxLength }] of Object.entries(KEY_HEADERS)) {
    const schema = { type: 'string', minLength: 1, maxLength, pattern } as const;
    registry.registerComponent('parameters', name, { name: 'Idempotency-Key', in: 'header', description, schema });
  }
  registry.registerComponent('headers', RETRY_AFTER, {
    description: 'Whole seconds to wait before the request is repeated, where that makes sense',
    schema: { type: 'integer', minimum: 0 },
  });
  registry.registerComponent('headers', REPLAYED, {
    description: '`true`: the answer is the first one, repeated under its Idempotency-Key',
    schema: { type: 'string' },
  });
  addWebhooks(registry);
  const made = app.getOpenAPI31Document({
    openapi: '3.1.0',
    info: { ...ABOUT_US, version: '1', description: ABOUT },
    servers: [{ url: origin, description: 'Where this document was read' }],
  });
  const { webhooks, components, ...rest } = madeShape.parse(JSON.parse(JSON.stringify(made)));
  const refs = mapped(webhooks, (_, name) => ({ $ref: `#/components/pathItems/${name}` }));
  const plain = { ...rest, tags: [], webhooks: refs, components: { ...components, pathItems: webhooks } };
  return finished(documentShape.parse(plain), routes);
}

const KEY_HEADERS = {
  IdempotencyKey: {
    description: 'The same key with the same request is answered as the first time, for 7 days',
    maxLength: IDEMPOTENCY_KEY_CHARS_MAX,
    pattern: '^[\\u0021-\\u007e]+$',
  },
  BatchIdempotencyKey: {
    description: 'Events without an id get one from this key and their place: a repeated batch publishes nothing twice',
    maxLength: IDEMPOTENCY_KEY_CHARS_MAX,
    pattern: '^[\\u0021-\\u007e]+$',
  },
  EventIdempotencyKey: {
    description: "Works as the event's id: a repeated publish is answered as the first. It must not differ from `id`",
    maxLength: 128,
    pattern: EVENT_ID.source,
  },
} as const;

/**
 * Webhooks become references: of one that stands there itself openapi-generator makes Python that
 * does not compile.
 */
const madeShape = z.looseObject({ webhooks: z.record(z.string(), z.unknown()), components: z.looseObject({}) });

function finished(document: ApiDocument, routes: readonly Documented[]): ApiDocument {
  const words = wordsOf(routes);
  const sent = sentSchemas(document);
  const made = {
    ...document.components.schemas,
    ...documentShape.shape.components.shape.schemas.parse(FILTER_COMPONENTS),
  };
  const schemas = mapped(made, (schema, name) =>
    withWords(tidied(schema, !sent.has(name)), COMPONENT_WORDS[name] ?? {}),
  );
  const paths = mapped(document.paths, (operations) =>
    mapped(operations, (operation) => {
      const { parameters, body } = words.get(operation.operationId) ?? NO_WORDS;
      return withAnswers(withBodyWords(withParameters(operation, parameters), body), schemas);
    }),
  );
  const pathItems = mapped(document.components.pathItems, (operations) =>
    mapped(operations, (operation) => withReadBody(withParameters(operation, {}))),
  );
  const headers = mapped(document.components.headers, (header) => ({
    ...header,
    ...(header.schema === undefined ? {} : { schema: tidied(header.schema, true) }),
  }));
  const all = [...Object.values(paths), ...Object.values(pathItems)];
  const used = new Set(all.flatMap((item) => Object.values(item).flatMap(({ tags }) => tags)));
  const inOrder = new Set([...Object.keys(TAG_WORDS), ...used]);
  const tags = [...inOrder].filter((name) => used.has(name)).map((name) => ({ name, ...described(TAG_WORDS[name]) }));
  return { ...document, tags, paths, components: { ...document.components, schemas, headers, pathItems } };
}

type Words = Readonly<Record<string, string>>;
type OperationWords = { parameters: Words; body: Words };
const NO_WORDS: OperationWords = { parameters: {}, body: {} };

function wordsOf(routes: readonly Documented[]): Map<string, OperationWords> {
  return new Map(routes.map(({ id, words = {}, body }) => [id, { parameters: words, body: body?.words ?? {} }]));
}

/** Components that a request holds: what they do not name is refused. */
function sentSchemas({ paths }: ApiDocument): Set<string> {
  const bodies = Object.values(paths).flatMap((item) => Object.values(item).map(({ requestBody }) => requestBody));
  const refs = [...JSON.stringify([bodies, FILTER_COMPONENTS]).matchAll(/"\$ref":"([^"]+)"/g)];
  return new Set(['Filter', ...refs.map(([, ref = '']) => refName(ref))]);
}

/** Examples for what goes well. */
function withAnswers(operation: ApiOperation, schemas: Record<string, ApiSchema>): ApiOperation {
  const responses = mapped(operation.responses, (response) => {
    const { content } = response;
    if (content === undefined) return response;
    const neat = mapped(content, (media) => ({
      ...media,
      ...(media.schema === undefined ? {} : { schema: tidied(media.schema, true) }),
    }));
    const schema = neat['application/json']?.schema;
    if (schema === undefined || isOpen(schema)) return { ...response, content: neat };
    const shown = { ...neat['application/json'], example: sampleOf(schema, schemas) };
    return { ...response, content: { ...neat, 'application/json': shown } };
  });
  return { ...operation, responses };
}

/** The document itself: its example is the document. */
function isOpen({ $ref, properties }: ApiSchema): boolean {
  return $ref === undefined && properties !== undefined;
}

function withParameters(operation: ApiOperation, words: Words): ApiOperation {
  const parameters = (operation.parameters ?? []).map((one) => withMeaning(one, words));
  return { ...operation, parameters };
}

function withMeaning(parameter: ApiParameter, own: Words): ApiParameter {
  const { name, in: place, schema } = parameter;
  if (name === undefined || schema === undefined) return parameter;
  const words = parameter.description ?? own[name] ?? PLACED_WORDS[`${place} ${name}`] ?? PARAMETER_WORDS[name];
  const sample = place === 'path' ? PARAMETER_SAMPLES[name] : undefined;
  return {
    ...parameter,
    ...described(words),
    ...(sample === undefined ? {} : { example: decodeURIComponent(sample) }),
    schema: asWritten(tidied(schema, false)),
  };
}

/** What may be absent is never null in a URL. */
function asWritten(schema: ApiSchema): ApiSchema {
  const types = [schema.type ?? []].flat().filter((type) => type !== 'null');
  return types.length === 0 ? schema : { ...schema, type: types.length === 1 ? types[0] : types };
}

function withBodyWords(operation: ApiOperation, words: Words): ApiOperation {
  const { requestBody } = operation;
  if (requestBody === undefined) return operation;
  const content = mapped(requestBody.content, (media) =>
    media.schema === undefined ? media : { ...media, schema: withWords(tidied(media.schema, false), words) },
  );
  return { ...operation, requestBody: { ...requestBody, content } };
}

/** A receiver reads it: what is added later must not break it. */
function withReadBody(operation: ApiOperation): ApiOperation {
  const { requestBody } = operation;
  if (requestBody === undefined) return operation;
  const content = mapped(requestBody.content, (media) =>
    media.schema === undefined ? media : { ...media, schema: tidied(media.schema, true) },
  );
  return { ...operation, requestBody: { ...requestBody, content } };
}

/** Words for fields of requests, by place. Answers have theirs in their shapes. */
function withWords(schema: ApiSchema, words: Words, within = ''): ApiSchema {
  const { properties, items } = schema;
  return {
    ...schema,
    ...(properties === undefined
      ? {}
      : {
          properties: mapped(properties, (field, name) => {
            const place = `${within}${name}`;
            const inner = withWords(field, words, `${place}.`);
            return field.$ref === undefined ? { ...inner, ...described(field.description ?? words[place]) } : inner;
          }),
        }),
    ...(items === undefined ? {} : { items: withWords(items, words, within) }),
  };
}

function described(words: string | undefined): { description?: string } {
  return words === undefined ? {} : { description: words };
}
