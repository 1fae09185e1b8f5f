/**
 * The jobs that an Account starts: the sweep after an endpoint was removed or disabled, and its own
 * removal. The id is made with the change and owed in the change's transaction, so a change has
 * exactly one job, however often it is sent.
 */
import { z } from 'zod';
import { stored } from '../core/stored.ts';
import { base32 } from '../core/base32.ts';
import { jobId, JURISDICTIONS, placeOf, type ShardsOf } from '../core/ids.ts';
import type { JobStart } from '../core/job.ts';
import type { Bindings } from '../env.ts';
import { jobStub } from '../lookup/stubs.ts';

/** Whether a change starts a sweep, under which id and in whose name. */
export type SweepOrder = { id: string; by: string };

const RANDOM_BYTES = 10;

function newJobId(): string {
  return jobId(Date.now(), base32(crypto.getRandomValues(new Uint8Array(RANDOM_BYTES))));
}

export function removalStart(settings: ShardsOf, by: string, reason: string | null): JobStart {
  return { id: newJobId(), by, reason, spec: { kind: 'account-removal', ...placeOf(settings) } };
}

/** `by`: the name of a key, or `tubepost` where a receiver or we ourselves asked for it. */
export function newSweep(by: string): SweepOrder {
  return { id: newJobId(), by };
}

export function sweepStart(
  settings: ShardsOf,
  endpoint: string,
  because: 'removed' | 'disabled',
  revision: number,
  { id, by }: SweepOrder,
): JobStart {
  return {
    id,
    by,
    reason: `endpoint ${because}`,
    spec: { kind: 'sweep', ...placeOf(settings), endpoint, revision, because },
  };
}

/** What a job must know of its account to find its Shards. */
export const storedPlace = {
  account: z.string(),
  jurisdiction: z.enum(JURISDICTIONS).nullable().default(null),
  incarnation: z.string(),
  shards: z.number(),
};

type SweepStart = JobStart & { spec: { kind: 'sweep' } };

const storedStart = stored<SweepStart>()(
  z.object({
    id: z.string(),
    by: z.string(),
    reason: z.string().nullable(),
    spec: z.object({
      kind: z.literal('sweep'),
      ...storedPlace,
      endpoint: z.string(),
      revision: z.number(),
      because: z.enum(['removed', 'disabled']),
    }),
  }),
);

/** `detail` as the outbox keeps it. */
export function parseDetail(detail: string): JobStart {
  return storedStart.parse(JSON.parse(detail));
}

export async function startJob(env: Bindings, start: JobStart): Promise<void> {
  await jobStub(env, start.id).start(start);
}
