/**
 * One operation in `/docs`: what it needs, what it takes, what it answers, and a request to paste.
 */
import { html } from 'hono/html';
import { curlOf } from './docs-curl.ts';
import { bodyTable, fieldTable, prose, typeOf } from './docs-schema.ts';
import {
  type ApiDocument,
  type ApiOperation,
  type ApiParameter,
  type ApiResponse,
  type ApiSchema,
  type PlacedOperation,
  refName,
} from './openapi-document.ts';

type Html = ReturnType<typeof html>;

export function operationSection(document: ApiDocument, { method, path, operation }: PlacedOperation): Html {
  const parameters = (operation.parameters ?? []).map((one) => resolved(document, one));
  const body = operation.requestBody?.content['application/json'];
  const isPublic = operation.security?.length === 0;
  return html`<section id="${operation.operationId}">
    <h3><a href="#${operation.operationId}">${operation.summary}</a></h3>
    <p class="place">
      <code><span class="method ${method}">${method}</span>${path}</code>
    </p>
    <p class="needs">${needs(operation)}</p>
    ${parameters.length === 0 ? '' : parameterTable(parameters)}
    ${
      body?.schema === undefined
        ? ''
        : html`<h4>Body${operation.requestBody?.required === true ? '' : html` <span class="dim">optional</span>`}</h4>
            ${body.schema.$ref === undefined ? '' : html`<p>${typeOf(body.schema)}</p>`}
            ${bodyTable(body.schema, document.components.schemas)}`
    }
    <h4>Answers</h4>
    ${answers(operation)}
    <h4>Example</h4>
    <pre><code>${curlOf({ method, path, parameters, example: body?.example, isPublic })}</code></pre>
  </section> `;
}

/** The scope and who may: the list of the bearer's roles, in words. */
function needs({ security = [] }: ApiOperation): string {
  const roles = Object.values(security[0] ?? {}).flat();
  if (roles.length === 0) return 'Needs no key.';
  const scopes = roles.filter((role) => role !== 'operator').join(', ');
  return `Needs the scope ${scopes}${roles.includes('operator') ? ', and a key that is not bound to one account' : ''}.`;
}

function resolved({ components }: ApiDocument, parameter: ApiParameter): ApiParameter {
  return parameter.$ref === undefined ? parameter : (components.parameters[refName(parameter.$ref)] ?? parameter);
}

function parameterTable(parameters: readonly ApiParameter[]): Html {
  const fields = parameters.map(({ name = '', in: place = '', required, description, schema = {} }) => ({
    path: name,
    isRequired: required === true,
    schema: { ...schema, description: [`${place}:`, description ?? '', presetOf(schema)].join(' ').trim() },
  }));
  return html`<h4>Parameters</h4>
    ${fieldTable(fields)}`;
}

function presetOf({ default: preset }: ApiSchema): string {
  return preset === undefined ? '' : `(default ${JSON.stringify(preset)})`;
}

function answers({ responses, 'x-problems': problems = {} }: ApiOperation): Html {
  const told = Object.entries(responses).filter(([status]) => status !== 'default');
  return html`<ul class="told">
      ${told.map(([status, response]) => html`<li><b>${status}</b> ${prose(response.description ?? '')}${shapeOf(response)}</li> `)}
    </ul>
    <ul class="codes">
      ${Object.entries(problems).map(([status, codes]) => html`<li><b>${status}</b> ${codesOf(codes)}</li> `)}
    </ul>`;
}

function shapeOf({ content = {} }: ApiResponse): Html | string {
  const schema = content['application/json']?.schema;
  const others = Object.keys(content).filter((type) => type !== 'application/json');
  const also =
    others.length === 0
      ? ''
      : html` <span class="dim">(${schema === undefined ? '' : 'or '}${others.join(', ')})</span>`;
  if (schema === undefined) return also;
  return html`${schema.$ref === undefined ? '' : html`: ${typeOf(schema)}`}${also}`;
}

/** Each as a link to what it means. */
function codesOf(codes: readonly string[]): Html {
  return html`${codes.map((code, i) => html`${i === 0 ? '' : ', '}<a href="#problem-${code}"><code>${code}</code></a>`)}`;
}
