/**
 * The Account as the platform runs it: the real ledger, outbox and removal over SQL. It dies by its
 * removal only, after which the id is free for another account; its turns do not fail, because the
 * ledger has tests of its own. Of what the outbox sends, the Gates and the jobs matter here.
 */
import { base32 } from '../../src/core/base32.ts';
import { type GateSettings, gateSettingsOf } from '../../src/core/admission.ts';
import { INCARNATION_CHARS, placeOf, type ShardsOf } from '../../src/core/ids.ts';
import type { JobStart } from '../../src/core/job.ts';
import { disableFailing } from '../../src/account/failing.ts';
import { parseDetail, type SweepOrder } from '../../src/account/jobs.ts';
import { AccountLedger } from '../../src/account/ledger.ts';
import { endpointOf, nextDueMs, type Owed } from '../../src/account/outbox.ts';
import { OutboxSender } from '../../src/account/outbox-sender.ts';
import { beginRemoval, endpointsOfRemoved, removalOf } from '../../src/account/removal.ts';
import type { Sql } from '../../src/core/sql.ts';
import { Life } from './schedule.ts';
import { ObjectStorage } from './sqlite.ts';
import { ignore, type World } from './world.ts';

export const ACCOUNT = 'acme';
/** Few, so that each holds many records. */
const SHARDS = 2;
const ENDPOINTS_MAX = 1_000;

export type AccountLinks = {
  changed(from: Life, endpoint: string, settings: GateSettings): Promise<void>;
  /** Idempotent by the job's id. */
  startJob(start: JobStart): void;
  /** When the log has it that the endpoint last took a delivery. */
  lastSuccessMs(endpoint: string, sinceMs: number): number | null;
};

export class AccountHost {
  readonly ledger: AccountLedger;
  readonly #storage = new ObjectStorage();
  readonly #sql: Sql;
  readonly #life = new Life('account');
  readonly #world: World;
  readonly #links: AccountLinks;
  readonly #outbox: OutboxSender;
  alarmAtMs: number | null = null;
  #made = 0;
  #sweeps = 0;

  constructor(world: World, links: AccountLinks) {
    this.#world = world;
    this.#links = links;
    this.#sql = this.#storage.sqlFor(
      this.#life,
      { turn: () => 'none' },
      () => undefined,
      () => undefined,
    );
    this.ledger = new AccountLedger(this.#sql, ACCOUNT);
    this.#outbox = new OutboxSender(this.#sql, {
      nowMs: () => world.nowMs,
      random: world.prng.next,
      send: (topic) => this.#send(topic),
      arm: () => {
        this.alarmAtMs = nextDueMs(this.#sql);
      },
      failed: (_, error) => world.note(`account: sending failed: ${String(error)}`),
    });
    this.make();
  }

  /** For calls to it. */
  get life(): Life {
    return this.#life;
  }

  get isSending(): boolean {
    return this.#outbox.isSending;
  }

  /** Where its Shards are. Throws while there is none. */
  get place(): ShardsOf {
    const facts = this.ledger.facts();
    if (facts === null) throw new Error('the account was removed');
    return placeOf(facts);
  }

  /** Another account under the same id. */
  make(): void {
    this.#made += 1;
    const bytes = Uint8Array.from({ length: 8 }, (_, index) => (index === 0 ? this.#made : 0));
    const incarnation = base32(bytes).slice(0, INCARNATION_CHARS);
    this.change((ledger, nowMs) => ledger.put({ shards: SHARDS }, 'operator', nowMs, incarnation));
  }

  /** Null where there is none. From now on it answers as one that never was. */
  remove(): { id: string; place: ShardsOf } | null {
    const facts = this.ledger.facts();
    if (facts === null) return null;
    const id = `job_removal_${this.#made}`;
    const place = placeOf(facts);
    beginRemoval(
      this.#sql,
      { id, by: 'operator', reason: null, spec: { kind: 'account-removal', ...place } },
      this.#world.nowMs,
    );
    this.ledger.forget();
    this.alarmAtMs = null;
    return { id, place };
  }

  endpointsOfRemoved(job: string): string[] {
    return removalOf(this.#sql)?.start.id === job ? endpointsOfRemoved(this.#sql, '', ENDPOINTS_MAX) : [];
  }

  erase(job: string): void {
    if (removalOf(this.#sql)?.start.id !== job) return;
    this.#storage.clear();
    this.ledger.forget();
  }

  change<T>(work: (ledger: AccountLedger, nowMs: number) => T): T {
    const answer = work(this.ledger, this.#world.nowMs);
    this.ring();
    return answer;
  }

  /** Under which a change starts its sweep. */
  sweep(by: string): SweepOrder {
    this.#sweeps += 1;
    return { id: `job_sweep_${this.#sweeps}`, by };
  }

  async disableFailing(endpoint: string, sinceMs: number): Promise<number | null> {
    const lastSuccess = () => Promise.resolve(this.#links.lastSuccessMs(endpoint, sinceMs));
    const before = this.ledger.facts()?.revision;
    const sweep = { nowMs: () => this.#world.nowMs, order: () => this.sweep('tubepost') };
    const atMs = await disableFailing(this.ledger, endpoint, sinceMs, lastSuccess, sweep);
    if (before !== undefined && this.ledger.facts()?.revision !== before) this.#world.saw('disabled for failing');
    this.ring();
    return atMs;
  }

  ring(): void {
    this.alarmAtMs = nextDueMs(this.#sql);
    void this.#outbox.send().catch(ignore);
  }

  async #send({ topic, detail }: Owed): Promise<void> {
    const id = endpointOf({ topic });
    const settings = this.ledger.settingsOf([id]);
    if (settings === null) return;
    if (typeof detail === 'string') this.#links.startJob(parseDetail(detail));
    else if (topic.startsWith('gate:')) {
      await this.#links.changed(this.#life, id, gateSettingsOf(settings.revision, settings.endpoints[0]));
    }
  }
}
