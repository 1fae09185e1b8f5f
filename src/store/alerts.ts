/** Alerts: what is open, what changes, and the lists. Each write names the revision that it follows, so that of two runs at once one wins. */
import { and, desc, eq, inArray, isNotNull, isNull, sql } from 'drizzle-orm';
import { drizzle } from 'drizzle-orm/d1';
import { type Alert, ALERT_RULES, type AlertRule, type Condition } from '../core/alert.ts';
import type { AlertChange } from '../core/alert-reconcile.ts';
import { alertId } from '../core/ids.ts';
import { ALERT_OPEN_MAX, ALERT_TELLS_PER_RUN } from '../core/limits.ts';
import { type FieldError, ok, type Result } from '../core/result.ts';
import { type AlertRow, alertProgress, alerts } from './config-schema.ts';
import { isOneOf } from './filter.ts';
import { cutPage, type Page, type PageRequest, parseCursor } from './page.ts';

export type ListedAlert = Alert & {
  acknowledged: { atMs: number; by: string; note: string | null } | null;
};

export type AlertFilter = {
  account?: readonly string[] | undefined;
  endpoint?: readonly string[] | undefined;
  rule?: readonly AlertRule[] | undefined;
  status?: 'open' | 'resolved' | undefined;
};

/** As in the index `alerts_open`. */
const isOpen = sql`resolved_at_ms IS NULL`;
const isKnown = inArray(alerts.rule, [...ALERT_RULES]);

/** Newest first. */
export async function listAlerts(
  database: D1Database,
  { account, endpoint, rule, status }: AlertFilter,
  page: PageRequest,
): Promise<Result<Page<ListedAlert>, FieldError>> {
  const after = parseCursor('alerts', page.cursor);
  if (!after.ok) return after;
  const rows = await drizzle(database)
    .select()
    .from(alerts)
    .where(
      and(
        sql`${alerts.id} < ${after.value.id}`,
        isOneOf(alerts.account, account),
        isOneOf(alerts.endpoint, endpoint),
        isOneOf(alerts.rule, rule),
        status === undefined
          ? undefined
          : status === 'open'
            ? isNull(alerts.resolvedAtMs)
            : isNotNull(alerts.resolvedAtMs),
      ),
    )
    .orderBy(desc(alerts.id))
    .limit(page.limit + 1);
  const cut = cutPage('alerts', rows, page.limit, (row) => ({ atMs: row.openedAtMs, id: row.id }));
  return ok({ data: cut.data.map(listed), next: cut.next });
}

export async function readAlert(database: D1Database, id: string): Promise<ListedAlert | null> {
  const [row] = await drizzle(database).select().from(alerts).where(eq(alerts.id, id));
  return row === undefined ? null : listed(row);
}

/** The first stays: whoever acknowledges later changes nothing. */
export async function acknowledge(
  database: D1Database,
  id: string,
  by: { key: string; note: string | null; atMs: number },
): Promise<void> {
  await drizzle(database)
    .update(alerts)
    .set({ acknowledgedAtMs: by.atMs, acknowledgedBy: by.key, note: by.note })
    .where(and(eq(alerts.id, id), isNull(alerts.acknowledgedAtMs)));
}

/** Of accounts behind `after` and up to `upTo`. Those of rules that a newer release has, read after a rollback, are left alone. */
export async function openAlerts(database: D1Database, after: string, upTo: string): Promise<Alert[]> {
  const rows = await drizzle(database)
    .select()
    .from(alerts)
    .where(and(isOpen, isKnown, sql`${alerts.account} > ${after}`, sql`${alerts.account} <= ${upTo}`))
    .orderBy(alerts.account)
    .limit(ALERT_OPEN_MAX);
  return rows.map(alertOf);
}

/** Those that are about all accounts. */
export async function openAlertsOfAll(database: D1Database): Promise<Alert[]> {
  const rows = await drizzle(database)
    .select()
    .from(alerts)
    .where(and(isOpen, isKnown, eq(alerts.account, '')));
  return rows.map(alertOf);
}

/** Accounts with an open alert of a rule. */
export async function accountsWithAlert(database: D1Database, rule: AlertRule): Promise<Set<string>> {
  const rows = await drizzle(database)
    .selectDistinct({ account: alerts.account })
    .from(alerts)
    .where(and(sql`resolved_at_ms IS NULL`, eq(alerts.rule, rule)))
    .limit(ALERT_OPEN_MAX);
  return new Set(rows.map(({ account }) => account));
}

