/** Support sends a customer the answer: a link whose token stands in no address, log or history. */
import type { Story } from '../stage.ts';

export const customerLink: Story = {
  name: 'customer-link',
  async play(stage) {
    const account = 'linked';
    await stage.ask('putAccount', { path: { account }, body: { name: 'Linked GmbH' } });
    await stage.endpoint(account, '/refuses', { description: 'Their CRM' });
    await stage.ask('publishEvent', { path: { account }, body: { type: 'deal.won', record: 'deal/7', data: {} } });

    const support = await stage.signedIn();
    await support.goto(`/app/accounts/${account}/records/deal%2F7`);
    await support.page.getByRole('button', { name: 'Make a link for the customer' }).click();
    await support.page.getByRole('heading', { name: 'A link for the customer' }).waitFor();
    await support.look('share');
    const link = (await support.page.locator('pre code').textContent()) ?? '';
    await support.close();

    const customer = await stage.reader();
    const asked: string[] = [];
    customer.page.on('request', (request) => asked.push(`${request.url()} ${request.headers()['referer'] ?? ''}`));
    await customer.page.goto(link);
    await customer.sees('the customer reads the sentence', /Their CRM answered 401/);
    await customer.look('customer-record');
    const accent = await customer.page.evaluate(
      `getComputedStyle(document.querySelector('.top .brand')).getPropertyValue('--radius') + document.title`,
    );
    customer.check(
      'the page has the brand of the operator',
      /^\s*3px.*· Acme Sync$/.test(String(accent)) ? null : String(accent),
    );
    const token = link.split('#')[1] ?? 'no token';
    const leaks = [...asked, customer.page.url()].filter((address) => address.includes(token));
    customer.check('the token stands in no address', token.startsWith('tbr_') ? (leaks[0] ?? null) : token);
    customer.expectOnConsole(/status of 403/);
    await customer.goto('/portal/deliveries');
    await customer.sees('and nothing else of the account', 'reads its status and nothing else');
    await customer.close();

    const stranger = await stage.reader();
    await stranger.goto('/portal');
    await stranger.sees('without a link there is nothing to see', 'Open this page from its link');
    await stranger.look('customer-none');
    await stranger.close();

    const scriptless = await stage.reader({ script: false });
    await scriptless.goto('/portal/records/deal%2F7');
    await scriptless.page.getByLabel('The link').fill(link);
    await scriptless.page.keyboard.press('Enter');
    await scriptless.sees('without script the link is pasted', /Their CRM answered 401/);
    await scriptless.close();
  },
};
