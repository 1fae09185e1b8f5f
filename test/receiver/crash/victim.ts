/**
 * A receiver that can be killed with `kill -9`, with all that it has started, and started again.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { soon } from '../../support/soon.ts';
import type { Signed } from '../signed.ts';

/** A sender gives up on an answer after this. */
const ANSWER_MS = 10_000;

export class Victim {
  readonly #args: string[];
  readonly #url: string;
  #child: ChildProcess | null = null;

  constructor(args: string[], url: string) {
    this.#args = args;
    this.#url = url;
  }

  async start(): Promise<void> {
    // A process group of its own: workerd is the child of its starter.
    this.#child = spawn(process.execPath, this.#args, { detached: true, stdio: ['ignore', 'ignore', 'inherit'] });
    await soon(() => this.work());
  }

  async kill(): Promise<void> {
    const child = this.#child;
    if (child?.pid === undefined) return;
    this.#child = null;
    process.kill(-child.pid, 'SIGKILL');
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
  }

  /** What is committed of the handler's work. */
  async work(): Promise<string[]> {
    return (await fetch(this.#url)).json() as Promise<string[]>;
  }

  /** The answer's outcome; null where there was no answer. */
  async send({ headers, body }: Signed): Promise<string | null> {
    try {
      const signal = AbortSignal.timeout(ANSWER_MS);
      const response = await fetch(this.#url, { method: 'POST', headers, body, signal });
      return ((await response.json()) as { outcome: string }).outcome;
    } catch {
      return null;
    }
  }

  /** As a sender does: until it is told that the event is done. */
  deliver(request: Signed): Promise<string> {
    return soon(async () => {
      const outcome = await this.send(request);
      if (outcome !== 'handled' && outcome !== 'duplicate') throw new Error(`the last answer was ${outcome}`);
      return outcome;
    });
  }
}
