/**
 * How the JSON of rows is written: without what is null or as usual, which stored.ts puts back when
 * it is read. A row without row id that is larger than some 1,000 bytes takes a page of 4,096 more
 * (SQLite's file format, "B-tree pages": maximum local payload), so these bytes decide whether an
 * ordinary event takes one page or a quarter of one.
 */
import { packSent, type Sent } from '../core/sent.ts';
import type { Kept, KeptAttempt, KeptFacts } from './stored.ts';

/** By name of the field, wherever it stands: the default of the same name in stored.ts. */
const USUAL: Record<string, unknown> = {
  replay: 0,
  retries: 0,
  heldMs: 0,
  acked: 0,
  ackedAttempts: 0,
  willRetry: false,
  number: 1,
  trigger: 'first',
  ordering: 'ordered',
  deliveryCount: 1,
};

/** Without what the row has columns for. */
export function packedFacts({ sequence: _, acceptedAtMs: __, ...facts }: KeptFacts): string {
  return JSON.stringify(lean(facts));
}

export function packedAttempt(attempt: KeptAttempt): string {
  return JSON.stringify(lean(withSent(attempt)));
}

export function packedDeliveries(kept: readonly Kept[]): string {
  return JSON.stringify(kept.map((one) => lean(shortened(one))));
}

function shortened(one: Kept): unknown {
  const success = one.success === null ? null : withSent(one.success);
  return { ...(isLastStored(one) ? withoutLast(one) : one), success };
}

function withSent<T extends { sent?: Sent | undefined }>({ sent, ...rest }: T): object {
  return sent === undefined ? rest : { ...rest, sent: packSent(sent) };
}

/** The last attempt says no more than the stored success, which stands beside it. */
function isLastStored({ delivery: { last }, success }: Kept): boolean {
  if (last === null || success === null) return false;
  return (
    last.atMs === success.atMs &&
    last.latencyMs === success.latencyMs &&
    last.statusCode === success.statusCode &&
    last.error === null &&
    success.error === null
  );
}

function withoutLast({ delivery, ...rest }: Kept): object {
  const { last: _, ...others } = delivery;
  return { delivery: others, ...rest };
}

function lean(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(lean);
  const kept: Record<string, unknown> = {};
  for (const [key, held] of Object.entries(value)) {
    if (held !== null && USUAL[key] !== held) kept[key] = lean(held);
  }
  return kept;
}
