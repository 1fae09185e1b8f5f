/** A shell in which `tubepost` is the command line of this repository, against one service. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { text } from 'node:stream/consumers';

const root = join(import.meta.dirname, '../..');

export type Ended = { code: number | null; out: string; err: string };
export type Background = {
  /** What it has printed so far. */
  out: () => string;
  err: () => string;
  /** Ctrl+C. */
  interrupt: () => Promise<Ended>;
};
export type Shell = {
  run: (script: string) => Promise<Ended>;
  /** One command, of which the shell makes itself. */
  start: (command: string) => Background;
  /** A file in its folder. */
  write: (name: string, text: string) => void;
  /** Whatever still runs. */
  close: () => void;
};

export function openShell(folder: string, env: Record<string, string>): Shell {
  const bin = join(folder, 'bin');
  mkdirSync(bin, { recursive: true });
  const command = join(bin, 'tubepost');
  writeFileSync(command, `#!/bin/sh\nexec "${process.execPath}" "${join(root, 'src/tools/cli/main.ts')}" "$@"\n`);
  chmodSync(command, 0o755);
  const path = `${bin}${delimiter}${process.env['PATH'] ?? ''}`;
  const running = new Set<ChildProcess>();

  function launch(script: string): ChildProcess {
    const child = spawn('bash', ['-c', script], {
      cwd: folder,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, NO_COLOR: '1', ...env, PATH: path },
    });
    running.add(child);
    child.once('exit', () => running.delete(child));
    return child;
  }

  return {
    run: async (script) => {
      const child = launch(`set -euo pipefail\n${script}`);
      const [out, err] = await Promise.all([read(child.stdout), read(child.stderr), once(child, 'close')]);
      return { code: child.exitCode, out, err };
    },
    start: (line) => {
      const child = launch(`exec ${line}`);
      let [out, err] = ['', ''];
      child.stdout?.setEncoding('utf8').on('data', (part: string) => (out += part));
      child.stderr?.setEncoding('utf8').on('data', (part: string) => (err += part));
      return {
        out: () => out,
        err: () => err,
        interrupt: async () => {
          const closed = once(child, 'close');
          child.kill('SIGINT');
          await closed;
          return { code: child.exitCode, out, err };
        },
      };
    },
    write: (name, text) => writeFileSync(join(folder, name), text),
    close: () => {
      for (const child of running) child.kill('SIGKILL');
    },
  };
}

function read(stream: NodeJS.ReadableStream | null): Promise<string> {
  return stream === null ? Promise.resolve('') : text(stream);
}
