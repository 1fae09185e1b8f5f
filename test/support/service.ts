/**
 * The real service as a child process: what `npm start` runs, with a port, a state folder and a key
 * of its own. It leads a process group, so that `kill` ends workerd with it in the same instant, as
 * a power cut would.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { delimiter, dirname, join } from 'node:path';
import { z } from 'zod';
import { eventually, until } from './poll.ts';

const ownRoot = join(import.meta.dirname, '../..');
const START_WITHIN_MS = 90_000;
const STOP_WITHIN_MS = 15_000;
const OUTPUT_LINES_MAX = 60;

const Package = z.object({ scripts: z.object({ start: z.string() }) });

export type Place = {
  port: number;
  stateDir: string;
  key: string;
  /** Further variables of the environment. */
  vars?: Record<string, string>;
  /** Another build's folder. */
  root?: string;
  /** Another program that serves `/health`; absent: what `npm start` runs. */
  command?: string;
};

export type Service = {
  url: string;
  key: string;
  /** The id of its process group, workerd included. */
  group: number;
  /** Resolves once it answers; throws what it printed if it ends before, or takes too long. */
  ready(): Promise<void>;
  hasEnded(): boolean;
  /** As Ctrl+C would. */
  stop(): Promise<void>;
  /** As a crash would: `kill -9` of the whole group. */
  kill(): Promise<void>;
  /** The last lines it printed that are not about a publish or an attempt that went well. */
  complaints(): string[];
};

export async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const address = probe.address();
  probe.close();
  await once(probe, 'close');
  if (address === null || typeof address === 'string') throw new Error('the probe has no port');
  return address.port;
}

/** Starts it and waits until it is ready. */
export async function startService(at: Place): Promise<Service> {
  const service = launchService(at);
  await service.ready();
  return service;
}

/** Started, and not ready yet: it may be killed at any moment of its start. */
export function launchService(at: Place): Service {
  const url = `http://127.0.0.1:${at.port}`;
  const temporary = join(at.stateDir, 'tmp');
  mkdirSync(temporary, { recursive: true });
  const { root = ownRoot, command = startScript(root) } = at;
  const child = spawn('sh', ['-c', command], {
    cwd: root,
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      ...process.env,
      PATH: [dirname(process.execPath), process.env['PATH']].join(delimiter),
      PORT: String(at.port),
      STATE_DIR: at.stateDir,
      // What a killed one leaves behind goes with its state.
      TMPDIR: temporary,
      ADMIN_KEY: at.key,
      LOCAL_MODE: 'true',
      ALLOW_PRIVATE_ENDPOINTS: 'true',
      SERVICE_HOSTS: '',
      ...at.vars,
    },
  });
  const lines = keepLines(child);
  // The parent may end by any way; workerd must not outlive it.
  const last = () => killGroup(child);
  process.on('exit', last);
  child.once('exit', () => process.off('exit', last));

  return {
    url,
    key: at.key,
    group: child.pid ?? 0,
    ready: async () => {
      try {
        await until('the service is ready', START_WITHIN_MS, () => isReady(url, child));
      } catch (error) {
        killGroup(child);
        throw new Error(`the service did not start:\n${lines.join('\n')}`, { cause: error });
      }
    },
    hasEnded: () => hasEnded(child),
    stop: () => stop(child),
    kill: async () => {
      killGroup(child);
      if (!(await ended(child))) throw new Error('the service outlived kill -9');
    },
    complaints: () => [...lines],
  };
}

/** It ends in `exec`, so that the child is the service and not a shell. */
function startScript(root: string): string {
  return Package.parse(JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))).scripts.start;
}

async function isReady(url: string, child: ChildProcess): Promise<true | null> {
  if (hasEnded(child)) throw new Error(`it ended with ${child.exitCode ?? child.signalCode}`);
  try {
    const answer = await fetch(`${url}/health`, { signal: AbortSignal.timeout(5_000) });
    return answer.ok ? true : null;
  } catch {
    // Nobody listens yet.
    return null;
  }
}

async function stop(child: ChildProcess): Promise<void> {
  child.kill('SIGTERM');
  const isClean = await ended(child);
  // Whatever is left of the group.
  killGroup(child);
  if (!isClean) throw new Error(`the service did not stop within ${STOP_WITHIN_MS / 1_000} s of SIGTERM`);
}

function ended(child: ChildProcess): Promise<boolean> {
  return eventually(STOP_WITHIN_MS, () => hasEnded(child));
}

function hasEnded(child: ChildProcess): boolean {
  return child.exitCode !== null || child.signalCode !== null;
}

function killGroup(child: ChildProcess): void {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, 'SIGKILL');
  } catch {
    // The whole group has ended already.
  }
}

function keepLines(child: ChildProcess): string[] {
  const lines: string[] = [];
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding('utf8').on('data', (text: string) => {
      lines.push(...text.split('\n').filter((line) => line.trim() !== '' && !isRoutine(line)));
      lines.splice(0, Math.max(0, lines.length - OUTPUT_LINES_MAX));
    });
  }
  return lines;
}

function isRoutine(line: string): boolean {
  return /^\{.*"message":"(publish|attempt)"/.test(line) || !/^\{|error|warn/i.test(line);
}
