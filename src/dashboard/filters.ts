/** The filters of a list, which stand in the page's address: a view is a link. */
import type { AnsweredBy, Client, Name, Operations } from '../client/client.ts';
import type { Caller } from './page.ts';

export type Field = { name: string; label: string } & (
  { kind: 'text'; hint?: string } | { kind: 'choice'; options: readonly string[] } | { kind: 'time' }
);

/** `datetime-local` of a form has no seconds and no zone; the labels say UTC. */
const MINUTE = /^\d{4}-\d\d-\d\dT\d\d:\d\d$/;

/** A session that is bound to an account lists that one, and has no choice of another. */
export function fieldsFor(caller: Caller, fields: readonly Field[]): readonly Field[] {
  return caller.account === null ? fields : fields.filter(({ name }) => name !== 'account');
}

/** What the reader has set, and where the page begins. An empty field is none. */
export function filtersOf(query: URLSearchParams, fields: readonly Field[]): Record<string, string> {
  const set: Record<string, string> = {};
  for (const { name, kind } of fields) {
    const value = (query.get(name) ?? '').trim();
    if (value !== '') set[name] = kind === 'time' && MINUTE.test(value) ? `${value}:00Z` : value;
  }
  const cursor = query.get('cursor');
  return cursor === null ? set : { ...set, cursor };
}

/** Lists over all accounts, and of one: with nothing else in their path. */
type OfAll = { [N in Name]: Record<never, never> extends Operations[N]['path'] ? N : never }[Name];
type OfOne = { [N in Exclude<Name, OfAll>]: { account: string } extends Operations[N]['path'] ? N : never }[Exclude<
  Name,
  OfAll
>];
/**
 * The client, with a query that a reader wrote: the API checks each value and names the one that it
 * refuses.
 */
type Asked = { call<N extends Name>(name: N, input: { path?: object; query: object }): Promise<AnsweredBy<N>> };

export function listOfAll<N extends OfAll>(
  api: Client,
  name: N,
  query: Record<string, string>,
): Promise<AnsweredBy<N>> {
  return (api as Asked).call(name, { query });
}

/**
 * What a list answers for the account that the reader has chosen or is bound to; for null, over all
 * of them.
 */
export function inScope<All extends OfAll, One extends OfOne>(
  api: Client,
  account: string | null,
  [all, one]: readonly [All, One],
  query: Record<string, string>,
): Promise<AnsweredBy<All> | AnsweredBy<One>> {
  return account === null ? listOfAll(api, all, query) : (api as Asked).call(one, { path: { account }, query });
}

/**
 * The same page with other parameters; null takes one out. A changed filter begins at the first
 * page.
 */
export function withQuery(here: string, changes: Record<string, string | null>): string {
  const url = new URL(here, 'http://page');
  url.searchParams.delete('cursor');
  for (const [name, value] of Object.entries(changes)) {
    if (value === null) url.searchParams.delete(name);
    else url.searchParams.set(name, value);
  }
  return url.pathname + url.search;
}
