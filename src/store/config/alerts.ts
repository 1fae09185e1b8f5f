/**
 * Alerts: what is open, what changes, and the lists. Each write names the revision that it follows,
 * so that of two runs at once one wins.
 */
import { and, desc, eq, inArray, isNotNull, isNull, sql } from 'drizzle-orm';
import { drizzle } from 'drizzle-orm/d1';
import { type Alert, ALERT_RULES, type AlertRule, type Condition } from '../../core/alert.ts';
import type { AlertChange } from '../../core/alert-reconcile.ts';
import { alertId } from '../../core/ids.ts';
import {
  ALERT_AGAIN_MS_CAP,
  ALERT_AGAIN_MS_MIN,
  ALERT_DROPS_PER_RUN,
  ALERT_OPEN_MAX,
  ALERT_TELLS_PER_RUN,
} from '../../core/limits.ts';
import { type FieldError, ok, type Result } from '../../core/result.ts';
import { type AlertRow, alertProgress, alerts } from './schema.ts';
import { isOneOf } from '../filter.ts';
import { cutPage, type Page, type PageRequest, parseCursor } from '../page.ts';

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

/**
 * Of accounts behind `after` and up to `upTo`. Those of rules that a newer release has, read after
 * a rollback, are left alone.
 */
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

/**
 * One statement for each; `id` is of an opening. One that lost against another run changes nothing.
 */
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

/** Who is sent an alert, each by himself: nobody's trouble delays another. */
export type AlertTrack = 'operator' | 'owners';

const TRACKS = {
  operator: {
    owed: sql.raw('told_revision < revision'),
    index: sql.raw('alerts_to_operator'),
    failures: sql.raw('tell_failures'),
    afterMs: sql.raw('tell_after_ms'),
    revision: sql.raw('told_revision'),
  },
  owners: {
    owed: sql.raw("owner_revision < revision AND account <> ''"),
    index: sql.raw('alerts_to_owners'),
    failures: sql.raw('owner_failures'),
    afterMs: sql.raw('owner_after_ms'),
    revision: sql.raw('owner_revision'),
  },
};

/**
 * Those that are to be sent now, in turns of the accounts, beginning behind `after`: the oldest of
 * each, then the second of each. Reads an entry of the index for each that is owed.
 */
export async function owedAlerts(
  database: D1Database,
  track: AlertTrack,
  { after, nowMs }: { after: string; nowMs: number },
): Promise<Alert[]> {
  const { owed, index: by, afterMs } = TRACKS[track];
  const db = drizzle(database);
  const turns = await db.all<{ id: string }>(sql`
    SELECT id FROM (
      SELECT id, account, row_number() OVER (PARTITION BY account ORDER BY id) AS turn
      FROM alerts INDEXED BY ${by} WHERE ${owed} AND ${afterMs} <= ${nowMs}
    ) WHERE turn <= ${ALERT_TELLS_PER_RUN} ORDER BY turn, account <= ${after}, account LIMIT ${ALERT_TELLS_PER_RUN}`);
  const ids = turns.map(({ id }) => id);
  const rows = await db.select().from(alerts).where(inArray(alerts.id, ids));
  const found = new Map(rows.map((row) => [row.id, alertOf(row)]));
  return ids.flatMap((id) => found.get(id) ?? []);
}

/** One of another revision than it was sent as stays owed. */
export async function markSent(database: D1Database, track: AlertTrack, { id, revision }: Alert): Promise<void> {
  const of = TRACKS[track];
  await drizzle(database).run(sql`
    UPDATE alerts SET ${of.revision} = revision, ${of.failures} = 0 WHERE id = ${id} AND revision = ${revision}`);
}

/**
 * Nobody is to be sent them: the operator's of `account` (null: of all), or what is owed to the
 * owner of `account`. A bounded number.
 */
export async function dropOwed(database: D1Database, track: AlertTrack, account: string | null): Promise<void> {
  const { owed, index: by, revision } = TRACKS[track];
  const ofAccount = account === null ? sql`` : sql`AND account = ${account}`;
  await drizzle(database).run(sql`
    UPDATE alerts SET ${revision} = revision WHERE id IN (
      SELECT id FROM alerts INDEXED BY ${by} WHERE ${owed} ${ofAccount} LIMIT ${ALERT_DROPS_PER_RUN})`);
}

/** They could not be sent: again after a wait that doubles. */
export async function sendLater(
  database: D1Database,
  track: AlertTrack,
  of: { id: string } | { account: string },
  nowMs: number,
): Promise<void> {
  const { owed, failures, afterMs } = TRACKS[track];
  const which = 'id' in of ? sql`id = ${of.id}` : sql`account = ${of.account}`;
  await drizzle(database).run(sql`
    UPDATE alerts SET ${failures} = ${failures} + 1,
      ${afterMs} = ${nowMs} + min(${ALERT_AGAIN_MS_MIN} << min(${failures}, 10), ${ALERT_AGAIN_MS_CAP})
    WHERE ${which} AND ${owed}`);
}

/**
 * The oldest that were resolved before then, and sent. They opened before, so their ids are a
 * range. Returns how many there were.
 */
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
    tellFailures: 0,
    tellAfterMs: 0,
    ownerRevision: 0,
    ownerFailures: 0,
    ownerAfterMs: 0,
    acknowledgedAtMs: null,
    acknowledgedBy: null,
    note: null,
  };
}

function alertOf(row: AlertRow): Alert {
  const { id, rule, value, threshold, detail, openedAtMs, updatedAtMs, falseSinceMs, resolvedAtMs } = row;
  const at = { openedAtMs, updatedAtMs, falseSinceMs, resolvedAtMs };
  const { revision, toldRevision } = row;
  const about = { account: row.account || null, endpoint: row.endpoint || null };
  return { id, rule, ...about, value, threshold, detail, ...at, revision, toldRevision };
}

function listed(row: AlertRow): ListedAlert {
  const { acknowledgedAtMs: atMs, acknowledgedBy: by, note } = row;
  return { ...alertOf(row), acknowledged: atMs === null || by === null ? null : { atMs, by, note } };
}
