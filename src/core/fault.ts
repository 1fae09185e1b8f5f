/**
 * Failures that no row of the log shows and that a person must know: kept for the rules of alerts,
 * which count them. Pure.
 */
import type { RecordAddress } from './ids.ts';

export const FAULT_KINDS = ['poison-message', 'record-storage', 'not-sent'] as const;
export type FaultKind = (typeof FAULT_KINDS)[number];

/**
 * `account`: null where it concerns the whole service. `subject`: what it is about; the same again
 * is the same fault. `detail`: without payload, key or secret.
 */
export type Fault = { kind: FaultKind; account: string | null; subject: string; detail: string };

/** Faults of one kind and account in the window: how many subjects, and one of them. */
export type FaultCount = { kind: FaultKind; account: string | null; faults: number; detail: string };

/**
 * An attempt that a fault of ours kept from leaving: of the whole service, because one cause mostly
 * meets all endpoints.
 */
export function attemptNotSent(endpoint: string, message: string): Fault {
  return { kind: 'not-sent', account: null, subject: endpoint, detail: message };
}

/** Named by what the ids of its deliveries begin with: a record's key may be a person's name. */
export function storageFull({ account, kind, hash }: RecordAddress, bytes: number): Fault {
  const subject = `${kind}${hash}`;
  return { kind: 'record-storage', account, subject, detail: `dlv_${subject}_… holds ${bytes} bytes` };
}
