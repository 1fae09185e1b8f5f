// Publishes each version, reads it back, and says what a batch and a refusal come to.
import { Configuration, EventsApi, ProblemFromJSON, ResponseError } from './generated/index';

const { TUBEPOST = '', TUBEPOST_KEY = '', ACCOUNT: account = '', RECORD: record = '', VERSIONS = '' } = process.env;
const events = new EventsApi(new Configuration({ basePath: TUBEPOST, accessToken: TUBEPOST_KEY }));
for (const version of VERSIONS.split(',')) {
  const eventToPublish = { type: 'order.paid', record, version: Number(version), data: { a: 1 } };
  const { id } = await events.publishEvent({ account, eventToPublish });
  console.log('version', (await events.getEvent({ account, event: id, record })).version);
}
const two = ['order.paid', 'order.strict'].map((type) => ({ type, data: [1] }));
const { results } = await events.publishEvents({ account, publishEventsRequest: { events: two } });
for (const { outcome } of results) console.log('outcome', outcome);
try {
  await events.getEvent({ account, event: 'nowhere' });
} catch (error) {
  if (!(error instanceof ResponseError)) throw error;
  console.log('code', ProblemFromJSON(await error.response.json()).code);
}
