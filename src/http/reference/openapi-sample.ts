/**
 * An example of an answer, from its schema and the values of openapi-samples.ts: what a reader
 * wants to see, and as true as the schema.
 */
import { type ApiSchema, refName } from './openapi-document.ts';
import { SAMPLE_TIME, SAMPLES } from './openapi-samples.ts';

type Components = Readonly<Record<string, ApiSchema>>;
/** `owner` is the component, and the fields on the way within it. */
type Place = { owner: string; name: string };

export function sampleOf(schema: ApiSchema, components: Components, place: Place = { owner: '', name: '' }): unknown {
  if (schema.$ref !== undefined) {
    const owner = refName(schema.$ref);
    const component = components[owner] ?? {};
    if (isNullable(component) && sampleFor(place) === null) return null;
    // A component without fields, like a status, is what its field is.
    return sampleOf(component, components, component.properties === undefined ? place : { owner, name: '' });
  }
  if ('const' in schema) return schema['const'];
  const known = SAMPLES[`${place.owner}.${place.name}`];
  if (known !== undefined && schema.items === undefined) return known;
  if (isNullable(schema) && SAMPLES[place.name] === null) return null;
  if (schema.properties !== undefined) return objectOf(schema, components, place);
  if (schema.items !== undefined) return [sampleOf(schema.items, components, place)];
  const [first] = schema.anyOf ?? schema.oneOf ?? [];
  if (first !== undefined)
    return isNullableChoice(schema) && SAMPLES[place.name] === null ? null : sampleOf(first, components, place);
  return plainOf(schema, known ?? SAMPLES[place.name]);
}

function sampleFor({ owner, name }: Place): unknown {
  const own = `${owner}.${name}`;
  return own in SAMPLES ? SAMPLES[own] : SAMPLES[name];
}

function objectOf(schema: ApiSchema, components: Components, { owner, name }: Place): Record<string, unknown> {
  const inner = [owner, name].filter((one) => one !== '').join('.');
  const fields = Object.entries(schema.properties ?? {}).filter(([field]) => schema.required?.includes(field) === true);
  return Object.fromEntries(
    fields.map(([field, one]) => [field, sampleOf(one, components, { owner: inner, name: field })]),
  );
}

function plainOf(schema: ApiSchema, given: unknown): unknown {
  const types = [schema.type ?? []].flat();
  if (schema.enum !== undefined)
    return schema.enum.includes(given) ? given : types.includes('null') ? null : schema.enum[0];
  if (types.length === 0) return given ?? null;
  if (given !== undefined && types.includes(typeName(given))) return given;
  if (types.includes('null')) return null;
  if (types.includes('integer') || types.includes('number')) return 1;
  if (types.includes('boolean')) return false;
  if (types.includes('object')) return {};
  return schema['format'] === 'date-time' ? SAMPLE_TIME : '…';
}

function typeName(value: unknown): string {
  if (value === null) return 'null';
  if (typeof value === 'number') return Number.isInteger(value) ? 'integer' : 'number';
  return Array.isArray(value) ? 'array' : typeof value;
}

function isNullable({ type }: ApiSchema): boolean {
  return Array.isArray(type) && type.includes('null');
}

function isNullableChoice({ anyOf, oneOf }: ApiSchema): boolean {
  return (anyOf ?? oneOf ?? []).some(({ type }) => type === 'null');
}
