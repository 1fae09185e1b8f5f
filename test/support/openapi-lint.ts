/**
 * O5: our own rules for the OpenAPI document, beside the validator that is not ours. Each fault
 * names its rule and its place.
 */
import { Validator, type Schema } from '@cfworker/json-schema';
import {
  type ApiDocument,
  type ApiResponse,
  type ApiSchema,
  type PlacedOperation,
  placedOperations,
} from '../../src/http/reference/openapi-document.ts';

type Placed = PlacedOperation & { name: string };

export function operationsOf(document: ApiDocument): Placed[] {
  return placedOperations(document).map((one) => ({ ...one, name: `${one.method} ${one.path}` }));
}

export function lintDocument(document: ApiDocument): string[] {
  const operations = operationsOf(document);
  const dangling = componentFaults(document);
  // A validator follows references: it is not asked about a document that has lost one.
  if (dangling.some((fault) => fault.endsWith('is not there'))) return dangling;
  return [
    ...operations.flatMap((placed) =>
      RULES.flatMap((rule) => rule(placed, document).map((fault) => `${placed.name}: ${fault}`)),
    ),
    ...repeated(operations.map(({ operation }) => operation.operationId)).map((id) => `operationId ${id}: used twice`),
    ...document.tags.flatMap(({ name, description }) =>
      description === undefined ? [`tag ${name}: no description`] : [],
    ),
    ...dangling,
    ...Object.entries(document.components.schemas).flatMap(([name, schema]) => [
      ...muteFields(schema, name),
      ...languageFaults(schema, name),
    ]),
    ...nameFaults(document),
  ];
}

type Rule = (placed: Placed, document: ApiDocument) => string[];

const RULES: readonly Rule[] = [
  ({ operation: { operationId } }) =>
    when(!/^[a-z][A-Za-z0-9]*$/.test(operationId), `operationId ${operationId} is not camelCase`),
  ({ operation: { summary } }) =>
    when(!/^[A-Z].*[^.]$/.test(summary), `summary ${JSON.stringify(summary)} is no sentence without its full stop`),
  ({ operation: { tags } }, document) =>
    when(
      tags.length !== 1 || !document.tags.some(({ name }) => name === tags[0]),
      `tags ${tags.join(', ')} are not one that is described`,
    ),
  ({ path, operation: { parameters = [] } }) => {
    const inPath = listed([...path.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => name));
    const told = listed(
      parameters.filter((one) => one.in === 'path' && one.required === true).map(({ name = '' }) => name),
    );
    return when(inPath !== told, `the path has {${inPath}}, its parameters are ${told === '' ? 'none' : told}`);
  },
  ({ operation: { parameters = [] } }) =>
    parameters.flatMap(({ $ref, name, description }) =>
      when($ref === undefined && description === undefined, `parameter ${name} has no description`),
    ),
  ({ operation: { requestBody } }) => {
    const media = requestBody?.content['application/json'];
    return when(requestBody !== undefined && media?.example === undefined, 'its body has no example');
  },
  ({ operation: { operationId, requestBody } }) =>
    muteFields(requestBody?.content['application/json']?.schema ?? {}, operationId),
  ({ operation: { operationId, requestBody, parameters = [] } }) => [
    ...languageFaults(requestBody?.content['application/json']?.schema ?? {}, operationId),
    ...parameters.flatMap(({ name = '', schema = {} }) => languageFaults(schema, `${operationId} ${name}`)),
  ],
  ({ operation: { security } }) => {
    const [requirement] = security ?? [];
    const roles = requirement?.['bearer'];
    if (security === undefined) return ['says nothing about keys'];
    if (security.length === 0) return [];
    const isOne = roles?.length !== 0 && roles?.every((role) => ROLES.has(role)) === true;
    return when(!isOne, `names no scope: ${JSON.stringify(security)}`);
  },
  ({ operation: { security = [], 'x-problems': problems = {} } }) =>
    when(
      security.length > 0 && !['400', '401', '403', '503'].every((status) => status in problems),
      'lacks 400, 401, 403 or 503',
    ),
  ({ operation: { responses } }) =>
    when(responses['default']?.$ref !== '#/components/responses/Problem', 'has no default problem'),
  ({ operation: { responses } }, document) =>
    Object.entries(responses).flatMap(([status, response]) =>
      status === 'default' ? [] : answerFaults(document, status, response),
    ),
  ({ operation: { requestBody } }, document) => {
    const media = requestBody?.content['application/json'];
    return media?.example === undefined
      ? []
      : misfits(document, media.schema ?? {}, media.example).map((fault) => `example of the body: ${fault}`);
  },
];

const ROLES: ReadonlySet<string> = new Set(['publish', 'read', 'replay', 'manage', 'operator']);

function answerFaults(document: ApiDocument, status: string, { content, description }: ApiResponse): string[] {
  const faults = when((description ?? '') === '', `answer ${status} has no description`);
  if (!status.startsWith('2')) return faults;
  const described = Object.values(content ?? {}).every(({ schema }) => schema !== undefined);
  faults.push(...when(status !== '204' && (content === undefined || !described), `answer ${status} has no schema`));
  const media = content?.['application/json'];
  if (media?.schema === undefined || isOpen(media.schema)) return faults;
  if (media.example === undefined) return [...faults, `answer ${status} has no example`];
  faults.push(
    ...when(
      JSON.stringify(media.example).includes('"…"'),
      `example of ${status} has a field without a value: ${JSON.stringify(media.example).slice(0, 2_000)}`,
    ),
  );
  return [
    ...faults,
    ...misfits(document, media.schema, media.example).map((fault) => `example of ${status}: ${fault}`),
  ];
}

