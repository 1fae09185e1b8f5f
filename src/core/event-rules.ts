/**
 * The rules for what a publisher sends (P5). Each check answers null or a sentence that names the
 * rule and the value; the caller adds the field. Shapes (is it a string at all) are zod's, at the
 * edge.
 */
import { ALERT_TYPE_PREFIX } from './alert-event.ts';
import { ACCOUNT_ID, EVENT_ID, isEndpointId } from './ids.ts';
import {
  DATA_BYTES_MAX,
  DATA_DEPTH_MAX,
  EVENT_TYPE_BYTES_MAX,
  OCCURRED_AT_CHARS_MAX,
  RECORD_KEY_BYTES_MAX,
} from './limits.ts';
import { TEST_EVENT_TYPE } from './test-event.ts';
import { checkText, shown, utf8Bytes } from './text.ts';
import { isCalendarDate } from './time.ts';

export const EVENT_TYPE = /^[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+)*$/;
/**
 * RFC 3339, 5.6, whose letters may be lower case. Without :60: a leap second would reach receivers
 * whose clocks cannot say it.
 */
const DATE_TIME =
  /^([0-9]{4})-([0-9]{2})-([0-9]{2})T(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](?:\.[0-9]+)?(?:Z|[+-](?:[01][0-9]|2[0-3]):[0-5][0-9])$/i;

export function checkAccountId(value: string): string | null {
  return ACCOUNT_ID.test(value) ? null : `must be 1 to 64 letters, digits, "_" or "-"; got ${shown(value)}`;
}

/**
 * No dot: `webhook-id.timestamp.body` is what is signed, and a dot in the id would make that
 * ambiguous.
 */
export function checkEventId(value: string): string | null {
  return EVENT_ID.test(value) ? null : `must be 1 to 128 letters, digits, "_" or "-"; got ${shown(value)}`;
}

export function checkEndpointId(value: string): string | null {
  return isEndpointId(value)
    ? null
    : `must be the id of an endpoint, like "ep_01m7zwa195yxn0znmzves0kyvm"; got ${shown(value)}`;
}

export function checkEventType(value: string): string | null {
  if (value.length > EVENT_TYPE_BYTES_MAX) {
    return `must have at most ${EVENT_TYPE_BYTES_MAX} characters; ${shown(value)} has ${value.length}`;
  }
  if (EVENT_TYPE.test(value)) return null;
  return `must be a dotted name like "ticket.created": letters, digits, "_" and "-", joined by single dots; got ${shown(value)}`;
}

/**
 * What may be published or catalogued: the type of test sends would tell receivers that nothing has
 * happened, those of alerts that something has.
 */
export function checkOwnEventType(value: string): string | null {
  if (value.startsWith(ALERT_TYPE_PREFIX)) {
    return `must not begin with "${ALERT_TYPE_PREFIX}", which is reserved for alerts; got ${shown(value)}`;
  }
  if (value !== TEST_EVENT_TYPE) return checkEventType(value);
  return `must not be "${TEST_EVENT_TYPE}", which is reserved for test sends`;
}

/**
 * Keys are compared byte by byte and stand in URL paths: hence NFC, and no segment that a client
 * would resolve away.
 */
export function checkRecordKey(value: string): string | null {
  const fault = checkText(value, 1, RECORD_KEY_BYTES_MAX);
  if (fault !== null) return fault;
  if (value.normalize('NFC') !== value) return `must be in Unicode normal form NFC; ${shown(value)} is not`;
  const dots = value.split('/').find((segment) => segment === '.' || segment === '..');
  if (dots !== undefined) return `must have no "." or ".." between its slashes; ${shown(value)} has "${dots}"`;
  return null;
}

export function checkVersion(value: number): string | null {
  if (Number.isSafeInteger(value) && value >= 0) return null;
  return `must be a whole number from 0 to ${Number.MAX_SAFE_INTEGER}; got ${shown(value)}`;
}

/** Checked, never rewritten: the text is part of the content hash and of the body. */
export function checkOccurredAt(value: string): string | null {
  const parts = value.length <= OCCURRED_AT_CHARS_MAX ? DATE_TIME.exec(value) : null;
  if (parts === null) {
    return `must be an RFC 3339 time with an offset or Z, like "2026-11-21T18:00:00.000Z"; got ${shown(value)}`;
  }
  if (isCalendarDate(Number(parts[1]), Number(parts[2]), Number(parts[3]))) return null;
  return `must be a day that exists; ${shown(value)} does not`;
}

function isDeeperThan(value: unknown, levels: number): boolean {
  if (typeof value !== 'object' || value === null) return false;
  if (levels === 0) return true;
  return Object.values(value).some((inner) => isDeeperThan(inner, levels - 1));
}

/**
 * A bare value has depth 0, `[]` and `{}` have 1. Looks no deeper than the limit, so no nesting
 * overflows the stack.
 */
export function checkDataDepth(data: unknown): string | null {
  if (!isDeeperThan(data, DATA_DEPTH_MAX)) return null;
  return `must be nested at most ${DATA_DEPTH_MAX} levels deep; it is deeper`;
}

/** `dataJson` is the text that will be sent. Answered with 413. */
export function checkDataSize(dataJson: string): string | null {
  const bytes = utf8Bytes(dataJson);
  return bytes <= DATA_BYTES_MAX ? null : `must have at most ${DATA_BYTES_MAX} bytes of JSON; it has ${bytes}`;
}
