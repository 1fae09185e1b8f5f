/**
 * The pages: for staff below `/app`, for customers below `/portal`. Every page reads and acts
 * through the typed client, which is handed the app's own `fetch` and the reader's session: so
 * isolation, scopes, limits and the audit log are the API's, and need no second proof. Owns signing
 * in, the check of every action, headers and errors; `pages/` has the rest.
 */
import { Hono, type Context } from 'hono';
import { type Problem, Refusal } from '../client/client.ts';
import { answerAsset, ASSET_ROUTE } from './assets.ts';
import { addBrand } from './brand-routes.ts';
import { BarePage, CustomerPage, StaffPage } from './layout.tsx';
import { dropNote, keepNote, noteOf } from './note.ts';
import type { Area, Page, Shown, Visit } from './page.ts';
import { PAGES } from './pages.ts';
import { CUSTOMER, STAFF } from './paths.ts';
import { csrfOf, dropSession, isOwnRequest, isSame, sessionOf } from './session.ts';
import { type Api, clientOf, render, type Served, type Settings } from './served.ts';
import { addPortal, askForToken, portalEnded } from './portal.tsx';
import { addSignIn, signInPath } from './sign-in.tsx';
import { ProblemNotice } from './ui/problem.tsx';

/** More than any form of ours sends. */
const FORM_BYTES_MAX = 64 * 1_024;

export type DashboardOptions<B extends object> = {
  /** The API, in this process. */
  api: (request: Request, env: B, ctx: ExecutionContext) => Response | Promise<Response>;
  settings: (env: B) => Settings;
};

/** Answers null for what is no page, so that the API says so in its own words. */
export function createDashboard<B extends object>({ api, settings }: DashboardOptions<B>) {
  const app = new Hono<Served>();
  // What is not rendered (render() says more) is not kept either: a redirect may carry a cookie.
  app.use(async (c, next) => {
    await next();
    if (!c.res.headers.has('cache-control')) c.header('cache-control', 'no-store');
  });
  app.get('/', (c) => (wantsPage(c) ? c.redirect(STAFF, 302) : c.json(PLACES)));
  app.get(ASSET_ROUTE, (c) => answerAsset(c, c.req.param('name')) ?? nothingHere(c));
  addSignIn(app);
  addBrand(app);
  addPortal(app);
  for (const page of PAGES) {
    const path = `${page.area === 'staff' ? STAFF : CUSTOMER}${page.path}`;
    app.get(path, (c) => show(c, page));
    app.post(path, (c) => act(c, page));
  }
  app.notFound(nothingHere);
  app.onError((error, c) => {
    console.error(JSON.stringify({ message: 'page failed', path: c.req.path, error: error.stack ?? String(error) }));
    return bare(c, 500, 'Something broke here', 'It is written down. Try again in a moment.');
  });

  return async (request: Request, env: B, ctx: ExecutionContext): Promise<Response | null> => {
    if (!isOurs(request.url)) return null;
    const inProcess: Api = (url, init) => Promise.resolve(api(new Request(url, init), env, ctx));
    return app.fetch(request, { api: inProcess, settings: settings(env) }, ctx);
  };
}

/**
 * On the text, because every request of the API passes here. The path begins after `https://` and
 * the host.
 */
function isOurs(url: string): boolean {
  const at = url.indexOf('/', 'https://'.length);
  return at === url.length - 1 || url.startsWith('/?', at) || [STAFF, CUSTOMER].some((area) => isBelow(url, at, area));
}

function isBelow(url: string, at: number, area: string): boolean {
  const next = url.startsWith(area, at) ? url.charAt(at + area.length) : 'x';
  return next === '' || next === '/' || next === '?';
}

/** For programs that ask at the root: where things are. */
const PLACES = {
  service: 'tubepost',
  pages: STAFF,
  docs: '/docs',
  openapi: '/openapi.json',
  health: '/health',
  api: '/v1',
};

function wantsPage(c: Context): boolean {
  c.header('vary', 'accept');
  return (c.req.header('accept') ?? '').includes('text/html');
}

async function show(c: Context<Served>, page: Page): Promise<Response> {
  const session = sessionOf(c, page.area);
  if (session === null) return withoutSession(c, page.area);
  return answering(c, page, session, async (visit) => {
    const shown = await page.show(visit);
    return typeof shown === 'string' ? c.redirect(shown, 302) : answer(c, visit, shown);
  });
}

