/**
 * The invariants I1-I8 of docs/requirements.md, each named once: functions over facts that throw a
 * Violation whose text says what was promised and what was found. They know neither SQL nor a
 * runtime, so that any test that has such facts can ask them.
 */
import type { Delivery, DeliveryStatus } from '../../src/core/delivery.ts';
import type { Ordering } from '../../src/core/endpoint.ts';
import { type LaneItem, planLane } from '../../src/core/lane.ts';
import { FANOUT_CLAIMS_MAX, ALARM_FAILED_WAIT_MS_CAP, SLOW_CLAIMS_MAX, WHOLE_PHASE_MS } from '../../src/core/limits.ts';
import type { LoggedAttempt } from '../../src/core/log.ts';
import type { AttemptRequest } from '../../src/core/rpc.ts';
import { isAtGate } from '../../src/core/status.ts';
import type { DeliveryView } from '../../src/core/view.ts';

export type Invariant = 'I1' | 'I2' | 'I3' | 'I4' | 'I5' | 'I6' | 'I7' | 'I8';

export class Violation extends Error {
  readonly invariant: Invariant;

  constructor(invariant: Invariant, where: string, what: string) {
    super(`${invariant} is broken at ${where}: ${what}`);
    this.invariant = invariant;
  }
}

export type StoredDelivery = LaneItem & { expiresAtMs?: number | undefined };

/** For plans that need not know what was attempted: it only ever takes away from what may start. */
const NOTHING_ATTEMPTED = { attempted: null, attemptedOfType: new Map<string, number>() };

/**
 * Clocks of two machines may differ by this, or an attempt have begun this long before its outcome.
 */
const CREDIT_SLACK_MS = 120_000;

function nameOf({ sequence, delivery }: StoredDelivery): string {
  return `${sequence}${delivery.replay === 0 ? '' : ` (replay ${delivery.replay})`} to ${delivery.endpoint.slice(-4)}`;
}

const isLive = ({ delivery }: StoredDelivery) => delivery.replay === 0;
const isOpen = ({ delivery }: StoredDelivery) => delivery.state.kind === 'waiting';

/** I1, once all is quiet: nothing that was accepted is still open. */
export function everythingEnded(where: string, stored: Iterable<StoredDelivery>): void {
  for (const one of stored) {
    const { state, claim } = one.delivery;
    if (state.kind !== 'ended')
      throw new Violation('I1', where, `${nameOf(one)} never ended: ${JSON.stringify(state)}`);
    if (claim !== null) throw new Violation('I1', where, `${nameOf(one)} ended but its claim never did`);
  }
}

/** I1: the answer of a publish counts the deliveries; all of them exist. */
export function nothingLost(where: string, acknowledged: string[], stored: ReadonlySet<string>): void {
  const lost = acknowledged.filter((id) => !stored.has(id));
  if (lost.length > 0) throw new Violation('I1', where, `acknowledged, but nowhere: ${lost.join(', ')}`);
}

/**
 * I6: a job that is repeated makes one replay of a delivery; what was missing is sent by one replay
 * that repeats nothing.
 */
export function isReplayedOnceByAJob(where: string, ofEvent: Iterable<StoredDelivery>): void {
  const known = new Set<string>();
  for (const one of ofEvent) {
    const { endpoint, replay, replayFacts } = one.delivery;
    const { isMissing, job, of } = replayFacts ?? {};
    if (isMissing === true && replay !== 1)
      throw new Violation('I6', where, `${nameOf(one)} was missing, and is not the first`);
    if (job === undefined) continue;
    const key = `${endpoint} ${of} ${job}`;
    if (known.has(key))
      throw new Violation('I6', where, `${nameOf(one)} is the second replay of one delivery by ${job}`);
    known.add(key);
  }
}

/**
 * I2: 1, 2, 3, … without a gap, those included of which retention took the rows: none is given
 * again.
 */
