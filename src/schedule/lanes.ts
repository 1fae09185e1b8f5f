/**
 * Some calls at once, for the cron: none begins after `untilMs`, and what has begun ends by its own
 * timeout.
 */
export async function inLanes<T>(
  items: readonly T[],
  { lanes, untilMs }: { lanes: number; untilMs: number },
  work: (item: T) => Promise<void>,
): Promise<void> {
  const left = items.values();
  const lane = async () => {
    for (const item of left) {
      if (Date.now() >= untilMs) return;
      await work(item);
    }
  };
  await Promise.all(Array.from({ length: lanes }, lane));
}
