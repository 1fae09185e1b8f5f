/**
 * A record's ledger in its Shard on node:sqlite, moved turn by turn: rows that stay, instances that
 * end, a clock that the test sets.
 */
import { DatabaseSync } from 'node:sqlite';
import type { AccountSettings, EndpointSettings } from '../../src/core/endpoint.ts';
import { recordId } from '../../src/core/ids.ts';
import type { AttemptOutcome } from '../../src/core/outcome.ts';
import { matchedOf, type NewEvent } from '../../src/core/publish.ts';
import type { AttemptRequest, ClaimRef } from '../../src/core/rpc.ts';
import type { Sql } from '../../src/core/sql.ts';
import type { Effects, Ledger } from '../../src/shard/ledger.ts';
import { RetentionPass } from '../../src/shard/retention-pass.ts';
import { type Done, ShardLedger } from '../../src/shard/shard-ledger.ts';
import { Tables } from '../../src/shard/tables.ts';
import { findSlot } from '../../src/shard/views.ts';
import { anAccount, anEndpoint } from '../support/settings.ts';

export const START_MS = Date.UTC(2026, 10, 21);
const SHARD = { account: 'acme', jurisdiction: null, incarnation: 'a'.repeat(12), generation: 0, shard: 0 } as const;
export const RECORD = recordId({ kind: 'k', hash: 'a'.repeat(32) });

/**
 * Transactions inside others are savepoints, as in a Durable Object. `failsNext`: the outermost
 * fails before it commits.
 */
export function sqlOf(database: DatabaseSync, faults: { failsNext: boolean } = { failsNext: false }): Sql {
  let depth = 0;
  return {
    exec: (query, ...bindings) => {
      // Prepared statements hold one command; only migrations hold several.
      if (bindings.length === 0 && query.includes(';')) {
        database.exec(query);
        return { toArray: () => [] };
      }
      const rows = database.prepare(query).all(...bindings);
      return { toArray: () => rows };
    },
    transaction: (work) => {
      const savepoint = `nested_${depth}`;
      database.exec(depth === 0 ? 'BEGIN' : `SAVEPOINT ${savepoint}`);
      depth += 1;
      try {
        const result = work();
        if (depth === 1 && faults.failsNext) throw new Error('the disk is full');
        database.exec(depth === 1 ? 'COMMIT' : `RELEASE ${savepoint}`);
        return result;
      } catch (error) {
        database.exec(depth === 1 ? 'ROLLBACK' : `ROLLBACK TO ${savepoint}; RELEASE ${savepoint}`);
        if (depth === 1) faults.failsNext = false;
        throw error;
      } finally {
        depth -= 1;
      }
    },
  };
}

export function endpointOf(name: string, given: Partial<EndpointSettings> = {}): EndpointSettings {
  return anEndpoint({
    id: `ep_${name.padStart(26, '0')}`,
    url: `https://${name}.example`,
    description: name,
    retry: { scheduleSeconds: [10, 30], windowSeconds: 3_600, alsoRetry: [] },
    createdAtMs: START_MS,
    updatedAtMs: START_MS,
    ...given,
  });
}

export const SUCCESS: Partial<AttemptOutcome> = { statusCode: 200, error: null };
export const FAILURE: Partial<AttemptOutcome> = { statusCode: 500, error: { kind: 'http-5xx', message: 'sorry' } };

/** The ledger's turns, each in a commit of the Shard. */
type Turns = Ledger;

export class Bench {
  readonly database = new DatabaseSync(':memory:');
  readonly faults = { failsNext: false };
  nowMs = START_MS;
  tables!: Tables;
  shard: ShardLedger;
  endpoint: EndpointSettings;
  revision = 1;
  retention = { payloadDays: 30, logDays: 30 };
  createdAtMs = START_MS;
  record = 'sub/1';

  constructor(given: Partial<EndpointSettings> = {}) {
    this.endpoint = endpointOf('crm', given);
    this.shard = this.#open(null);
  }

