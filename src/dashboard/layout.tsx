/** The frame of every page: landmarks, the way past them, the box that finds anything, and who is signed in. */
import type { Child } from 'hono/jsx';
import { ICON_PATH, SCRIPT_PATH, STYLE_PATH } from './assets.ts';
import { type Entry, navFor, navForCustomer } from './nav.ts';
import type { Shown, Visit } from './page.ts';
import * as to from './paths.ts';
import { Notice } from './ui/notice.tsx';
import { FindBox } from './ui/find-box.tsx';
import { Csrf } from './ui/form.tsx';

type Note = { kind: 'done' | 'problem'; title: string; text?: string };

function Document({ title, isBare, children }: { title: string; isBare?: boolean; children: Child }) {
  return (
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <meta name="robots" content="noindex" />
        <title>{title === '' ? 'Tubepost' : `${title} · Tubepost`}</title>
        <link rel="stylesheet" href={STYLE_PATH} />
        <link rel="icon" href={ICON_PATH} type="image/svg+xml" />
        <script src={SCRIPT_PATH} defer></script>
      </head>
      <body class={isBare === true ? 'bare' : undefined}>{children}</body>
    </html>
  );
}

/** For who is not signed in: one thing to do. */
export function BarePage({ title, refresh, children }: { title: string; refresh?: boolean; children: Child }) {
  return (
    <Document title={title} isBare>
      {refresh === true ? <meta http-equiv="refresh" content="0" /> : null}
      <main id="content" class="card">
        <p class="brand">Tubepost</p>
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
      foot={null}
      top={
        <>
          <a class="brand" href={to.portal()}>
            Webhooks
          </a>
          <Nav entries={navForCustomer(visit.caller)} current={shown.nav} />
        </>
      }
    />
  );
}

function Frame({ shown, note, top, foot }: { shown: Shown; note: Note | null; top: Child; foot: Child }) {
  return (
    <Document title={shown.title}>
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
