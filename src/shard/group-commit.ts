/**
 * One commit for all that arrives while another is on its way: under load a commit serves many
 * publishes and outcomes, and a lone one waits for nobody. The platform groups what one call does,
 * never two calls.
 */
import { GROUP_TASKS_MAX } from '../core/limits.ts';
import type { Done, Task } from './shard-ledger.ts';

type Waiting = { task: Task; resolve(result: unknown): void; reject(error: unknown): void };

export class GroupCommit {
  readonly #turn: (tasks: Task[]) => Done[];
  readonly #committed: () => Promise<void>;
  readonly #waiting: Waiting[] = [];
  #isCommitting = false;

  /**
   * `turn` performs the effects too; `committed` resolves once what was written so far is durable.
   */
  constructor(turn: (tasks: Task[]) => Done[], committed: () => Promise<void>) {
    this.#turn = turn;
    this.#committed = committed;
  }

  /** Tasks that have not begun. */
  get waiting(): number {
    return this.#waiting.length;
  }

  /** Rejects with what the task throws. */
  join<T>(task: Task<T>): Promise<T> {
    const { promise, resolve, reject } = Promise.withResolvers<unknown>();
    this.#waiting.push({ task, resolve, reject });
    if (!this.#isCommitting) void this.#drain();
    // The turn answers each task with what the task itself returned.
    return promise as Promise<T>;
  }

  async #drain(): Promise<void> {
    this.#isCommitting = true;
    while (this.#waiting.length > 0) {
      this.#run(this.#waiting.splice(0, GROUP_TASKS_MAX));
      // A commit that fails is the object's end: the platform answers those who wait.
      await this.#committed().catch(() => undefined);
    }
    this.#isCommitting = false;
  }

  #run(group: Waiting[]): void {
    let done: Done[];
    try {
      done = this.#turn(group.map(({ task }) => task));
    } catch (error) {
      for (const { reject } of group) reject(error);
      return;
    }
    for (const [index, { resolve, reject }] of group.entries()) {
      const one = done[index];
      if (one?.ok === true) resolve(one.result);
      else reject(one?.error ?? new Error('a task of a turn has no outcome'));
    }
  }
}
