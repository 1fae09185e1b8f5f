/**
 * The protocol of a job over SQL, without a runtime: what comes next, what was done, who paused it.
 * Each public method is one synchronous turn. A crash between two of them repeats at most one step,
 * and steps are idempotent; what is counted is counted in the turn that ends its item, so nothing
 * is counted twice.
 *
 *   running ⇄ paused        running, paused ─▶ cancelled        running ─▶ finished
 *
 *   a pass:  listing ─▶ items ─▶ … ─▶ listed ─▶ resting ─▶ the next pass, until one finds nothing ─▶ closing ─▶ finished
 *
 * Refuses to know: clocks, databases, other objects, what a kind of job is about.
 */
import { canonicalJson } from '../core/canonical.ts';
import type { JobAct, JobRefusal, JobSpec, JobStart, JobSummary, JobView } from '../core/job.ts';
import {
  ERROR_MESSAGE_BYTES_MAX,
  JOB_FAILURES_NAMED_MAX,
  JOB_HISTORY_MAX,
  JOB_ITEMS_AHEAD_MAX,
  JOB_LOOKS_PER_SECOND,
  JOB_QUIET_AFTER_MS,
  JOB_REST_MS_CAP,
  JOB_REST_MS_MIN,
  JOB_STEP_ITEMS,
  JOB_STEP_LOOKS,
  JOB_STEP_MS,
  JOB_PROJECT_MS,
  JOB_WAIT_MS_CAP,
  JOB_WAIT_MS_MIN,
  JOB_YIELD_MS_CAP,
} from '../core/limits.ts';
import { fail, ok, type Result } from '../core/result.ts';
import type { Sql } from '../core/sql.ts';
import {
  addItems,
  create,
  dueItems,
  endItem,
  forgetItems,
  hasTables,
  migrate,
  openItem,
  openItems,
  putOff,
  readStart,
  readState,
  type State,
  writeState,
} from './rows.ts';
import { summaryOf, viewOf } from './view.ts';
import type { Item, KindRules, Outcome, Page } from './work.ts';

export type Task =
  | { kind: 'list'; cursor: string | null; pass: number }
  /** `works`: how many of them are more than a look. */
  | { kind: 'perform'; items: Item[]; works: number }
  | { kind: 'close' }
  /** Nothing is due, or the job is paused or has ended. */
  | { kind: 'wait' };

type Person = { key: string; reason: string | null };

export class JobLedger {
  readonly #sql: Sql;
  #start: JobStart | null = null;

  constructor(sql: Sql) {
    this.#sql = sql;
  }

