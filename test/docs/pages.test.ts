/**
 * The papers against the repository: every link leads somewhere, every number is a limit, every
 * walk is short.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { describe, expect, it } from 'vitest';
import * as limits from '../../src/core/limits.ts';

const root = join(import.meta.dirname, '../..');
const read = (path: string) => readFileSync(join(root, path), 'utf8');
const under = (folder: string) =>
  readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' }).map((name) => `${folder}/${name}`);

const papers = [
  ...readdirSync(root).filter((name) => name.endsWith('.md')),
  ...['docs', 'src', 'test', 'findings'].flatMap(under).filter((name) => name.endsWith('.md')),
];

/** As GitHub makes it of a heading. */
function anchorOf(heading: string): string {
  return heading
    .trim()
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
    .replaceAll(' ', '-');
}

function anchorsOf(path: string): Set<string> {
  const prose = read(path).replaceAll(/^```[\s\S]*?^```/gm, '');
  return new Set([...prose.matchAll(/^#+ (.*)$/gm)].map(([, heading = '']) => anchorOf(heading)));
}

describe('the papers', () => {
  it('link to pages and headings that are there', () => {
    const broken = papers.flatMap((paper) =>
      [...read(paper).matchAll(/\]\((?!https?:|mailto:)([^)\s#]*)(?:#([^)\s]*))?\)/g)]
        .filter(([, path = '', anchor]) => {
          const target = path === '' ? paper : relative(root, join(root, dirname(paper), path));
          if (!existsSync(join(root, target))) return true;
          return anchor !== undefined && target.endsWith('.md') && !anchorsOf(target).has(anchor);
        })
        .map(([link]) => `${paper}: ${link}`),
    );
    expect(broken).toEqual([]);
  });

  it('name only commands that package.json has', () => {
    const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> };
    const unknown = papers.flatMap((paper) =>
      [...read(paper).matchAll(/npm run ([a-z][\w:]*\w)(?![\w:])/g)]
        .filter(([, name = '']) => !(name in scripts))
        .map(([command]) => `${paper}: ${command}`),
    );
    expect(unknown).toEqual([]);
  });
});

describe('src/README.md', () => {
  const house = read('src/README.md');

  it('is short enough to be read', () => {
    expect(house.split('\n').length).toBeLessThan(250);
  });

  it('names files and folders that are there', () => {
    const named = [...house.matchAll(/`([a-z][\w-]*\/(?:[\w-]+\/)*(?:[\w-]+\.tsx?)?)`/g)].map(([, path = '']) => path);
    expect(named.length).toBeGreaterThan(30);
    const nested = (path: string) =>
      ['', 'tools/', 'store/'].some((head) => existsSync(join(root, 'src', head + path)));
    expect(named.filter((path) => !nested(path) && !existsSync(join(root, path)))).toEqual([]);
  });

  it.each([
    ['From publish to wire', 'Why is this delivery waiting'],
    ['Why is this delivery waiting', 'How a delivery is safe'],
  ])('walks "%s" in ten files at most', (from, to) => {
    const walk = house.slice(house.indexOf(from), house.indexOf(to, house.indexOf(from) + from.length));
    const files = new Set(walk.match(/[\w/-]+\.ts(?=`)/g));
    expect(files.size).toBeGreaterThan(5);
    expect(files.size).toBeLessThanOrEqual(10);
  });
});

describe('docs/limits.md', () => {
  const rows = [...read('docs/limits.md').matchAll(/^\| .*? \| (.*?) \| `([A-Z_]+)` \|/gm)];
  const constants: Record<string, unknown> = limits;

  /** As a page writes it: 10,000, 256 KiB, 15 s. */
  function spellingsOf(value: number): string[] {
    const whole = [
      [value, ''],
      [value / 1024, ' KiB'],
      [value / 1024 / 1024, ' MiB'],
      [value / 1_000, ' s'],
    ] as const;
    return whole
      .filter(([count]) => Number.isInteger(count))
      .map(([count, unit]) => `${count.toLocaleString('en')}${unit}`);
  }

  it('has the values of core/limits.ts', () => {
    expect(rows.length).toBeGreaterThan(25);
    const wrong = rows.filter(([, shown = '', name = '']) => {
      const value = constants[name];
      const starts = (text: string) => shown === text || shown.startsWith(`${text} `) || shown.startsWith(`${text},`);
      return typeof value !== 'number' || !spellingsOf(value).some(starts);
    });
    expect(wrong.map(([row]) => row)).toEqual([]);
  });
});
