/**
 * Cloudflare refuses what the simulator takes: queue messages above 128,000 bytes. The largest that
 * can be written is below.
 */
import { expect, test } from 'vitest';
import {
  ERROR_MESSAGE_BYTES_MAX,
  HEADERS_BYTES_MAX,
  LIVE_SECRETS_MAX,
  LOG_ENTRY_ATTEMPTS_CHARS_MAX,
  LOG_MESSAGE_BYTES_MAX,
  QUEUE_MESSAGE_BYTES_MAX,
  RECORD_KEY_BYTES_MAX,
  RESPONSE_BODY_BYTES_MAX,
  RESPONSE_HEADERS_BYTES_MAX,
  URL_BYTES_MAX,
} from '../../src/core/limits.ts';
import type { LoggedAttempt } from '../../src/core/log.ts';
import { cutLog } from '../../src/shard/log-messages.ts';
import { aDelivery, anAttempt, anEntry } from '../support/log.ts';

const bytesOf = (value: unknown) => new TextEncoder().encode(JSON.stringify(value)).length;
const ADDRESS = { kind: 'k', hash: 'a'.repeat(32) } as const;
const RECORD = '\u0080'.repeat(RECORD_KEY_BYTES_MAX / 2);

/** Text that takes six characters of JSON for each of its bytes. */
const worst: LoggedAttempt = anAttempt({
  responseBody: '\u0001'.repeat(RESPONSE_BODY_BYTES_MAX),
  responseHeaders: { 'x-a': '"'.repeat(RESPONSE_HEADERS_BYTES_MAX) },
  error: { kind: 'http-5xx', message: '"'.repeat(ERROR_MESSAGE_BYTES_MAX) },
  sent: {
    url: '~'.repeat(URL_BYTES_MAX),
    timestamp: 1_796_094_698,
    signature: 'v1a,'.padEnd(LIVE_SECRETS_MAX * 93, 'k'),
    previous: Number.MAX_SAFE_INTEGER,
    own: ['x'.repeat(HEADERS_BYTES_MAX)],
  },
});

test('a message with the largest attempt there is fits into a queue', () => {
  const packed = cutLog(ADDRESS, RECORD, [anEntry({}, aDelivery({}), [worst])]);
  expect(packed.map(bytesOf).every((bytes) => bytes < QUEUE_MESSAGE_BYTES_MAX)).toBe(true);
});

test('a message with as many attempts as one entry may carry fits, whatever their characters take', () => {
  // Three bytes for a character is the most that UTF-8 takes of what one UTF-16 unit says.
  const one = anAttempt({ responseBody: '\u20ac'.repeat(1_000) });
  const count = Math.floor(LOG_ENTRY_ATTEMPTS_CHARS_MAX / JSON.stringify(one).length);
  const entry = anEntry(
    {},
    aDelivery({}),
    Array.from({ length: count }, () => one),
  );
  const packed = cutLog(ADDRESS, RECORD, [entry, entry]);
  expect(packed).toHaveLength(2);
  for (const message of packed) expect(bytesOf(message)).toBeLessThan(QUEUE_MESSAGE_BYTES_MAX);
  expect(LOG_MESSAGE_BYTES_MAX).toBeLessThan(QUEUE_MESSAGE_BYTES_MAX);
});
