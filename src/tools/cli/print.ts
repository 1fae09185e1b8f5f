/** How an answer leaves the command line: a table or sentences for people, JSON for pipes. */
import { stripVTControlCharacters, styleText } from 'node:util';
import type { Io } from './io.ts';
import { formatJson } from './json.ts';

type Style = 'good' | 'bad' | 'warn' | 'dim' | 'strong';
const STYLES: Record<Style, Parameters<typeof styleText>[0]> = {
  good: 'green',
  bad: 'red',
  warn: 'yellow',
  dim: 'dim',
  strong: 'bold',
};

export type Print = {
  isJson: boolean;
  /** For people only. */
  line: (text?: string) => void;
  /** For pipes only: one document. */
  json: (value: unknown) => void;
  /** For pipes only: one line of NDJSON. */
  jsonLine: (value: unknown) => void;
  /** For people, on standard error: what is going on and what to do next. */
  hint: (text: string) => void;
  /** Styled where a person looks at standard output. */
  style: (style: Style, text: string) => string;
};

/** `NO_COLOR` and `TERM=dumb` turn colours off (no-color.org). */
export function createPrint(io: Io, isJson: boolean): Print {
  const isColoured = io.isTerminal.out && !io.env['NO_COLOR'] && io.env['TERM'] !== 'dumb';
  return {
    isJson,
    line: (text = '') => {
      if (!isJson) io.out(`${text}\n`);
    },
    json: (value) => {
      if (isJson) io.out(`${formatJson(value, 2)}\n`);
    },
    jsonLine: (value) => {
      if (isJson) io.out(`${formatJson(value)}\n`);
    },
    hint: (text) => {
      if (!isJson) io.err(`${text}\n`);
    },
    style: (style, text) => (isColoured ? styleText(STYLES[style], text, { validateStream: false }) : text),
  };
}

/**
 * Columns as wide as what stands in them; the last one is not padded. `head` in front where there
 * are rows.
 */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string[] {
  if (rows.length === 0) return [];
  const all = [head, ...rows];
  const widths = head.map((_, column) => Math.max(...all.map((row) => widthOf(row[column] ?? ''))));
  return all.map((row) =>
    row
      .map((cell, column) => cell + ' '.repeat(Math.max(0, (widths[column] ?? 0) - widthOf(cell))))
      .join('  ')
      .trimEnd(),
  );
}

/** Without the codes of colours. */
function widthOf(cell: string): number {
  return stripVTControlCharacters(cell).length;
}