  #open(doubtFromMs: number | null): ShardLedger {
    this.tables = new Tables(sqlOf(this.database, this.faults));
    return new ShardLedger(this.tables, doubtFromMs, { address: SHARD, slotsMax: 6 });
  }

  /** Each turn commits by itself, and throws what it throws. */
  get ledger(): Turns {
    const turn = (name: string, args: unknown[]): unknown => {
      const run = (ledger: Ledger) => {
        // Every turn answers its effects, with a result or without.
        const answer = (ledger[name as 'look'] as (...given: unknown[]) => Effects | { effects: Effects })(...args);
        return 'effects' in answer ? { result: answer, effects: answer.effects } : { result: answer, effects: answer };
      };
      const [done]: Done[] = this.shard.turn([{ record: RECORD, isPublish: name === 'accept', run }], this.at);
      if (done?.ok !== true) throw done?.error ?? new Error('a task has no outcome');
      return done.result;
    };
    const own = new Set(['memory', 'revisionNeeded', 'asking', 'isBusy', 'forget']);
    return new Proxy(this.shard.ledger(RECORD), {
      get: (ledger, name: string) => {
        const value: unknown = Reflect.get(ledger, name, ledger);
        if (own.has(name)) return typeof value === 'function' ? value.bind(ledger) : value;
        return (...args: unknown[]) => turn(name, args);
      },
    });
  }

  get at() {
    return { nowMs: this.nowMs, random: () => 0 };
  }

  /** Only the rows and the armed alarm are left. */
  crash(): void {
    this.shard = this.#open(this.nowMs);
  }

  settings(): AccountSettings {
    const { revision, retention, createdAtMs, endpoint } = this;
    return anAccount({ revision, retention, createdAtMs, endpoints: [endpoint] });
  }

  /** Published with fresh settings: what may start at once leaves in the same turn. */
  publish(id: string, given: Partial<NewEvent> = {}): Effects {
    const { id: endpoint } = this.endpoint;
    const { effects } = this.ledger.accept(
      {
        account: 'acme',
        record: this.record,
        events: [
          {
            id,
            type: 'plan.updated',
            version: null,
            schemaVersion: null,
            occurredAt: null,
            contentHash: id,
            dataJson: '{}',
            matches: [endpoint],
            ...given,
          },
        ],
        endpoints: [matchedOf(this.endpoint)],
        settings: {
          revision: this.revision,
          readAtMs: this.nowMs,
          endpoints: [this.endpoint],
          retention: this.retention,
        },
      },
      this.at,
    );
    return effects;
  }

  /** The next turn is undone before it commits; the instance lives on. */
  failTurn(): void {
    this.faults.failsNext = true;
    try {
      this.alarm();
    } catch {
      return;
    }
    throw new Error('the turn did not fail');
  }

  alarm(): Effects {
    return this.ledger.look(this.at);
  }

  /** The log has all that the Shard knows of this event. */
  confirm(sequence: number): Effects {
    const slots = this.ledger.memory.load(sequence)?.slots ?? [];
    const none = { sequence, endpoint: null, replay: 0, revision: 0 };
    const of = slots.map(({ delivery: { endpoint, replay, revision } }) => ({ sequence, endpoint, replay, revision }));
    return this.ledger.confirm(of.length === 0 ? [none] : of, this.at);
  }

  /** Published, delivered at the first try, and known to the log. */
  deliver(id: string, given: Partial<NewEvent> = {}): Effects {
    const [run] = this.publish(id, given).run;
    this.settle(run?.claim, SUCCESS);
    return this.confirm(run?.claim.sequence ?? 0);
  }

  /** A pass over all rows, as the Shard makes it, or some pages of it. */
  retain(settings: AccountSettings = this.settings(), pages = Infinity): void {
    const pass = new RetentionPass(this.tables);
    pass.begin(this.nowMs);
    for (let turned = 0, isMore = true; isMore && turned < pages; turned += 1) {
      const { over, next } = pass.page(settings, this.nowMs);
      let left = 0;
      const present = new Set(settings.endpoints.map(({ id }) => id));
      const removed = new Set([...this.ledger.memory.lanes.keys()].filter((id) => !present.has(id)));
      for (const gone of over.values()) left += this.ledger.purge(gone, removed, this.at).result;
      pass.turned(next, left > 0, settings, this.nowMs);
      isMore = next !== null;
    }
  }

  /** A new instance of a Shard whose log is whole. */
  restart(): void {
    this.shard = this.#open(null);
  }

  begin(claim: ClaimRef | undefined): AttemptRequest {
    if (claim === undefined) throw new Error('nothing was claimed');
    const { result } = this.ledger.begin(claim, this.settings(), this.at);
    if (result.kind !== 'request') throw new Error(`begin answered ${result.kind}`);
    return result.request;
  }

  settle(claim: ClaimRef | undefined, outcome: Partial<AttemptOutcome>): Effects {
    if (claim === undefined) throw new Error('nothing was claimed');
    const full: AttemptOutcome = {
      atMs: this.nowMs,
      latencyMs: 20,
      statusCode: null,
      error: null,
      responseHeaders: null,
      responseBody: null,
      retryAfterMs: null,
      directive: null,
      ...outcome,
    };
    return this.ledger.settle([{ claim, outcome: full }], this.at);
  }

  delivery(sequence: number, replay = 0) {
    const slot = findSlot(this.ledger.memory, { sequence, endpoint: this.endpoint.id, replay });
    if (slot === null) throw new Error(`there is no delivery ${sequence}/${replay}`);
    return slot.delivery;
  }
}
