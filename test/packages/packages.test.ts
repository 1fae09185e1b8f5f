/**
 * The packages as a user gets them: built, packed, installed, judged by publint and
 * arethetypeswrong, typechecked and run.
 */
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';
import { publint } from 'publint';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Installed, installPackages } from './install.ts';

const ROOT = join(import.meta.dirname, '../..');
const PAPER = readFileSync(join(ROOT, 'docs/receivers.md'), 'utf8');
const bin = (name: string) => join(ROOT, 'node_modules/.bin', name);

/** Parts that come along with others, too small or too much of a detail for the table. */
const IN_PASSING = ['answer', 'event', 'gap', 'signature', 'sqlite', 'store', 'verdicts'].map(
  (name) => `@tubepost/receiver/${name}`,
);

let installed: Installed;
beforeAll(() => {
  installed = installPackages();
}, 120_000);
afterAll(() => installed.remove());

const names = ['receiver', 'client'] as const;
const builtOf = (name: string) => {
  const found = installed.built.find((one) => one.name === name);
  if (found === undefined) throw new Error(`${name} was not built`);
  return found;
};

async function bundle(code: string): Promise<string> {
  const { outputFiles } = await build({
    stdin: { contents: code, resolveDir: installed.folder },
    bundle: true,
    write: false,
    minify: true,
    format: 'esm',
    platform: 'neutral',
  });
  return outputFiles[0]?.text ?? '';
}

/** Prints what the compiler complains of. */
function typecheck(file: string, options: object): string {
  const compilerOptions = {
    target: 'ES2022',
    module: 'NodeNext',
    strict: true,
    exactOptionalPropertyTypes: true,
    noUncheckedIndexedAccess: true,
    noEmit: true,
    ...options,
  };
  const config = join(installed.folder, `tsconfig.${file}.json`);
  writeFileSync(config, JSON.stringify({ compilerOptions, files: [file] }));
  try {
    return execFileSync(bin('tsc'), ['-p', config], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
  } catch (error) {
    return error instanceof Error && 'stdout' in error ? String(error.stdout) : String(error);
  }
}

describe.each(names)('the package of the %s', (name) => {
  it('has no complaint of publint', async () => {
    const { messages } = await publint({ pkgDir: builtOf(name).folder, strict: true });
    expect(messages).toEqual([]);
  });

  it('has types that every resolver of ESM finds', () => {
    const args = [builtOf(name).tarball, '--profile', 'esm-only', '--no-color'];
    expect(() => execFileSync(bin('attw'), args, { stdio: 'pipe' })).not.toThrow();
  }, 60_000);

  it('has no dependency, and imports nothing but its own files by their whole names', () => {
    const { folder } = builtOf(name);
    expect(JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))).not.toHaveProperty('dependencies');
    const files = readdirSync(join(folder, 'dist'), { recursive: true, encoding: 'utf8' });
    const imports = files
      .filter((file) => /\.(js|d\.ts)$/.test(file))
      .flatMap((file) => [
        ...readFileSync(join(folder, 'dist', file), 'utf8').matchAll(/(?:from|import) ?\(?'([^']+)'/g),
      ])
      .map(([, path]) => path ?? '');
    expect(imports.length).toBeGreaterThan(0);
    expect(imports.filter((path) => !/^\.\.?\/[\w/-]+\.js$/.test(path))).toEqual([]);
  });
});

