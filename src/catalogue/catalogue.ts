/**
 * The Durable Object of the event type catalogue: one for all accounts, a shell around its ledger.
 * Reads write nothing, so that a service whose operator keeps no catalogue pays for none; and as
 * the one object that is always there, it is what `/health` asks.
 */
import { DurableObject } from 'cloudflare:workers';
import { retryable } from 'cloudflare:durable-objects';
import type { Sealed } from '../core/endpoint.ts';
import type { CatalogueRpc, EventTypeChange } from '../core/rpc.ts';
import type { Sql } from '../core/sql.ts';
import type { Bindings } from '../env.ts';
import { CatalogueLedger } from './ledger.ts';
import { Heartbeat } from './heartbeat.ts';

export class Catalogue extends DurableObject<Bindings> implements CatalogueRpc {
  readonly #ledger: CatalogueLedger;
  readonly #heartbeat: Heartbeat;

  static {
    // Safe to repeat: reads, and changes that end in the same state (a repeated creation then says
    // that it changed).
    retryable(this.prototype.indexSince, this.prototype.types, this.prototype.detail);
    retryable(this.prototype.put, this.prototype.putVersion);
    retryable(this.prototype.beat, this.prototype.setCanary);
  }

  constructor(ctx: DurableObjectState, env: Bindings) {
    super(ctx, env);
    const sql: Sql = {
      exec: (query, ...bindings) => ctx.storage.sql.exec(query, ...bindings),
      transaction: (change) => ctx.storage.transactionSync(change),
    };
    this.#ledger = new CatalogueLedger(sql);
    this.#heartbeat = new Heartbeat(sql);
  }

  async indexSince(revision: number | null) {
    return this.#ledger.revision === revision ? 'unchanged' : this.#ledger.index();
  }

  async beat() {
    return this.#heartbeat.beat(Date.now());
  }

  async setCanary(to: Sealed, from: Sealed | null) {
    this.#heartbeat.setCanary(to, from);
  }

  async types() {
    return this.#ledger.types();
  }

  async detail(name: string) {
    return this.#ledger.detail(name);
  }

  async put(name: string, change: EventTypeChange) {
    return this.#ledger.put(name, change, Date.now());
  }

  async putVersion(name: string, version: string, change: { schemaJson: string; exampleJson?: string | null }) {
    return this.#ledger.putVersion(name, version, change, Date.now());
  }
}
