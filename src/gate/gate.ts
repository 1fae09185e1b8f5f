/**
 * The Durable Object of one endpoint's Gate: a shell around its ledger. It owns the alarm that walks the parked records.
 */
import { DurableObject } from 'cloudflare:workers';
import { retryable } from 'cloudflare:durable-objects';
import type { EndpointStatus } from '../core/endpoint.ts';
import { UNAVAILABLE_WAIT_MS_MIN } from '../core/limits.ts';
import type { GateRpc } from '../core/rpc.ts';
import type { Bindings } from '../env.ts';
import { GateLedger } from './ledger.ts';

const NAME = /^v1:[A-Za-z0-9_-]{1,64}:(ep_[0-9a-z]{26})$/;

export class Gate extends DurableObject<Bindings> implements GateRpc {
  readonly #ledger: GateLedger;
  readonly #endpoint: string;

  static {
    retryable(this.prototype.park, this.prototype.changed);
  }

  constructor(ctx: DurableObjectState, env: Bindings) {
    super(ctx, env);
    const endpoint = NAME.exec(ctx.id.name ?? '')?.[1];
    if (endpoint === undefined) throw new Error('a Gate is addressed by "v1:", the account and the endpoint');
    this.#endpoint = endpoint;
    this.#ledger = new GateLedger({
      exec: (query, ...bindings) => ctx.storage.sql.exec(query, ...bindings),
      transaction: (work) => ctx.storage.transactionSync(work),
    });
  }

  async park(record: string, seenRevision: number) {
    const { answer, wakeAtMs } = this.#ledger.park(record, seenRevision, Date.now());
    this.#arm(wakeAtMs);
    return answer;
  }

  async changed(revision: number, status: EndpointStatus | 'removed') {
    this.#arm(this.#ledger.changed(revision, status, Date.now()).wakeAtMs);
  }

  /** One batch of the walk. The safety alarm comes first: what follows may be cut off anywhere. Never throws. */
  override async alarm(): Promise<void> {
    await this.ctx.storage.setAlarm(Date.now() + UNAVAILABLE_WAIT_MS_MIN);
    try {
      const { records, revision } = this.#ledger.due();
      const results = await Promise.allSettled(
        records.map((record) => this.env.RECORD.getByName(record).wake(this.#endpoint, revision)),
      );
      const woken = records.filter((_, index) => results[index]?.status === 'fulfilled');
      const failed = records.filter((_, index) => results[index]?.status !== 'fulfilled');
      const { wakeAtMs } = this.#ledger.settle(woken, failed, revision, Date.now());
      if (wakeAtMs === null) await this.ctx.storage.deleteAlarm();
      else await this.ctx.storage.setAlarm(wakeAtMs);
    } catch (error) {
      console.error(JSON.stringify({ message: 'gate alarm failed', endpoint: this.#endpoint, error: String(error) }));
    }
  }

  /** A walk under way keeps its own pace; its alarm is never later than this one's need. */
  #arm(wakeAtMs: number | null): void {
    if (wakeAtMs !== null) void this.ctx.storage.setAlarm(wakeAtMs);
  }
}
