/** A Record's ledger on node:sqlite, moved turn by turn: rows that stay, instances that end, a clock that the test sets. */
import { DatabaseSync } from 'node:sqlite';
import type { AccountSettings, EndpointSettings } from '../../src/core/endpoint.ts';
import type { AttemptOutcome } from '../../src/core/outcome.ts';
import { matchedOf, type NewEvent } from '../../src/core/publish.ts';
import type { AttemptRequest, ClaimRef } from '../../src/core/rpc.ts';
import type { Sql } from '../../src/core/sql.ts';
import { type Effects, Ledger } from '../../src/record/ledger.ts';
import { findSlot } from '../../src/record/views.ts';
import { anAccount, anEndpoint } from '../support/settings.ts';

export const START_MS = Date.UTC(2026, 10, 21);
const ADDRESS = { account: 'acme', jurisdiction: null, kind: 'k', hash: 'a'.repeat(32) } as const;

export function sqlOf(database: DatabaseSync, faults: { failsNext: boolean } = { failsNext: false }): Sql {
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
      database.exec('BEGIN');
      try {
        const result = work();
        if (faults.failsNext) throw new Error('the disk is full');
        database.exec('COMMIT');
        return result;
      } catch (error) {
        database.exec('ROLLBACK');
        faults.failsNext = false;
        throw error;
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

export class Bench {
  readonly database = new DatabaseSync(':memory:');
  readonly faults = { failsNext: false };
  nowMs = START_MS;
  ledger: Ledger;
  endpoint: EndpointSettings;
  revision = 1;
  retention = { payloadDays: 30, logDays: 30 };
  createdAtMs = START_MS;
  record = 'sub/1';

  constructor(given: Partial<EndpointSettings> = {}) {
    this.endpoint = endpointOf('crm', given);
    this.ledger = this.#open(null);
  }

  #open(suspectFromMs: number | null): Ledger {
    return new Ledger(sqlOf(this.database, this.faults), suspectFromMs, { address: ADDRESS });
  }

  get at() {
    return { nowMs: this.nowMs, random: () => 0 };
  }

  /** Only the rows and the armed alarm are left. */
  crash(): void {
    this.ledger = this.#open(this.nowMs);
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
        accountCreatedAtMs: this.createdAtMs,
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

  /** `isInherited`: of an instance that is gone. */
  alarm(isInherited = false): Effects {
    return this.ledger.alarm(this.at, { isInherited, isQuiet: false });
  }

  /** The log has all that the Record knows of this event. */
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

  /** Reads the settings and lets go, as the runner does, to the end. */
  retain(settings: AccountSettings = this.settings()): Effects {
    for (;;) {
      const { result, effects } = this.ledger.retain(settings, this.at);
      if (!result) return effects;
    }
  }

  /** A new instance of a Record that was quiet. */
  restart(): void {
    this.ledger = this.#open(null);
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
