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
  'stubs.ts',
  'cloudflare:workers',
  'cloudflare:durable-objects',
  'zod',
];
const pages = [
  'core',
  'delivery',
  'store',
  'env.ts',
  'stubs.ts',
  'hono',
  'hono/jsx',
  '@hono/zod-openapi',
  '@cfworker/json-schema',
  'ulid',
  'zod',
];

/** The arrows of DESIGN.md, "Layout": what each place in src may import besides its own files. */
const mayImport: Record<string, string[]> = {
  core: [],
  'signature.ts': [],
  'env.ts': ['core', 'zod'],
  'stubs.ts': ['core', 'env.ts'],
  receiver: ['signature.ts'],
  client: [],
  delivery: ['core', 'signature.ts'],
  store: ['core', 'drizzle-orm', 'drizzle-orm/d1', 'zod'],
  record: objects,
  gate: objects,
  catalogue: objects,
  limiter: objects,
  job: [...objects, 'store'],
  account: [...objects, 'store'],
  queues: ['core', 'delivery', 'store', 'env.ts', 'stubs.ts', 'zod'],
  schedule: ['core', 'delivery', 'store', 'env.ts', 'stubs.ts', 'zod'],
  http: pages,
  dashboard: pages,
  local: ['node:fs', 'wrangler', 'miniflare', 'esbuild', 'zod'],
};

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

/** Rules of import look at the text alone: the files that these lines name need not exist. */
function importOf(place: string, target: string): string {
  if (packages.includes(target)) return target;
  return `${isFile(place) ? './' : '../'}${isFile(target) ? target : `${target}/other.ts`}`;
}

/** One line for each target, with the three forms of a static import. */
function plant(place: string): string {
  return targetsOf(place)
    .map((target, i) => {
      const from = `from '${importOf(place, target)}'`;
      return `import { a${i} } ${from}; import type { T${i} } ${from}; export { b${i} } ${from};`;
    })
    .join('\n');
}

let findings: Finding[];

beforeAll(() => {
  const files = Object.fromEntries(places.map((place) => [plantedFile(place), plant(place)]));
  findings = lint(files).filter(({ rule }) => rule === 'eslint(no-restricted-imports)');
}, 60_000);

describe('the layout', () => {
  it.each(Object.entries(mayImport))('lets %s import only what it may', (place, allowed) => {
    // Local imports any package: it is a tool that runs on Node, and no part of the Worker.
    const mayUse = (target: string) => allowed.includes(target) || (place === 'local' && packages.includes(target));
    const reported = targetsOf(place).map((target, i) => {
      const here = findings.filter(({ file, line }) => file === plantedFile(place) && line === i + 1);
      return { target, forms: here.length };
    });
    expect(reported).toEqual(targetsOf(place).map((target) => ({ target, forms: mayUse(target) ? 0 : 3 })));
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
