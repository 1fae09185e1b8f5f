/**
 * A filter (docs/filters.md) as JSON Schema: one object with all that may stand in it, and which of it may stand together. Not a choice of
 * objects, which most languages have no type for.
 */
import { FILTER_CONDITIONS_MAX, FILTER_IN_VALUES_MAX, FILTER_TEXT_BYTES_MAX } from '../core/limits.ts';
import { FIELD, OPERATORS } from '../core/filter-rules.ts';
import type { Facts } from './openapi-facts.ts';

const part = { $ref: '#/components/schemas/FilterPart' };
const number = { minimum: -Number.MAX_SAFE_INTEGER, maximum: Number.MAX_SAFE_INTEGER };
const none = (...types: string[]) => ({
  not: { anyOf: types.map((type) => (type === 'null' ? { const: null } : { type })) },
});
const scalar = { ...number, maxLength: FILTER_TEXT_BYTES_MAX, ...none('object', 'array') };
const ordered = { ...number, maxLength: FILTER_TEXT_BYTES_MAX, ...none('object', 'array', 'boolean', 'null') };
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
  equals: { description: 'Text, a number, true, false or null', ...scalar },
  in: {
    type: 'array',
    description: 'One of these texts, numbers, true, false or null',
    items: scalar,
    minItems: 1,
    maxItems: FILTER_IN_VALUES_MAX,
  },
  lessThan: { description: 'A text or a number', ...ordered },
  lessOrEqual: { description: 'A text or a number', ...ordered },
  greaterThan: { description: 'A text or a number', ...ordered },
  greaterOrEqual: { description: 'A text or a number', ...ordered },
  prefix: { type: 'string', description: 'How the text begins', minLength: 1, maxLength: FILTER_TEXT_BYTES_MAX },
  exists: { type: 'boolean', description: 'Whether the field is there' },
  and: parts('All of these must hold'),
  or: parts('One of these must hold'),
  not: { ...part, description: 'This must not hold' },
};

const rules = {
  properties,
  additionalProperties: false,
  minProperties: 1,
  maxProperties: 2,
  dependentRequired: Object.fromEntries(OPERATORS.map((operator) => [operator, ['field']])),
  dependentSchemas: {
    field: { minProperties: 2 },
    and: { maxProperties: 1 },
    or: { maxProperties: 1 },
    not: { maxProperties: 1 },
  },
};
const ABOUT =
  'A condition (docs/filters.md): `field` with one operator, or one of `and`, `or` and `not`. At most ' +
  `${FILTER_CONDITIONS_MAX} conditions in all`;

/** By the name of their component. */
export const FILTER_COMPONENTS: Readonly<Record<string, Facts>> = {
  Filter: { type: ['object', 'null'], description: `${ABOUT}. Null: none`, ...rules },
  FilterPart: { type: 'object', description: ABOUT, ...rules },
};
