/** Another commit of this repository, checked out beside it for the time of a measurement. */
import { execFileSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { join } from 'node:path';

const root = join(import.meta.dirname, '../../..');

export type Build = { name: string; root: string; remove: () => void };

export function ownBuild(): Build {
  const isClean = git('status', '--porcelain', '--', 'src', 'package-lock.json') === '';
  return { name: `${git('rev-parse', '--short', 'HEAD')}${isClean ? '' : '+'}`, root, remove: () => {} };
}

/**
 * Its node_modules are hard links to ours where both lock files are the same; else `npm ci` fills
 * them.
 */
export function buildOf(commit: string): Build {
  const name = git('rev-parse', '--short', `${commit}^{commit}`);
  const folder = join(root, '.wrangler/bench', name);
  const remove = () => {
    rmSync(folder, { recursive: true, force: true });
    git('worktree', 'prune');
  };
  remove();
  git('worktree', 'add', '--detach', folder, name);
  const sameLock = git('diff', '--name-only', name, '--', 'package-lock.json') === '';
  if (sameLock) execFileSync('cp', ['-al', join(root, 'node_modules'), join(folder, 'node_modules')]);
  else execFileSync('npm', ['ci', '--no-audit', '--no-fund'], { cwd: folder, stdio: 'inherit' });
  return { name, root: folder, remove };
}

function git(...args: string[]): string {
  return execFileSync('git', args, { cwd: root, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();
}
