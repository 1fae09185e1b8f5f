/**
 * Lists of the log as their callers want them: a page of JSON, or with `format=ndjson` or `csv`
 * (V7) everything from the cursor on, as a stream. An export reads a page when its reader has taken
 * the one before, so it holds one page however long it is. It goes by the keys of rows, like pages:
 * what arrives meanwhile is newer and not in it. What fails on the way breaks the stream off, so
 * that the client sees a failed transfer; a file that ended well is whole.
 */
import {
  EXPORT_PAGE_CHARS,
  EXPORT_PAGE_ROWS_MAX,
  EXPORT_PAGE_ROWS_MIN,
  EXPORT_QUERIES_MAX,
  EXPORT_WALK,
  LIST_LIMIT_DEFAULT,
} from '../core/limits.ts';
import { rfc3339 } from '../core/body.ts';
import type { FieldError, Result } from '../core/result.ts';
import type { LogPage, LogPageRequest } from '../store/page.ts';
import type { AppContext } from './context.ts';
import { csvRow } from './csv.ts';
import { fromDatabase } from './database.ts';
import { invalid } from './problem.ts';
import { logLine } from '../log-line.ts';

export type LogFormat = 'json' | 'ndjson' | 'csv';

export type LogList<T> = {
  /** Also the name of the file. */
  name: string;
  /** Of CSV: paths into what `show` answers. */
  columns: readonly string[];
  /** D1 queries for a page, which an invocation has a limit of. */
  queriesPerPage: number;
  read: (page: LogPageRequest) => Promise<Result<LogPage<T>, FieldError>>;
  show: (rows: T[]) => object[] | Promise<object[]>;
};

type Asked = { format: LogFormat; limit?: number | undefined; cursor: string | null };

export async function answerLog<T>(
  c: AppContext,
  { format, limit, cursor }: Asked,
  list: LogList<T>,
): Promise<Response> {
  if (format === 'json') {
    const page = await readPage(list, { limit: limit ?? LIST_LIMIT_DEFAULT, cursor });
    const { searchedToMs, next } = page;
    const searchedTo = searchedToMs === null ? null : rfc3339(searchedToMs);
    return c.json({ data: await list.show(page.data), next, searchedTo });
  }
  if (limit !== undefined) {
    const message = `limit must not be given with format=${format}: an export is everything from its cursor on`;
    throw invalid([{ field: 'limit', message }]);
  }
  // The first page before the headers: what is wrong with the request is an answer, not a broken
  // stream.
  const first = await readPage(list, { limit: EXPORT_PAGE_ROWS_MIN, cursor, walk: EXPORT_WALK });
  return new Response(stream(list, first, WRITERS[format](list.columns)), {
    headers: {
      'content-type': CONTENT_TYPES[format],
      'content-disposition': `attachment; filename="${list.name}.${format}"`,
      'cache-control': 'no-store',
    },
  });
}

type Writer = { head: string; row: (row: object) => string };

const WRITERS: Record<Exclude<LogFormat, 'json'>, (columns: readonly string[]) => Writer> = {
  ndjson: () => ({ head: '', row: (row) => `${JSON.stringify(row)}\n` }),
  csv: (columns) => ({ head: csvRow(columns), row: (row) => csvRow(columns.map((column) => at(row, column))) }),
};

const CONTENT_TYPES = {
  ndjson: 'application/x-ndjson; charset=utf-8',
  csv: 'text/csv; charset=utf-8; header=present',
} as const;

function stream<T>(list: LogList<T>, first: LogPage<T>, { head, row }: Writer): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder();
  const pagesMax = Math.floor(EXPORT_QUERIES_MAX / list.queriesPerPage);
  let page: LogPage<T> | null = first;
  let next: string | null = null;
  let limit = EXPORT_PAGE_ROWS_MIN;
  let pages = 0;
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        try {
          // An empty page does not answer this pull: where rows are rare there may be many.
          for (let text = ''; text === '';) {
            if (pages === pagesMax) throw new Error(`an export of more than ${pages} pages; "from" and "to" cut it`);
            page ??= await readPage(list, { limit, cursor: next, walk: EXPORT_WALK });
            text = (pages === 0 ? head : '') + (await list.show(page.data)).map(row).join('');
            if (text !== '') controller.enqueue(encoder.encode(text));
            limit = nextLimit(limit, page.data.length, text.length);
            ({ next } = page);
            page = null;
            pages += 1;
            if (next === null) return controller.close();
          }
        } catch (error) {
          logLine('error', 'export broke off', { list: list.name, pages, error: String(error) });
          controller.error(error);
        }
      },
    },
    { highWaterMark: 0 },
  );
}

/** By the size that its rows had so far; growing slowly, because the next ones may be larger. */
function nextLimit(limit: number, rows: number, chars: number): number {
  const fitting = rows === 0 ? limit : Math.floor((EXPORT_PAGE_CHARS * rows) / Math.max(chars, 1));
  return Math.min(Math.max(Math.min(fitting, limit * 2), EXPORT_PAGE_ROWS_MIN), EXPORT_PAGE_ROWS_MAX);
}

async function readPage<T>(list: LogList<T>, page: LogPageRequest): Promise<LogPage<T>> {
  const found = await fromDatabase(list.read(page));
  if (!found.ok) throw invalid([found.error]);
  return found.value;
}

function at(row: object, path: string): unknown {
  return path
    .split('.')
    .reduce<unknown>(
      (value, name) => (typeof value === 'object' && value !== null ? Reflect.get(value, name) : null),
      row,
    );
}
