/** Who views what, in memory: counts, bounds, and what was last shown of each record. */
import {
  STREAMS_PER_ACCOUNT_MAX,
  VIEWED_RECORDS_MAX,
  VIEWERS_PER_ACCOUNT_MAX,
  VIEWERS_PER_KEY_MAX,
  VIEWERS_PER_RECORD_MAX,
} from '../../core/limits.ts';
import type { ViewerFacts } from '../../core/live.ts';
import { StreamViewer } from './stream.ts';
import type { Viewer } from './viewer.ts';

/** `asOf` undefined: not read by this instance. */
type Viewed = { key: string; viewers: Set<Viewer>; asOf?: string | null; lookAtMs: number | null };
export type Full = { of: 'record' | 'account' | 'key' | 'records' | 'streams'; most: number; record?: string };

export class Viewers {
  readonly #ids = new Map<Viewer, string[]>();
  readonly #viewed = new Map<string, Viewed>();
  readonly #byKey = new Map<string | null, number>();
  #streams = 0;

  get size(): number {
    return this.#ids.size;
  }

  /** `ids`: of its records, in their order. */
  add(viewer: Viewer, ids: string[]): void {
    this.#ids.set(viewer, ids);
    this.#count(viewer, 1);
    for (const [index, id] of ids.entries()) {
      const key = viewer.facts.records[index] ?? '';
      const viewed = this.#viewed.get(id) ?? { key, viewers: new Set(), lookAtMs: null };
      viewed.viewers.add(viewer);
      this.#viewed.set(id, viewed);
    }
  }

  delete(viewer: Viewer): void {
    const ids = this.#ids.get(viewer);
    if (ids === undefined) return;
    this.#ids.delete(viewer);
    this.#count(viewer, -1);
    for (const id of ids) {
      const viewed = this.#viewed.get(id);
      viewed?.viewers.delete(viewer);
      if (viewed?.viewers.size === 0) this.#viewed.delete(id);
    }
  }

  #count(viewer: Viewer, by: 1 | -1): void {
    const { key } = viewer.facts;
    this.#byKey.set(key, (this.#byKey.get(key) ?? 0) + by);
    if (viewer instanceof StreamViewer) this.#streams += by;
  }

  /** What it would take too many of; null: there is room. */
  full({ key, records }: ViewerFacts, ids: readonly string[], isStream: boolean): Full | null {
    if (this.size >= VIEWERS_PER_ACCOUNT_MAX) return { of: 'account', most: VIEWERS_PER_ACCOUNT_MAX };
    if ((this.#byKey.get(key) ?? 0) >= VIEWERS_PER_KEY_MAX) return { of: 'key', most: VIEWERS_PER_KEY_MAX };
    if (isStream && this.#streams >= STREAMS_PER_ACCOUNT_MAX) return { of: 'streams', most: STREAMS_PER_ACCOUNT_MAX };
    const crowded = ids.findIndex((id) => this.of(id).size >= VIEWERS_PER_RECORD_MAX);
    if (crowded >= 0) return { of: 'record', most: VIEWERS_PER_RECORD_MAX, record: records[crowded] ?? '' };
    const added = ids.filter((id) => !this.#viewed.has(id)).length;
    return this.#viewed.size + added > VIEWED_RECORDS_MAX ? { of: 'records', most: VIEWED_RECORDS_MAX } : null;
  }

  has(id: string): boolean {
    return this.#viewed.has(id);
  }

  of(id: string): ReadonlySet<Viewer> {
    return this.#viewed.get(id)?.viewers ?? NOBODY;
  }

  all(): Viewer[] {
    return [...this.#ids.keys()];
  }

  records(): string[] {
    return [...this.#viewed.keys()];
  }

  idsOf(viewer: Viewer): string[] {
    return this.#ids.get(viewer) ?? [];
  }

  /** Of those that somebody views. */
  keysOf(ids: Iterable<string>): Map<string, string> {
    return new Map(
      [...ids].flatMap((id) => {
        const viewed = this.#viewed.get(id);
        return viewed === undefined ? [] : [[id, viewed.key] as const];
      }),
    );
  }

  /** True: it is not what was shown before, as far as this instance knows. */
  noteShown(id: string, asOf: string | null, lookAtMs: number | null): boolean {
    const viewed = this.#viewed.get(id);
    if (viewed === undefined) return false;
    viewed.lookAtMs = lookAtMs;
    if (viewed.asOf === asOf) return false;
    viewed.asOf = asOf;
    return true;
  }

  /**
   * The first of its records that is to be looked at again. One that this instance has not read
   * keeps the viewer's own time.
   */
  lookAtMs(viewer: Viewer): number | null {
    const viewed = this.idsOf(viewer).map((id) => this.#viewed.get(id));
    const times = viewed.flatMap((one) => one?.lookAtMs ?? []);
    if (viewer.lookAtMs !== null && viewed.some((one) => one?.asOf === undefined)) times.push(viewer.lookAtMs);
    return times.length === 0 ? null : Math.min(...times);
  }
}

const NOBODY: ReadonlySet<Viewer> = new Set();
