/**
 * The plain sentence and the `late` of a delivery (V1): what a product shows next to "saved". Reads
 * a view, decides nothing about the delivery itself. English only; the status word beside it is
 * what programs read.
 */
import type { DeliveryStatus, LastAttempt, Parked } from './delivery.ts';
import type { AccountSettings } from './endpoint.ts';
import { isReplay } from './ids.ts';
import { DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS, SHOWN_VALUE_CHARS_MAX } from './limits.ts';
import { disabledReason, ENDPOINT_REMOVED, PAYLOAD_ERASED } from './reasons.ts';
import { capitalized } from './text.ts';
import type { DeliveryView } from './view.ts';

export type NoteContext = {
  /** The endpoint's description or, without one, its host. */
  endpointName: string;
  targets: AccountSettings['targets'];
  /**
   * When the endpoint's circuit, if it is open, is probed next; absent or null: not asked, or not
   * known.
   */
  nextProbeAtMs?: number | null;
};

/**
 * `late` says that the endpoint lacks an event for longer than the target: the delivery is still
 * owed (queued, delivering, retrying, held), or dead and not sent again. What was delivered after
 * the target is no longer late: the endpoint has it now. Superseded and cancelled deliveries are
 * owed to nobody; a dead one with a replay leaves `late` to the replay.
 */
export function note(view: DeliveryView, nowMs: number, context: NoteContext): { note: string; late: boolean } {
  const name = cut(context.endpointName);
  const ageMs = nowMs - view.acceptedAtMs;
  const owed = isOwed(view);
  const late = owed && ageMs > context.targets.deliverWithinMs;
  const sentence = sentenceFor(view, nowMs, name, until(context.nextProbeAtMs ?? null, nowMs, ', next try'));
  if (view.status === 'dead' || !owed || ageMs <= context.targets.warnAfterMs) return { note: sentence, late };
  return { note: `${sentence}. Late: ${span(ageMs)} after it was accepted, ${name} still does not have it`, late };
}

export function isOwed(view: Pick<DeliveryView, 'status' | 'replayedBy'>): boolean {
  switch (view.status) {
    case 'queued':
    case 'delivering':
    case 'retrying':
    case 'held':
      return true;
    case 'dead':
      return view.replayedBy === null;
    case 'delivered':
    case 'superseded':
    case 'cancelled':
      return false;
  }
}

/** `probe`: when a circuit is probed next, as the end of a sentence. */
function sentenceFor(view: DeliveryView, nowMs: number, name: string, probe: string): string {
  switch (view.status) {
    case 'queued':
      if (view.blockedBy !== null) return `Waiting behind an earlier event of this record to ${name}`;
      if (view.parked) return capitalized(gateCause(view.parked, name, probe));
      return `Waiting to be sent to ${name}${until(view.nextAttemptAtMs, nowMs, ', due')}`;
    case 'delivering':
      return `Being sent to ${name}${view.attempts === 0 ? '' : `, attempt ${view.attempts + 1}`}`;
    case 'retrying':
      if (view.blockedBy !== null) return `${failure(view.last, name)}, waiting behind an earlier event of this record`;
      if (view.parked) return `${failure(view.last, name)}, ${gateCause(view.parked, name, probe)}`;
      return `${failure(view.last, name)}${until(view.nextAttemptAtMs, nowMs, ', retry') || ', retry is due'}`;
    case 'delivered':
      return deliveredSentence(view, name);
    case 'dead':
      return `Not delivered: ${deadCause(view, name)}${replayed(view)}`;
    case 'superseded':
      return `Not sent to ${name}: a newer event of this record took its place`;
    case 'held':
      return `Paused; it will be sent when ${name} is resumed`;
    case 'cancelled':
      return `${cancelCause(view.reason)}; it will not be sent to ${name}`;
  }
}

function replayed({ replayedBy, replayResolved = null }: DeliveryView): string {
  if (replayedBy === null) return '';
  const how = replayResolved === null ? '' : replayResolved ? ', which arrived' : ', which did not arrive either';
  return `. It was sent again by a replay${how}`;
}

function gateCause(parked: Parked | 'watched', name: string, probe: string): string {
  switch (parked) {
    case 'circuit':
      return `waiting for ${name} to recover${probe}`;
    case 'watched':
      // Its circuit is open, or it would not be probed.
      if (probe !== '') return `waiting for ${name} to recover${probe}`;
      return `waiting for its turn: ${name} is failing, or catching up`;
    case 'pace':
      return `waiting for its turn: ${name} takes a limited number of requests a second`;
  }
}

const DISCARDED = 'discarded';

/** A discard writes `discarded` or `discarded: why`; all other reasons are clauses already. */
function cancelCause(reason: string | null): string {
  if (reason === null) return 'Cancelled';
  if (reason === DISCARDED) return 'Discarded by hand';
  if (reason.startsWith(`${DISCARDED}: `)) return `Discarded by hand (${cut(reason.slice(DISCARDED.length + 2))})`;
  return `Cancelled: ${cancelWords(reason)}`;
}

