/**
 * U: who may open a page, and what a page refuses. What they look like and do is played by
 * test/browser.
 */
import { exports } from 'cloudflare:workers';
import { beforeAll, describe, expect, test } from 'vitest';
import { PAGES } from '../../src/dashboard/pages.ts';
import { call, KEY, newAccount } from '../support/api.ts';
import { answers } from '../support/receiver.ts';
import { soon } from '../support/soon.ts';

const ORIGIN = 'https://tubepost.test';

function visit(path: string, headers: Record<string, string> = {}) {
  return exports.default.fetch(ORIGIN + path, { headers, redirect: 'manual' });
}

function send(path: string, form: Record<string, string>, headers: Record<string, string> = {}) {
  return exports.default.fetch(ORIGIN + path, {
    method: 'POST',
    redirect: 'manual',
    headers: { origin: ORIGIN, 'content-type': 'application/x-www-form-urlencoded', ...headers },
    body: new URLSearchParams(form).toString(),
  });
}

async function signedIn(key = KEY): Promise<{ cookie: string }> {
  const answer = await send('/app/sign-in', { key, to: '/app' });
  expect(answer.status).toBe(303);
  return { cookie: (answer.headers.get('set-cookie') ?? '').split(';')[0] ?? '' };
}

const csrfOf = (html: string) => /name="csrf" value="([0-9a-f]{64})"/.exec(html)?.[1] ?? '';

describe('signing in', () => {
  test('gives a cookie that no script and no other site can use, and that does not hold the key', async () => {
    const answer = await send('/app/sign-in', { key: KEY, to: '/app/find?q=x' });
    expect([answer.status, answer.headers.get('location')]).toEqual([303, '/app/find?q=x']);
    const cookie = answer.headers.get('set-cookie') ?? '';
    expect(cookie).toMatch(
      /^__Host-tubepost-staff=tbs_[^;]+; Path=\/; Expires=[^;]+; HttpOnly; Secure; SameSite=Strict$/,
    );
    expect(decodeURIComponent(cookie)).not.toContain(KEY);
  });

  test('with a key that is none says so, and leads nowhere', async () => {
    const answer = await send('/app/sign-in', { key: 'tbk_none', to: '/app' });
    expect([answer.status, answer.headers.get('set-cookie')]).toEqual([401, null]);
    expect(await answer.text()).toContain('This key does not open anything');
  });

  test('from another page is refused', async () => {
    const answer = await send('/app/sign-in', { key: KEY, to: '/app' }, { origin: 'https://evil.example' });
    expect([answer.status, answer.headers.get('set-cookie')]).toEqual([400, null]);
  });

  test.each(['https://evil.example', '//evil.example', '/app/../../evil', '/app\\@evil.example', '/appx', '/v1/keys'])(
    'leads to no other place than a page: %s',
    async (to) => {
      const { headers } = await send('/app/sign-in', { key: KEY, to });
      expect(new URL(headers.get('location') ?? '', ORIGIN).href).toMatch(/^https:\/\/tubepost\.test\/app(\/|$)/);
    },
  );

  test('is asked of whoever has no session, and leads back', async () => {
    const answer = await visit('/app/accounts/a/records/x%2Fy?z=1');
    expect(answer.status).toBe(302);
    const to = new URL(answer.headers.get('location') ?? '', ORIGIN).searchParams.get('to');
    expect(to).toBe('/app/accounts/a/records/x%2Fy?z=1');
  });
});

