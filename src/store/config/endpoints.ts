/** The projection of endpoints, for operators' lists. An account's own list is read from its Account object, exact at once. */
import { and, desc, eq, sql } from 'drizzle-orm';
import { drizzle } from 'drizzle-orm/d1';
import { z } from 'zod';
import type { EndpointSettings, EndpointStatus } from '../../core/endpoint.ts';
import { currentSince } from '../../core/endpoint-secrets.ts';
import { ok } from '../../core/result.ts';
import type { FieldError, Result } from '../../core/result.ts';
import { endpoints } from './schema.ts';
import type { EndpointRow } from './schema.ts';
import { isOneOf } from '../filter.ts';
import { cutPage, parseCursor } from '../page.ts';
import type { Page, PageRequest } from '../page.ts';

/** What lists across accounts show: no secret, no header, nothing sealed. */
export type ListedEndpoint = Omit<EndpointRow, 'eventTypes' | 'removed' | 'secretSinceMs'> & { eventTypes: string[] };

export type EndpointFilter = {
  account?: readonly string[] | undefined;
  status?: readonly EndpointStatus[] | undefined;
};

/** Newest first. */
export async function listEndpoints(
  database: D1Database,
  filter: EndpointFilter,
  page: PageRequest,
): Promise<Result<Page<ListedEndpoint>, FieldError>> {
  const after = parseCursor('endpoints', page.cursor);
  if (!after.ok) return after;
  const rows = await drizzle(database)
    .select()
    .from(endpoints)
    .where(
      and(
        sql`${endpoints.id} < ${after.value.id}`,
        isOneOf(endpoints.account, filter.account),
        isOneOf(endpoints.status, filter.status),
        eq(endpoints.removed, false),
      ),
    )
    .orderBy(desc(endpoints.id))
    .limit(page.limit + 1);
  const cut = cutPage('endpoints', rows, page.limit, (row) => ({ atMs: row.createdAtMs, id: row.id }));
  return ok({ data: cut.data.map(showEndpoint), next: cut.next });
}

/** `revision` is the Account's at the time of the change: of two writes the one with the higher stays, in whichever order they come. */
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

/** Leaves an empty row that no list shows: without it, an older upsert that arrives late would bring the endpoint back. */
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
