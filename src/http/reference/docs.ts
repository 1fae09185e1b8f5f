/**
 * `/docs`: the reference as one page, from the same document as `/openapi.json`. Everything is
 * escaped by hono/html; no script, nothing from elsewhere.
 */
import { html, raw } from 'hono/html';
import { operationSection } from './docs-operation.ts';
import { bodyTable, exampleBlock, prose } from './docs-schema.ts';
import { DOCS_STYLE } from './docs-style.ts';
import { type ApiDocument, type ApiSchema, type PlacedOperation, placedOperations } from './openapi-document.ts';
import { sampleOf } from './openapi-sample.ts';
import { PARAMETER_SAMPLES } from './openapi-samples.ts';
import { PROBLEM_ADVICE } from './problem-advice.ts';
import { PROBLEM_LIST } from '../problem.ts';
import { sha256 } from '../../lookup/sha256.ts';

type Html = ReturnType<typeof html>;
type Group = ApiDocument['tags'][number] & { list: PlacedOperation[] };

/** The style is allowed by its digest, and nothing else is. */
export async function docsPolicy(): Promise<string> {
  const text = btoa(String.fromCharCode(...(await sha256(DOCS_STYLE))));
  return `default-src 'none'; style-src 'sha256-${text}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`;
}

/** `isLocal`: the key of local mode is known to all, and the pasted commands hold it. */
export type Reader = { origin: string; isLocal: boolean };

export async function docsPage(document: ApiDocument, reader: Reader): Promise<string> {
  const all = placedOperations(document);
  const groups = document.tags.map((tag) => ({
    ...tag,
    list: all.filter(({ operation }) => operation.tags.includes(tag.name)),
  }));
  const schemas = Object.entries(document.components.schemas).sort(([a], [b]) => (a < b ? -1 : 1));
  const page = html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <title>${document.info.title}</title>
        ${raw(`<style>${DOCS_STYLE}</style>`)}
      </head>
      <body>
        <a class="skip" href="#content">To the content</a>
        ${contents(groups, schemas)}
        <main id="content">
          <h1>${document.info.title}</h1>
          <p>${prose(document.info.description)}</p>
          ${conventions(reader)} ${groups.map((group) => groupPart(document, group))}
          <h2 id="problems"><a href="#problems">Problems</a></h2>
          ${problemTable()}
          <h2 id="schemas"><a href="#schemas">Schemas</a></h2>
          ${schemas.map(([name, schema]) => schemaSection(document, name, schema))}
        </main>
      </body>
    </html>`;
  return lean(String(await page));
}

/**
 * Without the indentation of the templates, which is a fifth of the page; `pre` is kept, and the
 * style, whose digest is known.
 */
function lean(page: string): string {
  return page
    .split(/(<pre>.*?<\/pre>|<style>.*?<\/style>)/s)
    .map((part) => (/^<(pre|style)>/.test(part) ? part : part.replaceAll(/\s*\n\s*/g, '\n')))
    .join('');
}

/** Closed on its schemas only: the browser's own search opens what it finds in there. */
function contents(groups: readonly Group[], schemas: readonly [string, ApiSchema][]): Html {
  return html`<nav aria-label="Contents">
    <p><a href="#content">Tubepost API</a></p>
    ${groups.map(
      ({ name, list }) =>
        html`<details open>
          <summary>${name}</summary>
          <ul>
            ${list.map(
              ({ operation }) =>
                html`<li>
                  <a href="#${operation.operationId}" title="${operation.operationId}">${operation.summary}</a>
                </li> `,
            )}
          </ul>
        </details>`,
    )}
    <details open>
      <summary>Errors</summary>
      <ul>
        <li><a href="#problems">Problems and what to do</a></li>
      </ul>
    </details>
    <details>
      <summary>Schemas</summary>
      <ul>
        ${schemas.map(([name]) => html`<li><a href="#schema-${name}">${name}</a></li> `)}
      </ul>
    </details>
  </nav>`;
}

function conventions({ origin, isLocal }: Reader): Html {
  const ids = Object.entries(PARAMETER_SAMPLES).map(([name, value]) => `${name}=${value}`);
  const key = isLocal ? 'tubepost_local_admin_key' : '…your key…';
  return html`<p>
      Every request but those outside <code>/v1</code> carries a key: <code>Authorization: Bearer &lt;key&gt;</code>.
      Record keys are URL-encoded in paths (<code>subscription%2Fsub_81</code>). Fields and query parameters that are
      not named here are refused by name. The same as OpenAPI 3.1: <a href="/openapi.json">/openapi.json</a>.
    </p>
    <p>
      The examples below run in a shell that knows where, with which key, and what is meant; put your own ids in the
      place of these:
    </p>
    <pre><code>${[`TUBEPOST=${origin}`, `TUBEPOST_KEY='${key}'`, ...ids].join('\n')}</code></pre>`;
}

function groupPart(document: ApiDocument, { name, description, list }: Group): Html {
  return html`<h2 id="${slug(name)}"><a href="#${slug(name)}">${name}</a></h2>
    <p>${prose(description ?? '')}</p>
    ${list.map((placed) => operationSection(document, placed))}`;
}

const advice = new Map(Object.entries(PROBLEM_ADVICE));

function problemTable(): Html {
  return html`<p>
      Errors are <code>application/problem+json</code>: <a href="#schema-Problem">Problem</a>. A program looks at
      <code>code</code>; a person at <code>detail</code>, which names the field, the rule and the value. A 5xx of a
      publish means: publish again with the same id.
    </p>
    <div class="wide">
      <table>
        <thead>
          <tr>
            <th scope="col">Code</th>
            <th scope="col">Status</th>
            <th scope="col">What it means, and what to do</th>
          </tr>
        </thead>
        <tbody>
          ${PROBLEM_LIST.map(
            ({ code, status, title }) =>
              html`<tr id="problem-${code}">
                <td><code>${code}</code></td>
                <td>${status}</td>
                <td>${title}. ${prose(advice.get(code) ?? '')}</td>
              </tr> `,
          )}
        </tbody>
      </table>
    </div>`;
}

function schemaSection({ components }: ApiDocument, name: string, schema: ApiSchema): Html {
  const isObject = schema.properties !== undefined;
  return html`<section id="schema-${name}">
    <h3><a href="#schema-${name}">${name}</a></h3>
    ${schema.description === undefined ? '' : html`<p>${prose(schema.description)}</p>`} ${bodyTable(schema)}
    ${isObject ? exampleBlock('Example', sampleOf({ $ref: `#/components/schemas/${name}` }, components.schemas)) : ''}
  </section> `;
}

function slug(name: string): string {
  return `tag-${name.toLowerCase().replaceAll(' ', '-')}`;
}