/** A POST of one of the page's forms. Refused unless our own page made it. */
async function act(c: Context<Served>, page: Page): Promise<Response> {
  const session = sessionOf(c, page.area);
  if (session === null) return withoutSession(c, page.area);
  const form = await formOf(c);
  if (form === null || !isOwnRequest(c) || !isSame(form.get('csrf') ?? '', await csrfOf(session))) return refuse(c);
  const name = form.get('action') ?? '';
  const action = Object.hasOwn(page.actions ?? {}, name) ? page.actions?.[name] : undefined;
  if (action === undefined) return refuse(c);

  return answering(c, page, session, async (visit) => {
    try {
      const done = await action(visit, form, form.get('once') ?? '');
      if ('show' in done) return await answer(c, visit, done.show);
      keepNote(c, done.note);
      const next = done.to ?? visit.here;
      // The script that sends forms in place (browser/inline.ts) leads the reader there itself.
      const isLed = next !== visit.here && c.req.header('x-inline') !== undefined;
      return isLed ? c.body(null, 204, { location: next }) : c.redirect(next, 303);
    } catch (error) {
      if (!(error instanceof Refusal) || error.status === 401) throw error;
      const refused = { action: name, problem: error.problem, form };
      const shown = await page.show({ ...visit, refused });
      if (typeof shown === 'string') throw error;
      return answer(c, { ...visit, refused }, shown, error.status);
    }
  });
}

/** Runs `work` for the reader; what the API refuses becomes a page that says so. */
async function answering(
  c: Context<Served>,
  page: Page,
  session: string,
  work: (visit: Visit) => Promise<Response>,
): Promise<Response> {
  const api = clientOf(c, session);
  const asked = await api.call('getCaller', {});
  if (!asked.ok) return refused(c, page.area, asked.problem);
  const url = new URL(c.req.url);
  const visit: Visit = {
    api,
    caller: asked.data,
    area: page.area,
    params: c.req.param(),
    query: url.searchParams,
    here: url.pathname + url.search,
    origin: url.origin,
    isLocal: c.env.settings.isLocal,
    brand: c.env.settings.brand,
    csrf: await csrfOf(session),
    nowMs: Date.now(),
    refused: null,
  };
  try {
    return await work(visit);
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    if (error.status === 401) return refused(c, page.area, error.problem);
    const shown: Shown = {
      title: error.problem.title,
      body: (
        <>
          <h1>{error.problem.title}</h1>
          <ProblemNotice problem={error.problem} />
        </>
      ),
    };
    return answer(c, visit, shown, error.status);
  }
}

async function answer(c: Context<Served>, visit: Visit, shown: Shown, status?: number): Promise<Response> {
  const note = noteOf(c);
  if (note !== null) dropNote(c);
  const problem = visit.refused?.problem;
  const said =
    problem !== undefined
      ? ({ kind: 'problem', title: problem.title, text: problem.detail } as const)
      : note === null
        ? null
        : ({ kind: 'done', title: note } as const);
  const Framed = visit.area === 'staff' ? StaffPage : CustomerPage;
  return render(c, visit.area, status ?? shown.status ?? 200, <Framed visit={visit} shown={shown} note={said} />);
}

/** The session has ended, or is none: signing in leads back here. */
function refused(c: Context<Served>, area: Area, problem: Problem): Response | Promise<Response> {
  if (problem.status !== 401) {
    return render(
      c,
      area,
      problem.status,
      <BarePage title={problem.title}>
        <ProblemNotice problem={problem} />
      </BarePage>,
    );
  }
  dropSession(c, area);
  return area === 'customer' ? portalEnded(c) : c.redirect(signInPath(c), 302);
}

function withoutSession(c: Context<Served>, area: Area): Response | Promise<Response> {
  if (area === 'customer') return c.req.method === 'GET' ? askForToken(c) : portalEnded(c);
  // A link from elsewhere (a chat, a mail): the browser holds the cookie back until our own page
  // asks.
  const isFromElsewhere = c.req.method === 'GET' && c.req.header('sec-fetch-site') === 'cross-site';
  if (isFromElsewhere) {
    return render(
      c,
      area,
      200,
      <BarePage title="One moment" refresh>
        <p>One moment …</p>
      </BarePage>,
    );
  }
  return c.redirect(signInPath(c), 302);
}

function refuse(c: Context<Served>): Response | Promise<Response> {
  return bare(
    c,
    403,
    'This was not sent by a page of ours',
    'Nothing was done. Open the page again and repeat it there; the session may have changed since it was opened.',
  );
}

function nothingHere(c: Context<Served>): Response | Promise<Response> {
  return bare(c, 404, 'There is no such page', 'The address may be cut off, or of another release.');
}

function bare(c: Context<Served>, status: number, title: string, text: string): Response | Promise<Response> {
  return render(
    c,
    null,
    status,
    <BarePage title={title}>
      <h1>{title}</h1>
      <p>{text}</p>
      <p>
        <a href={STAFF}>To the overview</a>
      </p>
    </BarePage>,
  );
}

async function formOf(c: Context<Served>): Promise<URLSearchParams | null> {
  const type = c.req.header('content-type') ?? '';
  const isForm = type.startsWith('application/x-www-form-urlencoded');
  if (!isForm || Number(c.req.header('content-length') ?? 0) > FORM_BYTES_MAX) return null;
  // As bytes: workerd warns of a form that is read as text.
  const bytes = await c.req.arrayBuffer();
  return bytes.byteLength > FORM_BYTES_MAX ? null : new URLSearchParams(new TextDecoder().decode(bytes));
}
