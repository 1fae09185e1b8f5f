/**
 * What the commands run on, so that tests can run them without a terminal, a network or time that
 * passes.
 */
import { readFile } from 'node:fs/promises';
import { createInterface } from 'node:readline/promises';
import { setTimeout as wait } from 'node:timers/promises';
import { text } from 'node:stream/consumers';

export type Io = {
  env: Readonly<Record<string, string | undefined>>;
  /** Standard output: what was asked for. */
  out: (text: string) => void;
  /** Standard error: progress, hints, failures. Never part of what a pipe reads. */
  err: (text: string) => void;
  isTerminal: { in: boolean; out: boolean; err: boolean };
  columns: () => number;
  /** Standard input, whole. */
  readInput: () => Promise<string>;
  readFile: (path: string) => Promise<string>;
  /** One line that a person types. */
  ask: (question: string) => Promise<string>;
  fetch: (url: string, init: RequestInit) => Promise<Response>;
  nowMs: () => number;
  /** Resolves early when `signal` aborts. */
  sleep: (ms: number) => Promise<void>;
  /** Aborted by Ctrl+C. */
  signal: AbortSignal;
};

export function nodeIo(): Io {
  const interrupted = new AbortController();
  // The second one ends the process at once, as Node does by itself.
  for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, () => interrupted.abort());
  endQuietlyWithoutReader();
  const { signal } = interrupted;
  return {
    env: process.env,
    out: (part) => void process.stdout.write(part),
    err: (part) => void process.stderr.write(part),
    isTerminal: {
      in: process.stdin.isTTY === true,
      out: process.stdout.isTTY === true,
      err: process.stderr.isTTY === true,
    },
    columns: () => process.stderr.columns ?? 80,
    readInput: () => text(process.stdin),
    readFile: (path) => readFile(path, 'utf8'),
    ask,
    fetch: (url, init) => fetch(url, init),
    nowMs: () => Date.now(),
    sleep: async (ms) => {
      await wait(ms, undefined, { signal }).catch((error: unknown) => {
        if (!signal.aborted) throw error;
      });
    },
    signal,
  };
}

async function ask(question: string): Promise<string> {
  const lines = createInterface({ input: process.stdin, output: process.stderr });
  try {
    return await lines.question(question);
  } finally {
    lines.close();
  }
}

/** `tubepost tail | head -1`: a reader that has enough is no failure. */
function endQuietlyWithoutReader(): void {
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
    process.exit(0);
  });
}