describe('every page', () => {
  test('runs nothing but our own files, is framed nowhere and kept nowhere', async () => {
    const page = await visit('/app', await signedIn());
    expect(page.status).toBe(200);
    const policy = page.headers.get('content-security-policy') ?? '';
    expect(policy).toMatch(/default-src 'none'.*frame-ancestors 'none'/);
    expect(policy).not.toContain('unsafe');
    expect(page.headers.get('cache-control')).toBe('private, no-store');
    const html = await page.text();
    expect(html).not.toMatch(/<style|<script(?! src="\/app\/assets\/)|\son\w+="|style="/);
    for (const [, path = ''] of html.matchAll(/(?:src|href)="(\/app\/assets\/[^"]+)"/g)) {
      const file = await visit(path);
      expect([file.status, file.headers.get('cache-control')]).toEqual([200, 'public, max-age=31536000, immutable']);
      await file.text();
    }
  });

  test('shows a session of one account nothing of another', async () => {
    const [own, other] = [await newAccount(), await newAccount()];
    for (const account of [own, other])
      await call('POST', `/v1/accounts/${account}/events`, { id: 'same', type: 'a.b', record: 'r', data: { account } });
    const { body } = await call('POST', '/v1/keys', { name: 'k', scopes: ['read'], account: own });
    const session = await signedIn(body.key);
    expect((await visit(`/app/accounts/${own}/records/r`, session)).status).toBe(200);
    for (const path of [`/app/accounts/${other}/records/r`, `/app/accounts/${other}/events/same`]) {
      const page = await visit(path, session);
      expect([path, page.status]).toEqual([path, 404]);
      await page.text();
    }
  });

  test('is drawn light or dark as the reader last chose, and as the browser says where the cookie holds no choice', async () => {
    const { cookie } = await signedIn();
    for (const [choice, root] of [
      ['dark', '<html data-theme="dark" lang="en">'],
      ['"><script>', '<html lang="en">'],
    ]) {
      const page = await visit('/app', { cookie: `${cookie}; tubepost-theme=${choice}` });
      expect(await page.text()).toContain(root);
    }
  });

  test('says what is not there', async () => {
    const page = await visit('/app/nothing', await signedIn());
    expect([page.status, page.headers.get('content-type')]).toEqual([404, 'text/html; charset=UTF-8']);
    await page.text();
  });
});

describe('an action', () => {
  async function endpointPage() {
    const account = await newAccount();
    const { id } = (await call('POST', `/v1/accounts/${account}/endpoints`, { url: 'https://a.example.com/' })).body;
    await call('POST', `/v1/accounts/${account}/events`, { type: 'a.b', record: 'r', data: {} });
    const session = await signedIn();
    const path = `/app/accounts/${account}/records/r`;
    const csrf = csrfOf(await (await visit(path, session)).text());
    const status = async () => (await call('GET', `/v1/accounts/${account}/endpoints/${id}`)).body.status;
    return { session, path, csrf, status, form: { action: 'pause', endpoint: id } };
  }

  test('of our own form is done, and tells what it did where it leads', async () => {
    const { session, path, csrf, status, form } = await endpointPage();
    const answer = await send(path, { ...form, csrf }, session);
    expect([answer.status, answer.headers.get('location'), await status()]).toEqual([303, path, 'paused']);
    expect(answer.headers.get('set-cookie')).toMatch(/^__Host-tubepost-note=.*HttpOnly.*SameSite=Strict/);
  });

  test('is refused without the token of this session, from elsewhere, and where no page has it', async () => {
    const { session, path, csrf, status, form } = await endpointPage();
    const foreign = csrfOf(await (await visit(path, await signedIn())).text());
    expect(foreign).toHaveLength(64);
    const tries = [
      send(path, form, session),
      send(path, { ...form, csrf: '0'.repeat(64) }, session),
      send(path, { ...form, csrf }, { ...session, origin: 'https://evil.example' }),
      send(path, { ...form, csrf }, { ...session, origin: 'null' }),
      send(path, { ...form, csrf, action: 'toString' }, session),
      send(path, { ...form, csrf }, { ...session, 'content-type': 'text/plain' }),
    ];
    expect((await Promise.all(tries)).map((answer) => answer.status)).toEqual([403, 403, 403, 403, 403, 403]);
    expect(await status()).toBe('enabled');
  });
});

describe('what is of another account', () => {
  /** Stands in everything of the other account that a page could show. */
  const MARK = 'of-the-other';
  const ids: Record<string, string> = {};
  let own = '';
  let other = '';
  let sessions: { area: string; cookie: string }[] = [];

  beforeAll(async () => {
    [own, other] = [await newAccount({ name: 'own' }), await newAccount({ name: MARK })];
    const url = `https://${MARK}.example.com/hook`;
    await answers(url, { status: 404, body: MARK });
    const at = `/v1/accounts/${other}`;
    const endpoint = (await call('POST', `${at}/endpoints`, { url, description: MARK })).body.id;
    const sent = { id: MARK, type: `other.${MARK}`, record: MARK, data: { MARK } };
    const { deliveries } = (await call('POST', `${at}/events`, sent)).body;
    await soon(async () => {
      const { body } = await call('GET', `${at}/dead-letters`);
      if (body.data.length !== 1) throw new Error('the log has no dead letter yet');
    });
    const job = (await call('POST', `${at}/replays`, { endpoint, reason: MARK })).body.id;
    Object.assign(ids, { account: other, endpoint, event: MARK, delivery: deliveries[0].id, record: MARK, job });
    const scopes = ['publish', 'read', 'replay', 'manage'];
    const { key } = (await call('POST', '/v1/keys', { name: 'own', scopes, account: own })).body;
    const { token } = (await call('POST', `/v1/accounts/${own}/portal-tokens`, { scopes })).body;
    const opened = await send('/portal/open', { token, to: '/portal' });
    if (opened.status !== 303) throw new Error(`the portal answered ${opened.status}`);
    const cookie = (opened.headers.get('set-cookie') ?? '').split(';')[0] ?? '';
    sessions = [
      { area: 'staff', ...(await signedIn(key)) },
      { area: 'customer', cookie },
    ];
  }, 30_000);

  const places = (account: string) =>
    PAGES.map(({ area, path }) => {
      const filled = path.replaceAll(/:(\w+)/g, (_, name: string) =>
        name === 'account' ? account : (ids[name] ?? 'none'),
      );
      return { area, path: `${area === 'staff' ? '/app' : '/portal'}${filled}` };
    });

  test('is really there: an operator sees it', async () => {
    const session = await signedIn();
    const seen = await Promise.all(
      places(other)
        .filter(({ area }) => area === 'staff')
        .map(async ({ path }) => (await (await visit(path, session)).text()).includes(MARK)),
    );
    expect(seen.filter(Boolean).length).toBeGreaterThan(6);
  });

  test('is on no page that the router knows, under the own account and under the other', async () => {
    expect(PAGES.length).toBeGreaterThan(15);
    for (const { area, cookie } of sessions) {
      const query = new URLSearchParams({ account: other, endpoint: ids['endpoint'] ?? '', record: MARK }).toString();
      const paths = [...places(other), ...places(own)].filter((place) => place.area === area).map(({ path }) => path);
      for (const path of paths.flatMap((one) => [one, `${one}?${query}`])) {
        const page = await visit(path, { cookie });
        const html = await page.text();
        // What was asked for may stand in a field or in a refusal; nothing that only the other
        // account knows may.
        const leaked = [`https://${MARK}`, `>${MARK}<`, `other.${MARK}`].filter((text) => html.includes(text));
        expect([path, leaked, page.status < 500]).toEqual([path, [], true]);
      }
    }
  });

  test('is acted on from no page either', async () => {
    const [staff] = sessions;
    const cookie = staff?.cookie ?? '';
    const csrf = csrfOf(await (await visit('/app', { cookie })).text());
    for (const { area, path, actions = {} } of PAGES) {
      if (area !== 'staff') continue;
      const [place] = places(other).filter(
        (one) => one.path === `/app${path.replaceAll(/:(\w+)/g, (_, name: string) => ids[name] ?? 'none')}`,
      );
      if (place === undefined || !place.path.includes(other)) continue;
      for (const action of Object.keys(actions)) {
        const form = {
          csrf,
          action,
          endpoint: ids['endpoint'] ?? '',
          delivery: ids['delivery'] ?? '',
          url: 'https://x.example.com',
        };
        const answer = await send(place.path, form, { cookie });
        await answer.text();
        expect([place.path, action, answer.status]).toEqual([place.path, action, 404]);
      }
    }
    const { body } = await call('GET', `/v1/accounts/${other}/endpoints`);
    expect(body.data).toEqual([expect.objectContaining({ id: ids['endpoint'], status: 'enabled', description: MARK })]);
  });
});
