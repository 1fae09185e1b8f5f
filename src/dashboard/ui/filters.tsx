/**
 * The form that sets a list's filters, and the way through its pages. Both work without script:
 * they lead to an address.
 */
import type { Visit } from '../page.ts';
import { type Field, withQuery } from '../filters.ts';

type Of = { visit: Pick<Visit, 'here' | 'query'> };

/** Folded away where a phone would have room for nothing else, unless one is set. */
export function Filters({ visit: { here, query }, fields }: Of & { fields: readonly Field[] }) {
  const set = fields.filter(({ name }) => (query.get(name) ?? '') !== '').length;
  const [path = ''] = here.split('?');
  return (
    <details class="fold" open={set > 0}>
      <summary>{set === 0 ? 'Filter' : `Filter: ${set} set`}</summary>
      <form class="filters" method="get" action={path} role="search" aria-label="Filter the list">
        {fields.map((field) => (
          <FilterField field={field} value={query.get(field.name) ?? ''} />
        ))}
        <div class="buttons">
          <button type="submit">Filter</button>
          {set === 0 ? null : (
            <a class="button" href={path}>
              Clear
            </a>
          )}
        </div>
      </form>
    </details>
  );
}

function FilterField({ field, value }: { field: Field; value: string }) {
  const id = `filter-${field.name}`;
  return (
    <div>
      <label for={id}>{field.label}</label>
      {field.kind === 'choice' ? (
        <select id={id} name={field.name}>
          <option value="">any</option>
          {field.options.map((option) => (
            <option value={option} selected={option === value}>
              {option}
            </option>
          ))}
        </select>
      ) : field.kind === 'time' ? (
        <input id={id} name={field.name} type="datetime-local" value={value.replace(/:\d\dZ$/, '')} />
      ) : (
        <input id={id} name={field.name} type="text" value={value} placeholder={field.hint} spellcheck={false} />
      )}
    </div>
  );
}

export function Pager({ visit: { here, query }, next }: Of & { next: string | null }) {
  const isFirst = query.get('cursor') === null;
  if (isFirst && next === null) return null;
  return (
    <nav class="pager" aria-label="Pages of the list">
      {isFirst ? null : (
        <a class="button" href={withQuery(here, {})}>
          Newest
        </a>
      )}
      {next === null ? (
        <span class="dim">That is all.</span>
      ) : (
        <a class="button" href={withQuery(here, { cursor: next })}>
          Next page
        </a>
      )}
    </nav>
  );
}
