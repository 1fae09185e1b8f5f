/** Exports: read as they are taken, whole or visibly broken, and safe to open. */
import { expect, test } from 'vitest';
import { EXPORT_PAGE_CHARS, EXPORT_PAGE_ROWS_MIN, EXPORT_QUERIES_MAX, EXPORT_WALK } from '../../src/core/limits.ts';
import { fail, ok } from '../../src/core/result.ts';
import type { AppContext } from '../../src/http/context.ts';
import { csvRow } from '../../src/http/csv.ts';
import { answerLog, type LogList } from '../../src/http/export.ts';
import type { LogPageRequest } from '../../src/store/page.ts';

/** Exports use nothing of it. */
const c = {} as AppContext;
const ndjson = { format: 'ndjson', cursor: null } as const;

/** Pages 1, 2, … of one row each; `pageOf` may fail. */
function listOf(pages: number, pageOf: (n: number) => void = () => {}, queriesPerPage = 1) {
  const asked: LogPageRequest[] = [];
  const list: LogList<number> = {
    name: 'numbers',
    columns: ['n'],
    queriesPerPage,
    read: async (page) => {
      asked.push(page);
      const n = Number(page.cursor ?? 0) + 1;
      pageOf(n);
      return ok({ data: [n], next: n < pages ? String(n) : null, searchedToMs: null });
    },
    show: (rows) => rows.map((n) => ({ n })),
  };
  return { list, asked };
}

test('a page is read when the one before was taken, and no earlier', async () => {
  const { list, asked } = listOf(4);
  const response = await answerLog(c, ndjson, list);
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
  expect(asked).toEqual([{ limit: EXPORT_PAGE_ROWS_MIN, cursor: null, walk: EXPORT_WALK }]);
  for (let n = 1; n <= 4; n += 1) {
    expect(await reader?.read()).toEqual({ done: false, value: `{"n":${n}}\n` });
    // The decoder may have asked for one more.
    expect(asked.length).toBeLessThanOrEqual(n + 1);
  }
  expect(await reader?.read()).toMatchObject({ done: true });
  expect(asked.map(({ cursor }) => cursor)).toEqual([null, '1', '2', '3']);
});

test('pages without a row, where rows are rare, are gone through until one has some', async () => {
  const { list, asked } = listOf(40);
  const sparse: typeof list = {
    ...list,
    async read(page) {
      const found = await list.read(page);
      return found.ok && asked.length % 10 !== 0 ? ok({ ...found.value, data: [] }) : found;
    },
  };
  expect((await (await answerLog(c, ndjson, sparse)).text()).split('\n')).toEqual(
    ['10', '20', '30', '40'].map((n) => `{"n":${n}}`).concat(''),
  );
});

test('a page has as many rows as fit, by the size of those before it', async () => {
  const { list, asked } = listOf(8);
  const wide: typeof list = {
    ...list,
    async read(page) {
      const found = await list.read(page);
      return found.ok ? ok({ ...found.value, data: Array<number>(page.limit).fill(asked.length) }) : found;
    },
    show: (rows) => rows.map((n) => ({ text: 'x'.repeat(n < 6 ? 100 : 8_000) })),
  };
  await (await answerLog(c, ndjson, wide)).text();
  expect(EXPORT_PAGE_CHARS / 8_000).toBeLessThan(EXPORT_PAGE_ROWS_MIN);
  expect(asked.map(({ limit }) => limit)).toEqual([500, 1_000, 2_000, 4_000, 4_000, 4_000, 500, 500]);
});

test('who does not read on makes no more queries, and leaving ends it', async () => {
  const { list, asked } = listOf(1_000_000);
  const { body } = await answerLog(c, ndjson, list);
  const reader = body?.getReader();
  await reader?.read();
  await reader?.read();
  for (let i = 0; i < 20; i += 1) await Promise.resolve();
  expect(asked.length).toBe(2);
  await reader?.cancel();
  expect(asked.length).toBe(2);
});

test('a failure on the way breaks the stream off after what was read: never a short file that looks whole', async () => {
  const { list } = listOf(5, (n) => {
    if (n === 3) throw new Error('D1 is gone');
  });
  const reader = (await answerLog(c, { ...ndjson, format: 'csv' }, list)).body?.getReader();
  expect(new TextDecoder().decode((await reader?.read())?.value)).toBe('n\r\n1\r\n');
  expect(new TextDecoder().decode((await reader?.read())?.value)).toBe('2\r\n');
  await expect(reader?.read()).rejects.toThrow(/database did not answer/);
});

test('so does an export with more pages than one invocation may ask for', async () => {
  const most = EXPORT_QUERIES_MAX / 3;
  const whole = await answerLog(c, ndjson, listOf(most, undefined, 3).list);
  expect((await whole.text()).split('\n').length).toBe(most + 1);
  const { list, asked } = listOf(most + 1, undefined, 3);
  const cut = await answerLog(c, ndjson, list);
  await expect(cut.text()).rejects.toThrow(/more than 300 pages/);
  expect(asked.length).toBe(most);
});

test('what is wrong with the request, or with D1 from the start, is an answer and no stream', async () => {
  const { list } = listOf(1);
  const refused = { ...list, read: async () => fail({ field: 'cursor', message: 'cursor must be …' }) };
  await expect(answerLog(c, ndjson, refused)).rejects.toMatchObject({ status: 400 });
  await expect(answerLog(c, { ...ndjson, limit: 5 }, list)).rejects.toMatchObject({ status: 400 });
  const gone = { ...list, read: () => Promise.reject(new Error('D1 is gone')) };
  await expect(answerLog(c, ndjson, gone)).rejects.toMatchObject({ status: 503 });
});

test('an empty list is a file with nothing but its columns', async () => {
  const empty = { ...listOf(1).list, read: async () => ok({ data: [], next: null, searchedToMs: null }) };
  expect(await (await answerLog(c, ndjson, empty)).text()).toBe('');
  const csv = await answerLog(c, { ...ndjson, format: 'csv' }, empty);
  expect(await csv.text()).toBe('n\r\n');
  expect(csv.headers.get('content-disposition')).toBe('attachment; filename="numbers.csv"');
});

test.each([
  ['plain', 'plain'],
  ['=HYPERLINK("http://x")', `"'=HYPERLINK(""http://x"")"`],
  ['+1', `'+1`],
  // What looks as if it had been made safe is not the same cell as what was.
  ['=1', `'=1`],
  ["'=1", `''=1`],
  ["'a", `''a`],
  ['-1', `'-1`],
  ['@SUM(A1)', `'@SUM(A1)`],
  ['\tx', `'\tx`],
  ['\rx', `"'\rx"`],
  ['\nx', `"'\nx"`],
  ['a=b', 'a=b'],
  ['a,b', '"a,b"'],
  ['two\nlines', '"two\nlines"'],
  [-5, '-5'],
  [true, 'true'],
  [null, ''],
  [undefined, ''],
  [{ a: '=1' }, '"{""a"":""=1""}"'],
])('a cell of %j is %j', (value, cell) => {
  expect(csvRow([value, 'end'])).toBe(`${cell},end\r\n`);
});
