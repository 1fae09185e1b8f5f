/**
 * Sends what the outbox owes. The Durable Object (account.ts) and the simulation drive the same
 * code.
 */
import type { Sql } from '../core/sql.ts';
import { owed, type Owed, type Receiver, RECEIVERS, settleFailed, settleSent } from './outbox.ts';

export type SenderLinks = {
  nowMs(): number;
  random(): number;
  /** Rejects where the receiver refuses, or does not answer in time. */
  send(topic: Owed): Promise<void>;
  /** What is owed has changed: the alarm follows it. */
  arm(): void;
  failed(topic: Owed, error: unknown): void;
};

export class OutboxSender {
  readonly #sql: Sql;
  readonly #links: SenderLinks;
  readonly #rounds = new Map<Receiver, Promise<void>>();

  constructor(sql: Sql, links: SenderLinks) {
    this.#sql = sql;
    this.#links = links;
  }

  get isSending(): boolean {
    return this.#rounds.size > 0;
  }

  /** Everything that is due or new. Never rejects: what fails is due again later. */
  async send(): Promise<void> {
    await Promise.all(RECEIVERS.map((receiver) => this.#sendTo(receiver)));
  }

  /** One round at a time for each: a change during it is taken up by its next batch. */
  #sendTo(receiver: Receiver): Promise<void> {
    const round = this.#rounds.get(receiver) ?? this.#sendAll(receiver).finally(() => this.#rounds.delete(receiver));
    this.#rounds.set(receiver, round);
    return round;
  }

  async #sendAll(receiver: Receiver): Promise<void> {
    const due = () => owed(this.#sql, receiver, this.#links.nowMs());
    // Ends: every batch deletes its rows or moves them into the future, and only requests add new
    // ones.
    for (let batch = due(); batch.length > 0; batch = due()) {
      await Promise.all(batch.map((topic) => this.#sendOne(topic)));
    }
    this.#links.arm();
  }

  async #sendOne(topic: Owed): Promise<void> {
    try {
      await this.#links.send(topic);
      settleSent(this.#sql, topic);
    } catch (error) {
      settleFailed(this.#sql, topic, this.#links.nowMs(), this.#links.random());
      this.#links.failed(topic, error);
    }
  }
}
