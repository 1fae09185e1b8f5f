/**
 * An operator sets up a customer without a line of curl: account, endpoint, key; and takes the key
 * away again.
 */
import type { Story } from '../stage.ts';

const PATH = '/well/operator';

export const operator: Story = {
  name: 'operator',
  async play(stage) {
    const reader = await stage.signedIn();
    const { page } = reader;
    const nav = (name: string) => page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name }).click();
    reader.expectOnConsole(/status of 400/);
    const theme = () => page.locator('html').getAttribute('data-theme');
    await page.getByRole('button', { name: 'Light or dark' }).click();
    reader.check('the switch makes the page dark', (await theme()) === 'dark' ? null : String(await theme()));
    await nav('Accounts');
    reader.check('and the next page too', (await theme()) === 'dark' ? null : String(await theme()));
    await page.getByRole('button', { name: 'Light or dark' }).click();
    await page.getByLabel('Id', { exact: true }).fill('no spaces here');
    await page.getByRole('button', { name: 'Create' }).click();
    await reader.sees('a refused id says what an id may be', /account/);
    await page.getByLabel('Id', { exact: true }).fill('newcomer');
    await page.getByLabel('Name').fill('Newcomer AG');
    await page.getByRole('button', { name: 'Create' }).click();
    await page.getByRole('heading', { level: 1, name: 'Newcomer AG' }).waitFor();
    await reader.sees('it says what comes next', 'Give it an endpoint next');
    await reader.look('account-empty');

    await page.getByLabel('Address').fill(`${stage.host}${PATH}`);
    await page.getByLabel('Name').fill('Shop');
    await page.getByLabel('Event types').fill('order.*, invoice.paid');
    await page.getByRole('button', { name: 'Create' }).click();
    await reader.sees('the secret is shown once', /whsec_/);
    await reader.look('secret');
    stage.setSecret(PATH, await page.locator('pre code').innerText());
    await page.getByRole('link', { name: 'To the endpoint' }).click();
    await reader.sees('it asks for what was chosen', 'order.*, invoice.paid');
    await page.getByRole('button', { name: 'Send a test' }).click();
    await reader.sees('a test tells what came back', /The test arrived: answered 200/);

    await nav('Keys');
    await page.getByLabel('Name').fill('billing backend');
    await page.getByLabel('publish events').check();
    await page.getByLabel('Account', { exact: true }).fill('newcomer');
    await page.getByRole('button', { name: 'Create' }).click();
    await reader.sees('a new key says what it may', 'It may publish events, for newcomer only.');
    await page.getByRole('link', { name: 'To the keys' }).click();
    await reader.look('keys');
    page.once('dialog', (dialog) => void dialog.accept());
    await page.getByRole('button', { name: 'Revoke billing backend' }).click();
    await reader.sees('a revoked key says since when it fails', 'Revoked. It stops working everywhere within seconds.');
    await reader.close();
  },
};
