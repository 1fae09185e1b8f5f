/**
 * A Shard without a runtime: its ledger, runner, alarm and retention, and what each call of its RPC
 * does. The object around it (shard.ts) and the simulation drive the same code. What it decides
 * about one record is ledger.ts; here is what concerns all.
 */
import type { AccountSettings, EndpointSettings } from '../core/endpoint.ts';
import type { DeliveryRef, RecordAddress } from '../core/ids.ts';
import {
  ACTIVE_WITHIN_MS,
  ADMITTED_TASKS_MAX,
  REMOVED_KEPT_MS,
  RETENTION_AGAIN_MS,
  RETENTION_PAGES_PER_LOOK,
  RETRY_AFTER_BUSY_SECONDS,
  STORAGE_LOOK_MS,
  SWEEP_DELIVERIES_MAX,
  SWEEP_RECORDS_PER_CALL,
  VIEWER_ENDPOINTS_SHOWN_MAX,
} from '../core/limits.ts';
import type { Confirmation } from '../core/log.ts';
import type { AttemptOutcome } from '../core/outcome.ts';
import type { AcceptRequest, AcceptResult } from '../core/publish.ts';
import { fail, ok, type Result } from '../core/result.ts';
import type {
  BeginResult,
  ClaimRef,
  DiscardRefusal,
  EventIds,
  Replayer,
  ReplayRefusal,
  Swept,
  Wakeup,
} from '../core/rpc.ts';
import type { Sql } from '../core/sql.ts';
import type { DeliveryDetail, DeliveryView, EventView, RecordView } from '../core/view.ts';
import type { Woken } from '../core/admission.ts';
import type { ShardAlarm } from './alarm.ts';
import { GroupCommit } from './group-commit.ts';
import type { At, Effects, Ledger } from './ledger.ts';
import type { Memory } from './memory.ts';
import { ofJob } from './replaying.ts';
import { RetentionPass } from './retention-pass.ts';
import { Runner, type RunnerDeps } from './runner.ts';
import { type Done, ShardLedger, type ShardOptions, type Task } from './shard-ledger.ts';
import { Tables } from './tables.ts';
import { Viewed, type ViewedLinks } from './viewed.ts';
import { cutRecord, readDelivery, readEvent, readEventIds, readEvents, readRecord } from './views.ts';

export type ShardLinks = Omit<RunnerDeps, 'act' | 'join' | 'ledger' | 'remove'> &
  ShardOptions &
  Pick<ViewedLinks, 'notifyViewers' | 'wait'> & {
    /** What its database holds, in bytes. */
    storageBytes(): number;
    /** Resolves once what was written so far is durable. */
    committed(): Promise<void>;
  };

const REMOVED = 'removed';

export class ShardCore {
  readonly #links: ShardLinks;
  readonly #alarm: ShardAlarm;
  readonly #tables: Tables;
  #ledger: ShardLedger;
  readonly #runner: Runner;
  readonly #group: GroupCommit;
  readonly #retention: RetentionPass;
  readonly #viewed: Viewed;
  /**
   * When its account was removed; from then on it takes nothing and answers as one that never
   * accepted anything.
   */
  #removedAtMs: number | null;
  /** When events were last accepted, and before that. */
  #accepted: { lastMs: number; beforeMs: number } = { lastMs: -Infinity, beforeMs: -Infinity };
  #storage: { bytes: number; atMs: number } = { bytes: 0, atMs: -Infinity };
  #isRetaining = false;
  /** The record that each sweep under way has come to. */
  readonly #sweptTo = new Map<string, string>();

