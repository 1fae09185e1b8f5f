/**
 * The truth about the event types (P6, P7), and the one `revision` that grows with every change.
 * Runtime-free. A change is checked and stored in one turn, so that two people who change a schema
 * at a time cannot slip a breaking change past each other. Refuses to check what a request may set:
 * facts and schemas arrive checked (core/event-type-rules.ts, core/schema-rules.ts).
 *
 *   versions  "1", "2", …   a version is made once and never removed; its schema may be replaced by one that breaks nobody
 *   archived  ⇄             out of lists, refused at publish; never removed, because events and endpoints name it
 */
import { canonicalJson } from '../core/canonical.ts';
import type {
  CatalogueIndex,
  EventType,
  EventTypeDetail,
  EventTypeFacts,
  EventTypePolicy,
  SchemaVersion,
} from '../core/event-type.ts';
import { EVENT_TYPES_MAX, SCHEMA_VERSIONS_MAX } from '../core/limits.ts';
import { fail, ok, type Result } from '../core/result.ts';
import type { EventTypeChange, EventTypeRefusal } from '../core/rpc.ts';
import { schemaChanges } from '../core/schema-changes.ts';
import { isSchemaObject, type JsonSchema } from '../core/schema.ts';
import type { Sql } from '../core/sql.ts';
import { countVersions, migrate, readRevision, readTypes, readVersions, writeType, writeVersion } from './tables.ts';

/**
 * What the tables say. The object is their only writer, and changes this only once its rows are
 * written.
 */
type Image = { revision: number; types: Map<string, EventType>; versionCounts: Map<string, number> };

export class CatalogueLedger {
  readonly #sql: Sql;
  #image: Image | null = null;

  constructor(sql: Sql) {
    this.#sql = sql;
  }

  get revision(): number {
    return this.#read().revision;
  }

  index(): CatalogueIndex {
    const { revision, types, versionCounts } = this.#read();
    return { revision, types: [...types.values()].map((type) => policyOf(type, versionCounts.get(type.name) ?? 0)) };
  }

