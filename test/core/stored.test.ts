/** `npm run types` is the other half: each `@ts-expect-error` fails it where there is no error. */
import { expect, test } from 'vitest';
import { z } from 'zod';
import { stored } from '../../src/core/stored.ts';

type Slot = {
  id: string;
  claim: { atMs: number; via?: string | undefined } | null;
  parts: { name: string; size?: number | undefined }[];
};

test('a schema of stored JSON that names each key is returned as it is', () => {
  const schema = z.object({
    id: z.string(),
    claim: z.object({ atMs: z.number(), via: z.string().optional() }).nullable(),
    parts: z.array(z.object({ name: z.string(), size: z.number().optional() })),
  });
  expect(stored<Slot>()(schema)).toBe(schema);
});

test('one that forgets an optional key does not compile, though zod would take it', () => {
  const claim = z.object({ atMs: z.number(), via: z.string().optional() }).nullable();
  const noVia = z.object({ id: z.string(), claim: z.object({ atMs: z.number() }).nullable(), parts: z.array(z.any()) });
  // @ts-expect-error -- `claim.via` is forgotten
  const lossy = stored<Slot>()(noVia);
  // @ts-expect-error -- `parts.size` is forgotten
  stored<Slot>()(z.object({ id: z.string(), claim, parts: z.array(z.object({ name: z.string() })) }));
  expect(lossy.parse({ id: 'a', claim: { atMs: 1, via: 'self' }, parts: [] })).not.toHaveProperty('claim.via');
});

test('one that forgets a member of a union does not compile either', () => {
  type Job = { kind: 'sweep'; endpoint: string } | { kind: 'discard'; endpoint: string };
  // @ts-expect-error -- `kind.=discard` is forgotten
  const lossy = stored<Job>()(z.object({ kind: z.literal('sweep'), endpoint: z.string() }));
  expect(lossy.safeParse({ kind: 'discard', endpoint: 'ep_1' }).success).toBe(false);
});