  /** What it is to do; null before it was started. */
  started(): JobStart | null {
    if (this.#start === null && hasTables(this.#sql)) {
      migrate(this.#sql);
      this.#start = readStart(this.#sql);
    }
    return this.#start;
  }

  startedMs(): number {
    return readState(this.#sql).createdAtMs;
  }

  /** Starting it again answers it as it is; with something else to do, it refuses. */
  start(start: JobStart, kind: KindRules, nowMs: number): Result<JobView, { reason: 'other-content' }> {
    const before = this.started();
    if (before !== null && !isSame(before.spec, start.spec, kind)) {
      return fail({ reason: 'other-content' });
    }
    if (before === null) {
      this.#sql.transaction(() => create(this.#sql, start, firstState(start, nowMs)));
      this.#start = start;
    }
    return ok(this.#view(this.#requireStart(), kind, nowMs));
  }

  read(kind: KindRules, nowMs: number): JobView | null {
    const start = this.started();
    return start === null ? null : this.#view(start, kind, nowMs);
  }

  #view(start: JobStart, kind: KindRules, nowMs: number): JobView {
    return viewOf(start, readState(this.#sql), { ...openItems(this.#sql), kind }, nowMs);
  }

  /**
   * Doing it again changes nothing. What is under way when a job is paused or cancelled is still
   * done and counted.
   */
  act(action: 'pause' | 'resume' | 'cancel', by: Person, kind: KindRules, nowMs: number): Result<null, JobRefusal> {
    return this.#turn(nowMs, (state) => {
      const wanted = action === 'cancel' ? 'cancelled' : action === 'pause' ? 'paused' : 'running';
      if (state.status === wanted) return ok(null);
      if (state.endedAtMs !== null) return fail({ reason: 'ended', status: state.status });
      if (action === 'cancel' && !kind.isCancellable) return fail({ reason: 'not-cancellable' });
      state.status = wanted;
      const words = { pause: 'paused', resume: 'resumed', cancel: 'cancelled' } as const;
      remember(state, { atMs: nowMs, by: by.key, action: words[action], reason: by.reason });
      if (wanted === 'cancelled') state.endedAtMs = nowMs;
      if (wanted === 'running') state.nextMs = nowMs;
      return ok(null);
    });
  }

  /** One step at a time, to be answered by `listed`, `performed`, `closed` or `failed`. */
  next(kind: KindRules, nowMs: number): Task {
    if (this.started() === null) return { kind: 'wait' };
    const state = readState(this.#sql);
    // Not before: a step that was under way at the end has counted its items by now.
    if (state.endedAtMs !== null) forgetItems(this.#sql);
    if (state.status !== 'running' || state.nextMs > nowMs) return { kind: 'wait' };
    const { phase } = state;
    if (phase.kind === 'closing') return { kind: 'close' };
    if (phase.kind === 'resting') return phase.untilMs > nowMs ? { kind: 'wait' } : this.#beginPass(nowMs);
    const work = state.paceMs <= nowMs ? dueItems(this.#sql, 'work', nowMs, workOfStep(kind)) : [];
    const looks = state.looksMs <= nowMs ? dueItems(this.#sql, 'look', nowMs, JOB_STEP_LOOKS) : [];
    if (work.length + looks.length > 0) return { kind: 'perform', items: [...work, ...looks], works: work.length };
    if (phase.kind === 'listing' && openItems(this.#sql).count < JOB_ITEMS_AHEAD_MAX) {
      return { kind: 'list', cursor: phase.cursor, pass: state.pass };
    }
    return { kind: 'wait' };
  }

  #beginPass(nowMs: number): Task {
    return this.#turn(nowMs, (state) => {
      state.pass += 1;
      state.passBeganMs = nowMs;
      state.passFound = 0;
      state.phase = { kind: 'listing', cursor: null };
      return { kind: 'list', cursor: null, pass: state.pass };
    });
  }

  listed(page: Page, kind: KindRules, nowMs: number): void {
    this.#turn(nowMs, (state) => {
      stepped(state);
      if (state.endedAtMs !== null) return;
      if (page.total !== undefined && state.pass === 1) state.progress.total = page.total;
      if (page.items.length > 0) addItems(this.#sql, page.items, nowMs);
      if (page.isComplete === true) state.isComplete = true;
      state.phase = page.next === null ? { kind: 'listed' } : { kind: 'listing', cursor: page.next };
      this.#endPass(state, kind, nowMs);
    });
  }

  /** `tookFromMs`: when the step began, for its pace. */
  performed(outcomes: [Item, Outcome][], kind: KindRules, tookFromMs: number, nowMs: number): void {
    this.#turn(nowMs, (state) => {
      stepped(state);
      const looks = outcomes.filter(([{ key }]) => openItem(this.#sql, key)?.kind === 'look').length;
      const afterMs = (count: number, perSecond: number) => tookFromMs + Math.ceil((count * 1_000) / perSecond);
      if (looks < outcomes.length) state.paceMs = afterMs(outcomes.length - looks, kind.pacePerSecond);
      if (looks > 0) state.looksMs = afterMs(looks, JOB_LOOKS_PER_SECOND);
      for (const [item, outcome] of outcomes) this.#count(state, item, outcome, kind, nowMs);
      state.lastError = unansweredBy(outcomes);
      // A slow step is a loaded machine: others get as much of it as this job had.
      state.nextMs = nowMs + Math.min(Math.max(0, nowMs - tookFromMs), JOB_YIELD_MS_CAP);
      if (state.endedAtMs === null) this.#endPass(state, kind, nowMs);
    });
  }

  #count(state: State, item: Item, outcome: Outcome, kind: KindRules, nowMs: number): void {
    const open = openItem(this.#sql, item.key);
    if (open === null) return;
    const { progress } = state;
    const name = kind.nameOf?.(item.key) ?? item.key;
    const fail = (count: number, reason: string) => {
      progress.failed += count;
      if (state.failures.length < JOB_FAILURES_NAMED_MAX) {
        state.failures.push({ item: name, reason: reason.slice(0, ERROR_MESSAGE_BYTES_MAX) });
      }
      endItem(this.#sql, item.key, kind.isRemembering);
    };
    if (!('isFound' in outcome) || outcome.isFound) state.passFound += 1;
    switch (outcome.kind) {
      case 'over':
        progress.done += outcome.done;
        progress.skipped += outcome.skipped;
        endItem(this.#sql, item.key, kind.isRemembering);
        break;
      case 'skipped':
        progress.skipped += 1;
        noteSkip(state, name, outcome.reason);
        endItem(this.#sql, item.key, kind.isRemembering);
        break;
      case 'failed':
        fail(1, outcome.reason);
        break;
      case 'unanswered': {
        const tries = open.tries + 1;
        const { key, weight } = item;
        if (tries >= kind.triesMax) fail(Math.max(1, weight), outcome.reason);
        else putOff(this.#sql, { key, weight }, { tries, dueMs: nowMs + waitMs(tries), waitsFor: null });
        break;
      }
      case 'open': {
        const { done, afterMs, waitsFor } = outcome;
        progress.done += done;
        const left = { key: item.key, weight: Math.max(item.weight - done, outcome.weight) };
        putOff(this.#sql, left, { tries: 0, dueMs: nowMs + afterMs, waitsFor });
        break;
      }
    }
    progress.total = Math.max(progress.total, progress.done + progress.failed + progress.skipped);
  }

  /**
   * The last pass is one that found nothing, and that began when nothing could be on its way any
   * more.
   */
  #endPass(state: State, kind: KindRules, nowMs: number): void {
    if (state.phase.kind !== 'listed' || openItems(this.#sql).count > 0) return;
    const quietFromMs = state.createdAtMs + JOB_QUIET_AFTER_MS;
    const isQuiet = state.passFound === 0 && state.passBeganMs > quietFromMs;
    if (kind.passes === 'one' || state.isComplete || isQuiet) {
      state.phase = { kind: 'closing' };
      return;
    }
    const restMs = state.passFound === 0 ? 0 : Math.min(JOB_REST_MS_MIN * 2 ** (state.pass - 1), JOB_REST_MS_CAP);
    state.phase = { kind: 'resting', untilMs: Math.max(nowMs + restMs, quietFromMs + 1) };
  }

  closed(nowMs: number): void {
    this.#turn(nowMs, (state) => {
      stepped(state);
      if (state.endedAtMs !== null) return;
      state.status = 'finished';
      const { done, failed, skipped } = state.progress;
      state.progress.total = done + failed + skipped;
      remember(state, { atMs: nowMs, by: 'tubepost', action: 'finished', reason: null });
      state.endedAtMs = nowMs;
    });
  }

  /** The step as a whole did not work: a database that does not answer. It comes again. */
  failed(error: string, nowMs: number): void {
    this.#turn(nowMs, (state) => {
      state.stepFailures += 1;
      state.lastError = error.slice(0, ERROR_MESSAGE_BYTES_MAX);
      state.nextMs = nowMs + waitMs(state.stepFailures);
    });
  }

  /** What the lists should know now; null while they know it, or knew it a moment ago. */
  owed(nowMs: number): { revision: number; summary: JobSummary } | null {
    const start = this.started();
    if (start === null) return null;
    const state = readState(this.#sql);
    return projectAtMs(state) > nowMs ? null : { revision: state.revision, summary: summaryOf(start, state) };
  }

  /** Not a change of the job: its revision stays. */
  projected(revision: number, isWritten: boolean, nowMs: number): void {
    const state = readState(this.#sql);
    state.toldAtMs = nowMs;
    state.tellFailures = isWritten ? 0 : state.tellFailures + 1;
    if (isWritten) state.told = revision;
    writeState(this.#sql, state);
  }

  /** The one place that derives when to wake. Null: nothing is owed. */
  wakeAtMs(): number | null {
    if (this.started() === null) return null;
    const state = readState(this.#sql);
    const stepMs = state.status === 'running' ? Math.max(state.nextMs, this.#readyMs(state)) : Infinity;
    const wakeAtMs = Math.min(stepMs, projectAtMs(state));
    return wakeAtMs === Infinity ? null : wakeAtMs;
  }

  #readyMs(state: State): number {
    if (state.phase.kind === 'resting') return state.phase.untilMs;
    if (state.phase.kind === 'closing') return 0;
    const { count, workMs, lookMs } = openItems(this.#sql);
    if (count === 0 || (state.phase.kind === 'listing' && count < JOB_ITEMS_AHEAD_MAX)) return 0;
    return Math.min(
      workMs === null ? Infinity : Math.max(workMs, state.paceMs),
      lookMs === null ? Infinity : Math.max(lookMs, state.looksMs),
    );
  }

  #requireStart(): JobStart {
    const start = this.started();
    if (start === null) throw new Error('the job was not started');
    return start;
  }

  #turn<T>(nowMs: number, work: (state: State) => T): T {
    return this.#sql.transaction(() => {
      const state = readState(this.#sql);
      const before = JSON.stringify(state);
      const result = work(state);
      if (JSON.stringify(state) === before) return result;
      state.revision += 1;
      state.updatedAtMs = nowMs;
      writeState(this.#sql, state);
      return result;
    });
  }
}

function firstState({ by, reason }: JobStart, nowMs: number): State {
  return {
    status: 'running',
    revision: 1,
    told: 0,
    toldAtMs: 0,
    tellFailures: 0,
    phase: { kind: 'listing', cursor: null },
    pass: 1,
    passBeganMs: nowMs,
    passFound: 0,
    isComplete: false,
    progress: { total: 0, done: 0, failed: 0, skipped: 0 },
    failures: [],
    skips: [],
    history: [{ atMs: nowMs, by, action: 'started', reason }],
    nextMs: nowMs,
    paceMs: nowMs,
    looksMs: nowMs,
    stepFailures: 0,
    lastError: null,
    createdAtMs: nowMs,
    updatedAtMs: nowMs,
    endedAtMs: null,
  };
}

/** At most what its pace allows in a moment: not ten at once and then nothing. */
function workOfStep({ pacePerSecond }: KindRules): number {
  return Math.min(JOB_STEP_ITEMS, Math.ceil((pacePerSecond * JOB_STEP_MS) / 1_000));
}

function stepped(state: State): void {
  state.stepFailures = 0;
  state.lastError = null;
}

function noteSkip(state: State, item: string, reason: string): void {
  const { skippedBy = {} } = state;
  state.skippedBy = { ...skippedBy, [reason]: (skippedBy[reason] ?? 0) + 1 };
  if (state.skips.length < JOB_FAILURES_NAMED_MAX) state.skips.push({ item, reason });
}

/** Why nothing of a step was answered; null where anything was. */
function unansweredBy(outcomes: [Item, Outcome][]): string | null {
  const reasons = outcomes.map(([, outcome]) => (outcome.kind === 'unanswered' ? outcome.reason : null));
  return reasons.includes(null) ? null : (reasons[0] ?? '').slice(0, ERROR_MESSAGE_BYTES_MAX);
}

/** The first act says who began it; of the others the newest stay. */
function remember(state: State, act: JobAct): void {
  state.history.push(act);
  if (state.history.length > JOB_HISTORY_MAX) state.history.splice(1, 1);
}

function waitMs(failures: number): number {
  return Math.min(JOB_WAIT_MS_MIN * 2 ** (failures - 1), JOB_WAIT_MS_CAP);
}

/**
 * Progress is written to D1 now and then, an end or a pause at once; a database that does not
 * answer is asked ever more rarely.
 */
function projectAtMs(state: State): number {
  if (state.told >= state.revision) return Infinity;
  if (state.tellFailures > 0) return state.toldAtMs + waitMs(state.tellFailures);
  return state.status === 'running' ? state.toldAtMs + JOB_PROJECT_MS : 0;
}

function isSame(before: JobSpec, wanted: JobSpec, { identityOf = (spec) => spec }: KindRules): boolean {
  return before.kind === wanted.kind && canonicalJson(identityOf(before)) === canonicalJson(identityOf(wanted));
}
