/**
 * Finds over all accounts, for operators. What the id of a delivery leads to is exact; its
 * endpoint's row says whose it is.
 */
import { parseAttemptId, parseDeliveryId } from '../../core/ids.ts';
import { SEARCH_HITS_MAX } from '../../core/limits.ts';
import { jobStub } from '../../lookup/stubs.ts';
import { accountsBeginning, listAccounts } from '../../store/config/accounts.ts';
import { readAlert } from '../../store/config/alerts.ts';
import { endpointsAt, findEndpoint, listEndpoints } from '../../store/config/endpoints.ts';
import { logDatabase } from '../../store/database.ts';
import { eventsWithId } from '../../store/log/events.ts';
import { listRecords } from '../../store/log/records.ts';
import { type AppContext, readSettings } from '../context.ts';
import { fromDatabase } from '../database.ts';
import { callObject } from '../../lookup/objects.ts';
import { attemptIn, deliveryIn } from './finders.ts';
import { accountHit, alertHit, cut, endpointHit, eventHit, mayBeginAccount } from './kinds.ts';
import { type Finders, type Found, nothingFound, recordHit } from './kinds.ts';

/** One more than is shown says that there are more. */
const MOST = SEARCH_HITS_MAX + 1;
const FIRST_PAGE = { limit: SEARCH_HITS_MAX, cursor: null };

export function findersOfAll(c: AppContext): Finders {
  const { CONFIG } = c.env;
  const log = logDatabase(null, c.env);

  return {
    async event(id) {
      const found = await fromDatabase(eventsWithId(log, id, MOST));
      return cut(found.map(({ account, eventType: type, record }) => eventHit(account, { id, type, record })));
    },

    async record(text) {
      const listed = await fromDatabase(listRecords(log, null, text, FIRST_PAGE));
      if (!listed.ok) return nothingFound;
      const { data, next } = listed.value;
      const hits = data.map(({ account, record, eventType }) => recordHit(account, record, eventType));
      return cut(hits, next === null);
    },

    async account(text) {
      const [beginning, containing] = await Promise.all([
        mayBeginAccount(text) ? fromDatabase(accountsBeginning(CONFIG, text, MOST)) : [],
        fromDatabase(listAccounts(CONFIG, FIRST_PAGE, text)),
      ]);
      const rows = [...beginning, ...(containing.ok ? containing.value.data : [])];
      const hits = new Map(rows.map(({ account, name }) => [account, accountHit(account, name)]));
      return cut([...hits.values()], containing.ok && containing.value.next === null);
    },

    async endpoint(text) {
      const exact = await fromDatabase(findEndpoint(CONFIG, text));
      if (exact !== null) return exact.isRemoved ? nothingFound : cut([endpointHit(exact.account, exact)]);
      const [beginning, containing] = await Promise.all([
        fromDatabase(endpointsAt(CONFIG, beginningsOf(text), MOST)),
        fromDatabase(listEndpoints(CONFIG, { search: text }, FIRST_PAGE)),
      ]);
      const rows = [...beginning, ...(containing.ok ? containing.value.data : [])];
      const hits = new Map(rows.map((row) => [row.id, endpointHit(row.account, row)]));
      return cut([...hits.values()], containing.ok && containing.value.next === null);
    },

    delivery: (id) => inAccountOf(c, parseDeliveryId(id)?.endpoint, (settings) => deliveryIn(c, settings, id)),
    attempt: (id) => inAccountOf(c, parseAttemptId(id)?.endpoint, (settings) => attemptIn(c, settings, id)),

    async job(id) {
      const view = await callObject(
        () => jobStub(c.env, id),
        (stub) => stub.read(),
      );
      if (view === null) return nothingFound;
      const { account, kind, note } = view;
      return cut([{ type: 'job', id, account, name: kind, detail: note, path: `/v1/jobs/${id}` }]);
    },

    async alert(id) {
      const alert = await fromDatabase(readAlert(CONFIG, id));
      if (alert === null) return nothingFound;
      return cut([alertHit(id, alert.account, alert.rule, alert.detail, `/v1/alerts/${id}`)]);
    },
  };
}

/** A host is found under both schemes. */
function beginningsOf(text: string): string[] {
  const sought = text.replace(/^[A-Za-z][A-Za-z0-9+.-]*:\/\/[^/]*|^[^/]*/, (host) => host.toLowerCase());
  return sought.includes('://') ? [sought] : [`https://${sought}`, `http://${sought}`];
}

/** The id of a delivery has its endpoint, and an endpoint has one account. */
async function inAccountOf(
  c: AppContext,
  endpoint: string | undefined,
  find: (settings: NonNullable<Awaited<ReturnType<typeof readSettings>>>) => Promise<Found>,
): Promise<Found> {
  const known = endpoint === undefined ? null : await fromDatabase(findEndpoint(c.env.CONFIG, endpoint));
  const settings = known === null ? null : await readSettings(c.env, known.account, []);
  return settings === null ? nothingFound : find(settings);
}
