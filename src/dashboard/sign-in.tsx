/**
 * Signing in: a key is exchanged for a session at once, a portal token becomes one. The key stands
 * in no cookie, address or log; the form that carried it is answered by a redirect.
 */
import type { Context, Hono } from 'hono';
import { type Problem } from '../client/client.ts';
import { BarePage } from './layout.tsx';
import { placeBelow, STAFF } from './paths.ts';
import { clientOf, render, type Served } from './served.ts';
import { csrfOf, dropSession, isOwnRequest, isSame, keepSession, sessionOf } from './session.ts';
import { Notice } from './ui/notice.tsx';
import { ProblemNotice } from './ui/problem.tsx';

const SIGN_IN = `${STAFF}/sign-in`;
const KEY_CHARS_MAX = 2_500;
const TOKEN_SECONDS_MAX = 3_600;

/** With the way back to where the reader wanted to be. */
export function signInPath(c: Context): string {
  const { pathname, search } = new URL(c.req.url);
  const back = c.req.method === 'GET' ? pathname + search : STAFF;
  return back === STAFF ? SIGN_IN : `${SIGN_IN}?to=${encodeURIComponent(back)}`;
}

export function addSignIn(app: Hono<Served>): void {
  app.get(SIGN_IN, (c) => showForm(c, backOf(c.req.query('to')), null));

  app.post(SIGN_IN, async (c) => {
    const form = await c.req.parseBody();
    const to = backOf(typeof form['to'] === 'string' ? form['to'] : undefined);
    const key = typeof form['key'] === 'string' ? form['key'].trim() : '';
    if (!isOwnRequest(c)) return showForm(c, to, 'The form was sent by another page. Nothing was done.');
    if (key === '' || key.length > KEY_CHARS_MAX || !/^\S+$/.test(key)) return showForm(c, to, 'Paste a key.');
    const opened = await clientOf(c, key).call('openSession', {});
    if (!opened.ok) return showForm(c, to, opened.problem);
    keepSession(c, 'staff', opened.data.token, { endsAt: endOf(opened.data.endsAt), isFramed: false });
    return c.redirect(to, 303);
  });

  app.post(`${STAFF}/sign-out`, async (c) => {
    const session = sessionOf(c, 'staff');
    const form = await c.req.parseBody();
    const csrf = typeof form['csrf'] === 'string' ? form['csrf'] : '';
    const isMeant = session !== null && isOwnRequest(c) && isSame(csrf, await csrfOf(session));
    if (isMeant) dropSession(c, 'staff');
    return c.redirect(isMeant ? SIGN_IN : STAFF, 303);
  });
}

function showForm(c: Context<Served>, to: string, refused: Problem | string | null): Promise<Response> {
  const status = refused === null ? 200 : typeof refused === 'string' ? 400 : refused.status;
  return render(
    c,
    null,
    status,
    <BarePage title="Sign in">
      <h1>Sign in</h1>
      {refused === null ? null : typeof refused === 'string' ? (
        <Notice kind="problem" title={refused} />
      ) : (
        <ProblemNotice
          problem={refused}
          lead={refused.status === 401 ? 'This key does not open anything' : refused.title}
        />
      )}
      <form method="post" action={SIGN_IN} class="stack">
        <input type="hidden" name="to" value={to} />
        {/* For password managers, which keep keys by it. */}
        <input type="text" name="user" value="Tubepost" autocomplete="username" hidden readonly />
        <label for="key">Key</label>
        <input
          id="key"
          name="key"
          type="password"
          required
          autofocus
          autocomplete="current-password"
          spellcheck={false}
          maxlength={KEY_CHARS_MAX}
          aria-describedby="key-hint"
        />
        <p id="key-hint" class="dim">
          The operator key, or one that somebody made for you with the scope <code>read</code>. It is exchanged for a
          session of twelve hours and kept nowhere.
          {c.env.settings.isLocal ? (
            <>
              {' '}
              On this machine it is printed by <code>npm start</code>.
            </>
          ) : null}
        </p>
        <button type="submit" class="main">
          Sign in
        </button>
      </form>
    </BarePage>,
  );
}

function backOf(to: string | undefined): string {
  const back = placeBelow(STAFF, to);
  return back.startsWith(SIGN_IN) ? STAFF : back;
}

/** A session says when it ends; without it, the cookie goes with the shortest token. */
function endOf(endsAt: string | null): Date {
  return new Date(endsAt === null ? Date.now() + TOKEN_SECONDS_MAX * 1_000 : Date.parse(endsAt));
}
