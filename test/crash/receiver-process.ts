/** The receiver's process as its parent sees it: its address, its secrets, its end. */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { z } from 'zod';
import { until } from '../support/poll.ts';

const ANSWER_WITHIN_MS = 15_000;
const said = z.union([
  z.object({ url: z.string() }),
  z.object({ path: z.string() }),
  z.object({ unreadable: z.string() }),
]);

export class ReceiverProcess {
  /** What could not even be read: each is a failure. */
  readonly unreadable: string[] = [];
  readonly #child: ChildProcess;
  readonly #known = new Map<string, number>();
  /** How many secrets each path was told. */
  readonly #told = new Map<string, number>();
  #url: string | null = null;

  constructor(file: string) {
    this.#child = fork(join(import.meta.dirname, 'receiver.ts'), [file], { stdio: 'inherit' });
    this.#child.on('message', (message) => {
      const news = said.parse(message);
      if ('url' in news) this.#url = news.url;
      else if ('path' in news) this.#known.set(news.path, (this.#known.get(news.path) ?? 0) + 1);
      else this.unreadable.push(news.unreadable);
    });
  }

  url(): Promise<string> {
    return until('the receiver listens', ANSWER_WITHIN_MS, () => this.#url);
  }

  /**
   * Resolves once the receiver verifies with it too. Answers its place among the path's secrets.
   */
  async addSecret(path: string, secret: string): Promise<number> {
    const index = this.#told.get(path) ?? 0;
    this.#told.set(path, index + 1);
    this.#child.send({ path, secret });
    await until('the receiver knows the secret', ANSWER_WITHIN_MS, () =>
      (this.#known.get(path) ?? 0) > index ? true : null,
    );
    return index;
  }

  hasEnded(): boolean {
    return this.#child.exitCode !== null || this.#child.signalCode !== null;
  }

  /** Everything it saw is in its file then. */
  async stop(): Promise<void> {
    if (this.hasEnded()) return;
    const exit = once(this.#child, 'exit');
    this.#child.disconnect();
    const timer = setTimeout(() => this.#child.kill('SIGKILL'), ANSWER_WITHIN_MS);
    await exit;
    clearTimeout(timer);
  }
}
