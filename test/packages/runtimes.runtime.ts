/**
 * The installed packages on Node 20, Deno, Bun and workerd. What npm cannot bring to this machine
 * is skipped, and said.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'esbuild';
import { convertV4MiniflareOptions, Log, LogLevel, Miniflare } from 'miniflare';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Installed, installPackages } from './install.ts';

/** By the package that brings it: its program, and how it runs a module. */
const RUNTIMES = {
  'node@20.20.2': ['node', []],
  'deno@2.9.6': ['deno', ['run']],
  'bun@1.4.5': ['bun', ['run']],
} as const;

let installed: Installed;
const tools = mkdtempSync(join(tmpdir(), 'tubepost-runtimes-'));

beforeAll(() => {
  installed = installPackages();
  // They bring their program by a script of theirs.
  writeFileSync(join(tools, 'package.json'), JSON.stringify({ allowScripts: { node: true, deno: true, bun: true } }));
});
afterAll(() => {
  installed.remove();
  rmSync(tools, { recursive: true, force: true });
});

/** Null where it is there; else why not. */
function bring(name: string): string | null {
  const options = ['--prefix', tools, '--no-audit', '--no-fund', '--loglevel', 'error'];
  const { status, stderr } = spawnSync('npm', ['install', ...options, name], { encoding: 'utf8' });
  return status === 0 ? null : stderr.slice(0, 300);
}

it.each(Object.entries(RUNTIMES))('run on %s', (name, [program, args]) => {
  const fault = bring(name);
  if (fault !== null) {
    console.log(`skipped ${name}: ${fault}`);
    return;
  }
  const path = join(tools, 'node_modules/.bin', program);
  const version = execFileSync(path, ['--version'], { encoding: 'utf8' }).split('\n')[0];
  const output = execFileSync(path, [...args, 'run.mjs'], { cwd: installed.folder, encoding: 'utf8' });
  console.log(`${name} (${version}): ${output.trim()}`);
  expect(output).toBe('ok\n');
});

it('run in a Worker', async () => {
  const { outputFiles } = await build({
    entryPoints: [join(installed.folder, 'worker.mjs')],
    bundle: true,
    write: false,
    format: 'esm',
    conditions: ['workerd', 'worker', 'browser'],
  });
  const worker = new Miniflare(
    convertV4MiniflareOptions({
      modules: [{ type: 'ESModule', path: 'worker.js', contents: outputFiles[0]?.text ?? '' }],
      compatibilityDate: '2026-10-23',
      log: new Log(LogLevel.WARN),
    }),
  );
  const response = await worker.dispatchFetch('http://worker.test/');
  expect(await response.text()).toBe('ok');
  await worker.dispose();
});
