/**
 * Cancels what waits for an endpoint that was removed or disabled, without waiting for its lane's
 * next look (E5). Part of a Ledger turn. What is on its way may still arrive, and is looked at
 * again.
 */
import type { AccountSettings } from '../core/endpoint.ts';
import { SWEEP_DELIVERIES_MAX } from '../core/limits.ts';
import type { Swept } from '../core/rpc.ts';
import { ended, isOpen, isUnderWay, released } from '../core/status.ts';
import { cancelReason } from './departing.ts';
import type { Memory } from './memory.ts';
import { logChanged } from './outbox.ts';

/**
 * `settings` as they are now: whoever enabled the endpoint since then keeps what came after. The
 * newest go first: while the lane's head stays, nothing behind it is started for nothing.
 */
export function sweepLane(memory: Memory, endpoint: string, settings: AccountSettings | null, nowMs: number): Swept {
  const swept: Swept = { cancelled: 0, left: 0, kept: 0, isMore: false };
  const lane = memory.lanes.get(endpoint);
  const now = settings?.endpoints.find(({ id }) => id === endpoint);
  for (const slot of [...(lane?.items.values() ?? [])].reverse()) {
    if (!isOpen(slot.delivery)) continue;
    const reason = cancelReason(slot, now);
    if (reason === null) swept.kept += 1;
    else if (isUnderWay(slot.delivery)) swept.left += 1;
    else if (swept.cancelled === SWEEP_DELIVERIES_MAX) swept.isMore = true;
    else {
      memory.put(slot, ended(released(slot.delivery, nowMs), 'cancelled', nowMs, { reason }));
      logChanged(memory, slot, nowMs);
      swept.cancelled += 1;
    }
  }
  return swept;
}
