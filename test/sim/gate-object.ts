/** A Gate as the platform runs it. Mirrors src/gate/gate.ts around the same ledger; keep the two alike. */
import type { GateNews, Woken } from '../../src/core/admission.ts';
import type { Report } from '../../src/core/report.ts';
import { splitRecordName } from '../../src/core/ids.ts';
import { UNAVAILABLE_WAIT_MS_MIN } from '../../src/core/limits.ts';
import type { Wakeup } from '../../src/core/rpc.ts';
import { type GateEffects, GateLedger, type Wake, type WakeResult } from '../../src/gate/ledger.ts';
import { Life } from './schedule.ts';
import { ObjectStorage } from './sqlite.ts';
import { ignore, type World } from './world.ts';

export type GateLinks = {
  /** One call for all records of a Shard. */
  wake(from: Life, shard: string, endpoint: string, revision: number, wakes: Wakeup[]): Promise<Woken[]>;
  watch(from: Life, endpoint: string, isWatched: boolean): Promise<GateNews>;
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
  #armedAtMs: number | null;

  constructor(host: GateHost, life: Life) {
    this.#host = host;
    this.life = life;
    this.#armedAtMs = host.alarmAtMs;
    const { world, storage } = host;
    this.#ledger = new GateLedger(
      storage.sqlFor(
        life,
        { turn: () => world.turnFault() },
        () => host.crash(),
        () => undefined,
      ),
    );
  }

  async admit(record: string, seen: GateNews) {
    const { answer, effects } = this.#ledger.admit(record, seen, this.#at());
    this.#perform(effects);
    this.#host.world.saw(`gate: ${answer.kind}${answer.kind === 'parked' ? ` ${answer.why}` : ''}`);
    return answer;
  }

  async report(record: string, reports: Report[]) {
    const before = this.#ledger.view().circuit;
    this.#perform(this.#ledger.report(record, reports, this.#at()));
    const after = this.#ledger.view().circuit;
    if (before !== after) this.#host.world.saw(`circuit: ${before} to ${after}`);
  }

  async changed(news: GateNews) {
    this.#perform(this.#ledger.changed(news, this.#at()));
  }

  async ring(): Promise<void> {
    const { world } = this.#host;
    this.#set(world.nowMs + UNAVAILABLE_WAIT_MS_MIN);
    try {
      const { wakes, revision, effects: first } = this.#ledger.due(this.#at());
      this.#tellAccount(first);
      const byShard = Map.groupBy(wakes, ({ record }) => splitRecordName(record)?.shard ?? '');
      const results = (await Promise.all([...byShard].map(([shard, of]) => this.#wake(shard, of, revision)))).flat();
      const effects = this.#ledger.settle(results, this.#at());
      this.#set(effects.wakeAtMs);
      this.#tellAccount(effects);
    } catch (error) {
      world.note(`gate alarm failed: ${String(error)}`);
    }
  }

  async #wake(shard: string, wakes: Wake[], revision: number): Promise<WakeResult[]> {
    const { endpoint, links } = this.#host;
    try {
      const of = wakes.map(({ record, passes }) => ({ record: splitRecordName(record)?.record ?? '', passes }));
      const woken = await links.wake(this.life, shard, endpoint, revision, of);
      return wakes.map((wake, index) => ({ wake, woken: woken[index] ?? null }));
    } catch {
      ignore();
      return wakes.map((wake) => ({ wake, woken: null }));
    }
  }

  #at() {
    return { nowMs: this.#host.world.nowMs, random: this.#host.world.prng.next };
  }

  #perform(effects: GateEffects): void {
    const { wakeAtMs } = effects;
    if (wakeAtMs !== null && (this.#armedAtMs === null || wakeAtMs < this.#armedAtMs)) this.#set(wakeAtMs);
    this.#tellAccount(effects);
  }

  #tellAccount({ watch, failing }: GateEffects): void {
    if (watch !== null) this.#tell(watch).catch(ignore);
    if (failing !== null) this.#disable(failing).catch(ignore);
  }

  async #tell(isWatched: boolean): Promise<void> {
    const news = await this.#host.links.watch(this.life, this.#host.endpoint, isWatched);
    this.#perform(this.#ledger.changed(news, this.#at()));
  }

  async #disable({ sinceMs }: { sinceMs: number }): Promise<void> {
    const { endpoint, links } = this.#host;
    const succeededAtMs = await links.disableFailing(this.life, endpoint, sinceMs);
    if (succeededAtMs !== null) this.#perform(this.#ledger.succeeded(succeededAtMs, this.#at()));
  }

  #set(atMs: number | null): void {
    this.#armedAtMs = atMs;
    if (this.life.isAlive) this.#host.alarmAtMs = atMs;
  }
}
