/**
 * The body of every request (C2), as text. Made once, when the event is accepted, and stored: every
 * attempt and every replay sends these bytes.
 */

export type BodyFacts = {
  id: string;
  type: string;
  /** `occurredAt` as given, or the acceptance as rfc3339. */
  timestamp: string;
  record: string | null;
  /** Null on the wire for events without a record. */
  sequence: number | null;
  version: number | null;
  schemaVersion: string | null;
  /**
   * JSON text of `data`. Spliced as it is: numbers keep the digits that the publisher wrote. The
   * caller has parsed it.
   */
  dataJson: string;
};

/** The members in the order of the contract, absent values `null`. */
export function eventBody(facts: BodyFacts): string {
  const envelope = JSON.stringify({
    id: facts.id,
    type: facts.type,
    timestamp: facts.timestamp,
    record: facts.record,
    sequence: facts.sequence,
    version: facts.version,
    schemaVersion: facts.schemaVersion,
  });
  return `${envelope.slice(0, -1)},"data":${facts.dataJson}}`;
}

/**
 * UTC with milliseconds, `2026-11-21T18:00:00.000Z`: the one form of time that we write. Throws on
 * what is no time (NaN).
 */
export function rfc3339(ms: number): string {
  // oxlint-disable-next-line no-restricted-globals -- a Date made of an argument reads no clock
  return new Date(ms).toISOString();
}
