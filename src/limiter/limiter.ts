/**
 * The Durable Object that counts the requests of one limited key (S4): a bucket in memory, from
 * which isolates take leases (core/rate-limit.ts). One more gives all jobs their turns
 * (core/job-turns.ts). It writes no row: an instance that starts anew has a full bucket, which one
 * that was idle so long would have too.
 */
import { DurableObject } from 'cloudflare:workers';
import { type JobTurnRequest, JobTurns } from '../core/job-turns.ts';
import { type Fill, type LeaseRequest, lend } from '../core/rate-limit.ts';
import type { LimiterRpc } from '../core/rpc.ts';
import type { Bindings } from '../env.ts';

export class Limiter extends DurableObject<Bindings> implements LimiterRpc {
  #fill: Fill | null = null;
  readonly #turns = new JobTurns();

  async lease(request: LeaseRequest) {
    const { fill, lease } = lend(this.#fill, request, Date.now());
    this.#fill = fill;
    return lease;
  }

  async jobTurn(request: JobTurnRequest) {
    return this.#turns.ask(request, Date.now());
  }
}
