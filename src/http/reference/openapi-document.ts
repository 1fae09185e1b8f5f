/**
 * The OpenAPI document as this code reads it: what `/docs` shows and the finishing touches change.
 * Loose: the rest passes through.
 */
import { z } from 'zod';

const schemaShape = z.looseObject({
  $ref: z.string().optional(),
  type: z.union([z.string(), z.array(z.string())]).optional(),
  description: z.string().optional(),
  enum: z.array(z.unknown()).optional(),
  default: z.unknown().optional(),
  required: z.array(z.string()).optional(),
  additionalProperties: z.unknown().optional(),
  get allOf() {
    return z.array(schemaShape).optional();
  },
  get properties() {
    return z.record(z.string(), schemaShape).optional();
  },
  get items() {
    return schemaShape.optional();
  },
  get anyOf() {
    return z.array(schemaShape).optional();
  },
  get oneOf() {
    return z.array(schemaShape).optional();
  },
});

const parameterShape = z.looseObject({
  $ref: z.string().optional(),
  name: z.string().optional(),
  in: z.string().optional(),
  required: z.boolean().optional(),
  description: z.string().optional(),
  schema: schemaShape.optional(),
});
const contentShape = z.record(
  z.string(),
  z.looseObject({ schema: schemaShape.optional(), example: z.unknown().optional() }),
);
const responseShape = z.looseObject({
  $ref: z.string().optional(),
  description: z.string().optional(),
  headers: z.record(z.string(), z.unknown()).optional(),
  content: contentShape.optional(),
});
const operationShape = z.looseObject({
  operationId: z.string(),
  summary: z.string(),
  /** By status, the codes of the problems that it may answer. */
  'x-problems': z.record(z.string(), z.array(z.string())).optional(),
  tags: z.array(z.string()),
  security: z.array(z.record(z.string(), z.array(z.string()))).optional(),
  parameters: z.array(parameterShape).optional(),
  requestBody: z.looseObject({ required: z.boolean().optional(), content: contentShape }).optional(),
  responses: z.record(z.string(), responseShape),
});

export const documentShape = z.looseObject({
  openapi: z.string(),
  info: z.looseObject({ title: z.string(), version: z.string(), description: z.string() }),
  tags: z.array(z.object({ name: z.string(), description: z.string().optional() })),
  paths: z.record(z.string(), z.record(z.string(), operationShape)),
  webhooks: z.record(z.string(), z.object({ $ref: z.string() })),
  components: z.looseObject({
    schemas: z.record(z.string(), schemaShape),
    parameters: z.record(z.string(), parameterShape),
    responses: z.record(z.string(), responseShape),
    headers: z.record(z.string(), z.looseObject({ schema: schemaShape.optional() })),
    securitySchemes: z.record(z.string(), z.unknown()),
    pathItems: z.record(z.string(), z.record(z.string(), operationShape)),
  }),
});

export type ApiDocument = z.output<typeof documentShape>;
export type ApiOperation = z.output<typeof operationShape>;
export type ApiResponse = z.output<typeof responseShape>;
export type ApiParameter = z.output<typeof parameterShape>;
export type ApiSchema = z.output<typeof schemaShape>;

/** `Event` of `#/components/schemas/Event`. */
export function refName(ref: string): string {
  return ref.slice(ref.lastIndexOf('/') + 1);
}

export type PlacedOperation = { method: string; path: string; operation: ApiOperation };

export function placedOperations({ paths }: ApiDocument): PlacedOperation[] {
  return Object.entries(paths).flatMap(([path, operations]) =>
    Object.entries(operations).map(([method, operation]) => ({ method, path, operation })),
  );
}
