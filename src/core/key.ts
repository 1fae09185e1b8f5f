/** S1: what a key may do. Pure: who asks is found in http/auth/auth.ts. */

export const SCOPES = ['publish', 'read', 'replay', 'manage'] as const;
export type Scope = (typeof SCOPES)[number];

/** Who asks, and what for. `account` null: operator-wide. `id` null: ADMIN_KEY. */
export type Grant = {
  id: string | null;
  /** As the audit log names it. */
  by: string;
  scopes: readonly Scope[];
  account: string | null;
  isPortal: boolean;
  /**
   * L2: the one record that it may read the status of, and nothing else; null: it is not bound to
   * one.
   */
  record: string | null;
  /** The key that answers for it, also where a token of it asks; null: ADMIN_KEY. */
  keyId: string | null;
  /** Of a session or a portal token; null: a key itself, which ends by its own rules. */
  endsAtMs: number | null;
  /** S4; null: none. */
  rateLimit: RateLimit | null;
};
/** `of`: whose requests are counted together. */
export type RateLimit = { of: { key: string } | { portalOf: string }; perSecond: number };

/** What a route asks for where it says nothing. */
export function defaultScope(method: string): Scope {
  return method === 'get' ? 'read' : 'manage';
}
