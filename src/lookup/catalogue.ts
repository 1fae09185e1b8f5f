/**
 * An isolate's memory of the event type catalogue: the rules of all types, at most
 * CATALOGUE_FRESH_MS old, and the schemas that were needed. It holds values, never promises (see
 * settings.ts). Nothing may be refused by what is remembered: whoever is about to refuse asks for
 * `fresh` first.
 */
import type { CatalogueIndex, EventTypeDetail, EventTypePolicy } from '../core/event-type.ts';
import { CATALOGUE_FRESH_MS, CATALOGUE_STANDS_IN_MS, SCHEMAS_CACHED_CHARS_MAX } from '../core/limits.ts';
import { isSchemaObject, type JsonSchema } from '../core/schema.ts';

/** The Catalogue object. Throws where it does not answer. */
export type CatalogueSource = {
  indexSince(revision: number | null): Promise<CatalogueIndex | 'unchanged'>;
  detail(name: string): Promise<EventTypeDetail | null>;
};

/** Not to be changed. */
export type KnownCatalogue = { readonly revision: number; readonly types: ReadonlyMap<string, EventTypePolicy> };

/** By version. */
export type TypeSchemas = ReadonlyMap<string, JsonSchema>;

type Schemas = { revision: number; chars: number; schemas: TypeSchemas };

export class CatalogueCache {
  readonly #source: CatalogueSource;
  #known: { catalogue: KnownCatalogue; readAtMs: number } | null = null;
  /** By type; least recently used first. */
  readonly #schemas = new Map<string, Schemas>();
  #chars = 0;

  constructor(source: CatalogueSource) {
    this.#source = source;
  }

  /**
   * Where the Catalogue does not answer, answers from memory for CATALOGUE_STANDS_IN_MS; then
   * throws.
   */
  async get(nowMs: number): Promise<KnownCatalogue> {
    const before = this.#rememberedFor(nowMs, CATALOGUE_FRESH_MS);
    if (before !== null) return before;
    try {
      return await this.fresh(nowMs);
    } catch (error) {
      const known = this.#rememberedFor(nowMs, CATALOGUE_STANDS_IN_MS);
      if (known === null) throw error;
      return known;
    }
  }

  /** Reads, whatever is remembered. */
  async fresh(nowMs: number): Promise<KnownCatalogue> {
    const before = this.#known?.catalogue ?? null;
    const answer = await this.#source.indexSince(before?.revision ?? null);
    const catalogue = answer === 'unchanged' && before !== null ? before : asKnown(answer);
    // A slow read must not take the place of a newer one that overtook it.
    if (this.#known === null || catalogue.revision >= this.#known.catalogue.revision) {
      this.#known = { catalogue, readAtMs: nowMs };
    }
    return catalogue;
  }

  /** The schemas of a type, at least as new as the policy. */
  async schemasOf({ name, revision }: EventTypePolicy): Promise<TypeSchemas> {
    const known = this.#schemas.get(name);
    if (known !== undefined && known.revision >= revision) {
      this.#schemas.delete(name);
      this.#schemas.set(name, known);
      return known.schemas;
    }
    const detail = await this.#source.detail(name);
    if (detail === null) throw new Error(`the Catalogue knows the rules of ${name} and not the type`);
    const schemas = new Map(detail.versions.map(({ version, schemaJson }) => [version, schemaOf(schemaJson)]));
    const chars = detail.versions.reduce((sum, { schemaJson }) => sum + schemaJson.length, 0);
    this.#remember(name, { revision: detail.type.revision, chars, schemas });
    return schemas;
  }

  #rememberedFor(nowMs: number, ageMs: number): KnownCatalogue | null {
    const known = this.#known;
    // A clock that was set back makes what is remembered stale, not eternal.
    return known !== null && nowMs >= known.readAtMs && nowMs - known.readAtMs < ageMs ? known.catalogue : null;
  }

  #remember(name: string, schemas: Schemas): void {
    this.#forget(name);
    this.#schemas.set(name, schemas);
    this.#chars += schemas.chars;
    for (const oldest of this.#schemas.keys()) {
      if (this.#chars <= SCHEMAS_CACHED_CHARS_MAX || oldest === name) break;
      this.#forget(oldest);
    }
  }

  #forget(name: string): void {
    this.#chars -= this.#schemas.get(name)?.chars ?? 0;
    this.#schemas.delete(name);
  }
}

function asKnown(index: CatalogueIndex | 'unchanged'): KnownCatalogue {
  if (index === 'unchanged') throw new Error('the Catalogue says that nothing changed since nothing was known');
  return { revision: index.revision, types: new Map(index.types.map((type) => [type.name, type])) };
}

/** Checked when it was saved. */
function schemaOf(json: string): JsonSchema {
  const parsed: unknown = JSON.parse(json);
  return isSchemaObject(parsed) ? parsed : {};
}
