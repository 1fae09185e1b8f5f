/** Parts that the shapes of answers share. A shape says what an answer is, to readers and to tests; no answer is checked by it at run time. */
import { z } from '@hono/zod-openapi';
import { PROBLEM_LIST } from './problem.ts';

export const time = () => z.iso.datetime().openapi({ example: '2026-11-21T18:00:00.000Z' });
export const count = () => z.int().min(0);
export const text = () => z.string();

/** `nullable()` of a component would make it null wherever it is used, or nowhere. */
export function orNull<T extends z.ZodType>(shape: T) {
  return z.union([shape, z.null()]);
}

/** How soon a change is in force everywhere. */
export const effective = { effectiveWithinMs: count() };

/** A list as it stands on the wire; each is a component of its own. */
export function pageOf(name: string, shape: z.ZodType) {
  return z.strictObject({ data: z.array(shape), next: text().nullable() }).openapi(name);
}

/** Of the log: a page may be short, or empty, and not the last. */
export function logPageOf(name: string, shape: z.ZodType) {
  return z
    .strictObject({ data: z.array(shape), next: text().nullable(), searchedTo: time().nullable() })
    .openapi(name, { description: 'May be short, even empty: only `next: null` is the end' });
}

/** A problem may have further members, such as the `id` of an event to publish again. */
export const problemShape = z
  .looseObject({
    type: text(),
    title: text(),
    status: z.int(),
    detail: text(),
    code: z.enum(PROBLEM_LIST.map(({ code }) => code)),
    errors: z.array(z.strictObject({ field: text(), message: text() })),
  })
  .openapi('Problem', { description: 'RFC 9457; `code` is stable and never renamed' });
