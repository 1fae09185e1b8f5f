/**
 * Every answer of the API that any worker test asks for is held against the OpenAPI document: its status is one that the document names
 * for the operation, its problem one of the operation's codes, its body fits the schema to the field.
 */
import { type Schema, Validator } from '@cfworker/json-schema';
import { exports } from 'cloudflare:workers';
import {
  type ApiDocument,
  documentShape,
  placedOperations,
  type PlacedOperation,
  resolvedResponse,
} from '../../src/http/openapi-document.ts';

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

/** Throws what is wrong with the answer. Places that the document does not have, and methods that a path does not, are not its business. */
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
  const { status, headers, body, text } = answer;
  const named = operation.responses[String(status)];
  if (named === undefined) return [`status ${status}: ${text.slice(0, 300)}`];
  const { content, headers: toldHeaders = {} } = resolvedResponse(document, named);
  const silent = ['Retry-After', 'Idempotent-Replayed'].filter((name) => headers.has(name) && !(name in toldHeaders));
  const faults = silent.map((name) => `the header ${name} of ${status}`);
  if (content === undefined) return [...faults, ...(text === '' ? [] : [`a body of ${status}`])];
  const type = headers.get('content-type')?.split(';')[0] ?? '';
  const schema = content[type]?.schema;
  if (schema === undefined) return [...faults, `${type || 'no type'} of ${status}`];
  if (!/[/+]json$/.test(type)) return faults;
  const { valid, errors } = validatorOf(`${operation.operationId} ${status}`, {
    ...schema,
    components: document.components,
  }).validate(body);
  return valid
    ? faults
    : [
        ...faults,
        `${status}: ${errors.map(({ instanceLocation, error }) => `${instanceLocation} ${error}`).join(', ')}`,
      ];
}

/** Made once: a validator walks the whole document. */
function validatorOf(name: string, schema: object): Validator {
  const made = validators.get(name) ?? new Validator(schema as Schema, '2020-12', false);
  validators.set(name, made);
  return made;
}
