/**
 * The projection of endpoints, for operators' lists. An account's own list is read from its Account
 * object, exact at once.
 */
import { and, desc, eq, gte, lt, sql } from 'drizzle-orm';
import { drizzle } from 'drizzle-orm/d1';
import { z } from 'zod';
import type { EndpointSettings, EndpointStatus } from '../../core/endpoint.ts';
import { currentSince } from '../../core/endpoint-secrets.ts';
import { ENDPOINTS_SEARCHED_MAX } from '../../core/limits.ts';
import { ok } from '../../core/result.ts';
import type { FieldError, Result } from '../../core/result.ts';
import { endpoints } from './schema.ts';
import type { EndpointRow } from './schema.ts';
import { isOneOf } from '../filter.ts';
import { cutPage, cutWalk, KEY_END, parseCursor } from '../page.ts';
import type { Page, PageRequest, Position } from '../page.ts';
import { contains } from './search.ts';

/** What lists across accounts show: no secret, no header, nothing sealed. */
export type ListedEndpoint = Omit<EndpointRow, 'eventTypes' | 'removed' | 'secretSinceMs'> & { eventTypes: string[] };

export type EndpointFilter = {
  account?: readonly string[] | undefined;
  status?: readonly EndpointStatus[] | undefined;
  /** Part of the URL or the description: looks at ENDPOINTS_SEARCHED_MAX a page. */
  search?: string | undefined;
};

/** Newest first. */
export async function listEndpoints(
  database: D1Database,
  filter: EndpointFilter,
  page: PageRequest,
): Promise<Result<Page<ListedEndpoint>, FieldError>> {
  const after = parseCursor('endpoints', page.cursor);
  if (!after.ok) return after;
  const db = drizzle(database);
  const inOrder = sql`${endpoints.id} < ${after.value.id}`;
  const matches = and(
    isOneOf(endpoints.account, filter.account),
    isOneOf(endpoints.status, filter.status),
    eq(endpoints.removed, false),
  );
  if (filter.search === undefined) {
    const rows = await db
      .select()
      .from(endpoints)
      .where(and(inOrder, matches))
      .orderBy(desc(endpoints.id))
      .limit(page.limit + 1);
    return ok(shownPage(cutPage('endpoints', rows, page.limit, positionOf)));
  }
  const within = db
    .select()
    .from(endpoints)
    .where(and(inOrder, matches))
    .orderBy(desc(endpoints.id))
    .limit(ENDPOINTS_SEARCHED_MAX)
    .as('within');
  const [rows, ends] = await db.batch([
    db
      .select()
      .from(within)
      .where(contains([within.url, within.description], filter.search))
      .limit(page.limit + 1),
    db
      .select()
      .from(within)
      .limit(1)
      .offset(ENDPOINTS_SEARCHED_MAX - 1),
  ]);
  return ok(shownPage(cutWalk('endpoints', rows, ends[0], page.limit, positionOf)));
}

function positionOf({ createdAtMs, id }: EndpointRow): Position {
  return { atMs: createdAtMs, id };
}

function shownPage({ data, next }: Page<EndpointRow>): Page<ListedEndpoint> {
  return { data: data.map(showEndpoint), next };
}

/** Those whose URLs begin with one of the texts, each by a seek in the index of URLs. */
export async function endpointsAt(
  database: D1Database,
  beginnings: readonly string[],
  limit: number,
): Promise<ListedEndpoint[]> {
  const db = drizzle(database);
  const found = await Promise.all(
    beginnings.map((text) =>
      db
        .select()
        .from(endpoints)
        // The last in the words of the index.
        .where(and(gte(endpoints.url, text), lt(endpoints.url, `${text}${KEY_END}`), sql.raw('removed = 0')))
        .orderBy(endpoints.url)
        .limit(limit),
    ),
  );
  return found.flat().map(showEndpoint);
}

/** Also one that was removed: what was sent to it is still there. Null: no account has had it. */
export async function findEndpoint(
  database: D1Database,
  id: string,
): Promise<(ListedEndpoint & { isRemoved: boolean }) | null> {
  const [row] = await drizzle(database).select().from(endpoints).where(eq(endpoints.id, id)).limit(1);
  return row === undefined ? null : { ...showEndpoint(row), isRemoved: row.removed };
}

/**
 * `revision` is the Account's at the time of the change: of two writes the one with the higher
 * stays, in whichever order they come.
 */
export async function upsertEndpoint(
  database: D1Database,
  account: string,
  revision: number,
  endpoint: EndpointSettings,
): Promise<void> {
  await put(database, {
    account,
    id: endpoint.id,
    revision,
    url: endpoint.url,
    description: endpoint.description,
    eventTypes: JSON.stringify(endpoint.eventTypes),
    externalId: endpoint.externalId,
    ordering: endpoint.ordering,
    status: endpoint.status,
    statusReason: endpoint.statusReason,
    createdAtMs: endpoint.createdAtMs,
    updatedAtMs: endpoint.updatedAtMs,
    removed: false,
    secretSinceMs: currentSince(endpoint.secrets),
  });
}

/**
 * Leaves an empty row that no list shows: without it, an older upsert that arrives late would bring
 * the endpoint back.
 */
export async function removeEndpoint(
  database: D1Database,
  account: string,
  revision: number,
  id: string,
): Promise<void> {
  await put(database, {
    account,
    id,
    revision,
    url: '',
    description: '',
    eventTypes: '[]',
    externalId: null,
    ordering: 'ordered',
    status: 'disabled',
    statusReason: null,
    createdAtMs: 0,
    updatedAtMs: 0,
    removed: true,
    secretSinceMs: null,
  });
}

async function put(database: D1Database, row: EndpointRow): Promise<void> {
  await drizzle(database)
    .insert(endpoints)
    .values(row)
    .onConflictDoUpdate({
      target: [endpoints.account, endpoints.id],
      set: row,
      setWhere: sql`excluded.revision > ${endpoints.revision}`,
    });
}

function showEndpoint({ removed: _removed, secretSinceMs: _since, eventTypes, ...row }: EndpointRow): ListedEndpoint {
  return { ...row, eventTypes: z.array(z.string()).parse(JSON.parse(eventTypes)) };
}
