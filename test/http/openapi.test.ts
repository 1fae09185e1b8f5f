/** O5: the document itself, by a linter that is not ours and by rules of our own; and the page made from it. */
import { Validator } from '@seriousme/openapi-schema-validator';
import { describe, expect, it } from 'vitest';
import { documentShape } from '../../src/http/openapi-document.ts';

/** Operations whose answers nobody has described yet. It may only become shorter. */
const UNDESCRIBED: readonly string[] = [
  'get /v1/accounts/{account}/endpoints/{endpoint}/health',
  'get /v1/accounts/{account}/overview',
  'get /v1/overview',
  'post /v1/accounts/{account}/record-statuses',
  'delete /v1/accounts/{account}/events/{event}/payload',
];

type App = {
  request(path: string, init: object, env: object): Promise<Response>;
  routes: { method: string; path: string }[];
};
// By a variable: the app is checked with the types of workerd, which differ from Node's in what setTimeout returns.
const app = '../../src/http/app.ts';
const { createApp }: { createApp: () => App } = await import(app);

const env = { ADMIN_KEY: 'k'.repeat(32), MASTER_KEY: btoa('k'.repeat(32)) };
const read = (path: string) => createApp().request(path, {}, env);
const documentText = await (await read('/openapi.json')).text();
if (!documentText.startsWith('{"openapi"')) throw new Error(documentText);
const document = documentShape.parse(JSON.parse(documentText));
const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
  Object.entries(methods).map(([method, operation]) => ({ name: `${method} ${path}`, path, operation })),
);

const lint = async (text: string) => new Validator().validate(JSON.parse(text));

describe('the OpenAPI document', () => {
  it('is valid OpenAPI 3.1, with every reference to something that is there', async () => {
    expect(await lint(documentText)).toEqual({ valid: true });
  });

  it('would not pass with a planted fault', async () => {
    const planted = [
      documentText.replace('"operationId":', '"operationID":["x"],"operationId":3,"x":'),
      documentText.replace('"in":"path"', '"in":"road"'),
      documentText.replace('"responses":{"200"', '"responses":{"two hundred"'),
      documentText.replace('"title":"Tubepost API",', ''),
    ];
    for (const text of planted) {
      expect(text).not.toBe(documentText);
      expect(await lint(text)).toMatchObject({ valid: false });
    }
  });

  it('has every reference resolved', () => {
    const refs = new Set(
      [...documentText.matchAll(/"\$ref":"#\/components\/(\w+)\/(\w+)"/g)].map(([, kind, name]) => `${kind}/${name}`),
    );
    const known = Object.entries(document.components).flatMap(([kind, members]) =>
      Object.keys(members as object).map((name) => `${kind}/${name}`),
    );
    expect([...refs].filter((ref) => !known.includes(ref))).toEqual([]);
  });

  it('names every operation once, in camelCase, with a summary and one known tag', () => {
    const ids = operations.map(({ operation }) => operation.operationId);
    expect(ids.filter((id) => !/^[a-z][A-Za-z0-9]*$/.test(id))).toEqual([]);
    expect(new Set(ids).size).toBe(ids.length);
    const tags = document.tags.map(({ name }) => name);
    for (const { name, operation } of operations) {
      expect(operation.summary, name).not.toBe('');
      expect(operation.tags.length === 1 && tags.includes(operation.tags[0] ?? ''), name).toBe(true);
    }
  });

  it('has for every operation the schema of each answer, or says that it has no body', () => {
    const open = operations.filter(({ operation }) =>
      Object.entries(operation.responses).some(
        ([status, { content }]) =>
          /^2/.test(status) && status !== '204' && content?.['application/json']?.schema === undefined,
      ),
    );
    const names = open.map(({ name }) => name);
    if (names.length > 0) console.warn(`without a schema of their answers: ${names.join(', ')}`);
    expect(names.filter((name) => !UNDESCRIBED.includes(name))).toEqual([]);
    const described = operations.map(({ name }) => name).filter((name) => !names.includes(name));
    expect(UNDESCRIBED.filter((name) => described.includes(name))).toEqual([]);
  });

  it('tells what each parameter is, and names the problems of each operation', () => {
    for (const { name, operation } of operations) {
      const mute = (operation.parameters ?? []).filter(
        ({ $ref, description }) => $ref === undefined && description === undefined,
      );
      expect(
        mute.map((one) => one.name),
        name,
      ).toEqual([]);
      expect(operation.responses['default']?.$ref, name).toBe('#/components/responses/Problem');
    }
  });

  it('names no method of a path that the app does not have', () => {
    const routes = new Set(createApp().routes.map(({ method, path }) => `${method.toLowerCase()} ${path}`));
    const missing = operations.filter(({ name }) => !routes.has(name.replaceAll(/\{(\w+)\}/g, ':$1')));
    expect(missing.map(({ name }) => name)).toEqual([]);
  });
});

describe('the reference page', () => {
  it('needs no key and nothing from elsewhere: no script, no asset, and a policy that would forbid them', async () => {
    const answer = await read('/docs');
    const page = await answer.text();
    expect([answer.status, answer.headers.get('content-type')]).toEqual([200, 'text/html; charset=utf-8']);
    expect(page).not.toMatch(/<script|<link|<img|<iframe|@import|url\(|\ssrc=|\son\w+=|\sstyle=|javascript:/i);
    expect(answer.headers.get('content-security-policy')).toContain("default-src 'none'");
    const style = /<style>(.*?)<\/style>/s.exec(page)?.[1] ?? '';
    const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(style)));
    const hash = btoa(String.fromCharCode(...digest));
    expect(answer.headers.get('content-security-policy')).toContain(`style-src 'sha256-${hash}'`);
  });

  it('has every operation and schema under an anchor, and no link to an anchor that is not there', async () => {
    const page = await (await read('/docs')).text();
    const ids = [...page.matchAll(/ id="([^"]+)"/g)].map(([, id]) => id);
    expect(new Set(ids).size).toBe(ids.length);
    expect(ids).toEqual(expect.arrayContaining(operations.map(({ operation }) => operation.operationId)));
    expect(ids).toEqual(
      expect.arrayContaining(Object.keys(document.components.schemas).map((name) => `schema-${name}`)),
    );
    const links = [...page.matchAll(/href="#([^"]+)"/g)].map(([, id]) => id);
    expect(links.filter((id) => !ids.includes(id))).toEqual([]);
    expect(page).not.toMatch(/\[object |undefined|&amp;lt;/);
  });
});
