/**
 * Writes schema.ts: the types of the client, from the OpenAPI document. Run by `npm run
 * client:generate`; a test fails where schema.ts is not what this writes.
 */

export type Schema = {
  $ref?: string | undefined;
  type?: string | string[] | undefined;
  enum?: unknown[] | undefined;
  properties?: Record<string, Schema> | undefined;
  required?: string[] | undefined;
  items?: Schema | undefined;
  allOf?: Schema[] | undefined;
  anyOf?: Schema[] | undefined;
  oneOf?: Schema[] | undefined;
  [keyword: string]: unknown;
};
type Parameter = {
  $ref?: string | undefined;
  name?: string | undefined;
  in?: string | undefined;
  required?: boolean | undefined;
  schema?: Schema | undefined;
};
type Content = Record<string, { schema?: Schema | undefined }>;
type Response = { $ref?: string | undefined; content?: Content | undefined };
type Operation = {
  operationId: string;
  'x-problems'?: Record<string, string[]> | undefined;
  parameters?: Parameter[] | undefined;
  requestBody?: { required?: boolean | undefined; content: Content } | undefined;
  responses: Record<string, Response>;
};
export type Document = {
  paths: Record<string, Record<string, Operation>>;
  components: { schemas: Record<string, Schema> };
};

export function typesOf({ paths, components }: Document): string {
  const operations = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ path, method, operation })),
  );
  const schemas = Object.entries(components.schemas).map(([name, schema]) => `  ${name}: ${typeOf(schema, '  ')};`);
  const types = operations.map(({ operation }) => `  ${operation.operationId}: ${operationType(operation)};`);
  const places = operations.map(
    ({ operation, method, path }) => `  ${operation.operationId}: ['${method.toUpperCase()}', '${path}'],`,
  );
  return (
    [
      '/** Made by `npm run client:generate` from the OpenAPI document: do not edit. */',
      `export type Schemas = {\n${schemas.join('\n')}\n};`,
      `export type Operations = {\n${types.join('\n')}\n};`,
      `export const PLACES: Readonly<Record<keyof Operations, readonly [method: string, path: string]>> = {\n${places.join('\n')}\n};`,
      '',
    ]
      .join('\n\n')
      .trimEnd() + '\n'
  );
}

function operationType({ parameters = [], requestBody, responses, 'x-problems': problems = {} }: Operation): string {
  const body = requestBody?.content['application/json']?.schema;
  const answers = Object.entries(responses).filter(([status]) => /^2/.test(status));
  const shown = answers.map(([, { content }]) => {
    const schema = (content?.['application/json'] ?? Object.values(content ?? {})[0])?.schema;
    return schema === undefined ? 'null' : typeOf(schema, '    ');
  });
  const files = answers.flatMap(([, { content = {} }]) => Object.keys(content)).flatMap((type) => FORMATS[type] ?? []);
  const codes = Object.values(problems).flat();
  const parts = [
    `path: ${placed(parameters, 'path')}`,
    `query: ${placed(parameters, 'query')}`,
    `body: ${body === undefined ? 'undefined' : typeOf(body, '    ')}${requestBody?.required === true ? '' : ' | undefined'}`,
    `answer: ${[...new Set(shown)].join(' | ')}`,
    `exports: ${files.length === 0 ? 'never' : literals(files)}`,
    `problem: ${literals(codes)}`,
  ];
  return `{\n${parts.map((part) => `    ${part};`).join('\n')}\n  }`;
}

/**
 * What a list is as a file, by `?format=`; a client asks for it by another call, whose answer is a
 * stream.
 */
const FORMATS: Readonly<Record<string, string>> = { 'application/x-ndjson': 'ndjson', 'text/csv': 'csv' };

function literals(values: unknown[]): string {
  return values.map((value) => JSON.stringify(value)).join(' | ');
}

function placed(parameters: Parameter[], place: string): string {
  const here = parameters.filter((one) => one.in === place && one.name !== 'format');
  if (here.length === 0) return 'Record<never, never>';
  const fields = here.map(
    ({ name = '', required, schema = {} }) => `${nameOf(name)}${required === true ? '' : '?'}: ${queryType(schema)}`,
  );
  return `{ ${fields.join('; ')} }`;
}

/** A parameter that may be given several times may be given once. */
function queryType(schema: Schema): string {
  return schema.items === undefined
    ? typeOf(schema, '')
    : `${typeOf(schema.items, '')} | (${typeOf(schema.items, '')})[]`;
}

function typeOf(schema: Schema, indent: string): string {
  if (schema.$ref !== undefined) return `Schemas['${schema.$ref.slice(schema.$ref.lastIndexOf('/') + 1)}']`;
  const named = schema['x-extensible-enum'];
  if (Array.isArray(named)) return literals([...named, ...(schema.type?.includes('null') === true ? [null] : [])]);
  if (schema.enum !== undefined) return literals(schema.enum);
  if ('const' in schema) return JSON.stringify(schema['const']);
  if (schema.allOf?.length === 1 && schema.allOf[0] !== undefined) return typeOf(schema.allOf[0], indent);
  const either = schema.anyOf ?? schema.oneOf;
  if (either !== undefined) return either.map((one) => typeOf(one, indent)).join(' | ');
  const names = [schema.type ?? 'any'].flat();
  return [...new Set(names.map((name) => namedType(name, schema, indent)))].join(' | ');
}

function namedType(name: string, schema: Schema, indent: string): string {
  switch (name) {
    case 'string':
    case 'boolean':
    case 'null':
      return name;
    case 'number':
    case 'integer':
      return 'number';
    case 'array':
      return `(${typeOf(schema.items ?? {}, indent)})[]`;
    case 'object':
      return objectType(schema, indent);
    default:
      return 'unknown';
  }
}

function objectType({ properties = {}, required = [], additionalProperties }: Schema, indent: string): string {
  const inner = `${indent}  `;
  const fields = Object.entries(properties).map(
    ([name, field]) =>
      `${inner}${nameOf(name)}${required.includes(name) ? '' : '?'}: ${typeOf(field, inner)}${required.includes(name) ? '' : ' | undefined'};`,
  );
  const isOpen = typeof additionalProperties === 'object' && additionalProperties !== null;
  const rest = isOpen ? typeOf({ ...additionalProperties }, inner) : 'unknown';
  if (fields.length === 0) return isOpen ? `Record<string, ${rest}>` : 'Record<string, never>';
  if (isOpen) fields.push(`${inner}[member: string]: unknown;`);
  return `{\n${fields.join('\n')}\n${indent}}`;
}

function nameOf(name: string): string {
  return /^[A-Za-z_]\w*$/.test(name) ? name : JSON.stringify(name);
}
