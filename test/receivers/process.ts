/** A receiver as a process, with all that it has started: it can be killed and started again. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { delimiter, dirname, join } from 'node:path';
import { until } from '../support/poll.ts';
import type { Actor } from './cast.ts';

const STARTS_WITHIN_MS = 60_000;
const OUTPUT_CHARS_MAX = 4_000;

export const SOURCE = join(import.meta.dirname, '../../docs/receivers');

/** For its steps and its run. */
export function environmentOf(more: Record<string, string> = {}): Record<string, string | undefined> {
  const path = [dirname(process.execPath), process.env['PATH']].join(delimiter);
  return { ...process.env, PATH: path, SOURCE, HERE: import.meta.dirname, NODE_NO_WARNINGS: '1', ...more };
}

export class Running {
  readonly #actor: Actor;
  readonly #folder: string;
  readonly #more: Record<string, string>;
  readonly port: number;
  #child: ChildProcess | null = null;
  output = '';

  constructor(actor: Actor, folder: string, port: number, more: Record<string, string> = {}) {
    this.#more = more;
    this.#actor = actor;
    this.#folder = folder;
    this.port = port;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}/hook`;
  }

  async start(secrets: readonly string[]): Promise<void> {
    const env = environmentOf({
      PORT: String(this.port),
      DATABASE: join(this.#folder, 'receiver.db'),
      WEBHOOK_SECRET: secrets.join(' '),
      ...this.#more,
    });
    // A process group of its own: what a receiver starts dies with it.
    const child = spawn('bash', ['-c', `exec ${this.#actor.run}`], {
      cwd: this.#folder,
      env,
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#child = child;
    for (const stream of [child.stdout, child.stderr]) {
      stream?.setEncoding('utf8').on('data', (text: string) => {
        this.output = (this.output + text).slice(-OUTPUT_CHARS_MAX);
      });
    }
    await until(`${this.#actor.name} listens`, STARTS_WITHIN_MS, () => this.#isUp(child)).catch((error: unknown) => {
      throw new Error(`${String(error)}\n${this.output}`);
    });
  }

  /** `kill -9` of the whole group. */
  async kill(): Promise<void> {
    const child = this.#child;
    this.#child = null;
    if (child?.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, 'exit');
    process.kill(-child.pid, 'SIGKILL');
    await ended;
  }

  /** Any answer to a request that is none of ours. */
  async #isUp(child: ChildProcess): Promise<true | null> {
    if (child.exitCode !== null) throw new Error(`it ended with ${child.exitCode}`);
    try {
      const answer = await fetch(this.url, { method: 'POST', body: '{}', signal: AbortSignal.timeout(5_000) });
      return answer.status < 500 ? true : null;
    } catch {
      // Nobody listens yet.
      return null;
    }
  }
}
