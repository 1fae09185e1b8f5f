/**
 * Which endpoints changed at which revision, since this instance began: so that an isolate that
 * knows a revision reads what changed and not ten thousand endpoints. In memory only: an instance
 * that knows less answers with all of them.
 */
import { SETTINGS_CHANGES_MAX } from '../core/limits.ts';

export class ChangedSince {
  /** Changes after this revision are all known. */
  #since: number;
  /** Oldest change first. */
  readonly #at = new Map<string, number>();

  constructor(revision: number) {
    this.#since = revision;
  }

  add(endpoint: string, revision: number): void {
    this.#at.delete(endpoint);
    this.#at.set(endpoint, revision);
    for (const [oldest, at] of this.#at) {
      if (this.#at.size <= SETTINGS_CHANGES_MAX) return;
      this.#at.delete(oldest);
      this.#since = at;
    }
  }

  /** Null: not all of them are known. */
  after(revision: number): string[] | null {
    if (revision < this.#since) return null;
    return [...this.#at].flatMap(([endpoint, at]) => (at > revision ? [endpoint] : []));
  }
}
