/**
 * V1 for many records in one call: for a page that shows a list of things. Each status comes from its Shard, exact at that instant;
 * one that does not answer spoils its own entry only. A POST that changes nothing: fifty keys do not fit into every URL.
 */
import { z } from '@hono/zod-openapi';
import { recordName } from '../core/ids.ts';
import { RECORD_STATUSES_MAX } from '../core/limits.ts';
import { recordAddress } from '../lookup/address.ts';
import type { AccountSettings } from '../core/endpoint.ts';
import { recordStub } from '../lookup/stubs.ts';
import { settingsOf } from './account-settings.ts';
import type { Api } from './api.ts';
import type { AppContext } from './context.ts';
import { ruled } from './fields.ts';
import { unsentOfNewest } from './not-sent.ts';
import { callObject } from './objects.ts';
import { presentOf, type Present } from './overlay.ts';
import { accountParams, recordKey } from './params.ts';
import { Problem } from './problem.ts';
import { showRecord } from './render.ts';

const bodySchema = z.strictObject({
  records: ruled(z.array(recordKey), checkCount, { minItems: 1, maxItems: RECORD_STATUSES_MAX }),
});

export function addRecordStatuses(api: Api): void {
  api.route(
    {
      method: 'post',
      path: '/v1/accounts/{account}/record-statuses',
      summary: `The sync status of up to ${RECORD_STATUSES_MAX} records; changes nothing`,
      scope: 'read',
      params: accountParams,
      body: { schema: bodySchema },
      answers: { 200: 'An entry for each record, in order, with its status or with an error of its own' },
      ownIdempotency: true,
    },
    async ({ c, params, body }) => {
      const settings = await settingsOf(c, params.account);
      const present = presentOf(settings, Date.now());
      const data = await Promise.all(body.records.map((record) => entryOf(c, settings, present, record)));
      return c.json({ data });
    },
  );
}

type Entry =
  | { outcome: 'found'; record: string; status: ReturnType<typeof showRecord> }
  | { outcome: 'not-found'; record: string }
  | { outcome: 'unavailable'; record: string; error: { code: string; message: string } };

async function entryOf(c: AppContext, settings: AccountSettings, present: Present, record: string): Promise<Entry> {
  try {
    const name = recordName(await recordAddress(settings, record));
    const view = await callObject(
      () => recordStub(c.env, name),
      (stub) => stub.readRecord(),
    );
    if (view === null) return { outcome: 'not-found', record };
    const unsent = await unsentOfNewest(c.env, name, view, settings, present);
    return { outcome: 'found', record, status: showRecord({ ...view, record }, present, unsent) };
  } catch (error) {
    // One record's failure is its own: the others are still worth showing.
    const { code, detail } =
      error instanceof Problem ? error.body : { code: 'internal', detail: 'something broke here; it is in the log' };
    console.error(
      JSON.stringify({ message: 'record not read', account: settings.account, code, error: String(error) }),
    );
    return { outcome: 'unavailable', record, error: { code, message: detail } };
  }
}

function checkCount(records: string[]): string | null {
  return records.length >= 1 && records.length <= RECORD_STATUSES_MAX
    ? null
    : `must have 1 to ${RECORD_STATUSES_MAX} records; it has ${records.length}`;
}
