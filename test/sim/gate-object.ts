/**
 * A Gate as the platform runs it: storage and alarm that stay, instances that come and go. Around
 * the same GateCore as src/gate/gate.ts.
 */
import type { GateSettings, Woken } from '../../src/core/admission.ts';
import type { Report } from '../../src/core/report.ts';
import type { Wakeup } from '../../src/core/rpc.ts';
import { GateCore } from '../../src/gate/gate-core.ts';
import { Life } from './schedule.ts';
import { ObjectStorage } from './sqlite.ts';
import { ignore, type World } from './world.ts';

export type GateLinks = {
  /** One call for all records of a Shard. */
  wake(from: Life, shard: string, endpoint: string, revision: number, wakes: Wakeup[]): Promise<Woken[]>;
  watch(from: Life, endpoint: string, isWatched: boolean): Promise<GateSettings>;
  disableFailing(from: Life, endpoint: string, sinceMs: number): Promise<number | null>;
};

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

  /** As the job of a removal has it done. */
  erase(): void {
    this.instance?.life.end();
    this.instance = null;
    this.isRinging = false;
    this.alarmAtMs = null;
    this.storage.clear();
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
  readonly #core: GateCore;

  constructor(host: GateHost, life: Life) {
    this.#host = host;
    this.life = life;
    const { world, storage, endpoint, links } = host;
    const sql = storage.sqlFor(
      life,
      { turn: () => world.turnFault() },
      () => host.crash(),
      () => undefined,
    );
    const arm = async (atMs: number | null) => {
      if (life.isAlive) host.alarmAtMs = atMs;
    };
    this.#core = new GateCore(sql, {
      nowMs: () => world.nowMs,
      random: world.prng.next,
      setAlarm: arm,
      deleteAlarm: () => arm(null),
      wake: (shard, revision, wakes) => links.wake(life, shard, endpoint, revision, wakes),
      watch: (isWatched) => links.watch(life, endpoint, isWatched),
      disableFailing: (sinceMs) => links.disableFailing(life, endpoint, sinceMs),
      notifyViewers: async () => undefined,
      keep: (work) => void work.catch(ignore),
      failed: (step, error) => world.note(`${life.name} failed: ${step}: ${String(error)}`),
    });
    this.#core.found(host.alarmAtMs);
  }

  async admit(record: string, seen: GateSettings) {
    const answer = this.#core.admit(record, seen);
    this.#host.world.saw(`gate: ${answer.kind}${answer.kind === 'parked' ? ` ${answer.why}` : ''}`);
    return answer;
  }

  async report(record: string, reports: Report[]) {
    const before = this.#core.view().circuit;
    this.#core.report(record, reports);
    const after = this.#core.view().circuit;
    if (before !== after) this.#host.world.saw(`circuit: ${before} to ${after}`);
  }

  async changed(settings: GateSettings) {
    this.#core.changed(settings);
  }

  async ring(): Promise<void> {
    await this.#core.alarm();
  }
}
