/**
 * Kills the whole service, again and again, at random moments of its start and of its work, and
 * starts it again on the same state at once. Knows nothing of what the service does.
 */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { Prng } from '../sim/prng.ts';
import { launchService, type Place, type Service } from '../support/service.ts';

export type Kill = { atMs: number; moment: 'starting' | 'working'; afterMs: number };

/** After the launch, and after it was ready. */
const STARTING_MS = [100, 2_500] as const;
const WORKING_MS = [200, 6_000] as const;
const STARTING_SHARE = 0.3;

export class Killer {
  readonly kills: Kill[] = [];
  readonly #place: Place;
  readonly #prng: Prng;
  #running: Service | null = null;

  constructor(place: Place, seed: number) {
    this.#place = place;
    this.#prng = new Prng(seed + 404);
  }

  get running(): Service | null {
    return this.#running;
  }

  async start(): Promise<Service> {
    this.#running = launchService(this.#place);
    await this.#running.ready();
    return this.#running;
  }

  /** Ends with the service ready. The first one works when it is killed. */
  async kill(count: number, tell: (kill: Kill) => void): Promise<void> {
    let moment: Kill['moment'] = 'working';
    for (let number = 1; number <= count; number += 1) {
      const [least, most] = moment === 'working' ? WORKING_MS : STARTING_MS;
      const afterMs = this.#prng.between(least, most);
      await wait(afterMs);
      // A service that ended without us is a failure of its own.
      if (this.#running === null || this.#running.hasEnded()) {
        throw new Error(`the service ended by itself:\n${this.#running?.complaints().join('\n')}`);
      }
      await this.#running.kill();
      const kill = { atMs: Date.now(), moment, afterMs };
      this.kills.push(kill);
      tell(kill);
      rmSync(join(this.#place.stateDir, 'tmp'), { recursive: true, force: true });
      moment = number < count && this.#prng.chance(STARTING_SHARE) ? 'starting' : 'working';
      this.#running = launchService(this.#place);
      if (moment === 'working') await this.#running.ready();
    }
  }

  async stop(): Promise<void> {
    await this.#running?.stop();
  }
}
