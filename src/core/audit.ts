/** What the audit log keeps (S3): who did what when, to which endpoint and secret. Never a secret, sealed or not. */

export type AuditAction =
  'secret.created' | 'secret.rotated' | 'secret.read' | 'secret.removed' | 'secrets.resealed' | 'payload.erased';

export type AuditEntry = {
  /** Dense within its account, from 1: the order in which things happened, whatever the clock said. */
  number: number;
  atMs: number;
  /** The name of the key. */
  by: string;
  action: AuditAction;
  /** Null where it concerns the whole account. */
  endpoint: string | null;
  secret: string | null;
  /** A sentence, or null. */
  detail: string | null;
};
