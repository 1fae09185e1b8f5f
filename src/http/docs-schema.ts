/** A schema in words and tables, for `/docs`. */
import { html } from 'hono/html';
import { type ApiSchema, refName } from './openapi-document.ts';

type Html = ReturnType<typeof html>;
export type Field = { path: string; schema: ApiSchema; isRequired: boolean };

/** Depth of nested fields that are told in one table. Components have a table of their own. */
const FIELD_DEPTH_MAX = 4;

export function fieldsOf(schema: ApiSchema, prefix = '', depth = 1): Field[] {
  const required = new Set(schema.required);
  return Object.entries(schema.properties ?? {}).flatMap(([name, field]) => {
    const path = `${prefix}${name}`;
    const own = { path, schema: field, isRequired: required.has(name) };
    if (depth === FIELD_DEPTH_MAX) return [own];
    const inside = field.items ?? field;
    return [own, ...fieldsOf(inside, `${path}${field.items === undefined ? '.' : '[].'}`, depth + 1)];
  });
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
              <td>${prose(schema.description ?? '')}${choices(schema)}</td>
            </tr> `,
        )}
      </tbody>
    </table>
  </div>`;
}

export function bodyTable(schema: ApiSchema): Html {
  const fields = fieldsOf(schema);
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

/** `code` between backticks. */
export function prose(text: string): Html {
  return html`${text.split('`').map((part, i) => (i % 2 === 1 ? html`<code>${part}</code>` : part))}`;
}
