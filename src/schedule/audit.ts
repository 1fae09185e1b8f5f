/**
 * Retention of the audit log for operators: the oldest rows, a bounded number a minute. An
 * account's own is bounded by its Account.
 */
import { auditId } from '../core/ids.ts';
import { AUDIT_DAYS, AUDIT_ROWS_PER_RUN, DAY_MS } from '../core/limits.ts';
import { deleteAudit } from '../store/config/audit.ts';
import type { Task } from './task.ts';
import { logLine } from '../log-line.ts';

export const auditTask: Task = {
  name: 'audit',
  run: async ({ CONFIG }, nowMs) => {
    const rows = await deleteAudit(CONFIG, auditId(nowMs - AUDIT_DAYS * DAY_MS, ''), AUDIT_ROWS_PER_RUN);
    if (rows > 0) logLine('log', 'audit', { rows });
  },
};
