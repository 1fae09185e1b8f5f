/**
 * O5: the table of docs/api.md and the OpenAPI document name the same operations; the README names
 * some; K5: its receiver.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { parseAttemptId, parseDeliveryId, parseMadeEventId } from '../../src/core/ids.ts';
import { documentShape, placedOperations } from '../../src/http/reference/openapi-document.ts';

type App = { request(path: string, init: object, env: object): Promise<Response> };
// By a variable: the app is checked with the types of workerd, which differ from Node's in what
// setTimeout returns.
const app = '../../src/http/app.ts';
const { createApp }: { createApp: () => App } = await import(app);

const env = { ADMIN_KEY: 'k'.repeat(32), MASTER_KEY: btoa('k'.repeat(32)) };
const document = documentShape.parse(await (await createApp().request('/openapi.json', {}, env)).json());
const readme = readFileSync(join(import.meta.dirname, '../../README.md'), 'utf8');
const reference = readFileSync(join(import.meta.dirname, '../../docs/api.md'), 'utf8');
const ACCOUNT = '/v1/accounts/{}';

const operations = placedOperations(document).map(({ method, path }) => `${method.toUpperCase()} ${unnamed(path)}`);
const rowsOf = (page: string) => [...page.matchAll(/^\| (`[A-Z]+ .*?) \|/gm)].map(([, cell = '']) => namedIn(cell));

it('has a row for every operation of the document', () => {
  const named = new Set(rowsOf(reference).flat().flat());
  expect(operations.filter((operation) => !named.has(operation))).toEqual([]);
});

it('has no row for an operation that is not there', () => {
  const real = new Set(operations);
  const unreal = [...rowsOf(reference), ...rowsOf(readme)]
    .flat()
    .filter((readings) => !readings.some((reading) => real.has(reading)));
  expect(unreal).toEqual([]);
});

it('shows ids as the service makes them, and so does the document', () => {
  const shown = `${readme}${JSON.stringify(document)}`;
  const ids = new Set(shown.match(/\b(?:dlv|att)_[ku][0-9a-z_]{20,}|\bevt_01[0-9a-z]{40,}/g));
  const isOne = (id: string) => [parseDeliveryId, parseAttemptId, parseMadeEventId].some((parse) => parse(id) !== null);
  expect(ids.size).toBeGreaterThanOrEqual(3);
  expect([...ids].filter((id) => !isOne(id))).toEqual([]);
});

it('shows the receiver that test/receivers runs', () => {
  const shown = /```js receiver\n(.*?)```/s.exec(readme)?.[1] ?? '';
  expect(shown).toBe(readFileSync(join(import.meta.dirname, '../../docs/receivers/node-http.mjs'), 'utf8'));
});

/** What parameters are called is the document's business. */
function unnamed(path: string): string {
  return path.replaceAll(/\{\w+\}/g, '{}').replace(/\?.*/, '');
}

/**
 * The operations that a cell names, each in all its readings. A method alone is of the path before
 * it, a path alone of the method before it. `…` is the account, or as much of the row's first path
 * as goes before what follows.
 */
function namedIn(cell: string): string[][] {
  let first = ACCOUNT;
  let method = '';
  let paths: string[] = [];
  return cell.split(' · ').map((part) => {
    const [, verb, path] = /^`([A-Z]+)? ?(\S+)?`$/.exec(part) ?? [];
    method = verb ?? method;
    if (path !== undefined) paths = readingsOf(unnamed(path), first);
    if (first === ACCOUNT) first = paths[0] ?? ACCOUNT;
    return paths.map((reading) => `${method} ${reading}`);
  });
}

function readingsOf(path: string, first: string): string[] {
  if (!path.startsWith('…')) return [path];
  const parts = first.split('/');
  const heads = [ACCOUNT, ...parts.map((_, at) => parts.slice(0, parts.length - at).join('/'))];
  return heads.map((head) => head + path.slice(1));
}
