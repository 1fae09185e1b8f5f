/**
 * An event type of the catalogue (P6, P7), as the Catalogue keeps and sends it.
 * JSON travels between objects as text. What a request may set is checked in event-type-rules.ts
 * and schema-rules.ts.
 */

/** What an operator sets of a type, besides its schemas. */
export type EventTypeFacts = {
  description: string;
  /** JSON text, or null. */
  exampleJson: string | null;
  /** Publish checks `data` and `forms` against the schemas. Only where there is one. */
  strict: boolean;
  /** The shorter of this and the endpoint's is in force. */
  retryWindowSeconds: number | null;
  /** From acceptance: what still waits then is worth nothing. */
  expireAfterSeconds: number | null;
  /** In `latest` lanes, types of one group replace each other. */
  latestGroup: string | null;
  /** Newer events replace older ones that wait in `ordered` lanes too. */
  latestOnly: boolean;
  /**
   * The version that plain `data` is in; null while there is none. Moves only when it is set: a new
   * version breaks no publisher.
   */
  dataVersion: string | null;
  archived: boolean;
};

/** Versions are "1", "2", …, without a gap; the last is the newest. */
export type SchemaVersion = { version: string; schemaJson: string; createdAtMs: number; updatedAtMs: number };

export type EventType = EventTypeFacts & {
  name: string;
  /**
   * The catalogue's revision when this type was last changed: what it says under one revision never
   * changes.
   */
  revision: number;
  createdAtMs: number;
  updatedAtMs: number;
};

/** A type with all its schemas, oldest first. */
export type EventTypeDetail = { type: EventType; versions: SchemaVersion[] };

/** What a publish must know of a type before it looks at a schema. */
export type EventTypePolicy = Pick<
  EventType,
  | 'name'
  | 'revision'
  | 'strict'
  | 'retryWindowSeconds'
  | 'expireAfterSeconds'
  | 'latestGroup'
  | 'latestOnly'
  | 'dataVersion'
  | 'archived'
> & { versionCount: number };

/**
 * Every type, archived ones too. `revision` grows with every change; 0 is a catalogue that nobody
 * has used.
 */
export type CatalogueIndex = { revision: number; types: EventTypePolicy[] };

/**
 * What travels with an event to its Shard, which knows no catalogue. Absent: nothing of that kind.
 */
export type EventPolicy = {
  retryWindowSeconds?: number | undefined;
  expireAfterSeconds?: number | undefined;
  latestGroup?: string | undefined;
  latestOnly?: boolean | undefined;
};

export function eventPolicy(type: EventTypePolicy): EventPolicy {
  const { retryWindowSeconds, expireAfterSeconds, latestGroup, latestOnly } = type;
  return {
    ...(retryWindowSeconds === null ? {} : { retryWindowSeconds }),
    ...(expireAfterSeconds === null ? {} : { expireAfterSeconds }),
    ...(latestGroup === null ? {} : { latestGroup }),
    ...(latestOnly ? { latestOnly } : {}),
  };
}
