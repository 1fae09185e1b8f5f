/**
 * A receiver: verifies, deduplicates, guards versions, runs the handler, and answers 2xx only when
 * its work is committed and the id remembered. It keeps nothing itself; the store does.
 *     request ─ verify ─ parse ─ replay? ─ gap? ─ store.once ─┬─ handled, duplicate, stale   2xx
 *                 401     400                                 ├─ the handler failed          5xx, or set aside
 *                                                             └─ another copy runs           425
 */
import { type Outcome } from './answer.ts';
import { type DeadLetter, type DeadLetters, ERROR_CHARS_MAX } from './dead-letters.ts';
import { parseEvent, type WebhookEvent } from './event.ts';
import { type Fill, type Filled, type Gap, gapOf, missed } from './gap.ts';
import { parseKeys } from './keys.ts';
import { type Claim, REMEMBER_MS, type Store } from './store.ts';
import { isGivenUp, retryAfterOf } from './verdicts.ts';
import { type Incoming, verifyByKeys } from './verify.ts';

const BUSY_SECONDS_MAX = 10;

export type Guarded = { key: string; version: number };

export type ReceiverOptions<Tx> = {
  /** `whsec_…` and `whpk_…`: any of them may have signed. Throws where one is none. */
  secrets: readonly string[];
  store: Store<Tx>;
  /**
   * What it writes with `tx` is committed with the event's id, where the store can. What it throws
   * makes the sender try again.
   */
  handle: (event: WebhookEvent, tx: Tx) => Promise<void> | void;
  /**
   * An event whose version is lower than one that was handled under the same key is not handled.
   * `true`: by record and version; the default where the store can. A function says by what, or
   * null for an event that is not guarded.
   */
  guard?: boolean | ((event: WebhookEvent) => Guarded | null);
  /**
   * What a replay of an event that was done does: nothing (`deduplicate`, the default), or the work
   * again, once for each replay.
   */
  onReplay?: (event: WebhookEvent) => Replaying | Promise<Replaying>;
  /** Called for each gap. A throw makes the sender try again. */
  onGap?: (gap: Gap, filled: Filled) => Promise<void> | void;
  /** Reads what a gap misses and handles it first. */
  fill?: Fill;
  /** Takes what the handler gives up (`GiveUp`), and what fails at attempt `attemptsMax`. */
  deadLetters?: DeadLetters;
  /** Without it only `GiveUp` sets aside. */
  attemptsMax?: number;
  /** 300 unless set. */
  toleranceSeconds?: number;
  /** 7 days unless set: longer than any sender tries again. */
  rememberMs?: number;
  /** Called with every outcome; unless set, failures are printed. */
  log?: (outcome: Outcome, event: WebhookEvent | null) => void;
  /** Now, in milliseconds since 1970: set by tests. */
  now?: () => number;
};
export type Replaying = 'deduplicate' | 'handle';

export type Receiver = {
  /** Never throws: what went wrong is the outcome. */
  receive(request: Incoming): Promise<Outcome>;
  /** Handles a dead letter again, and removes it where that succeeds. */
  retry(letter: DeadLetter): Promise<Outcome>;
  /**
   * For those who read requests: an outcome from before there was anything to receive goes to the
   * same log.
   */
  note(outcome: Outcome): Outcome;
};

