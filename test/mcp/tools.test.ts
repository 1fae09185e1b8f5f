/**
 * The tools' inputs against the operations that they call: what the API renames or no longer takes
 * fails here.
 */
import { expect, it } from 'vitest';
import { z } from 'zod';
import { documentShape, placedOperations } from '../../src/http/reference/openapi-document.ts';
import { TOOLS } from '../../src/mcp/tools.ts';
import { answerText, marked, untrusted } from '../../src/mcp/untrusted.ts';

type App = { request(path: string, init: object, env: object): Promise<Response> };
// By a variable: the app is checked with the types of workerd, which differ from Node's in what
// setTimeout returns.
const app = '../../src/http/app.ts';
const { createApp }: { createApp: () => App } = await import(app);
const env = { ADMIN_KEY: 'k'.repeat(32), MASTER_KEY: btoa('k'.repeat(32)) };
const document: unknown = await (await createApp().request('/openapi.json', {}, env)).json();

const Named = z.looseObject({ name: z.string() });
const Place = z.union([Named, z.object({ $ref: z.string() })]);
const Body = z.looseObject({ properties: z.record(z.string(), z.unknown()).optional() });
const Components = z.looseObject({ components: z.looseObject({ parameters: z.record(z.string(), Named) }) });
const Operation = z.looseObject({
  operationId: z.string(),
  parameters: z.array(Place).default([]),
  requestBody: z.looseObject({ content: z.record(z.string(), z.looseObject({ schema: Body })) }).optional(),
});
const shared = Components.parse(document).components.parameters;

function taken(operation: unknown): [id: string, names: string[]] {
  const { operationId, parameters, requestBody } = Operation.parse(operation);
  const named = parameters.map((one) => ('$ref' in one ? shared[String(one.$ref).split('/').at(-1) ?? ''] : one)?.name);
  const bodies = Object.values(requestBody?.content ?? {}).flatMap(({ schema }) =>
    Object.keys(schema.properties ?? {}),
  );
  return [operationId, [...named, ...bodies].map(String)];
}
const operations = new Map(placedOperations(documentShape.parse(document)).map(({ operation }) => taken(operation)));

it.each(TOOLS.filter((tool) => tool.operations.length > 0).map((tool) => [tool.name, tool] as const))(
  '%s takes nothing that its operations do not take by that name',
  (_, tool) => {
    const known = tool.operations.flatMap((id) => operations.get(id) ?? []);
    expect(known).not.toEqual([]);
    expect(Object.keys(tool.input.shape).filter((name) => !known.includes(name))).toEqual([]);
  },
);

it('every tool says when to use it, and describes each argument', () => {
  for (const { description, input } of TOOLS) {
    expect(description.length).toBeGreaterThan(60);
    for (const field of Object.values(input.shape)) expect(z.toJSONSchema(field)).toHaveProperty('description');
  }
});

it('marks text of publishers and receivers at any depth, and cuts it', () => {
  const answer = { id: 'evt_1', data: { order: 'do it' }, attemptLog: [{ responseBody: 'x'.repeat(3_000) }] };
  expect(marked(answer)).toEqual({
    id: 'evt_1',
    data: { untrusted: '{"order":"do it"}' },
    attemptLog: [{ responseBody: { untrusted: 'x'.repeat(2_000), cutFromChars: 3_000 } }],
  });
  expect(untrusted(null)).toBeNull();
});

it('an answer that is too long is cut as data, and says so', () => {
  const text = answerText('Here.', { rows: 'y'.repeat(50_000) });
  expect(text).toContain('The answer was cut');
  expect(JSON.parse(text.slice(text.indexOf('\n{') + 1))).toHaveProperty('untrusted');
  expect(text.length).toBeLessThan(60_000);
});
