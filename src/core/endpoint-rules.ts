/**
 * The rules for what an endpoint's owner sets (E1, E2), except its URL (delivery/url-guard.ts) and
 * headers (header-rules.ts). Each check answers null or a sentence that names the rule and the
 * value; the caller adds the field.
 */
import { ALERT_TYPE_PREFIX } from './alert-event.ts';
import type { EndpointSettings } from './endpoint.ts';
import { checkEventType } from './event-rules.ts';
import {
  ALSO_RETRY_MAX,
  DESCRIPTION_BYTES_MAX,
  EVENT_TYPE_BYTES_MAX,
  EVENT_TYPES_PER_ENDPOINT_MAX,
  EXTERNAL_ID_BYTES_MAX,
  OVERLAP_SECONDS_MAX,
  RETRY_STEP_SECONDS_MAX,
  RATE_LIMIT_PER_SECOND_MAX,
  RETRY_STEPS_MAX,
  RETRY_WINDOW_SECONDS_MAX,
  SECRET_BYTES_MAX,
  SECRET_BYTES_MIN,
  TIMEOUT_MS_MAX,
  TIMEOUT_MS_MIN,
} from './limits.ts';
import { WILDCARD_SUFFIX } from './match.ts';
import { checkText, shown } from './text.ts';

/**
 * Base64 with its padding and no stray bits: the one spelling that every Standard Webhooks library
 * decodes alike.
 */
const SECRET = /^whsec_((?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/][AQgw]==|[A-Za-z0-9+/]{2}[AEIMQUYcgkosw048]=)?)$/;
/** 64 bytes: 85 characters and one of the four that leave no stray bits, then the padding. */
export const SIGNING_KEY = /^whsk_[A-Za-z0-9+/]{85}[AQgw]==$/;
const GONE = 410;

function checkCount(what: string, count: number, most: number): string | null {
  return count <= most ? null : `must have at most ${most} ${what}; it has ${count}`;
}

function checkWhole(unit: string, value: number, least: number, most: number): string | null {
  if (Number.isSafeInteger(value) && value >= least && value <= most) return null;
  return `must be a whole number from ${least} to ${most} ${unit}; got ${shown(value)}`;
}

function firstFault<T>(values: readonly T[], check: (value: T) => string | null): string | null {
  for (const value of values) {
    const fault = check(value);
    if (fault !== null) return fault;
  }
  return null;
}

/** An exact name, or `ticket.*`: of an endpoint, and of a list's filter. */
export function checkEventTypePattern(pattern: string): string | null {
  if (pattern === '*') return 'must not be "*": leave the list empty to get all event types';
  if (!pattern.endsWith(WILDCARD_SUFFIX)) return checkEventType(pattern);
  if (pattern.length > EVENT_TYPE_BYTES_MAX) return checkEventType(pattern);
  if (checkEventType(pattern.slice(0, -WILDCARD_SUFFIX.length)) === null) return null;
  return `must be an event type, or one followed by "${WILDCARD_SUFFIX}"; got ${shown(pattern)}`;
}

/** Exact names, or `ticket.*`. */
export function checkEventTypes(patterns: readonly string[]): string | null {
  return (
    checkCount('event types', patterns.length, EVENT_TYPES_PER_ENDPOINT_MAX) ??
    firstFault(patterns, checkEventTypePattern)
  );
}

/** One line of text, or nothing: it names the endpoint in sentences (note.ts). */
export function checkDescription(value: string): string | null {
  return checkText(value, 0, DESCRIPTION_BYTES_MAX);
}

/** Null, or a sentence that starts with "must": nothing but an alert has a form for Slack. */
export function checkPayloadFormat({
  payloadFormat = 'standard',
  eventTypes,
}: Pick<EndpointSettings, 'payloadFormat' | 'eventTypes'>): string | null {
  if (payloadFormat === 'standard') return null;
  const other = eventTypes.find((pattern) => !pattern.startsWith(ALERT_TYPE_PREFIX));
  const rule = `must be "standard" unless eventTypes names types of "${ALERT_TYPE_PREFIX}*" and no others`;
  if (eventTypes.length === 0) return `${rule}; got "${payloadFormat}" for all event types`;
  return other === undefined ? null : `${rule}; got "${payloadFormat}" for ${shown(other)}`;
}

export function checkExternalId(value: string): string | null {
  return checkText(value, 1, EXTERNAL_ID_BYTES_MAX);
}

export function checkTimeoutMs(value: number): string | null {
  return checkWhole('ms', value, TIMEOUT_MS_MIN, TIMEOUT_MS_MAX);
}

/** Requests a second. */
export function checkRateLimit(value: number): string | null {
  return checkWhole('requests a second', value, 1, RATE_LIMIT_PER_SECOND_MAX);
}

/** An empty schedule is allowed: one attempt and no retry. */
export function checkScheduleSeconds(steps: readonly number[]): string | null {
  const tooMany = checkCount('steps', steps.length, RETRY_STEPS_MAX);
  return tooMany ?? firstFault(steps, (step) => checkWhole('seconds', step, 1, RETRY_STEP_SECONDS_MAX));
}

export function checkWindowSeconds(value: number): string | null {
  return checkWhole('seconds', value, 1, RETRY_WINDOW_SECONDS_MAX);
}

function checkAlsoRetryCode(code: number): string | null {
  if (code === GONE) return 'must not name 410: it disables the endpoint, so nothing is left to retry';
  if (Number.isInteger(code) && code >= 300 && code <= 599) return null;
  return `must be status codes from 300 to 599; got ${shown(code)}`;
}

export function checkAlsoRetry(codes: readonly number[]): string | null {
  return checkCount('status codes', codes.length, ALSO_RETRY_MAX) ?? firstFault(codes, checkAlsoRetryCode);
}

/** Says what is wrong and how long it is, never what it is. */
export function checkSecret(text: string): string | null {
  const rule = `must be "whsec_" and the padded base64 of ${SECRET_BYTES_MIN} to ${SECRET_BYTES_MAX} bytes`;
  if (!text.startsWith('whsec_')) return `${rule}; the one given starts otherwise`;
  const base64 = SECRET.exec(text)?.[1];
  if (base64 === undefined) return `${rule}; what follows "whsec_" is not that`;
  const padding = base64.endsWith('==') ? 2 : base64.endsWith('=') ? 1 : 0;
  const bytes = (base64.length / 4) * 3 - padding;
  return bytes >= SECRET_BYTES_MIN && bytes <= SECRET_BYTES_MAX ? null : `${rule}; the one given has ${bytes}`;
}

/**
 * Says what is wrong and never what it is. That the public half belongs to the seed is checked
 * where there is crypto.
 */
export function checkSigningKey(text: string): string | null {
  if (SIGNING_KEY.test(text)) return null;
  const rule = 'must be "whsk_" and the padded base64 of 64 bytes, seed and public key';
  return `${rule}; ${text.startsWith('whsk_') ? 'what follows "whsk_" is not that' : 'the one given starts otherwise'}`;
}

/** How long the secrets that a rotation replaces stay live. */
export function checkOverlapSeconds(value: number): string | null {
  return checkWhole('seconds', value, 0, OVERLAP_SECONDS_MAX);
}