  types(): EventType[] {
    return [...this.#read().types.values()];
  }

  detail(name: string): EventTypeDetail | null {
    const type = this.#read().types.get(name);
    return type === undefined ? null : { type, versions: readVersions(this.#sql, name) };
  }

  /**
   * Creates or changes. `schemaJson` is that of the newest version, which it makes where there is
   * none.
   */
  put(
    name: string,
    { schemaJson, ...change }: EventTypeChange,
    nowMs: number,
  ): Result<{ created: boolean; detail: EventTypeDetail }, EventTypeRefusal> {
    const known = this.detail(name);
    const versions = known?.versions ?? [];
    if (known === null && this.#read().types.size >= EVENT_TYPES_MAX)
      return fail({ reason: 'full', most: EVENT_TYPES_MAX });
    const newest = versions.at(-1);
    const version = schemaJson === undefined ? null : replaced(versions, newest?.version ?? '1', schemaJson, nowMs);
    if (version !== null && !version.ok) return version;
    const facts = { ...(known?.type ?? defaults(nowMs)), ...change };
    return this.#store(name, facts, known, version?.value ?? null, nowMs);
  }

  /** Makes the next version, or replaces the schema of one by one that breaks nobody. */
  putVersion(
    name: string,
    version: string,
    { schemaJson, ...change }: { schemaJson: string; exampleJson?: string | null },
    nowMs: number,
  ): Result<{ created: boolean; detail: EventTypeDetail }, EventTypeRefusal> {
    const known = this.detail(name);
    if (known === null) return fail({ reason: 'not-found' });
    const next = known.versions.length + 1;
    if (Number(version) > next) return fail({ reason: 'not-next', next: String(next) });
    if (Number(version) > SCHEMA_VERSIONS_MAX) return fail({ reason: 'versions-full', most: SCHEMA_VERSIONS_MAX });
    const put = replaced(known.versions, version, schemaJson, nowMs);
    if (!put.ok) return put;
    const stored = this.#store(name, { ...known.type, ...change }, known, put.value, nowMs);
    return stored.ok ? ok({ ...stored.value, created: Number(version) === next }) : stored;
  }

  #store(
    name: string,
    wanted: Omit<EventType, 'name' | 'revision'>,
    known: EventTypeDetail | null,
    version: SchemaVersion | null,
    nowMs: number,
  ): Result<{ created: boolean; detail: EventTypeDetail }, EventTypeRefusal> {
    const count = Math.max(known?.versions.length ?? 0, Number(version?.version ?? 0));
    const facts = { ...wanted, dataVersion: wanted.dataVersion ?? (count === 0 ? null : '1') };
    if (facts.strict && count === 0) return fail({ reason: 'no-schema' });
    if (Number(facts.dataVersion ?? 0) > count) return fail({ reason: 'unknown-version', versionCount: count });
    const isSame =
      known !== null && version === null && JSON.stringify(factsOf(facts)) === JSON.stringify(factsOf(known.type));
    if (isSame) return ok({ created: false, detail: known });

    const revision = this.#read().revision + 1;
    const type: EventType = { ...facts, name, revision, updatedAtMs: nowMs };
    this.#sql.transaction(() => {
      migrate(this.#sql);
      writeType(this.#sql, type);
      if (version !== null) writeVersion(this.#sql, name, version);
    });
    const image = this.#read();
    image.revision = revision;
    image.types.set(name, type);
    image.versionCounts.set(name, count);
    return ok({ created: known === null, detail: { type, versions: readVersions(this.#sql, name) } });
  }

  #read(): Image {
    this.#image ??= {
      revision: readRevision(this.#sql),
      types: new Map(readTypes(this.#sql).map((type) => [type.name, type])),
      versionCounts: countVersions(this.#sql),
    };
    return this.#image;
  }
}

/** Null: it is that schema already. */
function replaced(
  versions: SchemaVersion[],
  version: string,
  schemaJson: string,
  nowMs: number,
): Result<SchemaVersion | null, EventTypeRefusal> {
  const before = versions.find((one) => one.version === version);
  if (before === undefined) return ok({ version, schemaJson, createdAtMs: nowMs, updatedAtMs: nowMs });
  const [was, is] = [schemaOf(before.schemaJson), schemaOf(schemaJson)];
  if (canonicalJson(was) === canonicalJson(is)) return ok(null);
  const breaking = schemaChanges(was, is).filter(({ breaks }) => breaks);
  if (breaking.length > 0)
    return fail({ reason: 'breaking', version, next: String(versions.length + 1), changes: breaking });
  return ok({ ...before, schemaJson, updatedAtMs: nowMs });
}

/** Was checked before it came here. */
function schemaOf(json: string): JsonSchema {
  const parsed: unknown = JSON.parse(json);
  return isSchemaObject(parsed) ? parsed : {};
}

function factsOf(type: EventTypeFacts): EventTypeFacts {
  const { description, exampleJson, strict, retryWindowSeconds, expireAfterSeconds } = type;
  const { latestGroup, latestOnly, dataVersion, archived } = type;
  return {
    ...{ description, exampleJson, strict, retryWindowSeconds, expireAfterSeconds },
    ...{ latestGroup, latestOnly, dataVersion, archived },
  };
}

function policyOf(type: EventType, versionCount: number): EventTypePolicy {
  const { name, revision, strict, retryWindowSeconds, expireAfterSeconds, latestGroup, latestOnly } = type;
  const { dataVersion, archived } = type;
  return {
    ...{ name, revision, strict, retryWindowSeconds, expireAfterSeconds, latestGroup, latestOnly },
    ...{ dataVersion, archived, versionCount },
  };
}

function defaults(nowMs: number): Omit<EventType, 'name' | 'revision'> {
  return {
    description: '',
    exampleJson: null,
    strict: false,
    retryWindowSeconds: null,
    expireAfterSeconds: null,
    latestGroup: null,
    latestOnly: false,
    dataVersion: null,
    archived: false,
    createdAtMs: nowMs,
    updatedAtMs: nowMs,
  };
}