/** What a reason says to a person; one of another release, and what somebody wrote, as it is. */
function cancelWords(reason: string): string {
  const disabled = disabledReason(null);
  if (reason === disabled) return 'the endpoint was disabled';
  if (reason.startsWith(`${disabled}: `))
    return `the endpoint was disabled (${cut(reason.slice(disabled.length + 2))})`;
  switch (reason) {
    case ENDPOINT_REMOVED:
      return 'the endpoint was removed';
    case PAYLOAD_ERASED:
      return 'the data of the event was erased';
    default:
      return cut(reason);
  }
}

/**
 * The time is the customer's, from acceptance, not the last request's; a replay's would count from
 * the event and mean nothing.
 */
function deliveredSentence(view: DeliveryView, name: string): string {
  if (isReplay(view.id)) return `Delivered to ${name} by a replay`;
  const took = view.endedAtMs === null ? '' : ` in ${span(view.endedAtMs - view.acceptedAtMs)}`;
  return `Delivered to ${name}${took}${view.attempts > 1 ? `, on attempt ${view.attempts}` : ''}`;
}

/**
 * Reasons are those of planRetry, verdict and the transitions; one not named here is a status that
 * C5 does not retry.
 */
function deadCause(view: DeliveryView, name: string): string {
  switch (view.reason) {
    case 'attempts-exhausted':
      return `${failure(view.last, name)}, and ${view.attempts === 1 ? 'no retry is planned' : `all ${view.attempts} attempts are used up`}`;
    case 'window-passed':
      return `${failure(view.last, name)}, and the time for retries is over`;
    case 'abort-message':
      return `${name} asked not to get this event again`;
    case 'expired':
      return 'it was only worth sending for a short time, and that is over';
    case null:
    default:
      return `${failure(view.last, name)}, which is not retried`;
  }
}

function failure(last: LastAttempt | null, name: string): string {
  if (last === null || last.error === null) return `${name} did not get it`;
  switch (last.error.kind) {
    case 'timeout':
      return `${name} timed out`;
    case 'dns':
      return `${name} was not found (DNS)`;
    case 'connect':
      return `${name} could not be reached`;
    case 'tls':
      return `${name} has no valid certificate (TLS)`;
    case 'reset':
      return `${name} broke off the connection`;
    case 'refused-address':
      return `${name} has an address that is not allowed`;
    case 'redirect':
      return `${name} redirects elsewhere (${last.statusCode ?? '3xx'})`;
    case 'http-4xx':
      return `${name} answered ${last.statusCode ?? '4xx'}`;
    case 'http-5xx':
      return `${name} answered ${last.statusCode ?? '5xx'}`;
    case 'lost':
      return `It is unknown whether ${name} got it`;
    case 'not-sent':
      return `A fault of ours keeps us from sending it to ${name}`;
  }
}

/**
 * Empty for a time that is not known or has come. Rounded up: "in 0 s" would be a promise already
 * broken.
 */
export function until(atMs: number | null, nowMs: number, lead: string): string {
  if (atMs === null || atMs <= nowMs) return '';
  return `${lead} in ${span(Math.ceil((atMs - nowMs) / 1_000) * 1_000)}`;
}

/**
 * A length of time as a person says it: two significant digits or so, and a unit that stays until
 * twice the next.
 */
export function span(ms: number): string {
  if (ms < SECOND_MS) return `${Math.max(0, Math.round(ms))} ms`;
  if (ms < 10 * SECOND_MS) return `${Math.round(ms / 100) / 10} s`;
  if (ms < 2 * MINUTE_MS) return `${Math.round(ms / SECOND_MS)} s`;
  if (ms < 2 * HOUR_MS) return `${Math.round(ms / MINUTE_MS)} min`;
  if (ms < 2 * DAY_MS) return `${Math.round(ms / HOUR_MS)} h`;
  return `${Math.round(ms / DAY_MS)} days`;
}

function cut(text: string): string {
  return text.length <= SHOWN_VALUE_CHARS_MAX
    ? text
    : `${text.slice(0, SHOWN_VALUE_CHARS_MAX).trimEnd().toWellFormed()}…`;
}

/**
 * From worst to best. First what a person must act on, then what is not there yet (failing before
 * paused before merely waiting before under way), then what will never come and is not missed.
 * Exhaustive by its type.
 */
const BADNESS: Record<DeliveryStatus, number> = {
  dead: 7,
  retrying: 6,
  held: 5,
  queued: 4,
  delivering: 3,
  cancelled: 2,
  superseded: 1,
  delivered: 0,
};

/** Sorts the worst first. */
export function byBadness(a: DeliveryStatus, b: DeliveryStatus): number {
  return BADNESS[b] - BADNESS[a];
}

/** The status of a record with these deliveries; null where no endpoint wants its events. */
export function worstStatus(statuses: readonly DeliveryStatus[]): DeliveryStatus | null {
  return statuses.reduce<DeliveryStatus | null>(
    (worst, status) => (worst === null || BADNESS[status] > BADNESS[worst] ? status : worst),
    null,
  );
}