export function sequencesAreDense(where: string, present: Iterable<number>, gone: Iterable<number>): void {
  let expected = 1;
  for (const sequence of [...present, ...gone].sort((a, b) => a - b)) {
    if (sequence !== expected) throw new Violation('I2', where, `sequence ${sequence} where ${expected} was next`);
    expected += 1;
  }
}

/**
 * What retention may take, and when: `keptMs` from the end, as the account says; what is open or
 * under way never.
 */
export function mayGo(where: string, what: string, deliveries: StoredDelivery[], nowMs: number, keptMs: number): void {
  for (const one of deliveries) {
    const { state, claim } = one.delivery;
    if (state.kind !== 'ended' || claim !== null)
      throw new Violation('I1', where, `the ${what} of ${nameOf(one)} went`);
    const earlyMs = state.atMs + keptMs - nowMs;
    if (earlyMs > 0) throw new Violation('I2', where, `the ${what} of ${nameOf(one)} went ${earlyMs} ms too early`);
  }
}

/** O4: once a Record is quiet, nothing stays for longer than it is kept, the slack and one look. */
export function hasGone(where: string, what: string, endedAtMs: number, nowMs: number, keptMsMax: number): void {
  const lateMs = nowMs - endedAtMs - keptMsMax;
  if (lateMs > 0) throw new Violation('I2', where, `the ${what} is still there, ${lateMs} ms late`);
}

/** O4: of a payload that was erased, or has expired, no row keeps anything. */
export function payloadIsGone(where: string, sequence: number, found: number): void {
  if (found > 0) throw new Violation('I6', where, `${found} rows keep something of the payload of ${sequence}`);
}

/** I2: the same id answers the same, however often it is asked. */
export function answersTheSame(where: string, first: unknown, again: unknown): void {
  const [a, b] = [JSON.stringify(first), JSON.stringify(again)];
  if (a !== b) throw new Violation('I2', where, `answered ${a} first and ${b} for a duplicate`);
}

/**
 * I4, I6, and that the log hears of it: from one stored picture of a delivery to the next. `nowMs`:
 * of the turn in between. `hasLeft`: the request of the claim that was open before.
 */
