/**
 * The frame of every page: landmarks, the way past them, the box that finds anything, and who is
 * signed in.
 */
import type { Child } from 'hono/jsx';
import { ICON_PATH, SCRIPT_PATH, STYLE_PATH } from './assets.ts';
import { type Brand, BRAND_STYLE_PATH, hasStyle, LOGO_PATH } from './brand.ts';
import { type Entry, navFor, navForCustomer } from './nav.ts';
import type { Shown, Visit } from './page.ts';
import * as to from './paths.ts';
import { Notice } from './ui/notice.tsx';
import { FindBox } from './ui/find-box.tsx';
import { Csrf } from './ui/form.tsx';

type Note = { kind: 'done' | 'problem'; title: string; text?: string };

/** `brand`: of the customer's pages. */
type Drawn = { title: string; isBare?: boolean; brand?: Brand | undefined; children: Child };

function Document({ title, isBare, brand, children }: Drawn) {
  const name = brand === undefined ? 'Tubepost' : (brand.name ?? 'Webhooks');
  return (
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <meta name="robots" content="noindex" />
        <title>{title === '' ? name : `${title} · ${name}`}</title>
        <link rel="stylesheet" href={STYLE_PATH} />
        {brand !== undefined && hasStyle(brand) ? <link rel="stylesheet" href={BRAND_STYLE_PATH} /> : null}
        <link rel="icon" href={ICON_PATH} type="image/svg+xml" />
        <script src={SCRIPT_PATH} defer></script>
      </head>
      <body class={isBare === true ? 'bare' : undefined}>{children}</body>
    </html>
  );
}

/** For who is not signed in: one thing to do. */
export function BarePage({ title, refresh, brand, children }: Drawn & { refresh?: boolean }) {
  return (
    <Document title={title} isBare brand={brand}>
      {refresh === true ? <meta http-equiv="refresh" content="0" /> : null}
      <main id="content" class="card">
        <p class="brand">{brand === undefined ? 'Tubepost' : <Mark brand={brand} />}</p>
        {children}
      </main>
    </Document>
  );
}

type Framed = { visit: Visit; shown: Shown; note: Note | null };

export function StaffPage({ visit, shown, note }: Framed) {
  const { caller, csrf } = visit;
  return (
    <Frame
      shown={shown}
      note={note}
      foot={<a href="/docs">API reference</a>}
      top={
        <>
          <a class="brand" href={to.home()}>
            Tubepost
          </a>
          {shown.hasFindBox === true ? null : <FindBox value={visit.query.get('q') ?? ''} isLarge={false} />}
          <Nav entries={navFor(caller)} current={shown.nav} />
          <form class="who" method="post" action="/app/sign-out">
            <Csrf token={csrf} />
            <span>
              {caller.by}
              {caller.account === null ? null : <span class="dim"> for {caller.account}</span>}
            </span>
            <button class="plain" type="submit">
              Sign out
            </button>
          </form>
        </>
      }
    />
  );
}

/** Without a way out: the customer is signed in elsewhere, and the token ends by itself. */
export function CustomerPage({ visit, shown, note }: Framed) {
  return (
    <Frame
      shown={shown}
      note={note}
      brand={visit.brand}
      foot={null}
      top={
        <>
          <a class="brand" href={to.portal()}>
            <Mark brand={visit.brand} />
          </a>
          <Nav entries={navForCustomer(visit.caller)} current={shown.nav} />
        </>
      }
    />
  );
}

/** The logo with the name as its text, or the name. */
function Mark({ brand: { name, logoUrl } }: { brand: Brand }) {
  const text = name ?? 'Webhooks';
  return logoUrl === null ? <>{text}</> : <img class="logo" src={LOGO_PATH} alt={text} />;
}

type Parts = { shown: Shown; note: Note | null; brand?: Brand; top: Child; foot: Child };

function Frame({ shown, note, brand, top, foot }: Parts) {
  return (
    <Document title={shown.title} brand={brand}>
      <a class="skip" href="#content">
        Skip to the content
      </a>
      <header class="top">{top}</header>
      <main id="content" tabindex={-1} data-refresh={shown.refreshSeconds}>
        {shown.trail === undefined ? null : <Trail trail={shown.trail} />}
        <div id="notes">
          {note === null ? null : (
            <Notice kind={note.kind} title={note.title}>
              {note.text}
            </Notice>
          )}
        </div>
        {shown.body}
      </main>
      <footer class="foot">
        {foot}
        <button class="plain" type="button" data-switch hidden>
          Light or dark
        </button>
        <span id="fresh" class="dim"></span>
      </footer>
      <div id="announce" class="hidden" role="status" aria-live="polite"></div>
    </Document>
  );
}

function Nav({ entries, current }: { entries: readonly Entry[]; current: string | undefined }) {
  if (entries.length === 0) return null;
  return (
    <nav aria-label="Main">
      <ul>
        {entries.map(({ href, text }) => (
          <li>
            <a href={href} aria-current={href === current ? 'page' : undefined}>
              {text}
            </a>
          </li>
        ))}
      </ul>
    </nav>
  );
}

function Trail({ trail }: { trail: { href: string; text: string }[] }) {
  return (
    <nav class="trail" aria-label="Where you are">
      <ol>
        {trail.map(({ href, text }) => (
          <li>
            <a href={href}>{text}</a>
          </li>
        ))}
      </ol>
    </nav>
  );
}
