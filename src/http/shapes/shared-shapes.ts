/**
 * Parts that the shapes of answers share. A shape says what an answer is, to readers and to tests;
 * no answer is checked by it at run time. Every field has its own description: the same name means
 * other things in other places.
 */
import { z } from '@hono/zod-openapi';
import { PROBLEM_LIST } from '../problem.ts';

/** Marks a field that may be anything, and is always there (reference/openapi-tidy.ts). */
export const ALWAYS = 'x-always';

export const time = (words: string) =>
  z.iso.datetime().openapi({ description: words, example: '2026-11-21T18:00:00.000Z' });
export const count = (words: string) => z.int().min(0).openapi({ description: words });
export const text = (words: string) => z.string().openapi({ description: words });
export const flag = (words: string) => z.boolean().openapi({ description: words });
/** Any JSON, null too; always there, which zod does not say of what may be anything. */
export const anything = (words: string) => z.unknown().openapi({ description: words, [ALWAYS]: true });

/** Counts by a name, such as a status. */
export const counts = (words: string) => z.record(z.string(), z.int().min(0)).openapi({ description: words });

/**
 * One of these today, and of more to come. An `enum` would make clients that were generated before
 * fail at the next one: Java's throw where they read it, Go's refuse the answer.
 */
export function openEnum(values: readonly string[], words: string) {
  const listed = values.map((value) => `\`${value}\``).join(', ');
  const description = `${words}. One of ${listed}; others may be added`;
  return z.string().openapi({ description, 'x-extensible-enum': [...values] });
}

/** How soon a change is in force everywhere. */
export const effective = { effectiveWithinMs: count('The change is in force everywhere after so many milliseconds') };

const NEXT = '`cursor` of the next page; null: this is the last';

/** A list as it stands on the wire; each is a component of its own. */
export function pageOf(name: string, shape: z.ZodType, words: string) {
  const data = z.array(shape).openapi({ description: words });
  return z.strictObject({ data, next: text(NEXT).nullable() }).openapi(name);
}

/** Of the log: a page may be short, or empty, and not the last. */
export function logPageOf(name: string, shape: z.ZodType, words: string) {
  const data = z.array(shape).openapi({ description: words });
  const searchedTo = time(
    'The page has everything from the cursor down to this time; what is older is on the next ones. Null: to the end',
  );
  return z
    .strictObject({ data, next: text(NEXT).nullable(), searchedTo: searchedTo.nullable() })
    .openapi(name, { description: 'May be short, even empty: only `next: null` is the end' });
}

const problemFields = {
  type: text('A URI that stands for the code'),
  title: text('The code in words'),
  status: z.int().min(400).max(599).openapi({ description: 'HTTP status' }),
  detail: text('What is wrong here: field, rule and value'),
  code: openEnum(
    PROBLEM_LIST.map(({ code }) => code),
    'Stable; what a program should look at',
  ),
  errors: z
    .array(
      z
        .strictObject({ field: text('Where in the request'), message: text('The rule and the value') })
        .openapi('FieldProblem'),
    )
    .openapi({ description: 'The first faults by field' }),
};

/** A problem may have further members, such as the `id` of an event to publish again. */
export const problemShape = z.looseObject(problemFields).openapi('Problem', {
  description: 'RFC 9457; `code` is stable and never renamed. There may be further members, such as `id` or `job`',
});

/** In a list of results, beside what went well. */
export const refusedShape = z
  .looseObject({ outcome: z.literal('refused').openapi({ description: 'It was not stored' }), ...problemFields })
  .openapi('RefusedEvent', { description: 'The problem (RFC 9457) of one event' });
