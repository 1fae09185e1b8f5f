/**
 * Every answer of the API that any worker test asks for is held against the OpenAPI document: its
 * status is one that the document names for the operation, its problem one of the operation's
 * codes, its body fits the schema to the field.
 */
import { type Schema, Validator } from '@cfworker/json-schema';
import { exports } from 'cloudflare:workers';
import {
  type ApiDocument,
  type ApiOperation,
  type ApiSchema,
  documentShape,
  placedOperations,
  type PlacedOperation,
} from '../../src/http/reference/openapi-document.ts';

export type Answered = { status: number; headers: Headers; body: unknown; text: string };

let known: { document: ApiDocument; routes: { pattern: RegExp; placed: PlacedOperation }[] } | null = null;
const validators = new Map<string, Validator>();

export async function documentOf(): Promise<ApiDocument> {
  return (await read()).document;
}

async function read() {
  if (known !== null) return known;
  const answer = await exports.default.fetch('https://tubepost.test/openapi.json');
  const document = documentShape.parse(await answer.json());
  const routes = placedOperations(document)
    .map((placed) => ({ pattern: patternOf(placed.path), placed }))
    // What is named wins over what is a parameter.
    .sort((a, b) => parametersOf(a.placed.path) - parametersOf(b.placed.path));
  known = { document, routes };
  return known;
}

function patternOf(path: string): RegExp {
  return new RegExp(`^${path.replaceAll('.', '\\.').replaceAll(/\{\w+\}/g, '[^/]+')}$`);
}

function parametersOf(path: string): number {
  return path.split('{').length;
}

/**
 * Throws what is wrong with the answer. Places that the document does not have, and methods that a
 * path does not, are not its business.
 */
export async function holdToDocument(method: string, url: string, answer: Answered): Promise<void> {
  const { document, routes } = await read();
  const path = url.split('?')[0] ?? '';
  const found = routes.find(({ pattern, placed }) => placed.method === method.toLowerCase() && pattern.test(path));
  if (found === undefined || answer.status === 405) return;
  const faults = faultsOf(document, found.placed, answer);
  if (faults.length > 0)
    throw new Error(
      `${found.placed.operation.operationId} answers what the document does not tell: ${faults.join('; ')}`,
    );
}

function faultsOf(document: ApiDocument, { operation }: PlacedOperation, answer: Answered): string[] {
  return answer.status >= 400 ? problemFaults(document, operation, answer) : successFaults(document, operation, answer);
}

/** `default` is the one answer for all problems; `x-problems` says which there are. */
function problemFaults(document: ApiDocument, operation: ApiOperation, { status, headers, body, text }: Answered) {
  const codes = operation['x-problems']?.[String(status)];
  if (codes === undefined) return [`status ${status}: ${text.slice(0, 300)}`];
  const code = typeof body === 'object' && body !== null && 'code' in body ? body.code : null;
  return [
    ...(headers.get('content-type') === 'application/problem+json'
      ? []
      : [`${headers.get('content-type')} of ${status}`]),
    ...(typeof code === 'string' && codes.includes(code) ? [] : [`the code ${String(code)} of ${status}`]),
    ...misfitsOf(document, 'Problem', { $ref: '#/components/schemas/Problem' }, body),
  ];
}

function successFaults(document: ApiDocument, operation: ApiOperation, answer: Answered): string[] {
  const { status, headers, body, text } = answer;
  const named = operation.responses[String(status)];
  if (named === undefined) return [`status ${status}: ${text.slice(0, 300)}`];
  const { content, headers: toldHeaders = {} } = named;
  const silent = ['Retry-After', 'Idempotent-Replayed'].filter((name) => headers.has(name) && !(name in toldHeaders));
  const faults = silent.map((name) => `the header ${name} of ${status}`);
  if (content === undefined) return [...faults, ...(text === '' ? [] : [`a body of ${status}`])];
  const type = headers.get('content-type')?.split(';')[0] ?? '';
  const schema = content[type]?.schema;
  if (schema === undefined) return [...faults, `${type || 'no type'} of ${status}`];
  if (!/[/+]json$/.test(type)) return faults;
  return [...faults, ...misfitsOf(document, `${operation.operationId} ${status}`, schema, body)];
}

function misfitsOf(document: ApiDocument, name: string, schema: ApiSchema, body: unknown): string[] {
  const { valid, errors } = validatorOf(document, name, schema).validate(body);
  return valid
    ? []
    : [`${name}: ${errors.map(({ instanceLocation, error }) => `${instanceLocation} ${error}`).join(', ')}`];
}

/**
 * Readers must pass over fields that they do not know; the tests must not: what is answered is what
 * the document tells.
 */
function closed(value: object): object {
  const entries = Object.entries(value).map(([name, inner]: [string, unknown]) => [
    name,
    Array.isArray(inner)
      ? inner.map((one: unknown) => (typeof one === 'object' && one !== null ? closed(one) : one))
      : typeof inner === 'object' && inner !== null
        ? closed(inner)
        : inner,
  ]);
  const isOpen = 'properties' in value && !('additionalProperties' in value) && 'type' in value;
  return { ...Object.fromEntries(entries), ...(isOpen ? { additionalProperties: false } : {}) };
}

/** Made once for each shape, because it copies and walks the whole document. */
function validatorOf(document: ApiDocument, name: string, schema: ApiSchema): Validator {
  const known = validators.get(name);
  if (known !== undefined) return known;
  const whole = closed({ ...schema, components: { schemas: document.components.schemas } });
  const made = new Validator(whole as Schema, '2020-12', false);
  validators.set(name, made);
  return made;
}
