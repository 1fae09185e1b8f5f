/**
 * The rules for what an operator sets of an event type (P6), except its schemas (schema-rules.ts).
 * Each check answers null or a sentence that names the rule and the value; the caller adds the
 * field.
 */
import { checkEventType } from './event-rules.ts';
import {
  EXAMPLE_BYTES_MAX,
  EXPIRE_AFTER_SECONDS_MAX,
  RETRY_WINDOW_SECONDS_MAX,
  SCHEMA_VERSIONS_MAX,
  SCHEMA_VERSIONS_PINNED_MAX,
  TYPE_DESCRIPTION_BYTES_MAX,
} from './limits.ts';
import { shown, utf8Bytes } from './text.ts';

const VERSION = /^[1-9][0-9]{0,2}$/;

export function checkTypeDescription(value: string): string | null {
  const bytes = utf8Bytes(value);
  if (bytes > TYPE_DESCRIPTION_BYTES_MAX) {
    return `must have at most ${TYPE_DESCRIPTION_BYTES_MAX} bytes of UTF-8; it has ${bytes}`;
  }
  return value.isWellFormed() ? null : 'must be well-formed Unicode; it has half of a surrogate pair';
}

/** Shown to people; what data must be is the schema's to say. */
export function checkExample(example: unknown): string | null {
  const bytes = utf8Bytes(JSON.stringify(example));
  return bytes <= EXAMPLE_BYTES_MAX ? null : `must have at most ${EXAMPLE_BYTES_MAX} bytes of JSON; it has ${bytes}`;
}

function checkSeconds(value: number, most: number): string | null {
  if (Number.isSafeInteger(value) && value >= 1 && value <= most) return null;
  return `must be a whole number from 1 to ${most} seconds; got ${shown(value)}`;
}

export function checkTypeWindow(value: number): string | null {
  return checkSeconds(value, RETRY_WINDOW_SECONDS_MAX);
}

export function checkExpireAfter(value: number): string | null {
  return checkSeconds(value, EXPIRE_AFTER_SECONDS_MAX);
}

/** Written as a type is: the name of what all of the group are about. */
export function checkLatestGroup(value: string): string | null {
  return checkEventType(value);
}

export function checkSchemaVersion(value: string): string | null {
  if (VERSION.test(value) && Number(value) <= SCHEMA_VERSIONS_MAX) return null;
  return `must be a version: "1", "2", … up to "${SCHEMA_VERSIONS_MAX}"; got ${shown(value)}`;
}

/** Of an endpoint: event type → version. */
export function checkPinnedVersions(pinned: Readonly<Record<string, string>>): string | null {
  const entries = Object.entries(pinned);
  if (entries.length > SCHEMA_VERSIONS_PINNED_MAX) {
    return `must name at most ${SCHEMA_VERSIONS_PINNED_MAX} event types; it names ${entries.length}`;
  }
  for (const [type, version] of entries) {
    const typeFault = checkEventType(type);
    if (typeFault !== null) return `must be versions by event type; the event type ${typeFault}`;
    const versionFault = checkSchemaVersion(version);
    if (versionFault !== null) return `must be versions by event type; that of ${shown(type)} ${versionFault}`;
  }
  return null;
}
