/**
 * Lints and type-checks planted files with the repository's own settings, in a folder of their own.
 */
import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { z } from 'zod';

const repository = join(import.meta.dirname, '../..');

/** `rule` is oxlint's code, such as `eslint(no-restricted-imports)`. */
export type Finding = { file: string; line: number; rule: string };

const report = z.object({
  diagnostics: z.array(
    z.object({
      code: z.string(),
      filename: z.string(),
      labels: z.array(z.object({ span: z.object({ line: z.number() }) })),
    }),
  ),
});

export function lint(files: Record<string, string>): Finding[] {
  // Named, so that it does not follow the link to node_modules.
  const folders = new Set(Object.keys(files).map((path) => path.slice(0, path.indexOf('/'))));
  const output = runIn(files, 'oxlint', ['--format', 'json', ...folders]);
  return report.parse(JSON.parse(output)).diagnostics.map(({ code, filename, labels }) => ({
    file: filename,
    line: labels[0]?.span.line ?? 0,
    rule: code,
  }));
}

/** What tsc prints; empty when it has no complaint. */
export function typeCheck(files: Record<string, string>): string {
  return runIn(files, 'tsc', ['-p', '.']);
}

function runIn(files: Record<string, string>, tool: string, args: string[]): string {
  const folder = mkdtempSync(join(tmpdir(), 'tubepost-lint-'));
  try {
    for (const name of ['.oxlintrc.json', 'tsconfig.json', 'package.json']) {
      cpSync(join(repository, name), join(folder, name));
    }
    symlinkSync(join(repository, 'node_modules'), join(folder, 'node_modules'));
    for (const [path, text] of Object.entries(files)) {
      mkdirSync(dirname(join(folder, path)), { recursive: true });
      writeFileSync(join(folder, path), text);
    }
    return outputOf(join(repository, 'node_modules/.bin', tool), args, folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Both tools exit 1 when they find something: then their output is the answer. */
function outputOf(command: string, args: string[], cwd: string): string {
  try {
    return execFileSync(command, args, {
      cwd,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: 50_000,
      // Node's own bound of 1 MiB would cut the report of every ban, planted at once.
      maxBuffer: 16 * 1_024 * 1_024,
    });
  } catch (error) {
    const { stdout, stderr } = z.object({ stdout: z.string(), stderr: z.string() }).parse(error);
    if (stdout === '') throw new Error(`${command} said: ${stderr}`, { cause: error });
    return stdout;
  }
}
