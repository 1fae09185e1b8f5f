/**
 * Every requirement that code or a test cites is explained in docs/requirements.md, and
 * test/README.md has a row for each.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

const root = join(import.meta.dirname, '../..');
const read = (path: string) => readFileSync(join(root, path), 'utf8');

const explained = new Set(
  [...read('docs/requirements.md').matchAll(/^\| ([A-Z]\d+) \| \S/gm)].map(([, id = '']) => id),
);

/** Letters that requirements and invariants begin with; C0 and C1 are also control characters. */
const ID = /(?<![\w./#%-])[PECVRASUKOQLI][1-9]\d?(?![\w'-])|(?<![\w./])E0(?!\w)/g;
const CONTROLS = /\bC0(?: and|,) (?:DEL (?:or|and) )?C1\b/g;
const BESIDE = /\b(?:DESIGN|PRODUCT|PLATFORM|STYLE|PEERS)\.md\b/g;

const sources = ['src', 'test'].flatMap((folder) =>
  readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.(?:tsx?|md)$/.test(name) && !name.includes('.generated.'))
    .map((name) => `${folder}/${name}`),
);

/** Of a program its comments and the names of its tests: identifiers and data are no citations. */
function proseOf(path: string): string {
  const text = read(path);
  if (path.endsWith('.md')) return text;
  const comments = text.match(/\/\*[\s\S]*?\*\/|(?<![:'"`])\/\/ .*$/gm) ?? [];
  const names = text.match(/\b(?:it|test|describe)(?:\.each)?\((?:'[^'\n]*'|`[^`]*`|"[^"\n]*")/g) ?? [];
  return [...comments, ...names].join('\n').replaceAll(CONTROLS, '');
}

function cited(pattern: RegExp, isExplained: (id: string) => boolean): string[] {
  return sources.flatMap((path) =>
    (proseOf(path).match(pattern) ?? []).filter((id) => !isExplained(id)).map((id) => `${path}: ${id}`),
  );
}

describe('docs/requirements.md', () => {
  it('explains every id that code, tests and their pages cite', () => {
    expect(cited(ID, (id) => explained.has(id))).toEqual([]);
  });

  it('is cited at all: the search finds what it looks for', () => {
    const found = new Set(sources.flatMap((path) => proseOf(path).match(ID) ?? []));
    expect(found.size).toBeGreaterThan(60);
  });

  it('stands for all that is cited: no page that the repository lacks', () => {
    expect(cited(BESIDE, () => false)).toEqual([]);
  });

  it('has for each requirement a row of test/README.md, be it "not yet"', () => {
    const rows = [...read('test/README.md').matchAll(/^\| ([A-Z]\d+(?:, [A-Z]\d+)*) \|/gm)];
    const proven = new Set(rows.flatMap(([, ids = '']) => ids.split(', ')));
    expect([...explained].filter((id) => !id.startsWith('I') && !proven.has(id))).toEqual([]);
  });
});
