/**
 * O5: the document itself, by a linter that is not ours and by rules of our own; and the page made
 * from it.
 */
import { Validator } from '@seriousme/openapi-schema-validator';
import { describe, expect, it } from 'vitest';
import { type ApiDocument, documentShape } from '../../../src/http/reference/openapi-document.ts';
import { PROBLEM_LIST } from '../../../src/http/problem.ts';
import { lintDocument, operationsOf } from '../../support/openapi-lint.ts';

type App = {
  request(path: string, init: object, env: object): Promise<Response>;
  routes: { method: string; path: string }[];
};
// By a variable: the app is checked with the types of workerd, which differ from Node's in what
// setTimeout returns.
const app = '../../../src/http/app.ts';
const { createApp }: { createApp: () => App } = await import(app);

const env = { ADMIN_KEY: 'k'.repeat(32), MASTER_KEY: btoa('k'.repeat(32)) };
const read = (path: string) => createApp().request(path, {}, env);
const documentText = await (await read('/openapi.json')).text();
if (!documentText.startsWith('{"openapi"')) throw new Error(documentText);
const document = documentShape.parse(JSON.parse(documentText));
const operations = operationsOf(document);

const lint = async (text: string) => new Validator().validate(JSON.parse(text));

describe('the OpenAPI document', () => {
  const known = lintDocument(document);

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

  it('keeps our own rules: names, tags, scopes, words for every field, a schema and an example for every body', () => {
    expect(known).toEqual([]);
  });

  type Plant = [fault: string, plant: (planted: ApiDocument) => void];
  const at = (planted: ApiDocument, id: string) => {
    const found = operationsOf(planted).find(({ operation }) => operation.operationId === id);
    if (found === undefined) throw new Error(`no operation ${id}`);
    return found.operation;
  };
  const first = (planted: ApiDocument) => at(planted, 'getAccount');
  const bodyOf = (planted: ApiDocument, id: string) => at(planted, id).requestBody?.content['application/json'] ?? {};
  const answerOf = (planted: ApiDocument, id: string) =>
    at(planted, id).responses['200']?.content?.['application/json'] ?? {};
  const countOf = (planted: ApiDocument): Record<string, unknown> =>
    planted.components.schemas['Account']?.properties?.['endpointCount'] ?? {};
  const plants: Plant[] = [
    ['operationId getRecord: used twice', (planted) => (first(planted).operationId = 'getRecord')],
    ['operationId get_it is not camelCase', (planted) => (first(planted).operationId = 'get_it')],
    ['summary "" is no sentence', (planted) => (first(planted).summary = '')],
    ['tags Lost are not one that is described', (planted) => (first(planted).tags = ['Lost'])],
    ['the path has {account}, its parameters are none', (planted) => (first(planted).parameters = [])],
    ['parameter account has no description', (planted) => delete first(planted).parameters?.[0]?.description],
    ['its body has no example', (planted) => delete bodyOf(planted, 'publishEvent').example],
    ['says nothing about keys', (planted) => delete first(planted).security],
    ['names no scope: [{"bearer":[]}]', (planted) => (first(planted).security = [{ bearer: [] }])],
    ['lacks 400, 401, 403 or 503', (planted) => delete first(planted)['x-problems']?.['403']],
    ['has no default problem', (planted) => delete first(planted).responses['default']],
    ['answer 200 has no schema', (planted) => delete answerOf(planted, 'getAccount').schema],
    ['answer 200 has no example', (planted) => delete answerOf(planted, 'getAccount').example],
    ['example of 200: #', (planted) => (answerOf(planted, 'getAccount').example = { account: 'acme' })],
    ['has a field without a value', (planted) => (answerOf(planted, 'getAccount').example = { account: '…' })],
    ['example of the body: #', (planted) => (bodyOf(planted, 'publishEvent').example = { type: 'a', datum: 1 })],
    [
      'field putAccount.name has no description',
      (planted) => delete bodyOf(planted, 'putAccount').schema?.properties?.['name']?.description,
    ],
    [
      'field Account.name has no description',
      (planted) => delete planted.components.schemas['Account']?.properties?.['name']?.description,
    ],
    ['tag Accounts: no description', (planted) => delete planted.tags[0]?.description],
    [
      'Account.endpointCount is a whole number without the format int64',
      (planted) => (countOf(planted).format = 'int32'),
    ],
    ['Account.endpointCount is a whole number without its bounds', (planted) => delete countOf(planted).maximum],
    ['Account.endpointCount is a number without the format double', (planted) => (countOf(planted).type = 'number')],
    ['Account.endpointCount has such types', (planted) => (countOf(planted).type = ['integer', 'string'])],
    ['Account.endpointCount has such types', (planted) => (countOf(planted).type = 'null')],
    ['Account.endpointCount is an enum of something', (planted) => (countOf(planted).enum = [true])],
    ['Account.endpointCount is null by default', (planted) => (countOf(planted).default = null)],
    ['Account.endpointCount is allOf', (planted) => (countOf(planted).allOf = [{ type: 'integer' }])],
    ['Account.endpointCount is anyOf', (planted) => (countOf(planted).anyOf = [{ type: 'integer' }])],
    ['Account.endpointCount is an object of which', (planted) => (countOf(planted).type = 'object')],
    ['PublishResult is a choice', (planted) => delete planted.components.schemas['PublishResult']?.['discriminator']],
    ['component Record has a name', (planted) => (planted.components.schemas['Record'] = { type: 'string' })],
    ["component NewAlert is Go's", (planted) => (planted.components.schemas['NewAlert'] = { type: 'string' })],
    ['component Bearer is named as', (planted) => (planted.components.schemas['Bearer'] = { type: 'string' })],
    ['components: schemas/Account is not there', (planted) => delete planted.components.schemas['Account']],
    ['components: schemas/Left is not used', (planted) => (planted.components.schemas['Left'] = { type: 'string' })],
  ];
  it.each(plants)('would not pass with %j', (fault, plant) => {
    const planted = documentShape.parse(structuredClone(document));
    plant(planted);
    const faults = lintDocument(planted).filter((one) => !known.includes(one));
    expect(
      faults.some((one) => one.includes(fault)),
      faults.join('\n'),
    ).toBe(true);
  });

  it('names a key for all but what anybody may read', () => {
    const open = operations.filter(({ operation }) => operation.security?.length === 0).map(({ name }) => name);
    expect(open.sort()).toEqual(['get /docs', 'get /health', 'get /openapi.json']);
  });

  it('tells of every problem that there is, and what to do about it', async () => {
    const page = await (await read('/docs')).text();
    const named = operations.flatMap(({ operation }) => Object.values(operation['x-problems'] ?? {}).flat());
    for (const { code } of PROBLEM_LIST) {
      // What depends on no operation: a method that a path does not have.
      if (code !== 'method-not-allowed') expect(named).toContain(code);
      expect(page).toContain(`id="problem-${code}"`);
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
