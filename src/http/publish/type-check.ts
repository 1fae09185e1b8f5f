/**
 * Events against the catalogue (P6, P7): which versions their forms are in, what travels with them
 * to their Record, and, where their type is strict, whether their data fits. A type that the
 * catalogue does not know is published as it is.
 *
 * Nothing is refused by what an isolate remembers: a type made, widened or taken out of the archive
 * a moment ago through another isolate is read before a refusal.
 */
import { eventPolicy, type EventPolicy, type EventTypePolicy } from '../../core/event-type.ts';
import type { Forms } from '../../core/forms.ts';
import type { FieldError } from '../../core/result.ts';
import { shown } from '../../core/text.ts';
import type { CatalogueCache, KnownCatalogue } from '../../lookup/catalogue.ts';
import { invalid, Problem } from '../problem.ts';
import type { EventBody, GivenForm } from './publish-body.ts';
import { dataFaults } from './schema-check.ts';

/** An event with its versions named. */
export type TypedEvent = { forms: Forms<GivenForm>; policy: EventPolicy };

/** For the events of one request. */
export class TypeCheck {
  readonly #cache: CatalogueCache;
  #catalogue: KnownCatalogue;
  #isFresh = false;

  constructor(cache: CatalogueCache, catalogue: KnownCatalogue) {
    this.#cache = cache;
    this.#catalogue = catalogue;
  }

  /** Throws where the Catalogue does not answer. */
  async check(body: EventBody, forms: Forms<GivenForm>): Promise<TypedEvent | Problem> {
    const checked = await this.#checkBy(this.#catalogue.types.get(body.type), body, forms);
    if (!(checked instanceof Problem) || this.#isFresh) return checked;
    this.#catalogue = await this.#cache.fresh(Date.now());
    this.#isFresh = true;
    return this.#checkBy(this.#catalogue.types.get(body.type), body, forms);
  }

  async #checkBy(
    type: EventTypePolicy | undefined,
    body: EventBody,
    forms: Forms<GivenForm>,
  ): Promise<TypedEvent | Problem> {
    const hasForms = forms[0].version !== null;
    if (type === undefined) return hasForms ? unknownForms(body.type) : { forms, policy: {} };
    if (type.archived) return archived(type.name);
    const unknown = forms.filter(({ version }) => Number(version ?? 0) > type.versionCount);
    if (unknown.length > 0) return unknownVersions(type, unknown);
    const typed: Forms<GivenForm> = hasForms ? forms : [{ ...forms[0], version: type.dataVersion }];
    const faults = type.strict ? await this.#faultsOf(type, typed, hasForms) : [];
    if (faults.length > 0) return new Problem('schema-violation', violation(type.name, faults), { errors: faults });
    return { forms: typed, policy: eventPolicy(type) };
  }

  async #faultsOf(type: EventTypePolicy, forms: Forms<GivenForm>, hasForms: boolean): Promise<FieldError[]> {
    const schemas = await this.#cache.schemasOf(type);
    return forms.flatMap(({ version, data }) => {
      const schema = schemas.get(version ?? '');
      if (schema === undefined) throw new Error(`the Catalogue lacks version ${version} of ${type.name}`);
      const field = hasForms ? `forms.${version}` : 'data';
      return dataFaults(schema, data).map(({ pointer, message }) => ({
        field: `${field}${pointer}`,
        message: `${field}${pointer} ${message} (schema ${version} of ${type.name})`,
      }));
    });
  }
}

function violation(type: string, faults: FieldError[]): string {
  const more = faults.length > 1 ? ` (and ${faults.length - 1} more)` : '';
  return `${faults[0]?.message ?? `the data does not fit the schema of ${type}`}${more}`;
}

function archived(type: string): Problem {
  const detail = `the event type ${shown(type)} is archived; PUT /v1/event-types/${type} with {"archived": false} takes it back`;
  return new Problem('event-type-archived', detail, { errors: [{ field: 'type', message: detail }] });
}

function unknownForms(type: string): Problem {
  const message = `forms must be left out: the catalogue has no event type ${shown(type)}, so it has no versions`;
  return invalid([{ field: 'forms', message }]);
}

function unknownVersions(type: EventTypePolicy, unknown: GivenForm[]): Problem {
  const has = type.versionCount === 0 ? 'has none' : `has 1 to ${type.versionCount}`;
  return invalid(
    unknown.map(({ version }) => ({
      field: `forms.${version}`,
      message: `forms.${version} must be a version of the event type ${shown(type.name)}, which ${has}`,
    })),
  );
}
