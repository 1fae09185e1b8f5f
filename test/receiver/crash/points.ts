/**
 * A receiver that stops at two points of each event and asks whether to go on: after the handler's
 * work and before it is committed, and after the commit and before the answer. A test that does not
 * answer kills it there.
 */
import { createReceiver, type Receiver } from '../../../src/receiver/receiver.ts';
import type { Store } from '../../../src/receiver/store.ts';
import { SECRET } from '../signed.ts';

export type Point = 'in the handler' | 'before the answer';

export function stoppingReceiver<Tx>(
  control: string,
  store: Store<Tx>,
  work: (tx: Tx, id: string) => Promise<void> | void,
): Receiver {
  const reach = async (point: Point, id: string) => {
    await fetch(control, { method: 'POST', body: JSON.stringify({ point, id }) });
  };
  const stopping: Store<Tx> = {
    ...store,
    async once(claim, run) {
      const outcome = await store.once(claim, run);
      if (outcome.kind === 'done') await reach('before the answer', claim.ids[0]);
      return outcome;
    },
  };
  return createReceiver({
    secrets: [SECRET],
    store: stopping,
    handle: async ({ id }, tx) => {
      await work(tx, id);
      await reach('in the handler', id);
    },
  });
}

/** Short, because a dead holder is waited for; longer than any handler here takes. */
export const CRASH_LEASE_MS = 1_500;
