/**
 * The tables of docs/contract.md on versions, as cases: so that what the page promises is what the
 * tests run.
 */
import type { Ordering } from '../../src/core/endpoint.ts';

/** What the first event is doing when the second is published. */
export const SITUATIONS = ['waits', 'retries', 'under-way', 'under-way-fails', 'delivered', 'dead'] as const;
export type Situation = (typeof SITUATIONS)[number];

export const OUTCOMES = [
  'both, in order',
  'both, at once',
  'both, the second first',
  'only the first',
  'only the second',
] as const;
export type Outcome = (typeof OUTCOMES)[number];

export type Case = {
  ordering: Ordering;
  types: 'one type' | 'two types';
  first: number | null;
  second: number | null;
  situation: Situation;
  promised: Outcome;
};

/** The columns after the first, in the page's order: what each says of which situations. */
const COLUMNS: { ordering: Ordering; situations: readonly Situation[] }[] = [
  { ordering: 'ordered', situations: SITUATIONS },
  { ordering: 'unordered', situations: SITUATIONS },
  { ordering: 'latest', situations: ['waits'] },
  { ordering: 'latest', situations: ['retries'] },
  { ordering: 'latest', situations: ['under-way', 'under-way-fails'] },
  { ordering: 'latest', situations: ['delivered', 'dead'] },
];
const HEAD =
  '| first, then second | `ordered` | `unordered` | `latest`: not sent yet | `latest`: waits for its retry | `latest`: under way | `latest`: ended |';

export function casesOf(page: string): Case[] {
  const tables = page.split('\n\n').filter((block) => block.includes('first, then second'));
  if (tables.length !== 2) throw new Error(`the page has ${tables.length} tables of versions, not 2`);
  return tables.flatMap((table, index) => {
    const [head = '', , ...rows] = table.split('\n').map(squeezed);
    if (head !== HEAD) throw new Error(`other columns than the tests know: ${head}`);
    return rows.flatMap((row) => casesOfRow(row, index === 0 ? 'one type' : 'two types'));
  });
}

function squeezed(line: string): string {
  return line.replaceAll(/ +/g, ' ').trim();
}

function casesOfRow(row: string, types: Case['types']): Case[] {
  const [pair = '', ...cells] = row.split('|').map(squeezed).slice(1, -1);
  const versions = /^(\d+|–), then (\d+|–)$/.exec(pair);
  if (versions === null || cells.length !== COLUMNS.length) throw new Error(`not a row of versions: ${row}`);
  const [first, second] = [versionOf(versions[1]), versionOf(versions[2])];
  return COLUMNS.flatMap(({ ordering, situations }, column) =>
    situations.map((situation) => {
      const { outcome, isNoted } = outcomeOf(cells[column] ?? '');
      // Footnote 1: a first attempt that fails, with the newer one waiting behind it.
      const promised = isNoted && situation === 'under-way-fails' ? 'only the second' : outcome;
      return { ordering, types, first, second, situation, promised };
    }),
  );
}

function versionOf(text: string | undefined): number | null {
  return text === undefined || text === '–' ? null : Number(text);
}

function outcomeOf(cell: string): { outcome: Outcome; isNoted: boolean } {
  const outcome = OUTCOMES.find((one) => cell.replace(/ [¹²]$/, '') === one);
  if (outcome === undefined) throw new Error(`"${cell}" is no outcome`);
  return { outcome, isNoted: cell.endsWith('¹') };
}
