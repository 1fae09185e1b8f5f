/** U3: the brand of the customer's pages, from the operator's variables. */
import { createExecutionContext, env } from 'cloudflare:test';
import { expect, test } from 'vitest';
import type { Bindings } from '../../src/env.ts';
import worker from '../../src/index.ts';
import { answers } from '../support/receiver.ts';

const LOGO = 'https://brand.test/logo.svg';

async function visit(path: string, vars: Partial<Bindings>) {
  const request = new Request<unknown, IncomingRequestCfProperties>(`https://tubepost.test${path}`);
  const response = await worker.fetch(request, { ...env, ...vars }, createExecutionContext());
  return { status: response.status, headers: response.headers, text: await response.text() };
}

test('the page of a customer has the name, the logo and the colours, and asks no other host for them', async () => {
  const vars = { PORTAL_NAME: 'Acme <Sync>', PORTAL_LOGO_URL: LOGO, PORTAL_THEME: 'accent=#7a2e8f/#e0a3f0' };
  const page = await visit('/portal', vars);
  expect(page.text).toContain('<img class="logo" src="/portal/logo" alt="Acme &lt;Sync&gt;"/>');
  expect(page.text).toContain('<link rel="stylesheet" href="/portal/brand.css"/>');
  expect(page.text).not.toContain('brand.test');
  expect(page.headers.get('content-security-policy')).toContain("img-src 'self'");
  const style = await visit('/portal/brand.css', vars);
  expect([style.status, style.headers.get('content-type'), style.text]).toEqual([
    200,
    'text/css; charset=utf-8',
    ':root{--accent:light-dark(#7a2e8f,#e0a3f0);}\n',
  ]);
});

test('staff keep the pages of the service', async () => {
  const page = await visit('/app/sign-in', { PORTAL_NAME: 'Acme', PORTAL_LOGO_URL: LOGO });
  expect(page.text).not.toContain('Acme');
  expect(page.text).not.toContain('brand.css');
});

test('a logo is passed on as an image that runs nothing', async () => {
  await answers(LOGO, { status: 200, headers: { 'content-type': 'image/svg+xml' }, body: '<svg/>' });
  const logo = await visit('/portal/logo', { PORTAL_LOGO_URL: LOGO });
  expect([logo.status, logo.headers.get('content-type'), logo.text]).toEqual([200, 'image/svg+xml', '<svg/>']);
  expect(logo.headers.get('content-security-policy')).toContain("default-src 'none'");
  expect(logo.headers.get('content-security-policy')).toContain('sandbox');
});

test.each([
  ['no image', { status: 200, headers: { 'content-type': 'text/html' }, body: '<script>1</script>' }],
  ['too large', { status: 200, headers: { 'content-type': 'image/png' }, body: 'x'.repeat(256 * 1_024 + 1) }],
  ['not there', { status: 404, headers: { 'content-type': 'image/png' }, body: 'x' }],
])('what is %s is not passed on as a logo', async (_, answer) => {
  await answers(LOGO, answer);
  expect((await visit('/portal/logo', { PORTAL_LOGO_URL: LOGO })).status).toBe(404);
});

test.each([
  [{ PORTAL_THEME: 'accent=red' }, 'set PORTAL_THEME right: accent must be a colour'],
  [{ PORTAL_LOGO_URL: 'http://brand.test/logo.png' }, 'set PORTAL_LOGO_URL to an https URL'],
  [{ PORTAL_NAME: 'x'.repeat(61) }, 'set PORTAL_NAME to at most 60 characters'],
])('a variable that is wrong is named by /health: %o', async (vars, says) => {
  const health = await visit('/health', vars);
  expect([health.status, health.text]).toEqual([503, expect.stringContaining(says)]);
});
