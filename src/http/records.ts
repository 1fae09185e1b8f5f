/** V1: the sync status of a record, from the Shard itself, and its events after a sequence. */
import { z } from '@hono/zod-openapi';
import { rfc3339 } from '../core/body.ts';
import { recordName } from '../core/ids.ts';
import { shown } from '../core/text.ts';
import { recordAddress } from '../lookup/address.ts';
import { recordStub } from '../lookup/stubs.ts';
import { logDatabase } from '../store/database.ts';
import { listRecords } from '../store/log/records.ts';
import { accountOf, settingsOf } from './account-settings.ts';
import type { Api } from './api.ts';
import type { AppContext } from './context.ts';
import { fromDatabase } from './database.ts';
import { ruled } from './fields.ts';
import { wholeFacts } from './reference/openapi-facts.ts';
import { unsentOfNewest } from './not-sent.ts';
import { callObject } from '../lookup/objects.ts';
import { accountId, accountParams, pageQuery, recordKey } from './params.ts';
import { presentFor } from './probes.ts';
import { invalid, Problem } from './problem.ts';
import { forCustomer, showEvent, showRecord } from './render.ts';
import { recordEventsShape, recordShape, recordsShape } from './shapes/event-shapes.ts';

const recordParams = z.strictObject({ account: accountId, record: recordKey });
const after = ruled(
  z.string(),
  (text) => (/^[0-9]{1,15}$/.test(text) ? null : `must be a sequence, or 0 for all; got ${shown(text)}`),
  { type: 'integer', ...wholeFacts(0, 999_999_999_999_999) },
);

export function addRecords(api: Api): void {
  api.route(
    {
      method: 'get',
      path: '/v1/accounts/{account}/records/{record}',
      id: 'getRecord',
      summary: 'The sync status of a record; its key is URL-encoded',
      forRecordTokens: true,
      params: recordParams,
      answers: { 200: { description: 'The status, exact at this instant', schema: recordShape } },
    },
    ({ c, params }) => answerRecord(c, params.account, params.record),
  );

  api.route(
    {
      method: 'get',
      path: '/v1/accounts/{account}/records',
      id: 'listRecords',
      summary: 'Records in the log whose keys begin so, the one with the newest event first',
      params: accountParams,
      query: z.strictObject({ ...pageQuery, prefix: recordKey }),
      answers: { 200: { description: 'A page of records; one may come again on the next page', schema: recordsShape } },
    },
    async ({ c, params: { account }, query: { prefix, ...page } }) => {
      await accountOf(c, account);
      const found = await fromDatabase(listRecords(logDatabase(account, c.env), account, prefix, page));
      if (!found.ok) throw invalid([found.error]);
      const { data, next, searchedToMs } = found.value;
      const records = data.map(({ record, eventType, acceptedAtMs }) => ({
        record,
        lastEventType: eventType,
        lastAcceptedAt: rfc3339(acceptedAtMs),
      }));
      return c.json({ data: records, next, searchedTo: searchedToMs === null ? null : rfc3339(searchedToMs) });
    },
  );

  api.route(
    {
      method: 'get',
      path: '/v1/accounts/{account}/record',
      id: 'getRecordByKey',
      summary: 'The same, for keys that paths do not carry well',
      params: accountParams,
      query: z.strictObject({ key: recordKey }),
      words: { key: 'Record key, URL-encoded' },
      answers: { 200: { description: 'The status, exact at this instant', schema: recordShape } },
      problems: ['not-found'],
    },
    ({ c, params, query }) => answerRecord(c, params.account, query.key),
  );

  api.route(
    {
      method: 'get',
      path: '/v1/accounts/{account}/records/{record}/events',
      id: 'listRecordEvents',
      summary: 'Events of a record after a sequence, oldest first: fills a gap',
      params: recordParams,
      query: z.strictObject({ after: after.transform(Number).default(0), limit: pageQuery.limit }),
      answers: {
        200: {
          description:
            'A page of events; `next` is the `after` of the next page, and from the sequence `completeFrom` on none is missing',
          schema: recordEventsShape,
        },
      },
    },
    async ({ c, params: { account, record }, query }) => {
      const settings = await settingsOf(c, account);
      const name = recordName(await recordAddress(settings, record));
      const { events, lastSequence, completeFrom } = await callObject(
        () => recordStub(c.env, name),
        (stub) => stub.readEvents(query.after, query.limit),
      );
      const waiting = events.flatMap((event) => event.deliveries);
      const present = await presentFor(c.env, settings, waiting);
      const last = events.at(-1)?.sequence ?? lastSequence;
      const next = last < lastSequence ? String(last) : null;
      return c.json({ data: events.map((event) => showEvent(event, present)), next, completeFrom });
    },
  );
}

async function answerRecord(c: AppContext, account: string, record: string): Promise<Response> {
  const settings = await settingsOf(c, account);
  const name = recordName(await recordAddress(settings, record));
  const view = await callObject(
    () => recordStub(c.env, name),
    (stub) => stub.readRecord(),
  );
  if (view === null) throw new Problem('not-found', `the record ${shown(record)} has no events`);
  const waiting = view.endpoints.map(({ delivery }) => delivery);
  const present = await presentFor(c.env, settings, waiting);
  const unsent = await unsentOfNewest(c.env, name, view, settings, present);
  const status = showRecord({ ...view, record }, present, unsent);
  return c.json(c.get('grant').record === null ? status : forCustomer(status));
}