export function changesLegally(
  where: string,
  before: StoredDelivery,
  after: StoredDelivery,
  { nowMs, hasLeft }: { nowMs: number; hasLeft: boolean },
): void {
  const a = before.delivery;
  const b = after.delivery;
  const broken = (invariant: Invariant, what: string) => {
    throw new Violation(invariant, where, `${nameOf(after)}: ${what}`);
  };
  if (a.state.kind === 'ended' && JSON.stringify(a.state) !== JSON.stringify(b.state)) {
    const isDiscard = b.state.kind === 'ended' && b.state.as === 'cancelled' && isDiscarded(b.state.reason);
    if (a.state.as !== 'dead' || !isDiscard) {
      broken('I6', `was ${a.state.as} and became ${JSON.stringify(b.state)}`);
    }
  }
  const tried = b.attempts - a.attempts;
  if (tried < 0 || tried > 1) broken('I4', `went from ${a.attempts} attempts to ${b.attempts} in one turn`);
  if (tried === 1 && a.claim === null) broken('I4', 'counted an attempt without a claim');
  if (tried === 1 && a.claim?.attempt !== b.attempts)
    broken('I4', `attempt ${a.claim?.attempt} counted as ${b.attempts}`);
  const used = b.retries - a.retries;
  if (used < 0 || used > tried) broken('I4', `used up ${used} retries with ${tried} attempts`);
  if (used > 0 && b.last?.error?.kind === 'lost') broken('I4', 'a lost attempt used up a retry');
  const { under } = a.claim ?? {};
  if (b.state.kind === 'ended' && b.state.reason === 'attempts-exhausted' && a.state.kind === 'waiting' && under) {
    const { length } = under.retry.scheduleSeconds;
    // More than it has: the schedule was made shorter meanwhile.
    if (a.retries < length) broken('I4', `gave up after ${a.retries} of ${length} retries`);
  }
  if (a.state.kind === 'waiting' && b.state.kind === 'ended' && b.state.reason === 'expired') {
    if (!isLive(after)) broken('I6', 'expired, though a person asked for this replay');
    const leftMs = (after.expiresAtMs ?? Infinity) - nowMs;
    // What failed may end before its time: its retry would come too late.
    if (tried === 0 && a.claim !== null && hasLeft) broken('I6', 'expired under its own request');
    if (leftMs > 0 && tried === 0) broken('I6', `expired ${leftMs} ms too early`);
  }
  const waitedMs = a.firstAttemptAtMs === null || a.heldSinceMs === null ? 0 : nowMs - a.heldSinceMs;
  const isFreed = isAtGate(a) && b.state.kind === 'waiting' && !isAtGate(b);
  if (isFreed && waitedMs > CREDIT_SLACK_MS && b.heldMs === a.heldMs) {
    broken('I4', `was held for ${waitedMs} ms, and its retry window ran on`);
  }
  if (b.claims < a.claims || b.claims > a.claims + 1) broken('I4', `went from claim ${a.claims} to ${b.claims}`);
  if (b.claim !== null && b.claim.number !== b.claims) broken('I4', `holds claim ${b.claim.number} of ${b.claims}`);
  if (b.claim !== null && b.claim.attempt !== b.attempts + 1) {
    broken('I4', `claims attempt ${b.claim.attempt} after ${b.attempts}`);
  }
  if (a.previous !== null && a.previous.sequence !== b.previous?.sequence) broken('I7', 'changed its webhook-previous');
  if (a.firstAttemptAtMs !== null && a.firstAttemptAtMs !== b.firstAttemptAtMs)
    broken('I4', 'changed its first attempt');
  if (b.revision < a.revision) broken('I8', `went from revision ${a.revision} to ${b.revision}`);
  // What is under way is told by its outcome.
  const isUnderWay = b.claim !== null && b.claim.begunAtMs !== null;
  const isSameToLog = (isUnderWay || statusOf(a) === statusOf(b)) && a.attempts === b.attempts;
  if (!isSameToLog && a.revision === b.revision) broken('I8', `changed to ${statusOf(b)} without a new revision`);
}

function statusOf({ state }: Delivery): DeliveryStatus {
  return state.as;
}

function isDiscarded(reason: string | null): boolean {
  return reason !== null && reason.startsWith('discarded');
}

/**
 * I3: by whom a delivery was superseded: by version where both have one, by sequence where neither
 * has.
 */
export function isSupersededRightly(
  where: string,
  one: StoredDelivery,
  by: StoredDelivery | undefined,
  /** Of the lane; null where it was changed. */
  ordering: Ordering | null,
): void {
  const broken = (why: string) => {
    throw new Violation('I3', where, `${nameOf(one)} (version ${one.version}) was superseded ${why}`);
  };
  if (by === undefined) return broken('by an event that is not in its lane');
  const text = `by ${nameOf(by)} (version ${by.version})`;
  if ((one.version === null) !== (by.version === null)) broken(`${text}, though only one of them has a version`);
  const isNewer = one.version !== null && by.version !== null ? by.version > one.version : by.sequence > one.sequence;
  if (!isNewer) broken(`${text}, which is not newer`);
  // Another type supersedes only with what was attempted; the same type, or group, also while it
  // waits.
  const wasTried = by.delivery.claims > 0;
  const isFamily = one.latestGroup === by.latestGroup && (one.latestGroup !== undefined || one.type === by.type);
  if (!isFamily && !wasTried) broken(`${text}, which is of another type and was never attempted`);
  const isOfLatestOnly = ordering === 'ordered' && isFamily && one.latestOnly === true && by.latestOnly === true;
  if (isLive(one) && ordering !== null && ordering !== 'latest' && !isOfLatestOnly) {
    broken(`${text} in a lane that is ${ordering}`);
  }
}

