/**
 * What publishers, receivers and customers may write, and pages show: all of it is text. And pages
 * in the frames of others: refused, but the customer's where the operator says so.
 */
import { setTimeout as wait } from 'node:timers/promises';
import { OtherSite } from '../other-site.ts';
import type { Reader } from '../reader.ts';
import type { Stage, Story } from '../stage.ts';

const ACCOUNT = 'hostile';
/** Would say so on the console if any of it ran: every way into markup at once. */
const evil = (where: string) =>
  `"'><img src=x onerror="console.log('ran ${where}')"><script>console.log('ran ${where}')</script>{{${where}}}`;

export const attacks: Story = {
  name: 'attacks',
  async play(stage) {
    const site = new OtherSite();
    const host = await site.listen();
    site.answer = evil('answer');
    const { event, delivery, endpoint } = await hostileThings(stage, host);
    const record = encodeURIComponent(evil('record'));
    const reader = await stage.signedIn();
    for (const [where, path] of [
      ['the overview', '/app'],
      ['the account', `/app/accounts/${ACCOUNT}`],
      ['the accounts', '/app/accounts'],
      ['the record', `/app/accounts/${ACCOUNT}/records/${record}`],
      ['the event', `/app/accounts/${ACCOUNT}/events/${event}?record=${record}`],
      ['the delivery', `/app/accounts/${ACCOUNT}/deliveries/${delivery}`],
      ['the endpoint', `/app/accounts/${ACCOUNT}/endpoints/${endpoint}`],
      ['the deliveries', `/app/deliveries?account=${ACCOUNT}`],
      ['the dead letters', `/app/dead-letters?account=${ACCOUNT}`],
      ['the alerts', '/app/alerts'],
      ['the audit log', `/app/audit?account=${ACCOUNT}`],
      ['the event types', '/app/event-types'],
    ] as const) {
      await reader.goto(path);
      await noMarkup(reader, where);
    }
    reader.expectOnConsole(/status of 404/);
    await reader.goto(`/app/find?q=${encodeURIComponent(evil('search'))}`);
    await noMarkup(reader, 'what is looked for');
    await reader.close();

    const { token } = await stage.ask('createPortalToken', { path: { account: ACCOUNT }, body: {} });
    const customer = await stage.reader();
    for (const path of ['/portal', `/portal/records/${record}`]) {
      await customer.goto(`${path}#${token}`);
      await customer.page.getByRole('navigation', { name: 'Main' }).waitFor();
      await noMarkup(customer, `the customer's ${path.split('/')[2] ?? 'endpoints'}`);
    }
    await customer.close();
    await framed(stage, site, host, token);
    site.close();
  },
};

async function hostileThings(
  stage: Stage,
  host: string,
): Promise<{ event: string; delivery: string; endpoint: string }> {
  const path = { account: ACCOUNT };
  await stage.ask('putAccount', { path, body: { name: evil('account') } });
  const { id: endpoint } = await stage.ask('createEndpoint', {
    path,
    body: { url: `${host}/hook?'-alert(1)-'`, description: evil('description') },
  });
  const body = { type: 'hostile.event', record: evil('record'), data: { [evil('key')]: evil('value') } };
  const sent = await stage.ask('publishEvent', { path, body });
  const delivery = sent.deliveries[0]?.id ?? '';
  for (let tries = 0; tries < 100; tries += 1) {
    const { status } = await stage.ask('getDelivery', { path: { ...path, delivery } });
    const { data } = await stage.ask('listDeliveries', { path });
    if (status === 'dead' && data.length > 0) break;
    await wait(200);
  }
  return { event: sent.id, delivery, endpoint };
}

/**
 * Nothing of it became an element, and no element but ours stands on the page. That nothing ran,
 * the console says.
 */
async function noMarkup(reader: Reader, where: string): Promise<void> {
  const found = await reader.page.evaluate(`(() => {
    const scripts = [...document.scripts].filter((script) => !script.src.includes('/app/assets/'));
    const handlers = [...document.querySelectorAll('*')].filter((one) => [...one.attributes].some(({ name }) => name.startsWith('on')));
    const images = [...document.images];
    return [...scripts, ...handlers, ...images].map((one) => one.outerHTML.slice(0, 200));
  })()`);
  const faults = Array.isArray(found) ? found.map(String) : ['the page did not answer'];
  reader.check(`what others write is text: ${where}`, faults[0] ?? null);
}

/** Pages of elsewhere that frame ours: one that the operator lists, and one that it does not. */
async function framed(stage: Stage, site: OtherSite, host: string, token: string): Promise<void> {
  site.framed = [`${stage.origin}/app/sign-in`, `${stage.origin}/portal#${token}`];
  const refused = await stage.stranger();
  await refused.goto(host);
  const shown = refused
    .frames()
    .filter((frame) => frame !== refused.mainFrame() && frame.url().startsWith(stage.origin));
  stage.checks.check(
    'a page that the operator does not list frames none of ours',
    site.framed.length,
    shown.map((frame) => frame.url()),
  );

  stage.listed.framed = site.framed;
  const allowed = await stage.stranger();
  await allowed.goto(stage.listedOrigin);
  const heading = allowed.frameLocator('iframe >> nth=1').getByRole('heading', { level: 1 });
  // The page asks for its link until the script has handed over the token.
  const isSignedIn = await heading
    .filter({ hasText: /endpoints/i })
    .waitFor()
    .then(
      () => true,
      () => false,
    );
  const shownAtLast = isSignedIn ? '' : await heading.innerText();
  stage.checks.check("a listed page frames the customer's page, signed in", 1, isSignedIn ? [] : [shownAtLast]);
  const staff = allowed.frames().filter((frame) => frame.url().startsWith(`${stage.origin}/app`));
  stage.checks.check(
    "and no page of the staff's",
    1,
    staff.map((frame) => frame.url()),
  );
}