/** The document describes itself loosely: its schema is OpenAPI's. */
function isOpen({ $ref, properties }: ApiSchema): boolean {
  return $ref === undefined && properties !== undefined;
}

/** What is wrong with a value, by a validator that is not zod. */
export function misfits({ components: { schemas } }: ApiDocument, schema: ApiSchema, value: unknown): string[] {
  const { valid, errors } = new Validator({ ...schema, components: { schemas } } as Schema, '2020-12', false).validate(
    value,
  );
  return valid ? [] : errors.map(({ instanceLocation, error }) => `${instanceLocation}: ${error}`);
}

/** Fields that nobody explains, but for what is in a component of its own. */
function muteFields(schema: ApiSchema, owner: string): string[] {
  const { properties = {}, items, anyOf = [], oneOf = [] } = schema;
  return [
    ...Object.entries(properties).flatMap(([name, field]) => [
      ...when(field.description === undefined && field.$ref === undefined, `field ${owner}.${name} has no description`),
      ...muteFields(field, `${owner}.${name}`),
    ]),
    ...[items ?? {}, ...anyOf, ...oneOf].flatMap((one) =>
      one.properties === undefined && one.items === undefined ? [] : muteFields(one, owner),
    ),
  ];
}

/**
 * What generators of other languages read wrong, or not at all; docs/api.md says what each comes
 * to.
 */
function languageFaults(schema: ApiSchema, place: string): string[] {
  const { type, enum: choices, allOf, format } = schema;
  const types = [type ?? []].flat();
  const own = [
    ...when(types.includes('integer') && format !== 'int64', 'is a whole number without the format int64'),
    ...when(types.includes('integer') && !BOUNDS.every((one) => one in schema), 'is a whole number without its bounds'),
    ...when(types.includes('number') && format !== 'double', 'is a number without the format double'),
    ...when(type === 'null' || types.length > 2 || (types.length === 2 && !types.includes('null')), 'has such types'),
    ...when(choices?.some((one) => typeof one !== 'string') === true, 'is an enum of something that is no text'),
    ...when('default' in schema && schema.default === null, 'is null by default'),
    ...when(allOf !== undefined, 'is allOf: a reference may have a description beside it'),
    ...when(schema.oneOf !== undefined && !('discriminator' in schema), 'is a choice without a discriminator'),
    ...when(schema.anyOf !== undefined, 'is anyOf: say what tells its schemas apart'),
    ...when(
      types.includes('object') && schema.properties === undefined && schema.additionalProperties === undefined,
      'is an object of which nothing is said: Go keeps nothing of it',
    ),
  ].map((fault) => `${place} ${fault}`);
  const inner = [
    ...Object.entries(schema.properties ?? {}),
    ...[schema.items ?? []].flat().map((one) => ['[]', one] as const),
    ...(schema.oneOf ?? []).map((one) => ['oneOf', one] as const),
  ];
  return [...own, ...inner.flatMap(([name, one]) => languageFaults(one, `${place}.${name}`))];
}

const BOUNDS = ['minimum', 'maximum'];

/**
 * Names that a language has taken: by its library, or because a generator makes `NewX` for X, or a
 * type for each security scheme.
 */
function nameFaults({ components: { schemas, securitySchemes } }: ApiDocument): string[] {
  const names = Object.keys(schemas);
  const schemes = Object.keys(securitySchemes).map((name) => name.toLowerCase());
  return names.flatMap((name) => [
    ...when(TAKEN.has(name), `component ${name} has a name that a language has taken`),
    ...when(
      name.startsWith('New') && names.includes(name.slice(3)),
      `component ${name} is Go's constructor of another`,
    ),
    ...when(schemes.includes(name.toLowerCase()), `component ${name} is named as a security scheme`),
  ]);
}

const TAKEN = new Set([
  'Record',
  'Event',
  'Error',
  'Object',
  'Map',
  'Set',
  'Date',
  'Key',
  'Request',
  'Response',
  'Type',
]);

/** References to what is not there, and components that nothing refers to. */
function componentFaults(document: ApiDocument): string[] {
  const text = JSON.stringify(document);
  const refs = new Set(
    [...text.matchAll(/"\$ref":"#\/components\/(\w+)\/(\w+)"/g)].map(([, kind, name]) => `${kind}/${name}`),
  );
  const known = Object.entries(document.components).flatMap(([kind, members]) =>
    kind === 'securitySchemes' ? [] : Object.keys(members as object).map((name) => `${kind}/${name}`),
  );
  return [
    ...[...refs].filter((ref) => !known.includes(ref)).map((ref) => `components: ${ref} is not there`),
    ...known.filter((name) => !refs.has(name)).map((name) => `components: ${name} is not used`),
  ];
}

function listed(names: string[]): string {
  return names.toSorted((a, b) => a.localeCompare(b)).join();
}

function repeated(values: string[]): string[] {
  return values.filter((value, i) => values.indexOf(value) !== i);
}

function when(isFault: boolean, fault: string): string[] {
  return isFault ? [fault] : [];
}
