/**
 * A customer mends a receiver alone: sees what failed and why, tests it, takes the code that
 * verifies, and sends again.
 */
import { until } from '../../support/poll.ts';
import type { Story } from '../stage.ts';

const ACCOUNT = 'mending';
const PATH = '/refuses-customer';
const LOGGED_MS = 20_000;

export const customer: Story = {
  name: 'customer-mends',
  async play(stage) {
    await stage.ask('putAccount', { path: { account: ACCOUNT }, body: { name: 'Mending Ltd' } });
    await stage.endpoint(ACCOUNT, PATH, { description: 'Our CRM' });
    const body = { type: 'deal.won', record: 'deal/9', version: 1, data: { amount: 9 } };
    await stage.ask('publishEvent', { path: { account: ACCOUNT }, body });
    await until('the log has it', LOGGED_MS, async () => {
      const { total } = await stage.ask('countDeadLetters', { path: { account: ACCOUNT }, query: {} });
      return total === 1 ? true : null;
    });
    const { token } = await stage.ask('createPortalToken', {
      path: { account: ACCOUNT },
      body: { scopes: ['read', 'replay', 'manage'] },
    });

    const reader = await stage.reader();
    const { page } = reader;
    await reader.goto(`/portal#${token}`);
    await reader.sees('the first page says what fails', /1 attempt failed in the last 15 minutes: answered 401/);
    await reader.sees('and what to do about it', /Your receiver refuses the signature/);
    await reader.look('customer-failing');
    await page.getByRole('link', { name: 'Our CRM' }).last().click();
    await page.getByRole('heading', { level: 1, name: 'Our CRM' }).waitFor();
    await reader.look('customer-endpoint');
    await page.getByRole('button', { name: 'Send a test' }).click();
    await reader.sees('a test shows what came back', 'Your receiver refused the test');
    await reader.look('customer-test');
    await page.getByRole('link', { name: 'Your endpoints' }).click();
    await page.getByRole('link', { name: 'Our CRM' }).last().click();
    await page.getByText('Python', { exact: true }).click();
    await reader.sees('the code that verifies has the names of this endpoint', /OUR_CRM_WEBHOOK_SECRET/);
    await page.getByRole('button', { name: /^Show the secret/ }).click();
    await reader.sees('the secret can be read again', /whsec_/);

    stage.mend(PATH);
    await page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: 'Deliveries' }).click();
    await reader.look('customer-deliveries');
    await page.getByRole('link', { name: /Our CRM answered 401/ }).click();
    await reader.sees('a delivery says what to do', /Your receiver refuses the signature/);
    await reader.sees('and what each attempt met', 'Attempt 1: Our CRM answered 401');
    await reader.look('customer-delivery');
    await page.getByRole('button', { name: 'Send it again' }).click();
    await reader.sees('it is sent again', 'Sent again.');
    await reader.sees('and arrives while one looks', /Delivered to Our CRM/);
    await page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: 'Event types' }).click();
    await reader.look('customer-event-types');
    await reader.close();
  },
};