  constructor(sql: Sql, alarm: ShardAlarm, links: ShardLinks) {
    this.#links = links;
    this.#alarm = alarm;
    this.#tables = new Tables(sql);
    this.#ledger = new ShardLedger(this.#tables, alarm.doubtFromMs(links.nowMs()), links);
    this.#retention = new RetentionPass(this.#tables);
    const removed = this.#tables.fact(REMOVED);
    this.#removedAtMs = removed === null ? null : Number(removed);
    this.#group = new GroupCommit(
      (tasks) => this.#perform(tasks),
      () => links.committed(),
    );
    this.#viewed = new Viewed(sql, links);
    // The last notification may have been lost with the instance before: only of records that owe
    // something yet.
    this.#viewed.changed((record) => this.#ledger.owes(record));
    this.#runner = new Runner({
      ...links,
      settings: (need) => this.#settings(need),
      ledger: (record) => this.#ledger.ledger(record),
      act: (task) => this.#act(task),
      join: (task) => this.#group.join(task),
      remove: () => this.remove(),
    });
  }

  addressOf(record: string): RecordAddress {
    return this.#ledger.addressOf(record);
  }

  #at(): At {
    return this.#runner.at();
  }

  /**
   * Publishes of many records: all in one commit, with whatever else arrives until then. A record
   * whose turn fails answers so by itself; throws where none was done.
   */
  async accept(publishes: { record: string; request: AcceptRequest }[]): Promise<AcceptResult[][]> {
    if (this.#removedAtMs !== null) throw new Error('the account of this Shard was removed');
    if (this.#group.waiting >= ADMITTED_TASKS_MAX) {
      return publishes.map(({ request }) =>
        request.events.map(({ id }) => ({ kind: 'busy', id, retryAfterSeconds: RETRY_AFTER_BUSY_SECONDS })),
      );
    }
    const bytes = this.#storageBytes();
    return this.#each(
      publishes.map(({ record, request }) => ({
        record,
        isPublish: true,
        run: (ledger: Ledger) => {
          if (request.account !== this.#links.address.account) throw new Error('a publish reached another account');
          return ledger.accept(request, this.#at(), bytes);
        },
      })),
      (error, index) =>
        (publishes[index]?.request.events ?? []).map(({ id }) => ({ kind: 'failed', id, error: String(error) })),
    );
  }

  /** Each task's result, in order; `instead` of it where its turn failed and others' did not. */
  async #each<T>(tasks: Task<T>[], instead: (error: unknown, index: number) => T): Promise<T[]> {
    const joined = await Promise.allSettled(tasks.map((task) => this.#group.join(task)));
    const [first] = joined;
    if (first?.status === 'rejected' && joined.every(({ status }) => status === 'rejected')) throw first.reason;
    return joined.map((one, index) => {
      if (one.status === 'fulfilled') return one.value;
      this.#links.failed(`turn of ${tasks[index]?.record}`, one.reason);
      return instead(one.reason, index);
    });
  }

  async begin(claims: ClaimRef[]): Promise<BeginResult[]> {
    if (this.#removedAtMs !== null) return claims.map(() => ({ kind: 'gone' }));
    return this.#runner.begin(claims);
  }

  async settle(settled: { claim: ClaimRef; outcome: AttemptOutcome }[]): Promise<void> {
    if (this.#removedAtMs === null) await this.#runner.settle(settled);
  }

  async confirm(confirmed: { record: string; confirmations: Confirmation[] }[]): Promise<void> {
    if (this.#removedAtMs !== null) return;
    await Promise.all(
      confirmed.map(({ record, confirmations }) =>
        this.#group.join({
          ...effectsOf(record, (ledger) => ledger.confirm(confirmations, this.#at())),
          isUnseen: true,
        }),
      ),
    );
  }

  /**
   * What became of each wake, in order. A record whose turn fails waits on; throws where none was
   * done.
   */
  async wake(endpoint: string, revision: number, wakes: Wakeup[]): Promise<Woken[]> {
    if (this.#removedAtMs !== null) return wakes.map(() => ({ started: 0, isStillParked: false }));
    return this.#each(
      wakes.map(({ record, passes }) => ({
        record,
        run: (ledger: Ledger) => ledger.wake(endpoint, revision, passes, this.#at()),
      })),
      () => ({ started: 0, isStillParked: true }),
    );
  }

  /**
   * Cancels what waits for an endpoint that takes it no longer, some at a time, going through the
   * records that owe anything: every open delivery is in one of them. Where it has come to is in
   * memory: a new instance begins again, and finds less.
   */
  async sweep(endpoint: string, revision: number): Promise<Swept> {
    const swept: Swept = { cancelled: 0, left: 0, kept: 0, isMore: false };
    if (this.#removedAtMs !== null) return swept;
    const settings = await this.#settings({ minRevision: revision, isFresh: true, endpoints: [endpoint] });
    const name = `${endpoint} ${revision}`;
    const records = this.#ledger.owing(this.#sweptTo.get(name) ?? '', SWEEP_RECORDS_PER_CALL);
    for (const record of records) {
      if (this.#lanesOf(record).includes(endpoint)) {
        const of = this.#act({ record, run: (ledger) => ledger.sweep(endpoint, settings, this.#at()) });
        swept.cancelled += of.cancelled;
        swept.left += of.left;
        swept.kept += of.kept;
        swept.isMore = of.isMore || swept.cancelled >= SWEEP_DELIVERIES_MAX;
        if (of.isMore) break;
      }
      this.#sweptTo.set(name, record);
      if (swept.isMore) break;
    }
    swept.isMore ||= records.length === SWEEP_RECORDS_PER_CALL;
    if (!swept.isMore) this.#sweptTo.delete(name);
    return swept;
  }

  /**
   * The account is gone: so is everything that is stored, but for a tombstone that refuses what
   * comes late. It goes once no queue can bring anything any more. Attempts under way still end;
   * their outcomes then find nothing to write to.
   */
  remove(): void {
    if (this.#removedAtMs !== null) return;
    const nowMs = this.#links.nowMs();
    this.#tables.sql.transaction(() => {
      this.#tables.empty();
      this.#tables.setFact(REMOVED, String(nowMs));
    });
    this.#viewed.over();
    this.#removedAtMs = nowMs;
    this.#ledger = new ShardLedger(this.#tables, null, this.#links);
    this.#arm();
  }

  /**
   * Runs the records that are due, `most` of them in a turn, and starts a retention pass that is
   * due. True: the account was removed so long ago that the tombstone may go too.
   */
  async alarm(isInherited: boolean, most: number): Promise<boolean> {
    const nowMs = this.#links.nowMs();
    if (this.#removedAtMs !== null) {
      if (nowMs >= this.#removedAtMs + REMOVED_KEPT_MS) return true;
      this.#arm();
      return false;
    }
    if (isInherited) this.#ledger.doubt(nowMs);
    const due = this.#ledger.dueRecords(nowMs, most);
    // It starts before the turn, which may throw: the pass alone says when it has ended.
    if ((this.#retention.atMs ?? Infinity) <= nowMs && !this.#isRetaining) this.#links.keep(this.#retain());
    const done = this.#perform(due.map((record) => effectsOf(record, (ledger) => ledger.look(this.#at()))));
    for (const one of done) if (!one.ok) this.#links.failed(`look at ${one.record}`, one.error);
    return false;
  }

  readRecord(record: string): RecordView | null {
    return readRecord(this.#memory(record));
  }

  /** In order; from now on the account's viewers are notified of each change. */
  async view(records: string[]): Promise<(RecordView | null)[]> {
    if (this.#removedAtMs !== null) return records.map(() => null);
    await this.#viewed.view(records);
    return records.map((record) => {
      const view = this.readRecord(record);
      return view === null ? null : cutRecord(view, VIEWER_ENDPOINTS_SHOWN_MAX);
    });
  }

  readEvent(record: string, id: string): EventView | null {
    return readEvent(this.#memory(record), id);
  }

  readEvents(record: string, after: number, limit: number) {
    return readEvents(this.#memory(record), after, limit);
  }

  readEventIds(record: string, most: number): EventIds | null {
    return readEventIds(this.#memory(record), most);
  }

  readDelivery(record: string, ref: DeliveryRef): DeliveryDetail | null {
    return readDelivery(this.#memory(record), ref);
  }

  async replay(record: string, ref: DeliveryRef, by: Replayer): Promise<Result<DeliveryView, ReplayRefusal>> {
    return this.#replay(record, ref, by, (ledger, endpoint) =>
      ledger.replay(ref, by, endpoint, this.#at(), this.#storageBytes()),
    );
  }

  async replayMissing(
    record: string,
    missing: { sequence: number; endpoint: string },
    by: Replayer,
  ): Promise<Result<DeliveryView, ReplayRefusal>> {
    return this.#replay(record, { ...missing, replay: 0 }, by, (ledger, endpoint) =>
      ledger.replayMissing(missing, by, endpoint, this.#at(), this.#storageBytes()),
    );
  }

  async #replay(
    record: string,
    ref: DeliveryRef,
    by: Replayer,
    act: (
      ledger: Ledger,
      endpoint: EndpointSettings | undefined,
    ) => { result: Result<DeliveryView, ReplayRefusal>; effects: Effects },
  ): Promise<Result<DeliveryView, ReplayRefusal>> {
    const own = ofJob(this.#memory(record), ref, by.job);
    if (own !== null) return ok(own);
    const settings = await this.#now([ref.endpoint]);
    if (settings === null) return fail({ reason: 'not-found' });
    // Undefined once removed.
    const endpoint = settings.endpoints.find(({ id }) => id === ref.endpoint);
    return this.#act({ record, run: (ledger) => act(ledger, endpoint) });
  }

  async erasePayload(record: string, id: string): Promise<EventView | null> {
    // A record that never accepted anything stays without a row.
    if (this.#removedAtMs !== null || readEvent(this.#memory(record), id) === null) return null;
    return this.#act({ record, run: (ledger) => ledger.erasePayload(id, this.#at()) });
  }

  async discard(
    record: string,
    ref: DeliveryRef,
    by: { key: string; reason: string | null },
  ): Promise<Result<DeliveryView, DiscardRefusal>> {
    if (this.#removedAtMs !== null) return fail({ reason: 'not-found' });
    return this.#act({ record, run: (ledger) => ledger.discard(ref, by, this.#at()) });
  }

  #memory(record: string): Memory {
    return this.#ledger.ledger(record).memory;
  }

  /**
   * The endpoints of its lanes. None where it cannot be read: its own alarms report that, and it
   * holds up no other record.
   */
  #lanesOf(record: string): string[] {
    try {
      return [...this.#memory(record).lanes.keys()];
    } catch (error) {
      this.#links.failed(`read of ${record}`, error);
      return [];
    }
  }

  /**
   * Settings read now, with these endpoints; null where the account is gone, and then so is what
   * this Shard holds of it.
   */
  async #now(endpoints: string[]): Promise<AccountSettings | null> {
    const settings = await this.#settings({ minRevision: 0, isFresh: true, endpoints });
    if (settings === null) this.remove();
    return settings;
  }

  /** Null also where another account has the id by now. */
  async #settings(need: Parameters<RunnerDeps['settings']>[0]): Promise<AccountSettings | null> {
    const settings = await this.#links.settings(need);
    return settings?.incarnation === this.#links.address.incarnation ? settings : null;
  }

  /** A turn of one task. Throws what the task throws. */
  #act<T>(task: Task<T>): T {
    if (this.#removedAtMs !== null) throw new Error('the account of this Shard was removed');
    const [done] = this.#perform([task]);
    if (done?.ok !== true) throw done?.error ?? new Error('a task of a turn has no outcome');
    // A turn answers its task with what the task itself returned.
    return done.result as T;
  }

  /**
   * One commit: the rows of all tasks, what `alongside` writes, and the alarm. Then their effects,
   * in the same turn.
   */
  #perform(tasks: Task[], alongside: (done: Done[]) => void = () => undefined): Done[] {
    if (this.#removedAtMs !== null) throw new Error('the account of this Shard was removed');
    const at = this.#at();
    const isPublish = tasks.some((task) => task.isPublish === true);
    const done = this.#turn(tasks, at, (all) => {
      if (isPublish && this.#tables.exist) this.#retention.begin(at.nowMs);
      alongside(all);
    });
    if (isPublish) this.#accepted = { lastMs: at.nowMs, beforeMs: this.#accepted.lastMs };
    this.#arm();
    for (const [index, one] of done.entries()) {
      if (!one.ok) continue;
      if (tasks[index]?.isUnseen !== true) this.#viewed.changed(one.record);
      this.#runner.perform(one.record, one.effects);
    }
    return done;
  }

  #turn(tasks: Task[], at: At, alongside: (done: Done[]) => void): Done[] {
    try {
      return this.#ledger.turn(tasks, at, alongside);
    } catch (error) {
      this.#retention.lookAgain();
      throw error;
    }
  }

  #arm(): void {
    if (this.#removedAtMs !== null) {
      const retentionAtMs = this.#removedAtMs + REMOVED_KEPT_MS;
      this.#alarm.arm({ owedAtMs: null, retentionAtMs, isWhole: true, isActive: false });
      return;
    }
    const { lastMs, beforeMs } = this.#accepted;
    this.#alarm.arm({
      owedAtMs: this.#ledger.wakeAtMs(),
      // A pass under way moves it once it has ended; until then this one brings it back.
      retentionAtMs: this.#isRetaining ? this.#links.nowMs() + RETENTION_AGAIN_MS : this.#retention.atMs,
      isWhole: this.#ledger.isWhole(),
      isActive: lastMs - beforeMs < ACTIVE_WITHIN_MS && this.#links.nowMs() - lastMs < ACTIVE_WITHIN_MS,
    });
  }

  /** Asked of the platform once in a while, not with each publish. */
  #storageBytes(): number {
    const nowMs = this.#links.nowMs();
    if (nowMs - this.#storage.atMs >= STORAGE_LOOK_MS) {
      this.#storage = { bytes: this.#links.storageBytes(), atMs: nowMs };
    }
    return this.#storage.bytes;
  }

  /**
   * Some pages of the pass over what is stored. What is not done here, or fails, comes with the
   * next look.
   */
  async #retain(): Promise<void> {
    this.#isRetaining = true;
    try {
      for (let pages = 0; pages < RETENTION_PAGES_PER_LOOK; pages += 1) {
        // Read for each page: others get their turn meanwhile.
        const facts = await this.#now([]);
        if (facts === null) return;
        const { over: first } = this.#retention.page(facts, this.#links.nowMs());
        const known = new Set([...first.keys()].flatMap((record) => this.#lanesOf(record)));
        const settings = known.size === 0 ? facts : await this.#now([...known]);
        if (settings === null) return;
        // Read anew: a replay may have reopened and finished what the first page took for over.
        const nowMs = this.#links.nowMs();
        const { over, next } = this.#retention.page(settings, nowMs);
        const removed = known.difference(new Set(settings.endpoints.map(({ id }) => id)));
        const tasks = [...over].map(([record, gone]) => ({
          record,
          run: (ledger: Ledger) => ledger.purge(gone, removed, this.#at()),
        }));
        const done = this.#perform(tasks, (done) => {
          const hasLeft = done.some((one) => !one.ok || (typeof one.result === 'number' && one.result > 0));
          this.#retention.turned(next, hasLeft, settings, nowMs);
        });
        for (const one of done) if (!one.ok) this.#links.failed(`purge of ${one.record}`, one.error);
        if (next === null) break;
        await this.#links.committed();
      }
    } catch (error) {
      this.#links.failed('retention', error);
      this.#retention.failed(this.#links.nowMs());
    } finally {
      this.#isRetaining = false;
      if (this.#removedAtMs === null) this.#arm();
    }
  }
}

/**
 * One alarm of a Shard, from its platform. `wasRunning`: the instance was there before. Never
 * awaits the network and never throws: the platform drops an alarm that fails too often.
 */
export async function runAlarm(
  alarm: ShardAlarm,
  fired: { wasRunning: boolean; scheduledMs: number | null; recordsMax: number },
  links: {
    open(): ShardCore;
    nowMs(): number;
    /** Everything that is stored. */
    deleteAll(): Promise<void>;
    failed(error: unknown, nowMs: number): void;
  },
): Promise<void> {
  const isInherited = alarm.ran(fired.wasRunning, fired.scheduledMs);
  try {
    if (await links.open().alarm(isInherited, fired.recordsMax)) await links.deleteAll();
  } catch (error) {
    const nowMs = links.nowMs();
    alarm.failed(nowMs);
    links.failed(error, nowMs);
  }
}

function effectsOf(record: string, run: (ledger: Ledger) => Effects): Task<undefined> {
  return { record, run: (ledger) => ({ result: undefined, effects: run(ledger) }) };
}
