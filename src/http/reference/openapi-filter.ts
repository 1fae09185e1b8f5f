/**
 * A filter (docs/filters.md) as JSON Schema: one object with all that may stand in it, and which of
 * it may stand together. Not a choice of objects, which most languages have no type for.
 */
import { FILTER_CONDITIONS_MAX, FILTER_IN_VALUES_MAX, FILTER_TEXT_BYTES_MAX } from '../../core/limits.ts';
import { FIELD, OPERATORS } from '../../core/filter-rules.ts';
import type { Facts } from './openapi-facts.ts';

const part = { $ref: '#/components/schemas/FilterPart' };
const number = { minimum: -Number.MAX_SAFE_INTEGER, maximum: Number.MAX_SAFE_INTEGER };
const none = (...kinds: object[]) => ({ not: { anyOf: kinds } });
const [object, list] = [{ type: 'object' }, { type: 'array', items: {} }];
const [flag, nothing] = [{ type: 'boolean' }, { const: null }];
const scalar = { ...number, maxLength: FILTER_TEXT_BYTES_MAX, ...none(object, list) };
const ordered = { ...number, maxLength: FILTER_TEXT_BYTES_MAX, ...none(object, list, flag, nothing) };
const parts = (description: string) => ({
  type: 'array',
  description,
  items: part,
  minItems: 1,
  maxItems: FILTER_CONDITIONS_MAX,
});

const properties = {
  field: {
    type: 'string',
    description: '`type`, `record`, `version` or a path like `data.plan`',
    pattern: FIELD.source,
    maxLength: FILTER_TEXT_BYTES_MAX,
  },
  in: {
    type: 'array',
    description: 'One of these texts, numbers, true, false or null',
    items: {},
    minItems: 1,
    maxItems: FILTER_IN_VALUES_MAX,
  },
  lessThan: { description: 'A text or a number' },
  lessOrEqual: { description: 'A text or a number' },
  greaterThan: { description: 'A text or a number' },
  greaterOrEqual: { description: 'A text or a number' },
  prefix: { type: 'string', description: 'How the text begins', minLength: 1, maxLength: FILTER_TEXT_BYTES_MAX },
  exists: { type: 'boolean', description: 'Whether the field is there' },
  and: parts('All of these must hold'),
  or: parts('One of these must hold'),
  not: { ...part, description: 'This must not hold' },
};

const ORDERED = ['lessThan', 'lessOrEqual', 'greaterThan', 'greaterOrEqual'] as const;
const rules = {
  properties,
  // No property: a field `equals` of any type is Java's own method. Generators pass over patterns.
  patternProperties: { '^equals$': scalar },
  additionalProperties: false,
  minProperties: 1,
  maxProperties: 2,
  dependentRequired: Object.fromEntries(OPERATORS.map((operator) => [operator, ['field']])),
  dependentSchemas: {
    field: { minProperties: 2 },
    and: { maxProperties: 1 },
    or: { maxProperties: 1 },
    not: { maxProperties: 1 },
    // Here and not at the fields: a `not` there makes a type of its own in Go and Python.
    in: { properties: { in: { items: scalar } } },
    ...Object.fromEntries(ORDERED.map((operator) => [operator, { properties: { [operator]: ordered } }])),
  },
};
const ABOUT =
  'A condition (docs/filters.md): `field` with one operator (`equals` or one of those below), or one of `and`, `or` and `not`. At most ' +
  `${FILTER_CONDITIONS_MAX} conditions in all`;

/**
 * Of a body with a `filter`. The field itself says no more than "object or null": ogen makes Go
 * that does not compile of an optional reference to what may be null and contains itself.
 */
export const FILTER_RULE: Facts = {
  dependentSchemas: { filter: { properties: { filter: { $ref: '#/components/schemas/Filter' } } } },
};

/** By the name of their component. */
export const FILTER_COMPONENTS: Readonly<Record<string, Facts>> = {
  Filter: { type: ['object', 'null'], description: `${ABOUT}. Null: none`, ...rules },
  FilterPart: { type: 'object', description: ABOUT, ...rules },
};
