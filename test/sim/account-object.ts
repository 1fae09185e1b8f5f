/**
 * The Account as the platform runs it: the real ledger and outbox over SQL. Of its news only what it tells the Gates matters here.
 * Mirrors src/account/account.ts, less precisely: a failed telling is repeated by the alarm.
 */
import { AccountLedger } from '../../src/account/ledger.ts';
import {
  nextDueMs,
  owed,
  type Owed,
  type Receiver,
  RECEIVERS,
  settleFailed,
  settleTold,
} from '../../src/account/outbox.ts';
import { type GateNews, newsOf } from '../../src/core/admission.ts';
import type { Sql } from '../../src/core/sql.ts';
import { Life } from './schedule.ts';
import { ObjectStorage } from './sqlite.ts';
import { ignore, type World } from './world.ts';

export const ACCOUNT = 'acme';
/** Few shards, so that each holds many records. */
export const PLACE = { account: ACCOUNT, jurisdiction: null, incarnation: 'a'.repeat(12), shards: 2 } as const;

export type AccountLinks = {
  changed(from: Life, endpoint: string, news: GateNews): Promise<void>;
};

export class AccountHost {
  readonly ledger: AccountLedger;
  readonly #sql: Sql;
  readonly #life = new Life('account');
  readonly #world: World;
  readonly #links: AccountLinks;
  alarmAtMs: number | null = null;
  readonly #telling = new Set<Receiver>();

  constructor(world: World, links: AccountLinks) {
    this.#world = world;
    this.#links = links;
    // Its own turns do not fail here: the ledger has tests of its own.
    this.#sql = new ObjectStorage().sqlFor(
      this.#life,
      { turn: () => 'none' },
      () => undefined,
      () => undefined,
    );
    this.ledger = new AccountLedger(this.#sql, ACCOUNT);
    this.ledger.put({ shards: PLACE.shards }, 'operator', world.nowMs, PLACE.incarnation);
  }

  /** For calls to it. */
  get life(): Life {
    return this.#life;
  }

  change<T>(work: (ledger: AccountLedger, nowMs: number) => T): T {
    const answer = work(this.ledger, this.#world.nowMs);
    this.#tell();
    return answer;
  }

  ring(): void {
    this.alarmAtMs = null;
    this.#tell();
  }

  get isTelling(): boolean {
    return this.#telling.size > 0;
  }

  #tell(): void {
    this.alarmAtMs = nextDueMs(this.#sql);
    for (const receiver of RECEIVERS) {
      if (this.#telling.has(receiver)) continue;
      this.#telling.add(receiver);
      void this.#tellAll(receiver).finally(() => this.#telling.delete(receiver));
    }
  }

  async #tellAll(receiver: Receiver): Promise<void> {
    const due = () => owed(this.#sql, receiver, this.#world.nowMs);
    for (let batch = due(); batch.length > 0; batch = due()) {
      await Promise.all(batch.map((topic) => this.#tellOne(topic)));
    }
    this.alarmAtMs = nextDueMs(this.#sql);
  }

  async #tellOne(topic: Owed): Promise<void> {
    try {
      const [kind, id = ''] = topic.topic.split(':');
      const { revision = 0, endpoints } = this.ledger.settings() ?? {};
      const endpoint = endpoints?.find((one) => one.id === id);
      if (kind === 'gate') await this.#links.changed(this.#life, id, newsOf(revision, endpoint));
      settleTold(this.#sql, topic);
    } catch (error) {
      ignore();
      this.#world.note(`account: telling failed: ${String(error)}`);
      settleFailed(this.#sql, topic, this.#world.nowMs, this.#world.prng.next());
    }
  }
}
