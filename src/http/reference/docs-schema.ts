/** A schema in words and tables, for `/docs`. */
import { html } from 'hono/html';
import { type ApiSchema, refName } from './openapi-document.ts';

type Html = ReturnType<typeof html>;
export type Field = { path: string; schema: ApiSchema; isRequired: boolean };

/** Depth of nested fields that are told in one table. Components have a table of their own. */
const FIELD_DEPTH_MAX = 4;

type Components = Readonly<Record<string, ApiSchema>>;

/**
 * With `components`, fields of those that it refers to are told too: a reader of a request wants
 * all of it in one place.
 */
export function fieldsOf(schema: ApiSchema, components: Components = {}, prefix = '', depth = 1): Field[] {
  const here = resolved(schema, components);
  const required = new Set(here.required);
  return Object.entries(here.properties ?? {}).flatMap(([name, field]) => {
    const path = `${prefix}${name}`;
    const own = { path, schema: field, isRequired: required.has(name) };
    if (depth === FIELD_DEPTH_MAX) return [own];
    const inside = field.items ?? field;
    return [own, ...fieldsOf(inside, components, `${path}${field.items === undefined ? '.' : '[].'}`, depth + 1)];
  });
}

/** Not what contains itself: a filter is told once, under its own name. */
function resolved(schema: ApiSchema, components: Components): ApiSchema {
  if (schema.$ref === undefined) return schema;
  const component = components[refName(schema.$ref)] ?? schema;
  return JSON.stringify(component).includes('schemas/FilterPart') ? schema : component;
}

export function fieldTable(fields: readonly Field[]): Html {
  return html`<div class="wide">
    <table>
      <thead>
        <tr>
          <th scope="col">Field</th>
          <th scope="col">Type</th>
          <th scope="col">Meaning and rules</th>
        </tr>
      </thead>
      <tbody>
        ${fields.map(
          ({ path, schema, isRequired }) =>
            html`<tr>
              <td><code>${path}</code>${isRequired ? '' : html` <span class="dim">optional</span>`}</td>
              <td>${typeOf(schema)}</td>
              <td>${prose(schema.description ?? '')}${choices(schema)}${rules(schema)}</td>
            </tr> `,
        )}
      </tbody>
    </table>
  </div>`;
}

export function bodyTable(schema: ApiSchema, components: Components = {}): Html {
  const fields = fieldsOf(schema, components);
  return fields.length === 0 ? html`<p>${typeOf(schema)}${choices(schema)}</p>` : fieldTable(fields);
}

export function exampleBlock(title: string, example: unknown): Html {
  return html`<details>
    <summary>${title}</summary>
    <pre><code>${JSON.stringify(example, null, 2)}</code></pre>
  </details>`;
}

export function typeOf(schema: ApiSchema): Html {
  if (schema.$ref !== undefined) {
    const name = refName(schema.$ref);
    return html`<a href="#schema-${name}">${name}</a>`;
  }
  if (schema.items !== undefined) return html`list of ${typeOf(schema.items)}${isNullable(schema) ? ' or null' : ''}`;
  const either = schema.anyOf ?? schema.oneOf;
  if (either !== undefined) return html`${either.map((one, i) => html`${i === 0 ? '' : ' or '}${typeOf(one)}`)}`;
  return html`${[schema.type ?? 'any JSON'].flat().join(' or ')}`;
}

function isNullable({ type }: ApiSchema): boolean {
  return Array.isArray(type) && type.includes('null');
}

function choices({ enum: values, items }: ApiSchema): Html | string {
  const listed = values ?? items?.enum;
  if (listed === undefined) return '';
  return html` <span class="dim">One of</span>
    ${listed.map((value, i) => html`${i === 0 ? '' : ', '}<code>${String(value)}</code>`)}`;
}

/** Limits that JSON Schema carries. */
function rules(schema: ApiSchema): Html | string {
  const listed = [
    span(schema, 'minimum', 'maximum', ''),
    span(schema, 'minLength', 'maxLength', ' characters'),
    span(schema, 'minItems', 'maxItems', ' entries'),
    span(schema, 'minProperties', 'maxProperties', ' names'),
  ].filter((one) => one !== '');
  return listed.length === 0 ? '' : html` <span class="dim">(${listed.join('; ')})</span>`;
}

function span(schema: ApiSchema, from: string, to: string, unit: string): string {
  const bounds = [schema[from], schema[to]];
  const [least, most] = bounds.map((one) =>
    typeof one === 'number' && Math.abs(one) !== Number.MAX_SAFE_INTEGER ? one : undefined,
  );
  if (most === undefined) return least === undefined || least === 0 ? '' : `at least ${least}${unit}`;
  return least === undefined ? `at most ${most}${unit}` : `${least} to ${most}${unit}`;
}

/** `code` between backticks. */
export function prose(text: string): Html {
  return html`${text.split('`').map((part, i) => (i % 2 === 1 ? html`<code>${part}</code>` : part))}`;
}