describe('an installed project', () => {
  it('runs on this Node', () => {
    const output = execFileSync(process.execPath, ['run.mjs'], { cwd: installed.folder, encoding: 'utf8' });
    expect(output).toBe('ok\n');
  });

  it.each([
    [
      'portable.ts',
      'the types of the web alone',
      { lib: ['ES2023', 'DOM', 'DOM.Iterable', 'DOM.AsyncIterable'], types: [] },
    ],
    ['portable.ts', 'the types of Node', { lib: ['ES2023'], types: ['node'], skipLibCheck: true }],
    [
      'portable.ts',
      'the types of Workers',
      { lib: ['ES2023'], types: ['@cloudflare/workers-types'], skipLibCheck: true },
    ],
    ['portable.ts', 'a bundler', { lib: ['ES2023', 'DOM'], types: [], module: 'ESNext', moduleResolution: 'bundler' }],
    ['on-node.ts', 'the types of Node and of its clients', { lib: ['ES2023'], types: ['node'], skipLibCheck: true }],
    [
      'on-workers.ts',
      'the types of Workers',
      { lib: ['ES2023'], types: ['@cloudflare/workers-types'], skipLibCheck: true },
    ],
  ])('typechecks %s strictly with %s', (file, _name, options) => {
    expect(typecheck(file, options)).toBe('');
  });
});

describe('docs/receivers.md', () => {
  const blocks = [...PAPER.matchAll(/^```ts (node|workers)\n(.*?)^```$/gms)].map(([, types = '', code = '']) => ({
    types,
    code,
  }));

  it.each(blocks.map(({ types, code }, i) => [i + 1, types, code] as const))(
    'shows a program that typechecks: number %i',
    (i, types, code) => {
      writeFileSync(join(installed.folder, `doc-${i}.ts`), `${code}\nexport {};\n`);
      if (types === 'node') {
        expect(typecheck(`doc-${i}.ts`, { lib: ['ES2023'], types: ['node'], skipLibCheck: true })).toBe('');
      } else {
        const bindings = 'declare namespace Cloudflare { interface Env { DB: D1Database; WEBHOOK_SECRET: string } }';
        writeFileSync(join(installed.folder, 'bindings.d.ts'), bindings);
        const options = {
          lib: ['ES2023'],
          types: ['@cloudflare/workers-types', './bindings.d.ts'],
          skipLibCheck: true,
        };
        expect(typecheck(`doc-${i}.ts`, options)).toBe('');
      }
    },
  );
});

/** The rows of docs/receivers.md that say what each import weighs, minified and gzipped. */
function statedSizes(): [name: string, kilobytes: number][] {
  const rows = PAPER.matchAll(/^\| `(@tubepost[^`]*)` \|.*\| ([\d.]+) kB \|$/gm);
  return [...rows].map(([, name = '', kilobytes]) => [name, Number(kilobytes)]);
}

describe('what a bundle carries', () => {
  const stated = statedSizes();
  const weigh = async (name: string) => gzipSync(await bundle(`export * from '${name}'`), { level: 9 }).length;

  it('is told of every import that is not of types alone', () => {
    const names = installed.built.flatMap(({ folder, exports }) =>
      Object.entries(exports)
        .filter(([, module]) => readFileSync(join(folder, 'dist', `${module}.js`), 'utf8').includes('export '))
        .map(([path]) => `@tubepost/${folder.split('/').at(-1)}${path.slice(1)}`),
    );
    expect(stated.map(([name]) => name).toSorted()).toEqual(
      names.filter((name) => !IN_PASSING.includes(name)).toSorted(),
    );
  });

  it.each(stated)('of %s is what docs/receivers.md says: %f kB', async (name, kilobytes) => {
    const bytes = await weigh(name);
    expect(Math.abs(bytes / 1_000 - kilobytes), `${bytes} bytes`).toBeLessThanOrEqual(0.05 + kilobytes * 0.02);
  });

  it('of verify is below 4 kB', async () => {
    expect(
      gzipSync(await bundle(`export { verify } from '@tubepost/receiver/verify'`), { level: 9 }).length,
    ).toBeLessThan(4_000);
  });

  it('of verify is nothing of the receiver, and of one store nothing of another', async () => {
    const verify = await bundle(`export { verify } from '@tubepost/receiver/verify'`);
    expect(verify).not.toMatch(/tubepost_seen|none given|PKCS|redis/);
    const d1 = await bundle(`export { d1Store } from '@tubepost/receiver/d1'`);
    expect(d1).toMatch(/tubepost_seen/);
    expect(d1).not.toMatch(/redis|bigint|webhook-signature/);
  });
});
