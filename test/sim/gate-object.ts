/** A Gate as the platform runs it. Mirrors src/gate/gate.ts around the same ledger; keep the two alike. */
import type { EndpointStatus } from '../../src/core/endpoint.ts';
import { UNAVAILABLE_WAIT_MS_MIN } from '../../src/core/limits.ts';
import { GateLedger } from '../../src/gate/ledger.ts';
import { Life } from './schedule.ts';
import { ObjectStorage } from './sqlite.ts';
import type { World } from './world.ts';

export type GateLinks = { wake(from: Life, record: string, endpoint: string, revision: number): Promise<void> };

export class GateHost {
  readonly endpoint: string;
  readonly storage = new ObjectStorage();
  readonly world: World;
  readonly links: GateLinks;
  alarmAtMs: number | null = null;
  isRinging = false;
  instance: GateInstance | null = null;

  constructor(world: World, endpoint: string, links: GateLinks) {
    this.world = world;
    this.endpoint = endpoint;
    this.links = links;
  }

  running(): GateInstance {
    this.instance ??= new GateInstance(this, new Life(`gate ${this.endpoint.slice(-4)}`));
    return this.instance;
  }

  crash(): void {
    const { instance } = this;
    if (instance === null) return;
    this.instance = null;
    this.isRinging = false;
    instance.life.end();
    this.world.schedule.bury(instance.life, this.world.prng);
  }

  ring(): void {
    const before = this.alarmAtMs;
    const instance = this.running();
    this.alarmAtMs = null;
    this.isRinging = true;
    void instance.ring().then(() => {
      if (instance.life.isAlive) this.isRinging = false;
    });
    if (!instance.life.isAlive) this.alarmAtMs = before;
  }

  /** Records that wait here, as the rows say. */
  parked(): Set<string> {
    const hasTable = this.storage.query(`SELECT 1 FROM sqlite_master WHERE name = 'parked'`).length > 0;
    const rows = hasTable ? this.storage.query('SELECT record FROM parked') : [];
    return new Set(rows.map((row) => String(row['record'])));
  }
}

class GateInstance {
  readonly life: Life;
  readonly #host: GateHost;
  readonly #ledger: GateLedger;

  constructor(host: GateHost, life: Life) {
    this.#host = host;
    this.life = life;
    const { world, storage } = host;
    this.#ledger = new GateLedger(
      storage.sqlFor(
        life,
        () => world.turnFault(),
        () => host.crash(),
        () => undefined,
      ),
    );
  }

  async park(record: string, seenRevision: number) {
    const { answer, wakeAtMs } = this.#ledger.park(record, seenRevision, this.#host.world.nowMs);
    this.#arm(wakeAtMs);
    return answer;
  }

  async changed(revision: number, status: EndpointStatus | 'removed') {
    this.#arm(this.#ledger.changed(revision, status, this.#host.world.nowMs).wakeAtMs);
  }

  async ring(): Promise<void> {
    const host = this.#host;
    const { world } = host;
    this.#set(world.nowMs + UNAVAILABLE_WAIT_MS_MIN);
    try {
      const { records, revision } = this.#ledger.due();
      const results = await Promise.allSettled(
        records.map((record) => host.links.wake(this.life, record, host.endpoint, revision)),
      );
      const woken = records.filter((_, index) => results[index]?.status === 'fulfilled');
      const failed = records.filter((_, index) => results[index]?.status !== 'fulfilled');
      const { wakeAtMs } = this.#ledger.settle(woken, failed, revision, world.nowMs);
      this.#set(wakeAtMs);
    } catch (error) {
      world.note(`gate alarm failed: ${String(error)}`);
    }
  }

  #arm(wakeAtMs: number | null): void {
    if (wakeAtMs !== null) this.#set(wakeAtMs);
  }

  #set(atMs: number | null): void {
    if (this.life.isAlive) this.#host.alarmAtMs = atMs;
  }
}
