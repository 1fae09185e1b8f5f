/**
 * An operator after an outage: finds what was given up on, counts it, sends it again and watches it
 * arrive; and looks at everything else that the navigation leads to.
 */
import { until } from '../../support/poll.ts';
import type { Story } from '../stage.ts';

const ACCOUNT = 'outage';
const EVENTS = 24;
const RECORDS = 6;
const LOGGED_MS = 30_000;

export const outage: Story = {
  name: 'outage',
  async play(stage) {
    await stage.ask('putAccount', { path: { account: ACCOUNT }, body: { name: 'Outage GmbH' } });
    const endpoint = await stage.endpoint(ACCOUNT, '/refuses-first', { description: 'CRM', ordering: 'ordered' });
    for (let n = 0; n < EVENTS; n += 1) {
      const body = { type: 'order.paid', record: `order/${n % RECORDS}`, version: n + 1, data: { total: n } };
      await stage.ask('publishEvent', { path: { account: ACCOUNT }, body });
    }
    await until('all are dead letters', LOGGED_MS, async () => {
      const { total } = await stage.ask('countDeadLetters', { path: { account: ACCOUNT }, query: { endpoint } });
      return total === EVENTS ? true : null;
    });
    await describeType(stage);

    const reader = await stage.signedIn();
    const { page } = reader;
    const nav = (name: string) => page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name }).click();
    await nav('Deliveries');
    await page.setViewportSize({ width: 360, height: 740 });
    const status = page.getByLabel('Status');
    reader.check('a phone shows the list before its filters', (await status.isVisible()) ? 'they are open' : null);
    await page.getByText('Filter', { exact: true }).first().click();
    await status.waitFor();
    await page.setViewportSize({ width: 1_280, height: 900 });
    await page.getByLabel('Status').selectOption('dead');
    await page.getByLabel('Account').fill(ACCOUNT);
    await page.getByRole('button', { name: 'Filter' }).click();
    await reader.sees('the list shows why, in sentences', /CRM answered 401/);
    reader.check('a view is a link', page.url().includes('status=dead') ? null : page.url());
    await reader.look('deliveries');

    await nav('Dead letters');
    await page.getByRole('link', { name: endpoint }).click();
    await reader.sees('the depth by endpoint counts them', `${EVENTS} by endpoint`);
    await reader.look('dead-letters');
    stage.mend('/refuses-first');
    await page.getByRole('button', { name: 'Replay all of these …' }).click();
    await reader.sees('they are counted before anything is sent', 'Replay dead letters');
    await reader.look('replay-count');
    await page.getByLabel('Why').fill('the CRM is back');
    await page.getByRole('button', { name: `Replay ${EVENTS}` }).click();
    await page.getByRole('heading', { level: 1, name: 'replay' }).waitFor();
    await reader.sees('the progress reaches its end by itself', 'finished');
    await reader.sees('and says how much arrived', `${EVENTS} of ${EVENTS}`);
    await reader.look('job');
    await nav('Jobs');
    await reader.sees('the job says why it was started', 'the CRM is back');
    await reader.look('jobs');

    await nav('Alerts');
    await reader.look('alerts');
    await nav('Event types');
    await page.getByRole('link', { name: 'order.paid' }).click();
    await page.getByLabel('From').selectOption('1');
    await page.getByLabel('To').selectOption('2');
    await page.getByRole('button', { name: 'Compare' }).click();
    await reader.sees('a diff says whether readers break', 'breaks readers');
    await reader.look('event-type');

    await nav('Accounts');
    await page.getByRole('link', { name: ACCOUNT, exact: true }).click();
    await page.getByRole('heading', { level: 1, name: 'Outage GmbH' }).waitFor();
    await reader.look('account');
    await page.getByRole('link', { name: 'CRM' }).click();
    await page.getByRole('heading', { level: 1, name: 'CRM' }).waitFor();
    await reader.sees('the endpoint says how it does', 'It takes deliveries.');
    await reader.sees('and what it was sent', 'order.paid');
    await reader.look('endpoint');
    await page.getByRole('link', { name: ACCOUNT }).first().click();
    await page.getByRole('link', { name: 'Audit' }).last().click();
    await reader.sees('the audit log has the endpoint', 'endpoint.created');
    await reader.look('audit');
    await reader.close();
  },
};

async function describeType(stage: Parameters<Story['play']>[0]): Promise<void> {
  const type = 'order.paid';
  await stage.ask('putEventType', { path: { type }, body: { description: 'An order was paid in full.' } });
  const schema = { type: 'object', properties: { total: { type: 'integer' } }, required: ['total'] };
  await stage.ask('putSchemaVersion', { path: { type, version: '1' }, body: { schema } });
  const later = { ...schema, properties: { total: { type: 'string' } } };
  await stage.ask('putSchemaVersion', { path: { type, version: '2' }, body: { schema: later } });
}
