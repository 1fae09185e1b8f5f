/**
 * Redis and PostgreSQL of their own for a test, on a free port, with their data in a temporary
 * folder.
 */
import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { chmodSync, chownSync, mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { freePort } from '../../support/service.ts';
import { findProgram } from './programs.ts';

export type Server = { port: number; stop: () => Promise<void> };
export type Started = Server | { missing: string };

const START_MS = 30_000;

export async function startRedis(): Promise<Started> {
  const found = findProgram(
    ['/usr/bin/redis-server', '/usr/local/bin/redis-server', '/opt/homebrew/bin/redis-server'],
    'redis-server',
  );
  if ('missing' in found) return found;
  const folder = mkdtempSync(join(tmpdir(), 'tubepost-redis-'));
  const port = await freePort();
  const options = ['--port', String(port), '--bind', '127.0.0.1', '--dir', folder, '--save', '', '--appendonly', 'yes'];
  return started(spawn(found.path, options, { stdio: 'ignore' }), folder, port, () => answers(port));
}

export async function startPostgres(): Promise<Started> {
  const found = findProgram(['/usr/lib/postgresql/*/bin/postgres', '/usr/local/bin/postgres'], 'postgresql');
  if ('missing' in found) return found;
  const user = ordinaryUser();
  if ('missing' in user) return user;
  const folder = mkdtempSync(join(tmpdir(), 'tubepost-postgres-'));
  if ('uid' in user) chownSync(folder, user.uid, user.gid);
  chmodSync(folder, 0o700);
  const port = await freePort();
  // They are beside the file itself, not beside a link to it.
  const neighbours = dirname(realpathSync(found.path));
  const initdb = join(neighbours, 'initdb');
  execFileSync(initdb, ['-D', folder, '-U', 'postgres', '-A', 'trust', '-E', 'UTF8'], {
    ...user,
    cwd: folder,
    stdio: 'ignore',
  });
  const options = ['-D', folder, '-p', String(port), '-h', '127.0.0.1', '-k', folder, '-c', 'fsync=off'];
  const child = spawn(found.path, options, { ...user, cwd: folder, stdio: 'ignore' });
  // It listens before it takes sessions.
  const probe = ['-q', '-h', '127.0.0.1', '-p', String(port)];
  return started(child, folder, port, async () => spawnSync(join(neighbours, 'pg_isready'), probe).status === 0);
}

/** PostgreSQL refuses to run as root. */
function ordinaryUser(): { uid: number; gid: number } | Record<never, never> | { missing: string } {
  if (process.getuid?.() !== 0) return {};
  try {
    const id = (flag: string) =>
      Number(execFileSync('id', [flag, 'postgres'], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }));
    return { uid: id('-u'), gid: id('-g') };
  } catch {
    return { missing: 'PostgreSQL does not run as root, and there is no user postgres' };
  }
}

async function started(
  child: ChildProcess,
  folder: string,
  port: number,
  isReady: () => Promise<boolean>,
): Promise<Started> {
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const stop = async () => {
    // SIGINT: PostgreSQL ends its sessions and does not wait for them.
    child.kill('SIGINT');
    await exited;
    rmSync(folder, { recursive: true, force: true });
  };
  const endMs = Date.now() + START_MS;
  while (!(await isReady())) {
    if (child.exitCode !== null || Date.now() > endMs) {
      await stop();
      throw new Error(`the server on port ${port} did not start`);
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return { port, stop };
}

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    const end = (isUp: boolean) => {
      socket.destroy();
      resolve(isUp);
    };
    socket.once('connect', () => end(true)).once('error', () => end(false));
  });
}
