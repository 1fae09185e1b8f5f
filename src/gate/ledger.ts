/**
 * The protocol of a Gate over SQL: where the lanes of one endpoint wait for it. It lets attempts go
 * at the endpoint's pace, keeps a row for each record that has to wait, and wakes them, oldest
 * first. Without a runtime, like the Shard's. Each public method is one turn; its effects say when
 * the alarm is due and who is notified.
 *
 *   paused              everything waits
 *   removed, disabled   everything is woken, to be cancelled by its Shard
 *   enabled             as the circuit (core/circuit.ts) and the rate limit (core/pace.ts) say
 */
import { counted, NOBODY_ASKS } from '../core/asking.ts';
import type { Admission, GateSettings, GateView, ProbeOutcome, Woken } from '../core/admission.ts';
import { type Circuit, fullPace, halfOpen, observed } from '../core/circuit.ts';
import type { Report } from '../core/report.ts';
import {
  CIRCUIT_CALM_MS,
  FAILING_EXACT_MS,
  GATE_CATCH_UP_MS,
  GATE_STEP_MS,
  GATE_WAKE_BATCH,
  PACE_STORED_AHEAD_MS,
  PROBE_AGAIN_MS,
  PROBE_MS,
  RESERVE_AHEAD_MS,
  UNAVAILABLE_WAIT_MS_MIN,
  SECOND_MS,
} from '../core/limits.ts';
import { failingAfter, isFailingForDays } from '../core/failing.ts';
import { burstOf, nextStartMs, reserved, takeStarts } from '../core/pace.ts';
import type { Sql } from '../core/sql.ts';
import { GateRows, type GateState, type ParkedRecord } from './rows.ts';
import { Tallies } from './tallies.ts';

export type At = { nowMs: number; random: () => number };

export type GateEffects = {
  /** Null: nothing to do by time alone. */
  wakeAtMs: number | null;
  /** What the Account should make of the endpoint's `isWatched`; null: it knows. */
  watch: boolean | null;
  /**
   * Since then only failures were reported, for long enough to disable the endpoint. The
   * log must agree.
   */
  failing: { sinceMs: number } | null;
};

/** `passes`: how many attempts the record may start; null: as many as it likes. */
export type Wake = ParkedRecord & { passes: number | null };
export type WakeResult = { wake: Wake; woken: Woken | null };

export class GateLedger {
  readonly #sql: Sql;
  readonly #rows: GateRows;
  readonly #tallies = new Tallies();
  #asking = NOBODY_ASKS;
  #state: GateState | null = null;
  /** The stored clock of the pace is never behind this one. */
  #freeAtMs = 0;
  #steppedAtMs = 0;
  #toldAtMs = -Infinity;
  #judgedAtMs = -Infinity;

  constructor(sql: Sql) {
    this.#sql = sql;
    this.#rows = new GateRows(sql);
  }