export type Departure = {
  request: AttemptRequest;
  isKeyed: boolean;
  /**
   * Everything of this lane as stored, this delivery included: after the turn that decided, and
   * before it.
   */
  lane: StoredDelivery[];
  before: StoredDelivery[];
  /** The highest version that an earlier request of this lane carried. */
  attemptedVersion: number | null;
  nowMs: number;
};

/** I3: a request may leave now. */
export function mayDepart(where: string, { request, isKeyed, lane, before, attemptedVersion, nowMs }: Departure): void {
  const { sequence, replay } = request.claim;
  const self = lane.find((one) => one.sequence === sequence && one.delivery.replay === replay);
  const broken = (what: string) => {
    throw new Violation('I3', where, `a request of ${sequence}/${replay} left ${what}`);
  };
  if (self === undefined) return broken('that is stored nowhere');
  if (self.delivery.claim?.number !== request.claim.claim) return broken('without its claim');
  const ordering: Ordering = isKeyed ? request.endpoint.ordering : 'unordered';
  const others = lane.filter((one) => one !== self);
  if (ordering !== 'unordered') {
    const busy = others.find(({ delivery }) => delivery.claim !== null);
    if (busy !== undefined) broken(`while the claim of ${nameOf(busy)} was open`);
  }
  if (ordering === 'ordered' && isLive(self)) {
    const earlier = others.find((one) => isLive(one) && one.sequence < sequence && isOpen(one));
    if (earlier !== undefined) broken(`before ${nameOf(earlier)} had ended, in an ordered lane`);
  }
  const { version } = self;
  if (isLive(self) && self.expiresAtMs !== undefined && self.expiresAtMs <= nowMs) {
    broken(`${nowMs - self.expiresAtMs} ms after it expired`);
  }
  const isOlder = version !== null && attemptedVersion !== null && version < attemptedVersion;
  if (isOlder && isLive(self) && ordering === 'latest') {
    broken(`with version ${version} after version ${attemptedVersion}, in a latest lane`);
  }
  if (isLive(self)) return;
  if (isOlder && self.delivery.replayFacts?.force !== true) {
    broken(`as a replay with version ${version} after version ${attemptedVersion}, and not forced`);
  }
  const running = others.find((one) => isLive(one) && one.delivery.claim !== null);
  if (running !== undefined) broken(`as a replay beside the live ${nameOf(running)}`);
  // A replay that leaves may itself overtake what stood in front: so what counts is what was due
  // before.
  const due = planLane(
    { ordering, items: before.filter((one) => isLive(one) && isOpen(one)), ...NOTHING_ATTEMPTED },
    nowMs,
  );
  if (due.start[0] !== undefined) broken(`as a replay while the live ${nameOf(due.start[0])} was due`);
}

export type Running = { request: AttemptRequest; departed: number; isLiveUntilMs: number };

/**
 * I3 from the receiver's side: nothing of the lane that we still count on is running when another
 * starts.
 */
export function doesNotOverlap(where: string, starting: Running, running: Running[], nowMs: number): void {
  // Given up by us and aborted, but so slow on its way that it arrives all the same: nobody can
  // prevent that.
  if (starting.isLiveUntilMs <= nowMs) return;
  for (const other of running) {
    const a = starting.request.claim;
    const b = other.request.claim;
    if (a.sequence === b.sequence && a.replay === b.replay) continue;
    const later = starting.departed > other.departed ? starting : other;
    if (later.request.endpoint.ordering === 'unordered' || other.isLiveUntilMs <= nowMs) continue;
    throw new Violation('I3', where, `${a.sequence}/${a.replay} started while ${b.sequence}/${b.replay} was running`);
  }
}

