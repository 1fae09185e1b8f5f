import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { lint, type Finding } from './plant.ts';

const src = join(import.meta.dirname, '../../src');

const objects = [
  'core',
  'delivery',
  'signature.ts',
  'env.ts',
  'log-line.ts',
  'lookup',
  'cloudflare:workers',
  'cloudflare:durable-objects',
  'zod',
];

/**
 * The arrows of src/README.md, "Folders": what each place in src may import besides its own files.
 */
const mayImport: Record<string, string[]> = {
  core: [],
  'signature.ts': [],
  'env.ts': ['core', 'zod'],
  'log-line.ts': [],
  lookup: ['core', 'env.ts'],
  receiver: ['signature.ts'],
  client: [],
  delivery: ['core', 'signature.ts'],
  store: ['core', 'drizzle-orm', 'drizzle-orm/d1', 'zod'],
  shard: objects,
  gate: objects,
  catalogue: objects,
  limiter: objects,
  job: [...objects, 'store'],
  account: [...objects, 'store'],
  queues: ['core', 'delivery', 'store', 'env.ts', 'log-line.ts', 'lookup', 'zod'],
  schedule: ['core', 'delivery', 'store', 'env.ts', 'log-line.ts', 'lookup', 'zod'],
  http: [
    'core',
    'delivery',
    'store',
    'env.ts',
    'log-line.ts',
    'lookup',
    'hono',
    'hono/jsx',
    '@hono/zod-openapi',
    'ulid',
    'zod',
  ],
  dashboard: ['client', 'hono', 'hono/jsx'],
  binding: ['client', 'cloudflare:workers'],
  mcp: ['client', '@modelcontextprotocol/server', 'zod'],
  element: ['client'],
  tools: ['client', 'receiver', 'signature.ts'],
};
/** These run on Node and are no part of the Worker: packages are not their layout's business. */
const onNode = ['tools'];
/** What starts the service knows nothing of its code. */
const alone = 'src/tools/local/planted.ts';

const places = [...Object.keys(mayImport), 'index.ts'];
const packages = [...new Set(Object.values(mayImport).flat())].filter((name) => !places.includes(name));

function isFile(place: string): boolean {
  return place.endsWith('.ts');
}

function plantedFile(place: string): string {
  return isFile(place) ? `src/${place}` : `src/${place}/planted.ts`;
}

/** What `place` might import: every other place and every package that any of them uses. */
function targetsOf(place: string): string[] {
  return [...places, ...packages].filter((target) => target !== place);
}

/**
 * Rules of import look at the text alone: the files that these lines name need not exist. `depth`:
 * folders below that of the place.
 */
function importOf(place: string, target: string, depth: number): string {
  if (packages.includes(target)) return target;
  const up = isFile(place) ? './' : '../'.repeat(1 + depth);
  return `${up}${isFile(target) ? target : `${target}/other.ts`}`;
}

/** One line for each target, with the three forms of a static import. */
function plant(place: string, depth = 0): string {
  return targetsOf(place)
    .map((target, i) => {
      const from = `from '${importOf(place, target, depth)}'`;
      return `import { a${i} } ${from}; import type { T${i} } ${from}; export { b${i} } ${from};`;
    })
    .join('\n');
}

/**
 * Rooms inside rooms: a ban is a pattern of the text, and the text has more dots there. By place,
 * with folders below its own.
 */
const deeper: [file: string, place: string, depth: number][] = [
  ['src/tools/cli/planted.ts', 'tools', 1],
  ['src/tools/cli/rehearse/planted.ts', 'tools', 2],
  ['src/http/auth/planted.ts', 'http', 1],
  ['src/store/log/planted.ts', 'store', 1],
  ['src/dashboard/pages/planted.tsx', 'dashboard', 1],
  ['src/mcp/tools/planted.ts', 'mcp', 1],
];

let findings: Finding[];

function reportedIn(plantedIn: string, place: string): { target: string; forms: number }[] {
  return targetsOf(place).map((target, i) => {
    const here = findings.filter(({ file, line }) => file === plantedIn && line === i + 1);
    return { target, forms: here.length };
  });
}

function expectedOf(place: string, allowed: string[]): { target: string; forms: number }[] {
  const mayUse = (target: string) => allowed.includes(target) || (onNode.includes(place) && packages.includes(target));
  return targetsOf(place).map((target) => ({ target, forms: mayUse(target) ? 0 : 3 }));
}

beforeAll(() => {
  const files = Object.fromEntries(places.map((place) => [plantedFile(place), plant(place)]));
  for (const [file, place, depth] of deeper) files[file] = plant(place, depth);
  files[alone] = plant('tools', 1);
  findings = lint(files).filter(({ rule }) => rule === 'eslint(no-restricted-imports)');
}, 60_000);

describe('the layout', () => {
  it.each(Object.entries(mayImport))('lets %s import only what it may', (place, allowed) => {
    expect(reportedIn(plantedFile(place), place)).toEqual(expectedOf(place, allowed));
  });

  it.each(deeper)('lets %s import no more than %s', (file, place) => {
    expect(reportedIn(file, place)).toEqual(expectedOf(place, mayImport[place] ?? []));
  });

  it('lets the local start import nothing of ours', () => {
    expect(reportedIn(alone, 'tools')).toEqual(expectedOf('tools', []));
  });

  it('has a rule for every folder and file of src', () => {
    const actual = readdirSync(src).filter((name) => name !== 'README.md');
    expect(actual.filter((name) => !places.includes(name))).toEqual([]);
  });

  it('is not evaded by dynamic imports or type queries, which no import rule sees', () => {
    const evasions = readdirSync(src, { recursive: true, encoding: 'utf8' })
      .filter((name) => /\.tsx?$/.test(name))
      .flatMap((name) => {
        const lines = readFileSync(join(src, name), 'utf8').split('\n');
        return lines.filter((line) => /\bimport\(|\brequire\(/.test(line)).map((line) => `${name}: ${line.trim()}`);
      });
    expect(evasions).toEqual([]);
  });
});
