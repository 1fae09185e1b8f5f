/**
 * What an endpoint's owner and support do while everything is being killed: pause and resume,
 * rotate secrets, replay one and all. Remembers when each was acknowledged, for the judge.
 */
import { randomBytes } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import { Prng } from '../sim/prng.ts';
import { Refused, type Tubepost } from '../support/tubepost.ts';
import { isRejected, PAUSED, PICKY, ROTATED } from './cast.ts';
import type { Published } from './load.ts';
import type { ReceiverProcess } from './receiver-process.ts';

/**
 * Nothing may arrive in between: from the pause's being in force to the moment before the resume.
 */
export type Pause = { fromMs: number; toMs: number };
/**
 * `index`: of the new secret; the ones before it go on until `oldUntilMs` at least, and it signs
 * from `fromMs` on.
 */
export type Rotation = { index: number; askedMs: number; fromMs: number; oldUntilMs: number };

/** What the API promises (E7). */
const EFFECTIVE_MS = 5_000;
const PAUSED_MS = [6_500, 9_000] as const;
const BETWEEN_MS = [4_000, 9_000] as const;
const OVERLAP_SECONDS = 10;
/** A dead letter is replayed once it is surely one. */
const REPLAY_AFTER_MS = 15_000;
const IDLE_MS = 100;

export class Owner {
  readonly pauses: Pause[] = [];
  readonly rotations: Rotation[] = [];
  /**
   * Deliveries that were asked to be replayed; the answer is the replay's id, or null where it was
   * refused.
   */
  readonly replays = new Map<string, string | null>();
  /** Ids of the jobs that replay whatever is dead. */
  readonly ranges: string[] = [];
  readonly #api: Tubepost;
  readonly #receiver: ReceiverProcess;
  readonly #endpoints: ReadonlyMap<string, string>;
  readonly #seed: number;
  #isStopping = false;

  /** `endpoints`: path to id. */
  constructor(of: { api: Tubepost; receiver: ReceiverProcess; endpoints: ReadonlyMap<string, string>; seed: number }) {
    this.#api = of.api;
    this.#receiver = of.receiver;
    this.#endpoints = of.endpoints;
    this.#seed = of.seed;
  }

  /** Ends with nothing paused. */
  async run(published: Published[]): Promise<void> {
    await Promise.all([this.#pauseOften(), this.#rotateOften(), this.#replayOften(published), this.#replayRanges()]);
  }

  stop(): void {
    this.#isStopping = true;
  }

  async #pauseOften(): Promise<void> {
    const prng = new Prng(this.#seed + 101);
    const endpoint = this.#id(PAUSED);
    while (await this.#idle(prng.between(...BETWEEN_MS))) {
      await this.#api.changeEndpoint(endpoint, { status: 'paused' });
      const fromMs = Date.now() + EFFECTIVE_MS;
      await this.#idle(prng.between(...PAUSED_MS));
      this.pauses.push({ fromMs, toMs: Date.now() });
      await this.#api.changeEndpoint(endpoint, { status: 'enabled' });
    }
  }

  async #rotateOften(): Promise<void> {
    const prng = new Prng(this.#seed + 202);
    while (await this.#idle(prng.between(...BETWEEN_MS))) {
      const secret = `whsec_${randomBytes(32).toString('base64')}`;
      const index = await this.#receiver.addSecret(ROTATED, secret);
      const askedMs = Date.now();
      const body = { secret, overlapSeconds: OVERLAP_SECONDS };
      await this.#api.rotateSecret(this.#id(ROTATED), body, `rotation-${index}`);
      const oldUntilMs = askedMs + OVERLAP_SECONDS * 1_000;
      this.rotations.push({ index, askedMs, fromMs: Date.now() + EFFECTIVE_MS, oldUntilMs });
    }
  }

  async #replayOften(published: Published[]): Promise<void> {
    const prng = new Prng(this.#seed + 303);
    const endpoint = this.#id(PICKY);
    while (await this.#idle(prng.between(...BETWEEN_MS))) {
      const old = published.filter(({ id, ackedAtMs }) => isRejected(id) && ackedAtMs < Date.now() - REPLAY_AFTER_MS);
      const deliveries = old.flatMap(({ accepted }) => accepted.deliveries.filter((one) => one.endpoint === endpoint));
      const fresh = deliveries.filter(({ id }) => !this.replays.has(id));
      if (fresh.length > 0) await this.#replay(prng.pick(fresh).id);
    }
  }

  /**
   * Over the same dead letters again and again, older versions too: nothing of them may go out
   * twice.
   */
  async #replayRanges(): Promise<void> {
    const prng = new Prng(this.#seed + 404);
    const range = { endpoint: this.#id(PICKY), statuses: ['dead'], force: true, reason: 'crash test' };
    while (await this.#idle(prng.between(...BETWEEN_MS))) {
      const { id } = await this.#api.replayRange(range, `range-${this.ranges.length}`);
      this.ranges.push(id);
    }
  }

  async #replay(id: string): Promise<void> {
    this.replays.set(id, null);
    try {
      const { id: replay } = await this.#api.replay(id, 'crash test', `replay-${id}`);
      this.replays.set(id, replay);
    } catch (error) {
      // Not a dead letter yet, or a newer version was sent since: both are the contract (R4).
      if (!(error instanceof Refused) || error.status !== 409) throw error;
    }
  }

  /** False once it shall stop. */
  async #idle(ms: number): Promise<boolean> {
    const untilMs = Date.now() + ms;
    while (!this.#isStopping && Date.now() < untilMs) await wait(IDLE_MS);
    return !this.#isStopping;
  }

  #id(path: string): string {
    const id = this.#endpoints.get(path);
    if (id === undefined) throw new Error(`no endpoint has the path ${path}`);
    return id;
  }
}
