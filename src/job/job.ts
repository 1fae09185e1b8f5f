/**
 * The Durable Object of one job: a shell around its ledger (the protocol) and its kind (what is to
 * be done). It owns the alarm, which makes one step at a time, and projects the state to D1 for the
 * lists.
 */
import { DurableObject } from 'cloudflare:workers';
import { retryable } from 'cloudflare:durable-objects';
import type { JobStart } from '../core/job.ts';
import { JOB_TURNS_NAME } from '../core/ids.ts';
import { JOB_CALL_MS, JOB_SAFETY_MS, JOB_TURN_ANSWER_MS, JOB_WAIT_MS_MIN } from '../core/limits.ts';
import { ok } from '../core/result.ts';
import type { JobRpc } from '../core/rpc.ts';
import { withTimeout } from '../lookup/with-timeout.ts';
import type { Bindings } from '../env.ts';
import { upsertJob } from '../store/config/jobs.ts';
import { limiterStub } from '../lookup/stubs.ts';
import { kindOf, workOf } from './kinds.ts';
import { JobLedger, type Task } from './ledger.ts';
import type { Item, Outcome, Work } from './work.ts';
import { logLine } from '../log-line.ts';

export class Job extends DurableObject<Bindings> implements JobRpc {
  #ledger: JobLedger;
  /**
   * Not before then, and behind how many jobs of its account: in memory, because it is asked for
   * again.
   */
  #turn = { untilMs: 0, behind: 0 };

  static {
    retryable(this.prototype.start, this.prototype.read, this.prototype.act, this.prototype.erase);
  }

  constructor(ctx: DurableObjectState, env: Bindings) {
    super(ctx, env);
    this.#ledger = this.#open();
  }

  async start(start: JobStart) {
    const started = this.#ledger.start(start, kindOf(start.spec), Date.now());
    if (started.ok) this.#arm();
    return started;
  }

  async read() {
    return this.#view();
  }

  async act(action: 'pause' | 'resume' | 'cancel', by: { key: string; reason: string | null }) {
    const start = this.#ledger.started();
    if (start === null) return null;
    const acted = this.#ledger.act(action, by, kindOf(start.spec), Date.now());
    if (!acted.ok) return acted;
    this.#arm();
    const view = this.#view();
    return view === null ? null : ok(view);
  }

  async erase() {
    await this.ctx.storage.deleteAll();
    this.#ledger = this.#open();
  }

  /** One step. The safety alarm comes first: what follows may be cut off anywhere. Never throws. */
  override async alarm(): Promise<void> {
    await this.ctx.storage.setAlarm(Date.now() + JOB_SAFETY_MS);
    const ledger = this.#ledger;
    try {
      await this.#step(ledger);
      await this.#project(ledger);
    } catch (error) {
      this.#report('step', error);
    }
    // Erased meanwhile: nothing is owed.
    if (ledger !== this.#ledger) return this.ctx.storage.deleteAlarm();
    this.#arm();
  }

  async #step(ledger: JobLedger): Promise<void> {
    const start = ledger.started();
    if (start === null) return;
    const fromMs = Date.now();
    const kind = kindOf(start.spec);
    const task = ledger.next(kind, fromMs);
    if (task.kind === 'wait' || !(await this.#hasTurn(start, task))) return;
    const work = workOf(start, ledger.startedMs(), this.env);
    try {
      switch (task.kind) {
        case 'list': {
          const page = await withTimeout(JOB_CALL_MS, work.list(task.cursor, task.pass));
          return ledger.listed(page, kind, Date.now());
        }
        case 'perform': {
          const outcomes = await Promise.all(task.items.map((item) => this.#perform(work, item)));
          return ledger.performed(outcomes, kind, fromMs, Date.now());
        }
        case 'close':
          await withTimeout(JOB_CALL_MS, work.close());
          return ledger.closed(Date.now());
      }
    } catch (error) {
      this.#report(task.kind, error);
      ledger.failed(String(error), Date.now());
    }
  }

  /** A job that cannot ask takes its turn: turns are for fairness. */
  async #hasTurn(start: JobStart, task: Exclude<Task, { kind: 'wait' }>): Promise<boolean> {
    const items = task.kind === 'perform' ? task.items.length : 1;
    const isWork = task.kind === 'perform' ? task.works > 0 : task.kind === 'list';
    const account = start.spec.kind === 'broadcast' ? null : start.spec.account;
    try {
      const asked = limiterStub(this.env, JOB_TURNS_NAME).jobTurn({ job: start.id, account, items, isWork });
      const turn = await withTimeout(JOB_TURN_ANSWER_MS, Promise.resolve(asked));
      this.#turn =
        turn.kind === 'go' ? { untilMs: 0, behind: 0 } : { untilMs: Date.now() + turn.afterMs, behind: turn.behind };
      return turn.kind === 'go';
    } catch (error) {
      this.#report('turn', error);
      this.#turn = { untilMs: 0, behind: 0 };
      return true;
    }
  }

  async #perform(work: Work, item: Item): Promise<[Item, Outcome]> {
    try {
      return [item, await withTimeout(JOB_CALL_MS, work.perform(item))];
    } catch (error) {
      // An object or database that does not answer: this item is tried again; the others are not
      // affected.
      return [item, { kind: 'unanswered', reason: String(error) }];
    }
  }

  /** Lists are a projection: the job continues where D1 does not answer. */
  async #project(ledger: JobLedger): Promise<void> {
    const owed = ledger.owed(Date.now());
    if (owed === null) return;
    try {
      await withTimeout(JOB_CALL_MS, upsertJob(this.env.CONFIG, owed.revision, owed.summary));
      ledger.projected(owed.revision, true, Date.now());
    } catch (error) {
      this.#report('project', error);
      ledger.projected(owed.revision, false, Date.now());
    }
  }

  #view() {
    const start = this.#ledger.started();
    const view = start === null ? null : this.#ledger.read(kindOf(start.spec), Date.now());
    const { behind } = this.#turn;
    if (view?.status !== 'running' || behind === 0) return view;
    return { ...view, note: `queued behind ${behind} other jobs of this account; ${view.note}` };
  }

  #open(): JobLedger {
    const { storage } = this.ctx;
    return new JobLedger({
      exec: (query, ...bindings) => storage.sql.exec(query, ...bindings),
      transaction: (work) => storage.transactionSync(work),
    });
  }

  /** The alarm is what the ledger says. In the turn of its rows, so it needs no await. */
  #arm(): void {
    try {
      const wakeAtMs = this.#ledger.wakeAtMs();
      void (wakeAtMs === null
        ? this.ctx.storage.deleteAlarm()
        : this.ctx.storage.setAlarm(Math.max(wakeAtMs, this.#turn.untilMs, Date.now())));
    } catch (error) {
      this.#report('arm', error);
      void this.ctx.storage.setAlarm(Date.now() + JOB_WAIT_MS_MIN);
    }
  }

  #report(step: string, error: unknown): void {
    const message = error instanceof Error ? error.message : String(error);
    logLine('error', 'job step failed', { job: this.ctx.id.name, step, error: message });
  }
}