/** One statement for each; `id` is of an opening. One that lost against another run changes nothing. */
export async function writeChange(
  database: D1Database,
  change: AlertChange,
  { id, nowMs }: { id: string; nowMs: number },
): Promise<void> {
  const db = drizzle(database);
  switch (change.kind) {
    case 'open':
      await db
        .insert(alerts)
        .values(opened(change.condition, id, nowMs))
        .onConflictDoNothing();
      return;
    case 'update': {
      const { alert, condition } = change;
      const { value, threshold, detail } = condition;
      await db
        .update(alerts)
        .set({ value, threshold, detail, updatedAtMs: nowMs, falseSinceMs: null, revision: alert.revision + 1 })
        .where(isStill(alert));
      return;
    }
    case 'mark':
      await db.update(alerts).set({ falseSinceMs: change.falseSinceMs }).where(isStill(change.alert));
      return;
    case 'resolve':
      await db
        .update(alerts)
        .set({ updatedAtMs: nowMs, resolvedAtMs: nowMs, revision: change.alert.revision + 1 })
        .where(isStill(change.alert));
  }
}

/** The oldest of which somebody is still to be told, by the index of those. */
export async function untoldAlerts(database: D1Database): Promise<Alert[]> {
  const rows = await drizzle(database)
    .select()
    .from(alerts)
    .where(sql`told_revision < revision`)
    .orderBy(alerts.id)
    .limit(ALERT_TELLS_PER_RUN);
  return rows.map(alertOf);
}

export async function markTold(database: D1Database, { id, revision }: Alert): Promise<void> {
  await drizzle(database)
    .update(alerts)
    .set({ toldRevision: revision })
    .where(and(eq(alerts.id, id), eq(alerts.revision, revision)));
}

/** The oldest that were resolved before then, and told. They opened before, so their ids are a range. Returns how many there were. */
export async function deleteResolved(database: D1Database, beforeMs: number, limit: number): Promise<number> {
  const { meta } = await drizzle(database).run(sql`
    DELETE FROM alerts WHERE id IN (
      SELECT id FROM alerts
      WHERE id < ${alertId(beforeMs, '')} AND resolved_at_ms < ${beforeMs} AND told_revision >= revision
      ORDER BY id LIMIT ${limit})`);
  return meta.changes;
}

/** Of an account that is removed. */
export async function deleteAlerts(database: D1Database, account: string): Promise<void> {
  await drizzle(database).delete(alerts).where(eq(alerts.account, account));
}

export async function readProgress(database: D1Database): Promise<string> {
  const [row] = await drizzle(database).select().from(alertProgress).where(eq(alertProgress.id, 1));
  return row?.after ?? '';
}

export async function writeProgress(database: D1Database, after: string): Promise<void> {
  await drizzle(database)
    .insert(alertProgress)
    .values({ id: 1, after })
    .onConflictDoUpdate({ target: alertProgress.id, set: { after } });
}

function isStill({ id, revision }: Alert) {
  return and(eq(alerts.id, id), eq(alerts.revision, revision), isNull(alerts.resolvedAtMs));
}

function opened({ rule, account, endpoint, value, threshold, detail }: Condition, id: string, nowMs: number): AlertRow {
  return {
    id,
    rule,
    account: account ?? '',
    endpoint: endpoint ?? '',
    value,
    threshold,
    detail,
    openedAtMs: nowMs,
    updatedAtMs: nowMs,
    falseSinceMs: null,
    resolvedAtMs: null,
    revision: 1,
    toldRevision: 0,
    acknowledgedAtMs: null,
    acknowledgedBy: null,
    note: null,
  };
}

function alertOf(row: AlertRow): Alert {
  const { acknowledgedAtMs: _, acknowledgedBy: __, note: ___, ...alert } = row;
  return { ...alert, account: alert.account || null, endpoint: alert.endpoint || null };
}

function listed(row: AlertRow): ListedAlert {
  const { acknowledgedAtMs: atMs, acknowledgedBy: by, note } = row;
  return { ...alertOf(row), acknowledged: atMs === null || by === null ? null : { atMs, by, note } };
}
