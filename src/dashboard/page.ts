/**
 * What a page is. To add one: write `pages/NAME.tsx` that exports a `Page`, name it in the table of
 * `pages.ts`, visit it in `test/browser`. It is given a client that holds the reader's own session,
 * so it can show nothing that the session may not read; a refusal of the API may simply be thrown
 * (`ofAnswer`), and becomes an error that says what to do.
 */
import type { Child } from 'hono/jsx';
import type { Brand } from './brand.ts';
import type { Client, Problem, Schemas } from '../client/client.ts';

export type Caller = Schemas['Caller'];

/**
 * `staff`: signed in with a key. `customer`: with a portal token, below `/portal`; its account is
 * the token's.
 */
export type Area = 'staff' | 'customer';

export type Visit = {
  api: Client;
  caller: Caller;
  area: Area;
  /** The parameters of the page's path, decoded. */
  params: Readonly<Record<string, string>>;
  query: URLSearchParams;
  /** Its own address: path and query. */
  here: string;
  /** Where the service is, like `https://hooks.example.com`. */
  origin: string;
  /** Nobody but this machine is served: the published key may be shown in examples. */
  isLocal: boolean;
  /** Of the customer's pages. */
  brand: Brand;
  /** What every form sends along (`ui/form.tsx`). */
  csrf: string;
  nowMs: number;
  /** An action of this page was refused: shown above, with the form as it was sent. */
  refused: { action: string; problem: Problem; form: URLSearchParams } | null;
};

export type Shown = {
  title: string;
  body: Child;
  /** What the reader can act on is marked in the navigation by this address. */
  nav?: string;
  /** The way back up, from the top: what lies above this page. */
  trail?: { href: string; text: string }[];
  /**
   * The page is read again after so many seconds, and what changed is put in place. Absent: it
   * stays.
   */
  refreshSeconds?: number;
  /** It has the box that finds anything itself: the top of the page leaves it out. */
  hasFindBox?: boolean;
  status?: 200 | 404;
};

/**
 * `to`: the reader is led there, and sees the note. `show`: this, once: for what may be shown only
 * now, like a secret.
 */
export type Done = { note: string; to?: string } | { show: Shown };

export type Page = {
  /** Below `/app` or `/portal`, in hono's form: `/accounts/:account/records/:record`. */
  path: string;
  area: Area;
  /** A string leads the reader on to that address. */
  show: (visit: Visit) => Promise<Shown | string>;
  /** By the name that a form sends as `action`. */
  actions?: Readonly<Record<string, (visit: Visit, form: URLSearchParams, once: string) => Promise<Done>>>;
};
