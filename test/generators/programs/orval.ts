// Publishes each version, reads it back, and says what a batch and a refusal come to.
import { getEvent, publishEvent, publishEvents } from './generated';

const { TUBEPOST_KEY = '', ACCOUNT: account = '', RECORD: record = '', VERSIONS = '' } = process.env;
const withKey = { headers: { authorization: `Bearer ${TUBEPOST_KEY}` } };
for (const version of VERSIONS.split(',')) {
  const body = { type: 'order.paid', record, version: Number(version), data: { a: 1 } };
  const made = await publishEvent(account, body, withKey);
  const read = await getEvent(account, made.status === 202 ? made.data.id : '', { record }, withKey);
  console.log('version', read.status === 200 ? read.data.version : read.data.code);
}
const events = ['order.paid', 'order.strict'].map((type) => ({ type, data: [1] }));
const batch = await publishEvents(account, { events }, withKey);
if (batch.status === 200) for (const { outcome } of batch.data.results) console.log('outcome', outcome);
const nowhere = await getEvent(account, 'nowhere', undefined, withKey);
console.log('code', nowhere.status === 200 ? null : nowhere.data.code);
