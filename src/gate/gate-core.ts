/**
 * A Gate without a runtime: its ledger, its alarm, and whom it notifies. The object around it
 * (gate.ts) and the simulation drive the same code.
 */
import type { Admission, GateSettings, ProbeOutcome, Woken } from '../core/admission.ts';
import { splitRecordName } from '../core/ids.ts';
import { UNAVAILABLE_WAIT_MS_MIN } from '../core/limits.ts';
import type { Report } from '../core/report.ts';
import type { Wakeup } from '../core/rpc.ts';
import type { Sql } from '../core/sql.ts';
import { notBefore, toArm } from './alarm.ts';
import { type GateEffects, GateLedger, type Wake, type WakeResult } from './ledger.ts';

export type GateLinks = {
  nowMs(): number;
  random(): number;
  setAlarm(atMs: number): Promise<void>;
  deleteAlarm(): Promise<void>;
  /** What became of each, in order. Rejects where the Shard does not answer in time. */
  wake(shard: string, revision: number, wakes: Wakeup[]): Promise<Woken[]>;
  /** Tells the Account whether outcomes are to be reported here. */
  watch(isWatched: boolean): Promise<GateSettings>;
  /** Null: the endpoint is disabled now; else when it last took a delivery or was changed. */
  disableFailing(sinceMs: number): Promise<number | null>;
  /** Viewers of records look again. */
  notifyViewers(): Promise<void>;
  /** Keeps the object alive until the promise has settled. */
  keep(work: Promise<void>): void;
  failed(step: string, error: unknown): void;
};

export class GateCore {
  readonly #ledger: GateLedger;
  readonly #links: GateLinks;
  /** What is armed, as far as this instance knows: moving an alarm is a row. */
  #armedAtMs: number | null = null;
  /** What viewers of records were last notified of. */
  #said: string;

  constructor(sql: Sql, links: GateLinks) {
    this.#ledger = new GateLedger(sql);
    this.#links = links;
    this.#said = this.#ledger.said();
  }

  /** The alarm that the storage has at the start. */
  found(armedAtMs: number | null): void {
    this.#armedAtMs = armedAtMs;
  }

  admit(record: string, seen: GateSettings): Admission {
    const { answer, effects } = this.#ledger.admit(record, seen, this.#at());
    this.#perform(effects);
    return answer;
  }

  report(record: string, reports: Report[]): void {
    this.#perform(this.#ledger.report(record, reports, this.#at()));
  }

  changed(settings: GateSettings): void {
    this.#perform(this.#ledger.changed(settings, this.#at()));
  }

  view(): ReturnType<GateLedger['view']> {
    return this.#ledger.view();
  }

  probe(): ProbeOutcome {
    const { outcome, effects } = this.#ledger.probe(this.#at());
    this.#perform(effects);
    return outcome;
  }

  /**
   * The alarm: one step of the walk. The safety alarm comes first: what follows may be cut off
   * anywhere. Never throws.
   */
  async alarm(): Promise<void> {
    const { nowMs, setAlarm, deleteAlarm, failed } = this.#links;
    this.#armedAtMs = nowMs() + UNAVAILABLE_WAIT_MS_MIN;
    await setAlarm(this.#armedAtMs);
    try {
      const { wakes, revision, effects: first } = this.#ledger.due(this.#at());
      this.#notify(first);
      const byShard = Map.groupBy(wakes, ({ record }) => splitRecordName(record)?.shard ?? '');
      const results = (await Promise.all([...byShard].map(([shard, of]) => this.#wake(shard, of, revision)))).flat();
      const effects = this.#ledger.settle(results, this.#at());
      this.#armedAtMs = effects.wakeAtMs === null ? null : notBefore(effects.wakeAtMs, nowMs());
      await (this.#armedAtMs === null ? deleteAlarm() : setAlarm(this.#armedAtMs));
      this.#notify(effects);
    } catch (error) {
      failed('alarm', error);
    }
  }

  /** One call for all records of a Shard. */
  async #wake(shard: string, wakes: Wake[], revision: number): Promise<WakeResult[]> {
    try {
      const of = wakes.map(({ record, passes }) => ({ record: splitRecordName(record)?.record ?? '', passes }));
      const woken = await this.#links.wake(shard, revision, of);
      return wakes.map((wake, index) => ({ wake, woken: woken[index] ?? null }));
    } catch (error) {
      this.#links.failed('wake', error);
      return wakes.map((wake) => ({ wake, woken: null }));
    }
  }

  #at() {
    return { nowMs: this.#links.nowMs(), random: this.#links.random };
  }

  #perform(effects: GateEffects): void {
    const atMs = effects.wakeAtMs === null ? null : toArm(this.#armedAtMs, effects.wakeAtMs, this.#links.nowMs());
    if (atMs !== null) {
      this.#armedAtMs = atMs;
      void this.#links.setAlarm(atMs);
    }
    this.#notify(effects);
  }

  #notify({ watch, failing }: GateEffects): void {
    const { keep } = this.#links;
    this.#notifyViewers();
    if (watch !== null) keep(this.#watch(watch));
    if (failing !== null) keep(this.#disable(failing.sinceMs));
  }

  /**
   * Once for each change. What is lost, viewers see at the next change, or when they look at
   * everything.
   */
  #notifyViewers(): void {
    const said = this.#ledger.said();
    if (said === this.#said) return;
    this.#said = said;
    const { keep, notifyViewers, failed } = this.#links;
    keep(notifyViewers().catch((error: unknown) => failed('viewers', error)));
  }

  /** Repeated by the alarm until the Account says what this Gate wants. */
  async #watch(isWatched: boolean): Promise<void> {
    try {
      const settings = await this.#links.watch(isWatched);
      this.#perform(this.#ledger.changed(settings, this.#at()));
    } catch (error) {
      this.#links.failed('watch', error);
    }
  }

  async #disable(sinceMs: number): Promise<void> {
    try {
      const succeededAtMs = await this.#links.disableFailing(sinceMs);
      if (succeededAtMs !== null) this.#perform(this.#ledger.succeeded(succeededAtMs, this.#at()));
    } catch (error) {
      this.#links.failed('disable', error);
    }
  }
}
