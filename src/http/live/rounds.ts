/**
 * When who is shown what: everything that has changed is shown in rounds, VIEWERS_ROUND_MS apart,
 * so that many changes of a record are one message and a viewer always gets the newest. One round
 * at a time, so nothing old follows something newer.
 */
import {
  VIEWERS_AGAIN_MS,
  VIEWERS_AGAIN_MS_CAP,
  VIEWERS_ROUND_MS,
  VIEWERS_ROUND_RECORDS_MAX,
  VIEWERS_TRIES_MAX,
} from '../../core/limits.ts';
import type { Viewer } from './viewer.ts';

/** Shows what has changed to all who view it; `newcomers` see it whether it has changed or not. */
export type Newcomers = ReadonlySet<Viewer>;

export type RoundLinks = {
  nowMs(): number;
  wait(ms: number): Promise<void>;
  keep(work: Promise<void>): void;
  /** Throws where it did not show all of them. */
  show(round: Map<string, Newcomers>): Promise<void>;
  /** All tries failed. */
  gaveUp(round: Map<string, Newcomers>, error: unknown): void;
};

export class Rounds {
  readonly #links: RoundLinks;
  #wanted = new Map<string, Newcomers>();
  #isRunning = false;
  #beganAtMs = -Infinity;

  constructor(links: RoundLinks) {
    this.#links = links;
  }

  want(records: Iterable<string>, newcomers: Newcomers = NOBODY): void {
    for (const record of records) this.#add(record, newcomers);
    if (this.#isRunning || this.#wanted.size === 0) return;
    this.#isRunning = true;
    this.#links.keep(this.#run());
  }

  #add(record: string, newcomers: Newcomers): void {
    const known = this.#wanted.get(record) ?? NOBODY;
    this.#wanted.set(record, newcomers.size === 0 ? known : known.union(newcomers));
  }

  async #run(): Promise<void> {
    let failures = 0;
    while (this.#wanted.size > 0) {
      const restMs = this.#beganAtMs + VIEWERS_ROUND_MS - this.#links.nowMs();
      if (restMs > 0) await this.#links.wait(Math.min(restMs, VIEWERS_ROUND_MS));
      this.#beganAtMs = this.#links.nowMs();
      const round = new Map([...this.#wanted].slice(0, VIEWERS_ROUND_RECORDS_MAX));
      for (const record of round.keys()) this.#wanted.delete(record);
      try {
        await this.#links.show(round);
        failures = 0;
      } catch (error) {
        failures += 1;
        if (failures >= VIEWERS_TRIES_MAX) {
          this.#links.gaveUp(round, error);
          failures = 0;
          continue;
        }
        for (const [record, newcomers] of round) this.#add(record, newcomers);
        await this.#links.wait(Math.min(VIEWERS_AGAIN_MS_CAP, VIEWERS_AGAIN_MS * 2 ** (failures - 1)));
      }
    }
    this.#isRunning = false;
  }
}

const NOBODY: Newcomers = new Set();
