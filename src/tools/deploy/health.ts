/** Waits for the deployed service to say that it is ready. */
const WAIT_MS = 180_000;
const EVERY_MS = 2_000;
const TRY_MS = 10_000;

type Health = { isReady: boolean; said: string };

async function read(url: string): Promise<Health> {
  try {
    const answer = await fetch(`${url}/health`, { signal: AbortSignal.timeout(TRY_MS) });
    return { isReady: answer.ok, said: `${answer.status} ${(await answer.text()).slice(0, 500)}` };
  } catch (error) {
    return { isReady: false, said: String(error) };
  }
}

/** Null once it is ready; else what it said last. A new name of workers.dev takes some time to be known. */
export async function awaitHealth(url: string, waitMs = WAIT_MS): Promise<string | null> {
  const endMs = Date.now() + waitMs;
  for (;;) {
    const { isReady, said } = await read(url);
    if (isReady) return null;
    if (Date.now() >= endMs) return said;
    await new Promise((later) => setTimeout(later, Math.min(EVERY_MS, waitMs)));
  }
}
