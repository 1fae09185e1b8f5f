/**
 * How a customer comes in: by a link that carries a portal token behind the "#", which no server,
 * log or referrer sees. The script hands it over at once and takes it out of the address; from then
 * on a cookie holds it.
 */
import type { Context, Hono } from 'hono';
import { BarePage } from './layout.tsx';
import { CUSTOMER, placeBelow } from './paths.ts';
import { clientOf, render, type Served } from './served.ts';
import { dropSession, isOwnRequest, keepSession } from './session.ts';

const OPEN = `${CUSTOMER}/open`;
const TOKEN = /^tb[pr]_[A-Za-z0-9_.-]{1,2500}$/;

export function addPortal(app: Hono<Served>): void {
  app.post(OPEN, async (c) => {
    const form = await c.req.parseBody();
    const to = placeBelow(CUSTOMER, typeof form['to'] === 'string' ? form['to'] : undefined);
    const token = typeof form['token'] === 'string' ? form['token'].trim().replace(/^.*#/, '') : '';
    if (!isOwnRequest(c) || !TOKEN.test(token)) return portalEnded(c);
    const asked = await clientOf(c, token).call('getCaller', {});
    if (!asked.ok || !asked.data.portal || asked.data.endsAt === null) return portalEnded(c);
    const isFramed = c.req.header('sec-fetch-dest') === 'iframe' && c.env.settings.frameOrigins.length > 0;
    keepSession(c, 'customer', token, { endsAt: new Date(asked.data.endsAt), isFramed });
    return c.redirect(to, 303);
  });
}

/**
 * No token yet: the script takes it from the address. What is shown is for who has none, or no
 * script.
 */
export function askForToken(c: Context<Served>): Promise<Response> {
  const { pathname, search } = new URL(c.req.url);
  return render(
    c,
    'customer',
    200,
    <BarePage title="Your webhooks" brand={c.env.settings.brand}>
      <h1>Open this page from its link</h1>
      <p>
        It shows your own webhooks, so it needs the link that the product which sends them has made for you. A link
        works for an hour at most.
      </p>
      <noscript>
        <form method="post" action={OPEN} class="stack">
          <input type="hidden" name="to" value={pathname + search} />
          <label for="token">The link, or what stands behind its “#”</label>
          <input id="token" name="token" type="text" required autocomplete="off" />
          <button type="submit" class="main">
            Open
          </button>
        </form>
      </noscript>
    </BarePage>,
  );
}

export function portalEnded(c: Context<Served>): Promise<Response> {
  dropSession(c, 'customer');
  return render(
    c,
    'customer',
    401,
    <BarePage title="The link has ended" brand={c.env.settings.brand}>
      <h1>The link has ended</h1>
      <p>Links to this page work for an hour at most. Open it again from where you came, or ask for a new link.</p>
    </BarePage>,
  );
}
