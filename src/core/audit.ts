/**
 * What the audit log keeps (S3): who did what when, to what, and which fields changed. Never a
 * secret, sealed or not, the value of a header or a payload. Pure. An account's own changes are in
 * its Account, in the same turn as the change; what concerns all accounts is a row of D1, written
 * ahead of the change.
 */
import { AUDIT_CHANGES_MAX, AUDIT_VALUE_CHARS_MAX } from './limits.ts';

export const AUDIT_ACTIONS = [
  // In the account.
  'account.created',
  'account.changed',
  'endpoint.created',
  'endpoint.changed',
  'endpoint.removed',
  'endpoint.tested',
  'endpoint.probed',
  'secret.created',
  'secret.rotated',
  'secret.read',
  'secret.removed',
  'secrets.resealed',
  'payload.erased',
  'delivery.replayed',
  'delivery.discarded',
  'replay.started',
  'replay.paused',
  'replay.resumed',
  'replay.cancelled',
  'discard.started',
  'portal-token.created',
  // For operators.
  'account.removed',
  'key.created',
  'key.changed',
  'key.revoked',
  'session.opened',
  'event-type.put',
  'schema-version.put',
  'broadcast.started',
  'job.paused',
  'job.resumed',
  'job.cancelled',
  'alert.acknowledged',
  'alert-rules.changed',
] as const;
export type AuditAction = (typeof AUDIT_ACTIONS)[number];

/** Old and new as JSON, cut where it is long; both null where the value is secret. */
export type AuditChange = { field: string; from: string | null; to: string | null };

/**
 * What was done, and to what. `target`: the id or name of what is neither endpoint nor secret.
 * `detail`: a sentence.
 */
export type AuditAct = {
  action: AuditAction;
  endpoint?: string;
  secret?: string;
  target?: string;
  detail?: string | null;
  changes?: AuditChange[];
};

/** As it is read. Actions of a newer release are shown as they are. */
export type AuditEntry = {
  /**
   * Dense within its account, from 1, but for those that are gone by age: the order in which things
   * happened, whatever the clock said.
   */
  number: number;
  atMs: number;
  /** The name of the key; `receiver` and `tubepost` for what nobody asked for. */
  by: string;
  action: string;
  /** Null where it concerns the whole account. */
  endpoint: string | null;
  secret: string | null;
  target: string | null;
  detail: string | null;
  changes: AuditChange[];
};

/** `fromMs` and later, before `toMs`. */
export type AuditFilter = {
  action?: readonly string[] | undefined;
  fromMs?: number | undefined;
  toMs?: number | undefined;
};

/** Who did what no key asked for: the answer of a receiver; or a rule of ours. */
export const BY_RECEIVER = 'receiver';
export const BY_TUBEPOST = 'tubepost';

/** Fields of `after` that differ, in its order; `secret` ones without their values. */
export function changesBetween(
  before: object,
  after: object,
  { secret = [], leftOut = [] }: { secret?: readonly string[]; leftOut?: readonly string[] } = {},
): AuditChange[] {
  const old = new Map<string, unknown>(Object.entries(before));
  const isSame = (a: unknown, b: unknown) => JSON.stringify(a ?? null) === JSON.stringify(b ?? null);
  return Object.entries(after)
    .filter(([field, value]) => !leftOut.includes(field) && !isSame(value, old.get(field)))
    .slice(0, AUDIT_CHANGES_MAX)
    .map(([field, value]) =>
      secret.includes(field)
        ? { field, from: null, to: null }
        : { field, from: shown(old.get(field)), to: shown(value) },
    );
}

/** What is cut ends in a mark, and is no JSON any more. */
function shown(value: unknown): string {
  const json = JSON.stringify(value ?? null);
  return json.length <= AUDIT_VALUE_CHARS_MAX ? json : `${json.slice(0, AUDIT_VALUE_CHARS_MAX)}…`;
}
