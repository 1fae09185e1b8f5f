// oxlint-disable no-console -- the program of docs/api.md, to the letter from `const tubepost` on: a test compares the two
import { createClient, ofAnswer } from '../../src/client/client.ts';

const tubepost = createClient({ origin: 'http://127.0.0.1:8787', key: 'tubepost_local_admin_key' });
const path = { account: 'acme' };
await tubepost.call('putAccount', { path, body: { name: 'Acme' } });
await tubepost.call('createEndpoint', { path, body: { url: 'http://127.0.0.1:9000/hook' }, idempotencyKey: 'crm' });

const event = { id: 'order-17-paid', type: 'order.paid', record: 'order/17', data: { amount: 1_900 } };
const published = await tubepost.call('publishEvent', { path, body: event });
if (published.ok) console.log(published.data.sequence);
else if (published.problem.code === 'event-conflict') console.log(published.problem.detail);

for await (const delivery of tubepost.list('listDeliveries', { path, query: { status: ['dead', 'retrying'] } })) {
  console.log(delivery.note);
}
console.log(ofAnswer(await tubepost.call('getRecord', { path: { ...path, record: 'order/17' } })).status);
const file = await tubepost.stream('listAttempts', 'csv', { path });
console.log((await new Response(file).text()).split(',')[0]);
