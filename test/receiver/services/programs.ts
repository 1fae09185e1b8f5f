/**
 * Finds a server's program, and installs Debian's package where this may be done; else says why
 * not.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, globSync } from 'node:fs';

/** Run by this name: Debian's redis-server is a link to a program that does what its name says. */
export type Found = { path: string } | { missing: string };

/** `places` are globs: Debian keeps the programs of PostgreSQL out of the PATH. */
export function findProgram(places: string[], debianPackage: string): Found {
  const before = firstOf(places);
  if (before !== undefined) return { path: before };
  const refusal = install(debianPackage);
  const after = firstOf(places);
  return after === undefined
    ? { missing: `${debianPackage} is not installed: ${refusal ?? 'no program found'}` }
    : { path: after };
}

function firstOf(places: string[]): string | undefined {
  return places.flatMap((place) => globSync(place).toSorted().slice(-1))[0];
}

function install(debianPackage: string): string | null {
  if (process.getuid?.() !== 0) return 'only root may install it';
  if (!existsSync('/usr/bin/apt-get')) return 'this is no Debian';
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  try {
    execFileSync('apt-get', ['update'], { env, stdio: 'ignore', timeout: 180_000 });
    execFileSync('apt-get', ['install', '-y', '--no-install-recommends', debianPackage], {
      env,
      stdio: 'ignore',
      timeout: 180_000,
    });
    return null;
  } catch (error) {
    return `apt-get failed: ${String(error).slice(0, 200)}`;
  }
}
