// Publishes each version, reads it back, and says what a batch and a refusal come to.
import createClient from 'openapi-fetch';
import type { paths } from './generated';

const { TUBEPOST = '', TUBEPOST_KEY = '', ACCOUNT: account = '', RECORD: record = '', VERSIONS = '' } = process.env;
const client = createClient<paths>({ baseUrl: TUBEPOST, headers: { authorization: `Bearer ${TUBEPOST_KEY}` } });
for (const version of VERSIONS.split(',')) {
  const body = { type: 'order.paid', record, version: Number(version), data: { a: 1 } };
  const made = await client.POST('/v1/accounts/{account}/events', { params: { path: { account } }, body });
  const params = { path: { account, event: made.data?.id ?? '' }, query: { record } };
  console.log('version', (await client.GET('/v1/accounts/{account}/events/{event}', { params })).data?.version);
}
const events = ['order.paid', 'order.strict'].map((type) => ({ type, data: [1] }));
const batch = await client.POST('/v1/accounts/{account}/events/batch', {
  params: { path: { account } },
  body: { events },
});
for (const { outcome } of batch.data?.results ?? []) console.log('outcome', outcome);
const nowhere = await client.GET('/v1/accounts/{account}/events/{event}', {
  params: { path: { account, event: 'nowhere' } },
});
console.log('code', nowhere.error?.code);
