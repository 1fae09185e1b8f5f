/** Waits for the deployed service to say that it is ready. */
import { z } from 'zod';

export type Patience = { waitMs: number; everyMs: number };
const PATIENCE: Patience = { waitMs: 180_000, everyMs: 2_000 };
const TRY_MS = 10_000;

type Health = { isReady: boolean; said: string };

const ready = z.looseObject({ version: z.string() });

/**
 * Ready is an answer of the version that was deployed: for some seconds the one before it answers,
 * and it was ready all along. `version` null: any will do, because wrangler named none.
 */
async function read(url: string, version: string | null): Promise<Health> {
  try {
    const answer = await fetch(`${url}/health`, { signal: AbortSignal.timeout(TRY_MS) });
    const text = await answer.text();
    const isReady = answer.ok && (version === null || versionIn(text) === version);
    return { isReady, said: `${answer.status} ${text.slice(0, 500)}` };
  } catch (error) {
    return { isReady: false, said: String(error) };
  }
}

/** Null where it names none: a release from before it did, or a foreign answer. */
function versionIn(text: string): string | null {
  try {
    return ready.safeParse(JSON.parse(text)).data?.version ?? null;
  } catch {
    // Not JSON: not ours.
    return null;
  }
}

/**
 * Null once it is ready; else what it said last. A new name of workers.dev takes some time to be
 * known.
 */
export async function awaitHealth(
  url: string,
  version: string | null,
  { waitMs, everyMs } = PATIENCE,
): Promise<string | null> {
  const endMs = Date.now() + waitMs;
  for (;;) {
    const { isReady, said } = await read(url, version);
    if (isReady) return null;
    if (Date.now() >= endMs) return said;
    await new Promise((later) => setTimeout(later, everyMs));
  }
}
