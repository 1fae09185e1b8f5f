// Publishes each version, reads it back, and says what a batch and a refusal come to.
import { getEvent, publishEvent, publishEvents } from './generated/index';
import { client } from './generated/client.gen';

const { TUBEPOST = '', TUBEPOST_KEY = '', ACCOUNT: account = '', RECORD: record = '', VERSIONS = '' } = process.env;
client.setConfig({ baseUrl: TUBEPOST, auth: TUBEPOST_KEY });
const path = { account };
for (const version of VERSIONS.split(',')) {
  const body = { type: 'order.paid', record, version: Number(version), data: { a: 1 } };
  const { data } = await publishEvent({ path, body });
  const read = await getEvent({ path: { account, event: data?.id ?? '' }, query: { record } });
  console.log('version', read.data?.version);
}
const events = ['order.paid', 'order.strict'].map((type) => ({ type, data: [1] }));
const batch = await publishEvents({ path, body: { events } });
for (const { outcome } of batch.data?.results ?? []) console.log('outcome', outcome);
console.log('code', (await getEvent({ path: { account, event: 'nowhere' } })).error?.code);
