/** C8: what an Account does of an endpoint that its Gate calls failing for days. */
import { BY_TUBEPOST } from '../core/audit.ts';
import { NOTHING_BUT_FAILURES } from '../core/reasons.ts';
import type { SweepOrder } from './jobs.ts';
import type { AccountLedger } from './ledger.ts';

/**
 * Disables the endpoint unless it was changed or took a delivery since `sinceMs`. Answers when it
 * did; null: it is disabled now, or there is none.
 */
export async function disableFailing(
  ledger: AccountLedger,
  id: string,
  sinceMs: number,
  /** By the log; null: it took none since then. */
  lastSuccessMs: (account: string) => Promise<number | null>,
  sweep: { nowMs(): number; order(): SweepOrder },
): Promise<number | null> {
  const { account, endpoints, revision } = ledger.settingsOf([id]) ?? {};
  const endpoint = endpoints?.[0];
  if (account === undefined || revision === undefined || endpoint === undefined) return null;
  if (endpoint.updatedAtMs > sinceMs) return endpoint.updatedAtMs;
  const succeededAtMs = await lastSuccessMs(account);
  if (succeededAtMs !== null) return succeededAtMs;
  ledger.disableEndpoint(id, NOTHING_BUT_FAILURES, revision, BY_TUBEPOST, sweep.nowMs(), sweep.order());
  return null;
}
