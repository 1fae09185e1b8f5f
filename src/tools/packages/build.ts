/**
 * `npm run build:packages`: the receiver kit and the client as packages, in dist/packages:
 * JavaScript with types, and the file that `npm pack` makes of each. Neither has a dependency.
 * Their version is that of the repository.
 */
import { execFileSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';

const HERE = import.meta.dirname;
const ROOT = join(HERE, '../../..');
const PACKAGES = ['receiver', 'client'] as const;
type Name = (typeof PACKAGES)[number];

const Manifest = z.strictObject({
  name: z.string(),
  description: z.string(),
  keywords: z.array(z.string()),
  /** By subpath, the module in src that it is, without its ending. */
  exports: z.record(z.string(), z.string()),
});
const Repository = z.object({ version: z.string(), engines: z.object({ node: z.string() }) });

export type Built = { name: Name; folder: string; tarball: string; exports: Record<string, string> };

/** Whatever was in `output` is gone. */
export function buildPackages(output = join(ROOT, 'dist/packages')): Built[] {
  rmSync(output, { recursive: true, force: true });
  return PACKAGES.map((name) => build(name, output));
}

function build(name: Name, output: string): Built {
  const folder = join(output, name);
  mkdirSync(folder, { recursive: true });
  const project = ['-p', join(HERE, `tsconfig.${name}.json`), '--outDir', join(folder, 'dist')];
  execFileSync(join(ROOT, 'node_modules/.bin/tsc'), project, { stdio: 'inherit' });
  for (const file of declarationsIn(folder)) nameBuiltFiles(file);

  const { exports, ...about } = Manifest.parse(readJson(join(HERE, `${name}.json`)));
  const { version, engines } = Repository.parse(readJson(join(ROOT, 'package.json')));
  const manifest = {
    ...about,
    version,
    license: 'Apache-2.0',
    type: 'module',
    sideEffects: false,
    engines,
    files: ['dist'],
    exports: Object.fromEntries(Object.entries(exports).map(([path, module]) => [path, exported(folder, module)])),
  };
  writeFileSync(join(folder, 'package.json'), `${JSON.stringify(manifest, null, 2)}\n`);
  copyFileSync(join(HERE, `${name}.md`), join(folder, 'README.md'));
  if (existsSync(join(ROOT, 'LICENSE'))) copyFileSync(join(ROOT, 'LICENSE'), join(folder, 'LICENSE'));

  const packed = execFileSync('npm', ['pack', '--silent', '--pack-destination', output], {
    cwd: folder,
    encoding: 'utf8',
  });
  return { name, folder, tarball: join(output, packed.trim()), exports };
}

function exported(folder: string, module: string): { types: string; default: string } {
  const [types, js] = [`./dist/${module}.d.ts`, `./dist/${module}.js`];
  for (const file of [types, js]) if (!existsSync(join(folder, file))) throw new Error(`${file} was not built`);
  return { types, default: js };
}

function declarationsIn(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.d.ts'))
    .map((file) => join(folder, file));
}

/** The compiler rewrites `./a.ts` in JavaScript only. */
function nameBuiltFiles(file: string): void {
  const text = readFileSync(file, 'utf8');
  writeFileSync(file, text.replaceAll(/(from '\.[^']*)\.ts'/g, "$1.js'"));
}

function readJson(path: string): unknown {
  return JSON.parse(readFileSync(path, 'utf8'));
}

if (process.argv[1] === import.meta.filename) {
  for (const { tarball } of buildPackages()) console.log(tarball);
}