export type Watched = {
  /** What is open or claimed, by lane. */
  lanes: { ordering: Ordering | null; items: StoredDelivery[] }[];
  alarmAtMs: number | null;
  /** The clock of the last turn. */
  turnMs: number;
  /** Endpoints whose Gate has a row for this record. */
  isParkedAt: (endpoint: string) => boolean;
};

/**
 * A due time is armed later by so much where it would say something else, or does say that the log
 * is whole (shard/alarm.ts).
 */
const ALARM_LATE_MS = WHOLE_PHASE_MS;

/**
 * I5: what is owed has an alarm in time, or its lane waits at its Gate with an alarm of its own.
 */
export function workIsWatched(where: string, { lanes, alarmAtMs, turnMs, isParkedAt }: Watched): void {
  const broken = (what: string) => {
    throw new Violation('I5', where, what);
  };
  const armedMs = (alarmAtMs ?? Infinity) - ALARM_LATE_MS;
  const fanout = lanes.flatMap(({ items }) => items).filter(({ delivery }) => delivery.claim?.via === 'fanout').length;
  for (const { ordering, items } of lanes) {
    for (const one of items) {
      const { claim, endpoint } = one.delivery;
      if (armedMs === Infinity) broken(`${nameOf(one)} is open and no alarm is armed`);
      const endsMs = isLive(one) && isOpen(one) ? (one.expiresAtMs ?? Infinity) : Infinity;
      if (claim === null || claim.begunAtMs === null) {
        if (endsMs <= turnMs) broken(`${nameOf(one)} waits ${turnMs - endsMs} ms after it expired`);
        if (armedMs > endsMs) broken(`${nameOf(one)} expires ${armedMs - endsMs} ms before the alarm`);
      }
      if (claim !== null && armedMs > claim.untilMs) {
        broken(`the claim of ${nameOf(one)} ends ${armedMs - claim.untilMs} ms before the alarm`);
      }
      if (isAtGate(one.delivery) && claim === null && !isParkedAt(endpoint)) {
        broken(`${nameOf(one)} is held or parked, and its Gate does not know of it`);
      }
    }
    if (ordering === null) continue;
    const plan = planLane({ ordering, items, ...NOTHING_ATTEMPTED }, turnMs);
    const [due] = plan.start;
    const slow = items.filter(({ delivery }) => delivery.claim?.via === 'slow').length;
    if (due !== undefined && fanout < FANOUT_CLAIMS_MAX && slow < SLOW_CLAIMS_MAX)
      broken(`${nameOf(due)} was due and nobody claimed it`);
    if (plan.superseded[0] !== undefined) broken(`${nameOf(plan.superseded[0].item)} waits though a newer one does`);
    if (plan.dueMs !== null && armedMs > plan.dueMs)
      broken(`a lane is due ${armedMs - plan.dueMs} ms before the alarm`);
  }
}

/** I5 after a ring whose turn failed: what was due then is late by no more than a minute. */
export function ringsAgainSoon(where: string, alarmAtMs: number | null, failedMs: number): void {
  const waitMs = (alarmAtMs ?? Infinity) - failedMs;
  if (waitMs > ALARM_FAILED_WAIT_MS_CAP) throw new Violation('I5', where, `rings ${waitMs} ms after one that failed`);
}

/**
 * I7: every request of a delivery carries the same id, the same bytes and the same place in its
 * lane.
 */
export function isTheSame(where: string, first: AttemptRequest, again: AttemptRequest, isOrdered: boolean): void {
  const { sequence, replay } = again.claim;
  const broken = (what: string) => {
    throw new Violation('I7', where, `attempt ${again.attempt} of ${sequence}/${replay} ${what}`);
  };
  if (first.body !== again.body) broken(`has other bytes than attempt ${first.attempt}`);
  if (first.eventId !== again.eventId) broken(`has the id ${again.eventId} instead of ${first.eventId}`);
  if (first.replay !== again.replay) broken('has another webhook-replay');
  if (isOrdered && first.previous !== again.previous) {
    broken(`says webhook-previous ${again.previous}, and attempt ${first.attempt} said ${first.previous}`);
  }
}

