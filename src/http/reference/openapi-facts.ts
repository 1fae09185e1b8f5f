/**
 * What JSON Schema can say of the rules that core checks, made from the same limits and
 * expressions, so that `ruled` puts both into one schema. Necessary, not always sufficient: JSON
 * Schema counts characters where a limit counts bytes, and knows no sum, no calendar and no normal
 * form. No test holds them against the checks yet; a rule without an entry here is not in the
 * document.
 *
 * Expressions are written for every language that reads the document: no `\p{…}`, which Python
 * lacks, and `\u` for what Ruby reads as half a character in `\x`.
 */
import * as endpoint from '../../core/endpoint-rules.ts';
import * as event from '../../core/event-rules.ts';
import * as type from '../../core/event-type-rules.ts';
import { ALERT_RULES, RULES } from '../../core/alert.ts';
import { ALERT_TYPE_PREFIX } from '../../core/alert-event.ts';
import { ACCOUNT_ID, ENDPOINT, EVENT_ID } from '../../core/ids.ts';
import * as limit from '../../core/limits.ts';
import { TEST_EVENT_TYPE } from '../../core/test-event.ts';

export type Facts = { readonly [keyword: string]: unknown };

/** No C0, DEL or C1. */
const NO_CONTROLS = '^[^\\u0000-\\u001f\\u007f-\\u009f]*$';
const NO_DOT_SEGMENT = '^(?!(?:[\\s\\S]*/)?\\.\\.?(?:/|$))';
const TYPE = event.EVENT_TYPE.source;
const TYPE_PATTERN = `${TYPE.slice(0, -1)}(?:\\.\\*)?$`;
const typeName = { pattern: TYPE, maxLength: limit.EVENT_TYPE_BYTES_MAX };
const schemaVersion = { pattern: wholePattern(limit.SCHEMA_VERSIONS_MAX) };

export function wholeFacts(minimum: number, maximum: number): Facts {
  return { format: 'int64', minimum, maximum };
}

/** A clean line of text, core's checkText. */
export function lineFacts(minLength: number, maxLength: number): Facts {
  return { ...(minLength === 0 ? {} : { minLength }), maxLength, pattern: NO_CONTROLS };
}

/** `1` to `most` as text, of two digits at most. */
function wholePattern(most: number): string {
  const [tens = '0', ones = '0'] = String(most).padStart(2, '0');
  return `^(?:[1-9]|[1-${Number(tens) - 1}][0-9]|${tens}[0-${ones}])$`;
}

/**
 * Base64 of 24 to 64 bytes without stray bits: 8 to 20 groups of three bytes and a rest, or 21 and
 * at most one byte.
 */
const GROUP = '(?:[A-Za-z0-9+/]{4})';
const ONE_MORE = '[A-Za-z0-9+/][AQgw]==';
const TWO_MORE = '[A-Za-z0-9+/]{2}[AEIMQUYcgkosw048]=';
const HMAC_SECRET = `^whsec_(?:${GROUP}{8,20}(?:${ONE_MORE}|${TWO_MORE})?|${GROUP}{21}(?:${ONE_MORE})?)$`;

export const ANY_SECRET: Facts = { pattern: `${HMAC_SECRET}|${endpoint.SIGNING_KEY.source}` };

