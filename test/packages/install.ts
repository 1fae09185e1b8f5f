/** A project of its own with the packed files installed, as a user's would have them. */
import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Built, buildPackages } from '../../src/tools/packages/build.ts';

/**
 * Inside the repository, so that its types of Node, Workers, Redis and PostgreSQL are found;
 * ignored by git.
 */
const ROOT = join(import.meta.dirname, '../..');

export type Installed = { folder: string; built: Built[]; remove: () => void };

export function installPackages(): Installed {
  mkdirSync(join(ROOT, 'dist'), { recursive: true });
  const place = mkdtempSync(join(ROOT, 'dist/consumer-'));
  const remove = () => rmSync(place, { recursive: true, force: true });
  try {
    const built = buildPackages(join(place, 'packages'));
    const folder = join(place, 'project');
    cpSync(join(import.meta.dirname, 'consumer'), folder, { recursive: true });
    writeFileSync(join(folder, 'package.json'), '{"type":"module","private":true}');
    // Neither has a dependency, so nothing is asked of a registry.
    const options = ['--offline', '--no-audit', '--no-fund', '--ignore-scripts'];
    execFileSync('npm', ['install', ...options, ...built.map(({ tarball }) => tarball)], {
      cwd: folder,
      stdio: 'pipe',
    });
    return { folder, built, remove };
  } catch (error) {
    remove();
    throw error;
  }
}