  /** A record asks for one attempt, under the settings that it has seen. */
  admit(record: string, seen: GateSettings, at: At): { answer: Admission; effects: GateEffects } {
    const { result, effects } = this.#turn(at, () => {
      this.#learn(seen, at.nowMs);
      const known = this.#known();
      if (known.status === 'paused') return this.#park(record, 'paused');
      // What it has seen would make it wait, or not ask at all: it must read what is known here
      // before it may go.
      const isGoing = known.status === 'enabled' && isPacing(known) && seen.status !== 'paused';
      const isOutdated = known.revision > seen.revision && !isGoing;
      return isOutdated ? ({ kind: 'changed' } as const) : this.#enter(record, at);
    });
    return { answer: result, effects };
  }

  /** What became of attempts of a record. */
  report(record: string, reports: readonly Report[], at: At): GateEffects {
    return this.#turn(at, () => {
      for (const report of reports) this.#count(record, report, at);
    }).effects;
  }

  /** News from the Account; what is older than what is known is ignored. */
  changed(settings: GateSettings, at: At): GateEffects {
    return this.#turn(at, ({ known, circuit }) => {
      if (known !== null && settings.revision <= known.revision) return;
      this.#learn(settings, at.nowMs);
      // Stored also where nothing differs: what an old Record has seen must not pass for newer.
      this.#move({ known: settings });
      // A person changed something else of it, perhaps its URL: that is worth a look at once.
      const isRepaired = known !== null && isSame(known, settings) && circuit.kind === 'open';
      if (isRepaired) this.#endPause(at.nowMs);
    }).effects;
  }

  /**
   * Somebody knows better than the pause: a test arrived, or a person replays. A probe that is
   * under way stays the only one.
   */
  probe(at: At): { outcome: ProbeOutcome; effects: GateEffects } {
    const { result, effects } = this.#turn(at, (state) => {
      this.#endPause(at.nowMs);
      return this.#probeOutcome(state, at.nowMs);
    });
    return { outcome: result, effects };
  }

  #probeOutcome({ known, circuit }: GateState, nowMs: number): ProbeOutcome {
    if (known !== null && known.status === 'paused') return 'paused';
    if (known !== null && known.status !== 'enabled') return 'disabled';
    if (circuit.kind !== 'open') return 'not-needed';
    if (circuit.probe !== null && circuit.probe.untilMs > nowMs) return 'under-way';
    return this.#rows.hasParked() ? 'probing' : 'nothing-waits';
  }

  #endPause(nowMs: number): void {
    const { circuit } = this.#read();
    if (circuit.kind === 'open' && circuit.untilMs > nowMs) this.#move({ circuit: { ...circuit, untilMs: nowMs } });
  }

  /** Whom to wake now, oldest first. What is taken here counts as started. */
  due(at: At): { wakes: Wake[]; revision: number; effects: GateEffects } {
    const { result, effects } = this.#turn(at, (state) => {
      const wakes = this.#wakes(state, at);
      this.#steppedAtMs = at.nowMs;
      return { wakes, revision: state.known?.revision ?? 0 };
    });
    return { ...result, effects };
  }

  /** Ends a step of the walk. Who did not answer goes to the back. */
  settle(results: readonly WakeResult[], at: At): GateEffects {
    return this.#turn(at, (state) => {
      for (const { wake, woken } of results) {
        if (woken === null || woken.isStillParked) this.#rows.toTheBack(wake);
        else this.#rows.leave(wake);
        const { circuit } = state;
        const isIdleProbe =
          circuit.kind === 'open' && circuit.probe?.record === wake.record && (woken?.started ?? 0) === 0;
        if (isIdleProbe) this.#move({ circuit: { ...circuit, probe: null } });
        // Nothing was there to send: its start is for another.
        if (woken?.started === 0) this.#freeAtMs -= ((wake.passes ?? 0) * SECOND_MS) / paceOf(state);
      }
      // Who never answers must not be asked four times a second.
      const isInVain = results.length > 0 && results.every(({ woken }) => woken === null);
      if (isInVain) this.#steppedAtMs = at.nowMs + UNAVAILABLE_WAIT_MS_MIN - GATE_STEP_MS;
    }).effects;
  }

  view(): GateView {
    const { circuit } = this.#read();
    return {
      circuit: circuit.kind,
      sinceMs: circuit.kind === 'closed' ? null : circuit.sinceMs,
      nextProbeAtMs: circuit.kind === 'open' ? circuit.untilMs : null,
      perSecond: circuit.kind === 'half-open' ? circuit.perSecond : null,
      waitingRecords: this.#rows.count(),
    };
  }

  /**
   * Another text where the circuit, or the time of its next probe, is another: what statuses of
   * records say of it.
   */
  said(): string {
    const { circuit } = this.#read();
    return circuit.kind === 'open' ? `open until ${circuit.untilMs}` : circuit.kind;
  }

  #turn<T>(at: At, work: (state: GateState) => T): { result: T; effects: GateEffects } {
    try {
      return this.#sql.transaction(() => {
        const before = this.#read();
        const result = work(before);
        const after = this.#read();
        // The pace of a limit is a promise to the receiver: a new instance must not forget what was
        // reserved.
        const isPaceOwed = limitOf(after) !== null && this.#freeAtMs > after.freeAtMs;
        if (isPaceOwed) this.#move({ freeAtMs: this.#freeAtMs + PACE_STORED_AHEAD_MS });
        if (this.#read() !== before) this.#rows.writeState(this.#read());
        return { result, effects: this.#effects(at.nowMs) };
      });
    } catch (error) {
      this.#state = null;
      this.#rows.forget();
      throw error;
    }
  }

  #read(): GateState {
    if (this.#state === null) {
      this.#state = this.#rows.state();
      this.#freeAtMs = this.#state.freeAtMs;
    }
    return this.#state;
  }

  #move(change: Partial<GateState>): void {
    this.#state = { ...this.#read(), ...change };
  }

  #known(): GateSettings {
    const { known } = this.#read();
    if (known === null) throw new Error('a Gate answers nobody before it knows its endpoint');
    return known;
  }

  #learn(settings: GateSettings, nowMs: number): void {
    const { known, circuit } = this.#read();
    if (known !== null && settings.revision <= known.revision) return;
    // Each change of any endpoint of the account would be a row.
    if (known !== null && isSame(known, settings)) return;
    this.#move({ known: settings });
    if (settings.status !== 'enabled') this.#move({ circuit: { kind: 'closed' }, failing: null });
    // After a pause a backlog is sent as after an outage: nobody knows what the endpoint can bear
    // by now.
    const isResumed = settings.status === 'enabled' && known !== null && known.status !== 'enabled';
    if (isResumed && circuit.kind === 'closed' && this.#rows.hasParked()) this.#turnTo(circuit, halfOpen(nowMs), nowMs);
    if (settings.status === 'enabled' && settings.isWatched && circuit.kind === 'closed') {
      this.#move({ calmAtMs: nowMs + CIRCUIT_CALM_MS });
    }
  }

  #enter(record: string, at: At): Admission {
    const state = this.#read();
    const { circuit } = state;
    if (circuit.kind === 'open') {
      if (!isProbeDue(circuit, at.nowMs) && !isProbeAgain(circuit, record, at.nowMs))
        return this.#park(record, 'circuit');
      this.#move({ circuit: { ...circuit, probe: { record, untilMs: at.nowMs + PROBE_MS } } });
      return { kind: 'go' };
    }
    const limit = limitOf(state);
    const why = circuit.kind === 'half-open' ? 'circuit' : 'pace';
    if (limit === null && circuit.kind === 'closed') {
      if (this.#rows.hasParked()) this.#giveWay(at.nowMs, paceOf(state));
      return { kind: 'go' };
    }
    // Who waits already goes first.
    if (this.#rows.hasParked()) return this.#park(record, why);
    const perSecond = paceOf(state);
    const atMs = nextStartMs(this.#freeAtMs, at.nowMs, perSecond);
    const aheadMs = circuit.kind === 'closed' ? RESERVE_AHEAD_MS : 0;
    if (atMs > at.nowMs + aheadMs) return this.#park(record, why);
    this.#freeAtMs = reserved(this.#freeAtMs, at.nowMs, perSecond);
    return atMs <= at.nowMs ? { kind: 'go' } : { kind: 'at', atMs: Math.ceil(atMs) };
  }

  /**
   * What goes beside the rest of a backlog is taken from its pace, of which some is always left.
   */
  #giveWay(nowMs: number, perSecond: number): void {
    const mostMs = nowMs + (burstOf(perSecond) / 2) * (SECOND_MS / perSecond);
    this.#freeAtMs = Math.min(reserved(this.#freeAtMs, nowMs, perSecond), mostMs);
  }

  #park(record: string, why: (Admission & { kind: 'parked' })['why']): Admission {
    this.#rows.park(record);
    return { kind: 'parked', why };
  }

  #count(record: string, report: Report, at: At): void {
    const state = this.#read();
    const { circuit } = state;
    if (!isEnabled(state)) return;
    // From before it last closed: that is known already.
    const isOld = circuit.kind === 'closed' && report.atMs < state.calmAtMs - CIRCUIT_CALM_MS;
    if (isOld && report.answer === 'failed') return;
    const tally = this.#tallies.add(record, report, at.nowMs);
    this.#asking = counted(this.#asking, record, report, at.nowMs);
    const facts = { record, tally, asking: this.#asking, limitPerSecond: limitOf(state) };
    let after = observed(circuit, report, facts, at);
    const isAnswered = report.answer !== 'failed';
    if (after.kind === 'half-open' && isAnswered && !this.#rows.hasParked()) after = { kind: 'closed' };
    if (after !== circuit) this.#turnTo(circuit, after, at.nowMs);
    const failing = failingAfter(state.failing, report, at.nowMs);
    if (failing !== state.failing) this.#move({ failing });
  }

  #turnTo(before: Circuit, after: Circuit, nowMs: number): void {
    if (before.kind !== after.kind) {
      this.#tallies.clear();
      // From one a second: nothing is caught up with.
      if (after.kind === 'half-open') this.#freeAtMs = nowMs;
      if (after.kind === 'closed') {
        this.#asking = NOBODY_ASKS;
        this.#move({ calmAtMs: nowMs + CIRCUIT_CALM_MS });
      }
    }
    this.#move({ circuit: after });
  }

  /** The log found a success since then, or a person has changed the endpoint. */
  succeeded(sinceMs: number, at: At): GateEffects {
    return this.#turn(at, () => this.#move({ failing: { sinceMs, days: 0, day: 0 } })).effects;
  }

  #wakes(state: GateState, { nowMs }: At): Wake[] {
    const { known, circuit } = state;
    if (known === null || known.status === 'paused') return [];
    if (known.status !== 'enabled') return this.#rows.oldest(GATE_WAKE_BATCH).map((one) => ({ ...one, passes: null }));
    if (circuit.kind === 'open') {
      const [first] = isProbeDue(circuit, nowMs) ? this.#rows.oldest(1) : [];
      if (first === undefined) return [];
      this.#move({ circuit: { ...circuit, probe: { record: first.record, untilMs: nowMs + PROBE_MS } } });
      return [{ ...first, passes: 1 }];
    }
    if (!this.#rows.hasParked()) return [];
    const sinceMs = Math.max(this.#steppedAtMs, nowMs - GATE_CATCH_UP_MS);
    const taken = takeStarts(this.#freeAtMs, nowMs, paceOf(state), GATE_WAKE_BATCH, sinceMs);
    this.#freeAtMs = taken.freeAtMs;
    return shared(this.#rows.oldest(taken.count), taken.count);
  }

  #effects(nowMs: number): GateEffects {
    const state = this.#read();
    const { known, failing } = state;
    const wanted = this.#isWatchWanted(state, nowMs);
    // A Gate that knows no settings yet has only reports of failures: no Shard asks it yet.
    const isOwed = isEnabled(state) && (known?.isWatched ?? false) !== wanted;
    const isSent = nowMs - this.#toldAtMs < UNAVAILABLE_WAIT_MS_MIN;
    const watch = isOwed && !isSent ? wanted : null;
    if (watch !== null) this.#toldAtMs = nowMs;
    const isJudged = nowMs - this.#judgedAtMs < FAILING_EXACT_MS;
    const isFailing = isEnabled(state) && !isJudged && isFailingForDays(failing, nowMs);
    if (isFailing) this.#judgedAtMs = nowMs;
    return {
      wakeAtMs: this.#wakeAtMs(state, isOwed, nowMs),
      watch,
      failing: isFailing && failing !== null ? { sinceMs: failing.sinceMs } : null,
    };
  }

  /** While lanes must ask; a backlog that is sent at full pace keeps its pace. */
  #isWatchWanted(state: GateState, nowMs: number): boolean {
    if (!isEnabled(state)) return state.known?.isWatched ?? false;
    if (state.circuit.kind !== 'closed' || nowMs < state.calmAtMs) return true;
    return limitOf(state) === null && this.#rows.hasParked();
  }

  #wakeAtMs(state: GateState, isOwed: boolean, nowMs: number): number | null {
    const times: number[] = [];
    if (isOwed) times.push(Math.max(nowMs, this.#toldAtMs + UNAVAILABLE_WAIT_MS_MIN));
    else if (state.known?.isWatched === true && state.calmAtMs > nowMs) times.push(state.calmAtMs);
    const walkMs = this.#walkAtMs(state, nowMs);
    if (walkMs !== null) times.push(Math.max(walkMs, this.#steppedAtMs + GATE_STEP_MS));
    return times.length === 0 ? null : Math.ceil(Math.min(...times));
  }

  #walkAtMs(state: GateState, nowMs: number): number | null {
    const { known, circuit } = state;
    if (known === null || known.status === 'paused' || !this.#rows.hasParked()) return null;
    if (known.status !== 'enabled') return nowMs;
    if (circuit.kind === 'open') return Math.max(circuit.untilMs, circuit.probe?.untilMs ?? 0);
    return nextStartMs(this.#freeAtMs, nowMs, paceOf(state));
  }
}

function isEnabled({ known }: GateState): boolean {
  return known === null || known.status === 'enabled';
}

function limitOf({ known }: GateState): number | null {
  return known?.rateLimitPerSecond ?? null;
}

function isSame(a: GateSettings, b: GateSettings): boolean {
  return a.status === b.status && a.rateLimitPerSecond === b.rateLimitPerSecond && a.isWatched === b.isWatched;
}

/** Under these, an attempt needs to ask. */
function isPacing(known: GateSettings): boolean {
  return known.isWatched || known.rateLimitPerSecond !== null;
}

function paceOf(state: GateState): number {
  const limit = limitOf(state);
  if (state.circuit.kind === 'half-open') return Math.min(state.circuit.perSecond, limit ?? Infinity);
  return limit ?? fullPace(null);
}

function isProbeDue(circuit: Circuit & { kind: 'open' }, nowMs: number): boolean {
  return nowMs >= circuit.untilMs && nowMs >= (circuit.probe?.untilMs ?? 0);
}

/**
 * Whose probe it is may need to ask again, its pass having run out in a queue; but all that waits
 * in one record is not one probe.
 */
function isProbeAgain({ probe }: Circuit & { kind: 'open' }, record: string, nowMs: number): boolean {
  return probe?.record === record && nowMs >= probe.untilMs - PROBE_MS + PROBE_AGAIN_MS;
}

/** Starts for records, oldest first: where there are more starts than records, some get several. */
function shared(records: ParkedRecord[], starts: number): Wake[] {
  const each = Math.floor(starts / records.length);
  return records.map((one, index) => ({ ...one, passes: each + Number(index < starts % records.length) }));
}