export const FACTS: ReadonlyMap<unknown, Facts> = new Map<unknown, Facts>([
  [event.checkAccountId, { pattern: ACCOUNT_ID.source }],
  [event.checkEventId, { pattern: EVENT_ID.source }],
  [event.checkEndpointId, { pattern: ENDPOINT.source }],
  [event.checkEventType, typeName],
  [endpoint.checkEventTypePattern, { pattern: TYPE_PATTERN, maxLength: limit.EVENT_TYPE_BYTES_MAX }],
  [
    event.checkOwnEventType,
    { ...typeName, pattern: `^(?!${escaped(ALERT_TYPE_PREFIX)}|${escaped(TEST_EVENT_TYPE)}$)${TYPE.slice(1)}` },
  ],
  [
    event.checkRecordKey,
    { minLength: 1, maxLength: limit.RECORD_KEY_BYTES_MAX, pattern: `${NO_DOT_SEGMENT}${NO_CONTROLS.slice(1)}` },
  ],
  [event.checkVersion, wholeFacts(0, Number.MAX_SAFE_INTEGER)],
  [event.checkOccurredAt, { format: 'date-time', maxLength: limit.OCCURRED_AT_CHARS_MAX }],

  [endpoint.checkDescription, lineFacts(0, limit.DESCRIPTION_BYTES_MAX)],
  [endpoint.checkExternalId, lineFacts(1, limit.EXTERNAL_ID_BYTES_MAX)],
  [endpoint.checkTimeoutMs, wholeFacts(limit.TIMEOUT_MS_MIN, limit.TIMEOUT_MS_MAX)],
  [endpoint.checkRateLimit, wholeFacts(1, limit.RATE_LIMIT_PER_SECOND_MAX)],
  [endpoint.checkWindowSeconds, wholeFacts(1, limit.RETRY_WINDOW_SECONDS_MAX)],
  [endpoint.checkOverlapSeconds, wholeFacts(0, limit.OVERLAP_SECONDS_MAX)],
  [
    endpoint.checkEventTypes,
    {
      maxItems: limit.EVENT_TYPES_PER_ENDPOINT_MAX,
      items: {
        type: 'string',
        pattern: TYPE_PATTERN,
        maxLength: limit.EVENT_TYPE_BYTES_MAX,
      },
    },
  ],
  [
    endpoint.checkScheduleSeconds,
    {
      maxItems: limit.RETRY_STEPS_MAX,
      items: { type: 'integer', ...wholeFacts(1, limit.RETRY_STEP_SECONDS_MAX) },
    },
  ],
  [
    endpoint.checkAlsoRetry,
    {
      maxItems: limit.ALSO_RETRY_MAX,
      items: { type: 'integer', ...wholeFacts(300, 599), not: { enum: [410] } },
    },
  ],
  [endpoint.checkSecret, { pattern: HMAC_SECRET }],

  [type.checkTypeDescription, { maxLength: limit.TYPE_DESCRIPTION_BYTES_MAX }],
  [type.checkTypeWindow, wholeFacts(1, limit.RETRY_WINDOW_SECONDS_MAX)],
  [type.checkExpireAfter, wholeFacts(1, limit.EXPIRE_AFTER_SECONDS_MAX)],
  [type.checkLatestGroup, typeName],
  [type.checkSchemaVersion, schemaVersion],
  [
    type.checkPinnedVersions,
    {
      maxProperties: limit.SCHEMA_VERSIONS_PINNED_MAX,
      propertyNames: typeName,
      additionalProperties: { type: 'string', ...schemaVersion },
    },
  ],
]);

/** More is checked: no credentials, nothing private or local. */
export const URL_FACTS: Facts = { maxLength: limit.URL_BYTES_MAX, pattern: '^[Hh][Tt][Tt][Pp][Ss]?://[^\\s#]+$' };

/** Data by schema version. */
export const FORMS_FACTS: Facts = {
  minProperties: 1,
  maxProperties: limit.FORMS_MAX,
  propertyNames: schemaVersion,
  additionalProperties: {},
};

/**
 * One of the two. By `if`, which languages without such types leave out, and not by `oneOf`, of
 * which they would make two types.
 */
export const DATA_OR_FORMS: Facts = {
  if: { required: ['forms'], properties: { forms: { type: 'object', additionalProperties: {} } } },
  then: { not: { required: ['data'], properties: { data: {} } } },
  else: { required: ['data'], properties: { data: {} } },
};

/**
 * What differs between the rules, beside the one type that they share: it would be twelve types.
 */
export const RULES_FACTS: Facts = {
  dependentSchemas: Object.fromEntries(
    ALERT_RULES.map((name) => {
      const { isReached, most, minimumOf } = RULES[name];
      const threshold = { minimum: isReached ? 1 : 0, maximum: most };
      // `const` and not a type: generators read neither here, and our own lint wants no type of
      // null alone.
      const minimum = minimumOf === null ? { const: null } : { not: { const: null } };
      return [name, { properties: { [name]: { properties: { threshold, minimum } } } }];
    }),
  ),
};

function escaped(text: string): string {
  return text.replaceAll('.', '\\.');
}
