/** O5: the client's types are those of the document. `npm run client:generate` writes them anew. */
import { expect, it } from 'vitest';
import { typesOf } from '../../src/client/types-of.ts';
import { documentShape } from '../../src/http/reference/openapi-document.ts';

type App = { request(path: string, init: object, env: object): Promise<Response> };
// By a variable: the app is checked with the types of workerd, which differ from Node's in what
// setTimeout returns.
const app = '../../src/http/app.ts';
const { createApp }: { createApp: () => App } = await import(app);

it('is not older than the document', async () => {
  const env = { ADMIN_KEY: 'k'.repeat(32), MASTER_KEY: btoa('k'.repeat(32)) };
  const answer = await createApp().request('/openapi.json', {}, env);
  const text = typesOf(documentShape.parse(await answer.json()));
  await expect(text).toMatchFileSnapshot('../../src/client/schema.ts');
});