export function createReceiver<Tx>(options: ReceiverOptions<Tx>): Receiver {
  const { store, handle, deadLetters, fill, onGap, onReplay, attemptsMax = Number.POSITIVE_INFINITY } = options;
  const {
    rememberMs = REMEMBER_MS,
    guard = store.guards,
    log = printFailure,
    now = Date.now,
    toleranceSeconds,
  } = options;
  const keys = keysOf(options.secrets);
  if (guard !== false && !store.guards)
    throw new TypeError('guard: this store cannot compare versions; set it to false');
  const guardOf = typeof guard === 'function' ? guard : guard ? versionOfRecord : () => null;
  const seesGaps = store.guards && (onGap !== undefined || fill !== undefined);

  function claimOf(event: WebhookEvent, ids: Claim['ids']): Claim {
    const { record, sequence } = event;
    const position = seesGaps && record !== null && sequence !== null ? { key: record, sequence } : null;
    return { ids, nowMs: now(), rememberMs, guard: guardOf(event), position };
  }

  /**
   * A replay has an id of its own beside the event's, so that a copy of it is known whatever
   * `onReplay` says.
   */
  async function idsOf(event: WebhookEvent): Promise<Claim['ids']> {
    if (event.replay === null || onReplay === undefined) return [event.id];
    const replayed = `${event.id} replay ${event.replay}` as const;
    if (!(await store.knows(event.id, now()))) return [event.id, replayed];
    return (await onReplay(event)) === 'handle' ? [replayed] : [event.id];
  }

  async function run(claim: Claim, work: (tx: Tx) => Promise<void> | void): Promise<Outcome> {
    let failure: { error: unknown } | null = null;
    try {
      const once = await store.once(claim, async (tx) => {
        try {
          await work(tx);
        } catch (error) {
          failure = { error };
          throw error;
        }
      });
      switch (once.kind) {
        case 'done':
          return { kind: 'handled' };
        case 'busy':
          return { kind: 'busy', retryAfterSeconds: busySeconds(once.retryAfterMs) };
        case 'duplicate':
        case 'stale':
        case 'lost':
          return once;
      }
    } catch (error) {
      return failure === null ? { kind: 'store-failed', error } : outcomeOf(failure);
    }
  }

  /** Without the guard: an event that is set aside says nothing of its record's state. */
  async function setAside(event: WebhookEvent, letters: DeadLetters, error: unknown): Promise<Outcome> {
    const letter = { event, error: String(error).slice(0, ERROR_CHARS_MAX), atMs: now() };
    const claim = { ...claimOf(event, [event.id]), guard: null };
    const outcome = await run(claim, () => letters.put(letter));
    return outcome.kind === 'handled' ? { kind: 'set-aside', error } : outcome;
  }

  async function process(event: WebhookEvent, ids: Claim['ids']): Promise<Outcome> {
    const outcome = await run(claimOf(event, ids), (tx) => handle(event, tx));
    const isOver =
      outcome.kind === 'given-up' ||
      (outcome.kind === 'failed' && event.attempt !== null && event.attempt >= attemptsMax);
    return isOver && deadLetters !== undefined ? setAside(event, deadLetters, outcome.error) : outcome;
  }

  /** A gap that cannot be filled holds nothing up: it is reported, and `onGap` may throw. */
  async function closeGap(event: WebhookEvent): Promise<void> {
    if (event.record === null || typeof event.previous !== 'number') return;
    const gap = gapOf(event, await store.positionOf(event.record));
    if (gap === null || (await store.knows(event.id, now()))) return;
    await onGap?.(gap, fill === undefined ? null : await fillGap(fill, gap));
  }

  async function fillGap(from: Fill, gap: Gap): Promise<Filled> {
    let handled = 0;
    try {
      for await (const event of missed(from, gap)) {
        const outcome = await process(event, [event.id]);
        log(outcome, event);
        if (outcome.kind === 'handled') handled += 1;
        else if (!['duplicate', 'stale', 'set-aside'].includes(outcome.kind)) {
          throw 'error' in outcome ? outcome.error : new Error(`${event.id} is ${outcome.kind}`);
        }
      }
      return { handled, error: null };
    } catch (error) {
      return { handled, error };
    }
  }

  async function outcomeOfEvent(event: WebhookEvent): Promise<Outcome> {
    try {
      const ids = await idsOf(event);
      if (seesGaps) await closeGap(event);
      return await process(event, ids);
    } catch (error) {
      return { kind: 'failed', error };
    }
  }

  return {
    async receive(request) {
      const verified = await verifyByKeys(request, keys, {
        nowMs: now(),
        ...(toleranceSeconds === undefined ? {} : { toleranceSeconds }),
      });
      if (!verified.ok) return logged({ kind: 'refused', refusal: verified.error }, null);
      const event = parseEvent(verified.value.id, request);
      if (!event.ok) return logged({ kind: 'malformed', fault: event.error }, null);
      return logged(await outcomeOfEvent(event.value), event.value);
    },

    async retry({ event, atMs }) {
      const claim = claimOf(event, [`${event.id} retry ${atMs}`]);
      const outcome = await run(claim, (tx) => handle(event, tx));
      const isGone = outcome.kind === 'handled' || outcome.kind === 'duplicate' || outcome.kind === 'stale';
      if (isGone) await deadLetters?.remove(event.id);
      return logged(outcome, event);
    },

    note: (outcome) => logged(outcome, null),
  };

  function logged(outcome: Outcome, event: WebhookEvent | null): Outcome {
    log(outcome, event);
    return outcome;
  }
}

function keysOf(secrets: readonly string[]) {
  const keys = parseKeys(secrets);
  if (!keys.ok) throw new TypeError(`secrets[${keys.error.index}]: ${keys.error.fault}`);
  if (keys.value.length === 0) throw new TypeError('secrets: none given');
  return keys.value;
}

/** A lease mostly ends long before its time, with the work. */
function busySeconds(leaseMs: number): number {
  return Math.min(Math.max(Math.ceil(leaseMs / 1000), 1), BUSY_SECONDS_MAX);
}

function versionOfRecord({ record, version }: WebhookEvent): Guarded | null {
  return record === null || version === null ? null : { key: record, version };
}

function outcomeOf({ error }: { error: unknown }): Outcome {
  if (isGivenUp(error)) return { kind: 'given-up', error };
  const retryAfterSeconds = retryAfterOf(error);
  return retryAfterSeconds === null ? { kind: 'failed', error } : { kind: 'later', retryAfterSeconds };
}

function printFailure(outcome: Outcome, event: WebhookEvent | null): void {
  if ('error' in outcome) console.error(`webhook ${event?.id ?? ''} ${outcome.kind}:`, outcome.error);
}
