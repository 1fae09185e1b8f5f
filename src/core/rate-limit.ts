/**
 * How often a key may ask (S4). Pure. One object for each limited key has a bucket, and lends
 * isolates leases from it: tokens for a moment, so that most requests ask nobody.
 *
 *   object    bucket ─lend─▶ lease
 *   isolate   (none) ─lease─▶ spent one by one ─ used up, or over ─▶ next lease; what is left of it goes back
 *                └─ nothing lent: refused until something is
 *                └─ no answer: counts alone for a while, then asks again
 *
 * What it promises: in any t seconds, at most `perSecond` × (t + KEY_BURST_SECONDS + 3 ×
 * KEY_LEASE_MS) requests of all isolates together: a burst, what was lent just before, and what
 * comes back and is lent again. Not: that none is refused just below the limit, because an isolate
 * that falls silent keeps the rest of its last lease. Leases grow with use only, so that this is
 * little.
 */
import { KEY_ALONE_MS, KEY_BURST_SECONDS, KEY_LEASE_MS, KEY_LEASE_SHARE } from './limits.ts';

/**
 * In thousandths of a token, so that whole numbers stay whole: a limit of one a second fills one in
 * each millisecond.
 */
export type Fill = { thousandths: number; atMs: number };
/** `unspent`: what is left of the lease before, given back. */
export type LeaseRequest = { perSecond: number; wanted: number; unspent: number };
/**
 * Fewer than were wanted: it is worth asking again after `retryAfterMs`. Not at once, or each token
 * would be a call.
 */
export type Lease = { granted: number; retryAfterMs: number };

const TOKEN = 1_000;

/** The object's side. `fill` null: nothing is remembered, the bucket is full. */
export function lend(
  fill: Fill | null,
  { perSecond, wanted, unspent }: LeaseRequest,
  nowMs: number,
): { fill: Fill; lease: Lease } {
  const full = perSecond * KEY_BURST_SECONDS * TOKEN;
  // A clock that was set back fills nothing; a limit that was lowered takes from what was saved.
  const filled = fill === null ? full : fill.thousandths + unspent * TOKEN + Math.max(0, nowMs - fill.atMs) * perSecond;
  const has = Math.min(full, filled);
  const granted = Math.min(wanted, Math.floor(has / TOKEN));
  const thousandths = has - granted * TOKEN;
  const retryAfterMs = granted === wanted ? 0 : Math.ceil((Math.ceil(wanted / 2) * TOKEN - thousandths) / perSecond);
  return { fill: { thousandths, atMs: nowMs }, lease: { granted, retryAfterMs } };
}

/**
 * What an isolate has of a key: `tokens` are left of `granted`, where `wanted` were asked for.
 * `askAgainMs`: not before.
 */
export type Allowance = {
  tokens: number;
  granted: number;
  wanted: number;
  sinceMs: number;
  untilMs: number;
  askAgainMs: number;
  isAlone: boolean;
};
const NOTHING: Allowance = {
  tokens: 0,
  granted: 0,
  wanted: 0,
  sinceMs: 0,
  untilMs: 0,
  askAgainMs: 0,
  isAlone: false,
};

export type Spending =
  | { kind: 'pass'; allowance: Allowance }
  | { kind: 'refuse'; retryAfterMs: number; allowance: Allowance }
  /** Ask the object for this, then `received` or `alone`. */
  | { kind: 'ask'; request: LeaseRequest; allowance: Allowance };

/** One request of a key. */
export function spend(known: Allowance | null, perSecond: number, nowMs: number): Spending {
  const allowance = known ?? NOTHING;
  const isLive = isLiveAt(allowance, nowMs);
  if (isLive && allowance.tokens > 0) return pass(allowance);
  if (isLive && allowance.isAlone) return refuse(allowance, allowance.untilMs - nowMs);
  const waitMs = allowance.askAgainMs - nowMs;
  if (waitMs > 0 && waitMs <= KEY_LEASE_MS) return refuse(allowance, waitMs);

  const isOld = allowance.isAlone || nowMs >= allowance.untilMs + KEY_LEASE_MS;
  const wanted = isOld ? 1 : wantedAfter(allowance, isLive);
  // Given back once, whoever else asks meanwhile, and soon or never: old tokens from many isolates
  // would be a burst of their own.
  const unspent = isOld ? 0 : allowance.tokens;
  const most = Math.ceil(perSecond * KEY_LEASE_SHARE);
  const request = { perSecond, wanted: Math.max(1, Math.min(most, wanted)), unspent };
  return { kind: 'ask', request, allowance: { ...allowance, tokens: 0, isAlone: false } };
}

/** Used up before its end: there is demand for more. What was left over was too much. */
function wantedAfter({ tokens, granted, wanted }: Allowance, isLive: boolean): number {
  if (tokens > 0) return granted - tokens;
  return isLive ? 2 * wanted : wanted;
}

/**
 * The object has answered what was asked at `askedAtMs`. Others may have spent and received
 * meanwhile.
 */
export function received(
  known: Allowance | null,
  { wanted }: LeaseRequest,
  { granted, retryAfterMs }: Lease,
  askedAtMs: number,
  nowMs: number,
): Spending {
  const allowance = known ?? NOTHING;
  const askAgainMs = nowMs + retryAfterMs;
  if (granted === 0) return refuse({ ...allowance, wanted, askAgainMs }, retryAfterMs);
  // Of two leases the earlier end holds for both: tokens are lent for a moment, and what is left
  // goes back.
  const both = isLiveAt(allowance, nowMs) && !allowance.isAlone;
  const untilMs = askedAtMs + KEY_LEASE_MS;
  return pass({
    tokens: granted + (both ? allowance.tokens : 0),
    granted,
    wanted,
    sinceMs: askedAtMs,
    untilMs: both ? Math.min(untilMs, allowance.untilMs) : untilMs,
    askAgainMs,
    isAlone: false,
  });
}

/** The object does not answer: the isolate lets through what the key may, by itself. */
export function alone(known: Allowance | null, perSecond: number, nowMs: number): Spending {
  if (known?.isAlone === true && nowMs < known.untilMs) return spend(known, perSecond, nowMs);
  const tokens = Math.ceil((perSecond * KEY_ALONE_MS) / 1_000);
  return pass({ ...NOTHING, tokens, sinceMs: nowMs, untilMs: nowMs + KEY_ALONE_MS, isAlone: true });
}

/** Not before its beginning either: a clock that was set back must not prolong it. */
function isLiveAt({ sinceMs, untilMs }: Allowance, nowMs: number): boolean {
  return sinceMs <= nowMs && nowMs < untilMs;
}

function pass(allowance: Allowance): Spending {
  return { kind: 'pass', allowance: { ...allowance, tokens: allowance.tokens - 1 } };
}

function refuse(allowance: Allowance, retryAfterMs: number): Spending {
  return { kind: 'refuse', retryAfterMs, allowance };
}
