/**
 * V1 for many records in one call: for a page that shows a list of things. Each status comes from
 * its Shard, exact at that instant; one that does not answer spoils its own entry only. A POST that
 * changes nothing: fifty keys do not fit into every URL.
 */
import { z } from '@hono/zod-openapi';
import { recordName } from '../core/ids.ts';
import { RECORD_STATUSES_MAX } from '../core/limits.ts';
import { recordAddress } from '../lookup/address.ts';
import type { RecordView } from '../core/view.ts';
import { recordStub } from '../lookup/stubs.ts';
import { settingsOf } from './account-settings.ts';
import type { Api } from './api.ts';
import { ruled } from './fields.ts';
import { unsentOfNewest } from './not-sent.ts';
import { callObject } from '../lookup/objects.ts';
import { accountParams, recordKey } from './params.ts';
import { presentFor } from './probes.ts';
import { problemOf } from './problem.ts';
import { showRecord } from './render.ts';
import { logLine } from '../log-line.ts';
import { recordStatusesShape } from './shapes/health-shapes.ts';

const bodySchema = z.strictObject({
  records: ruled(z.array(recordKey), checkCount, { minItems: 1, maxItems: RECORD_STATUSES_MAX }),
});

export function addRecordStatuses(api: Api): void {
  api.route(
    {
      method: 'post',
      path: '/v1/accounts/{account}/record-statuses',
      id: 'readRecordStatuses',
      summary: `The sync status of up to ${RECORD_STATUSES_MAX} records; changes nothing`,
      scope: 'read',
      params: accountParams,
      body: {
        schema: bodySchema,
        words: { records: 'Record keys' },
        example: { records: ['ticket/4211', 'ticket/none'] },
      },
      answers: {
        200: {
          description: 'An entry for each record, in order, with its status or with an error of its own',
          schema: recordStatusesShape,
        },
      },
      idempotency: 'none',
    },
    async ({ c, params, body }) => {
      const settings = await settingsOf(c, params.account);
      const found = await Promise.all(
        body.records.map((record) => apart(settings.account, record, () => read(record))),
      );
      const waiting = found.flatMap((one) => ('view' in one ? one.view.endpoints.map(({ delivery }) => delivery) : []));
      const present = await presentFor(c.env, settings, waiting);
      const data = await Promise.all(
        found.map(async (one) => ('view' in one ? apart(settings.account, one.record, () => show(one)) : one)),
      );
      return c.json({ data });

      async function read(record: string): Promise<Found | Entry> {
        const name = recordName(await recordAddress(settings, record));
        const view = await callObject(
          () => recordStub(c.env, name),
          (stub) => stub.readRecord(),
        );
        return view === null ? { outcome: 'not-found', record } : { record, name, view };
      }

      async function show({ record, name, view }: Found): Promise<Entry> {
        const unsent = await unsentOfNewest(c.env, name, view, settings, present);
        return { outcome: 'found', record, status: showRecord({ ...view, record }, present, unsent) };
      }
    },
  );
}

type Found = { record: string; name: string; view: RecordView };
type Unavailable = { outcome: 'unavailable'; record: string; error: { code: string; message: string } };
type Entry =
  | { outcome: 'found'; record: string; status: ReturnType<typeof showRecord> }
  | { outcome: 'not-found'; record: string }
  | Unavailable;

/** One record's failure is its own: the others are still worth showing. */
async function apart<T>(account: string, record: string, work: () => Promise<T>): Promise<T | Unavailable> {
  try {
    return await work();
  } catch (error) {
    const { code, detail } = problemOf(error)?.body ?? {
      code: 'internal',
      detail: 'something broke here; it is in the log',
    };
    logLine('error', 'record not read', { account, code, error: String(error) });
    return { outcome: 'unavailable', record, error: { code, message: detail } };
  }
}

function checkCount(records: string[]): string | null {
  return records.length >= 1 && records.length <= RECORD_STATUSES_MAX
    ? null
    : `must have 1 to ${RECORD_STATUSES_MAX} records; it has ${records.length}`;
}
