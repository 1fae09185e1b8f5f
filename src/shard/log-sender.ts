/**
 * What a Shard's records have for the log leaves in as few messages as possible: a lone entry at
 * once, because a second of an awake object costs more than a message; where another message left a
 * moment ago, after a short wait for more.
 */
import { LOG_GATHER_MS, LOG_MESSAGE_BYTES_MAX } from '../core/limits.ts';
import type { LogMessage, RecordLog } from '../core/log.ts';

export type LogSenderDeps = {
  nowMs(): number;
  wait(ms: number): Promise<void>;
  send(message: LogMessage): Promise<void>;
};

type Waiting = { part: RecordLog; bytes: number; resolve(): void; reject(error: unknown): void };

const encoder = new TextEncoder();

export class LogSender {
  readonly #shard: string;
  readonly #deps: LogSenderDeps;
  #waiting: Waiting[] = [];
  #sentAtMs = -Infinity;
  #isGathering = false;

  constructor(shard: string, deps: LogSenderDeps) {
    this.#shard = shard;
    this.#deps = deps;
  }

  /** Rejects where the queue did not take it. */
  send(part: RecordLog): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.#waiting.push({ part, bytes: encoder.encode(JSON.stringify(part)).length, resolve, reject });
    if (!this.#isGathering) void this.#gather();
    return promise;
  }

  async #gather(): Promise<void> {
    this.#isGathering = true;
    const waitMs = this.#sentAtMs + LOG_GATHER_MS - this.#deps.nowMs();
    // At once means after the turn that is under way, so that its records share a message.
    await (waitMs > 0 ? this.#deps.wait(waitMs) : Promise.resolve());
    this.#isGathering = false;
    this.#sentAtMs = this.#deps.nowMs();
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const parts of packed(waiting)) void this.#sendParts(parts);
  }

  async #sendParts(parts: Waiting[]): Promise<void> {
    try {
      await this.#deps.send({ v: 2, shard: this.#shard, records: parts.map(({ part }) => part) });
      for (const { resolve } of parts) resolve();
    } catch (error) {
      for (const { reject } of parts) reject(error);
    }
  }
}

/**
 * As many as fit into what is billed as one operation; what alone is larger gets a message of its
 * own.
 */
function packed(waiting: Waiting[]): Waiting[][] {
  const messages: Waiting[][] = [];
  let room = 0;
  for (const one of waiting) {
    const last = messages.at(-1);
    if (last === undefined || one.bytes > room) {
      messages.push([one]);
      room = LOG_MESSAGE_BYTES_MAX - one.bytes;
    } else {
      last.push(one);
      room -= one.bytes;
    }
  }
  return messages;
}
