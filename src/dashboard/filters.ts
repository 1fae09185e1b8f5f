/** The filters of a list, which stand in the page's address: a view is a link. */
import type { Name, Operations } from '../client/client.ts';

export type Field = { name: string; label: string } & (
  { kind: 'text'; hint?: string } | { kind: 'choice'; options: readonly string[] } | { kind: 'time' }
);

/** `datetime-local` of a form has no seconds and no zone; the labels say UTC. */
const MINUTE = /^\d{4}-\d\d-\d\dT\d\d:\d\d$/;

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

/** Typed as the operation's query. The API checks each value and names the one that it refuses. */
export function queryFor<N extends Name>(filters: Record<string, string>): Operations[N]['query'] {
  return filters;
}

/** The same page with other parameters; null takes one out. A changed filter begins at the first page. */
export function withQuery(here: string, changes: Record<string, string | null>): string {
  const url = new URL(here, 'http://page');
  url.searchParams.delete('cursor');
  for (const [name, value] of Object.entries(changes)) {
    if (value === null) url.searchParams.delete(name);
    else url.searchParams.set(name, value);
  }
  return url.pathname + url.search;
}
