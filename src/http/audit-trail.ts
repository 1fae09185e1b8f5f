/**
 * S3: rows of the audit log that are written before the change that they describe: no row, no
 * change. What then fails, or is refused where it happens, leaves a row that says who asked for it.
 */
import { ulid } from 'ulid';
import type { AuditAct } from '../core/audit.ts';
import { insertAudit } from '../store/config/audit.ts';
import { accountStub } from '../lookup/stubs.ts';
import { unknownAccount } from './account-settings.ts';
import type { AppContext } from './context.ts';
import { fromDatabase } from './database.ts';
import { callObject } from '../lookup/objects.ts';

/** In the account's own log: for what happens at a Shard or a Job. */
export async function auditInAccount(c: AppContext, account: string, act: AuditAct): Promise<void> {
  const isWritten = await callObject(
    () => accountStub(c.env, account),
    (stub) => stub.auditAhead(act, c.get('keyName')),
  );
  if (!isWritten) throw unknownAccount(account);
}

/** In the log for operators. `account`: the one it concerns. */
export async function auditForOperators(c: AppContext, act: AuditAct & { account?: string | null }): Promise<void> {
  const { action, account, target, detail, changes = [] } = act;
  const row = {
    id: `aud_${ulid().toLowerCase()}`,
    atMs: Date.now(),
    by: c.get('keyName'),
    action,
    account: account ?? null,
    target: target ?? null,
    detail: detail ?? null,
    changes: changes.length === 0 ? null : JSON.stringify(changes),
  };
  await fromDatabase(insertAudit(c.env.CONFIG, row));
}
