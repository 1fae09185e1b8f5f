/** What answers outside /v1: other programs and people read it. */
import { z } from '@hono/zod-openapi';
import { text } from './shared-shapes.ts';

export const healthShape = z
  .strictObject({
    status: z.literal('ready').openapi({ description: 'The service takes requests' }),
    version: text('The deployed version that answered; empty where none was deployed'),
  })
  .openapi('ServiceHealth');

export const textShape = z.string();

/** The document has a schema of its own: https://spec.openapis.org/oas/3.1/schema. */
export const documentShape = z.looseObject({ openapi: text('Version of OpenAPI') });