/** I7: the bytes say what was accepted. */
export function saysWhatWasPublished(
  where: string,
  request: AttemptRequest,
  published: {
    id: string;
    type: string;
    version: number | null;
    sequence: number | null;
    schemaVersion: string | null;
  },
): void {
  // What a receiver reads: anything could stand there.
  const body = JSON.parse(request.body) as { [field: string]: unknown };
  for (const [field, wanted] of Object.entries(published)) {
    if (body[field] === wanted) continue;
    throw new Violation('I7', where, `a request says ${field} ${JSON.stringify(body[field])}, not ${wanted}`);
  }
}

/** I2: an id stands for one content: the same again is a duplicate, any other a conflict. */
export function standsForOneContent(
  where: string,
  answer: 'accepted' | 'conflict',
  stored: { id: string; contentHash: string } | undefined,
  contentHash: string,
): void {
  if (stored === undefined) throw new Violation('I1', where, `answered ${answer}, but the event is stored nowhere`);
  if ((answer === 'accepted') !== (stored.contentHash === contentHash)) {
    throw new Violation('I2', where, `answered ${answer} for ${stored.id}, whose content is another`);
  }
}

/** I4: two requests never carry the same attempt number of one delivery. */
export function isNewAttempt(where: string, numbers: ReadonlySet<number>, request: AttemptRequest): void {
  const { sequence, replay } = request.claim;
  if (numbers.has(request.attempt)) {
    throw new Violation('I4', where, `two requests of ${sequence}/${replay} were attempt ${request.attempt}`);
  }
}

/**
 * C2: `webhook-previous` names what the lane sent before; what may never have left may be left out
 * or named.
 */
export function namesPrevious(where: string, request: AttemptRequest, sent: number[], perhapsSent: number[]): void {
  const { sequence } = request.claim;
  const last = Math.max(0, ...sent.filter((one) => one < sequence));
  const allowed = new Set([last, ...perhapsSent.filter((one) => one > last && one < sequence)]);
  if (!allowed.has(request.previous ?? 0)) {
    const wanted = [...allowed].map((one) => (one === 0 ? 'none' : one)).join(' or ');
    throw new Violation('I7', where, `${sequence} says webhook-previous ${request.previous}, not ${wanted}`);
  }
}

/** I4, once quiet: attempts 1, 2, 3, … each once. */
export function attemptsAreContiguous(where: string, view: DeliveryView, attempts: LoggedAttempt[]): void {
  const numbers = attempts.map(({ number }) => number);
  if (numbers.length !== view.attempts || numbers.some((number, index) => number !== index + 1)) {
    throw new Violation('I4', where, `${view.id} counts ${view.attempts} attempts and keeps ${numbers.join(', ')}`);
  }
}

/** I8: what the log says of something, and what its Record says. */
export function logAgrees(where: string, what: string, record: object, log: object | undefined): void {
  if (log === undefined) throw new Violation('I8', where, `${what} is missing in the log`);
  const found = new Map(Object.entries(log));
  for (const [field, wanted] of Object.entries(record)) {
    const is: unknown = found.get(field);
    if (is === wanted) continue;
    throw new Violation(
      'I8',
      where,
      `${what}: ${field} is ${JSON.stringify(wanted)}, the log says ${JSON.stringify(is)}`,
    );
  }
}

/** I8: the log has nothing that the Record does not. */
export function logHasOnly(where: string, what: string, record: Iterable<string>, log: Iterable<string>): void {
  const known = new Set(record);
  const extra = [...log].filter((id) => !known.has(id));
  if (extra.length > 0)
    throw new Violation('I8', where, `the log has ${what} that no Record knows: ${extra.join(', ')}`);
}
