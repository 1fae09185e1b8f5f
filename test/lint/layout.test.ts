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
  shard: objects,
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
  tools: ['client', 'receiver', 'signature.ts'],
};
/** These run on Node and are no part of the Worker: packages are not their layout's business. */
const onNode = ['local', 'tools'];

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

/** Rules of import look at the text alone: the files that these lines name need not exist. `depth`: folders below that of the place. */
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

/** Tools have folders in their folder. */
const deeper = ['src/tools/cli/planted.ts', 'src/tools/cli/rehearse/planted.ts'];

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
  for (const [at, file] of deeper.entries()) files[file] = plant('tools', at + 1);
  findings = lint(files).filter(({ rule }) => rule === 'eslint(no-restricted-imports)');
}, 60_000);

describe('the layout', () => {
  it.each(Object.entries(mayImport))('lets %s import only what it may', (place, allowed) => {
    expect(reportedIn(plantedFile(place), place)).toEqual(expectedOf(place, allowed));
  });

  it.each(deeper)('lets %s import no more than tools', (file) => {
    expect(reportedIn(file, 'tools')).toEqual(expectedOf('tools', mayImport['tools'] ?? []));
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
