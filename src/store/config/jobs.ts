/** The projection of jobs, for lists. The truth of this instant is the Job's. */
import { and, desc, eq, sql } from 'drizzle-orm';
import { drizzle } from 'drizzle-orm/d1';
import type { JobKind, JobStatus, JobSummary } from '../../core/job.ts';
import { ok } from '../../core/result.ts';
import type { FieldError, Result } from '../../core/result.ts';
import { jobs } from './schema.ts';
import type { JobRow } from './schema.ts';
import { isOneOf } from '../filter.ts';
import { cutPage, parseCursor } from '../page.ts';
import type { Page, PageRequest } from '../page.ts';

export type JobFilter = {
  account?: readonly string[] | undefined;
  kind?: readonly JobKind[] | undefined;
  status?: readonly JobStatus[] | undefined;
};

/** Newest first. */
export async function listJobs(
  database: D1Database,
  filter: JobFilter,
  page: PageRequest,
): Promise<Result<Page<JobSummary>, FieldError>> {
  const after = parseCursor('jobs', page.cursor);
  if (!after.ok) return after;
  const rows = await drizzle(database)
    .select()
    .from(jobs)
    .where(
      and(
        sql`(${jobs.createdAtMs}, ${jobs.id}) < (${after.value.atMs}, ${after.value.id})`,
        isOneOf(jobs.account, filter.account),
        isOneOf(jobs.kind, filter.kind),
        isOneOf(jobs.status, filter.status),
      ),
    )
    .orderBy(desc(jobs.createdAtMs), desc(jobs.id))
    .limit(page.limit + 1);
  const cut = cutPage('jobs', rows, page.limit, (row) => ({ atMs: row.createdAtMs, id: row.id }));
  return ok({ data: cut.data.map(summaryOf), next: cut.next });
}

/** Of two writes the one with the higher revision stays, in whichever order they come. */
export async function upsertJob(database: D1Database, revision: number, summary: JobSummary): Promise<void> {
  const { progress, ...facts } = summary;
  const row: JobRow = { ...facts, ...progress, revision };
  await drizzle(database)
    .insert(jobs)
    .values(row)
    .onConflictDoUpdate({ target: jobs.id, set: row, setWhere: sql`excluded.revision > ${jobs.revision}` });
}

/** Ids of an account's jobs but one, in order. */
export async function jobsOfAccount(
  database: D1Database,
  account: string,
  but: string,
  limit: number,
): Promise<string[]> {
  const rows = await drizzle(database)
    .select({ id: jobs.id })
    .from(jobs)
    .where(and(eq(jobs.account, account), sql`${jobs.id} <> ${but}`))
    .orderBy(jobs.id)
    .limit(limit);
  return rows.map(({ id }) => id);
}

export async function deleteJob(database: D1Database, account: string, id: string): Promise<void> {
  await drizzle(database)
    .delete(jobs)
    .where(and(eq(jobs.account, account), eq(jobs.id, id)));
}

function summaryOf({ total, done, failed, skipped, revision: _revision, ...facts }: JobRow): JobSummary {
  return { ...facts, progress: { total, done, failed, skipped } };
}
