/** `/docs`: the reference as one page, from the same document as `/openapi.json`. Everything is escaped by hono/html; no script, nothing from elsewhere. */
import { html, raw } from 'hono/html';
import { curlOf } from './docs-curl.ts';
import { fieldsOf, fieldTable, prose, typeOf } from './docs-schema.ts';
import { DOCS_STYLE } from './docs-style.ts';
import { type ApiDocument, type ApiOperation, type ApiParameter, type ApiSchema, refName } from './openapi-document.ts';
import { PROBLEM_LIST } from './problem.ts';

type Html = ReturnType<typeof html>;
type Placed = { method: string; path: string; operation: ApiOperation };

/** The style is allowed by its digest, and nothing else is. */
export async function docsPolicy(): Promise<string> {
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(DOCS_STYLE));
  const text = btoa(String.fromCharCode(...new Uint8Array(digest)));
  return `default-src 'none'; style-src 'sha256-${text}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`;
}

export async function docsPage(document: ApiDocument): Promise<string> {
  const all = Object.entries(document.paths).flatMap(([path, operations]) =>
    Object.entries(operations).map(([method, operation]): Placed => ({ method, path, operation })),
  );
  const groups = document.tags.map((tag) => ({
    ...tag,
    list: all.filter(({ operation }) => operation.tags.includes(tag.name)),
  }));
  const schemas = Object.entries(document.components.schemas);
  const page = html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <title>${document.info.title}</title>
        ${raw(`<style>${DOCS_STYLE}</style>`)}
      </head>
      <body>
        <nav aria-label="Contents">
          ${groups.map(
            ({ name, list }) =>
              html`<a href="#${slug(name)}"><b>${name}</b></a>
                <ul>
                  ${list.map(
                    ({ operation }) => html`<li><a href="#${operation.operationId}">${operation.operationId}</a></li> `,
                  )}
                </ul>`,
          )}<a href="#problems"><b>Problems</b></a
          ><br /><a href="#schemas"><b>Schemas</b></a>
          <ul>
            ${schemas.map(([name]) => html`<li><a href="#schema-${name}">${name}</a></li> `)}
          </ul>
        </nav>
        <main>
          <h1>${document.info.title}</h1>
          <p>${prose(document.info.description)}</p>
          <p>
            Send a key with every request: <code>Authorization: Bearer &lt;key&gt;</code>. The same as OpenAPI 3.1:
            <a href="/openapi.json">/openapi.json</a>.
          </p>
          ${groups.map(
            ({ name, description, list }) =>
              html`<h2 id="${slug(name)}">${name}</h2>
                <p>${prose(description ?? '')}</p>
                ${list.map((placed) => operationSection(document, placed))}`,
          )}
          <h2 id="problems">Problems</h2>
          ${problemTable()}
          <h2 id="schemas">Schemas</h2>
          ${schemas.map(([name, schema]) => schemaSection(name, schema))}
        </main>
      </body>
    </html>`;
  return page;
}

function operationSection(document: ApiDocument, placed: Placed): Html {
  const { method, path, operation } = placed;
  const parameters = (operation.parameters ?? []).map((one) => resolved(document, one));
  const body = operation.requestBody?.content['application/json'];
  return html`<section id="${operation.operationId}">
    <h3><a href="#${operation.operationId}">${operation.summary}</a></h3>
    <p>
      <code><span class="method">${method}</span> ${path}</code>
    </p>
    ${parameters.length === 0 ? '' : parameterTable(parameters)}
    ${
      body?.schema === undefined
        ? ''
        : html`<h4>Body${operation.requestBody?.required === true ? '' : html` <span class="dim">optional</span>`}</h4>
            ${bodyTable(body.schema)}`
    }
    <h4>Answers</h4>
    ${answerTable(operation)}
    <h4>Example</h4>
    <pre>${curlOf(method, path, parameters, body?.example)}</pre>
  </section> `;
}

function resolved({ components }: ApiDocument, parameter: ApiParameter): ApiParameter {
  return parameter.$ref === undefined ? parameter : (components.parameters[refName(parameter.$ref)] ?? parameter);
}

function parameterTable(parameters: readonly ApiParameter[]): Html {
  return html`<h4>Parameters</h4>
    ${fieldTable(
      parameters.map(({ name = '', in: place = '', required, description, schema = {} }) => ({
        path: name,
        isRequired: required === true,
        schema: { ...schema, description: [`${place}:`, description ?? '', presetOf(schema)].join(' ').trim() },
      })),
    )}`;
}

function presetOf({ default: preset }: ApiSchema): string {
  return preset === undefined ? '' : `(default ${JSON.stringify(preset)})`;
}

function bodyTable(schema: ApiSchema): Html {
  const fields = fieldsOf(schema);
  return fields.length === 0 ? html`<p>${typeOf(schema)}</p>` : fieldTable(fields);
}

function answerTable({ responses }: ApiOperation): Html {
  const told = Object.entries(responses).filter(([, response]) => response.$ref === undefined);
  const refused = Object.entries(responses).filter(([status, { $ref }]) => $ref !== undefined && status !== 'default');
  return html`<div class="wide">
      <table>
        ${told.map(([status, { description = '', content }]) => {
          const schema = content?.['application/json']?.schema;
          return html`<tr>
            <td>${status}</td>
            <td>${prose(description)}</td>
            <td>${schema === undefined ? '' : typeOf(schema)}</td>
          </tr> `;
        })}
      </table>
    </div>
    <p class="dim">A <a href="#problems">problem</a> otherwise: ${refused.map(([status]) => status).join(', ')}.</p>`;
}

function problemTable(): Html {
  return html`<p>Errors are <code>application/problem+json</code>: <a href="#schema-Problem">Problem</a>.</p>
    <div class="wide">
      <table>
        <tr>
          <th>Code</th>
          <th>Status</th>
          <th>Title</th>
        </tr>
        ${PROBLEM_LIST.map(
          ({ code, status, title }) =>
            html`<tr>
              <td><code>${code}</code></td>
              <td>${status}</td>
              <td>${title}</td>
            </tr> `,
        )}
      </table>
    </div>`;
}

function schemaSection(name: string, schema: ApiSchema): Html {
  return html`<section id="schema-${name}">
    <h3><a href="#schema-${name}">${name}</a></h3>
    <p>${prose(schema.description ?? '')}</p>
    ${bodyTable(schema)}
  </section> `;
}

function slug(name: string): string {
  return `tag-${name.toLowerCase().replaceAll(' ', '-')}`;
}
