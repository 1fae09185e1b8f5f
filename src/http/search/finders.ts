/**
 * Finds within one account: what its objects know exactly, and otherwise what its part of the log
 * has. An id of another account's finds what an id of nothing does.
 */
import type { AccountSettings } from '../../core/endpoint.ts';
import { parseAttemptId, parseDeliveryId, recordName } from '../../core/ids.ts';
import { SEARCH_HITS_MAX } from '../../core/limits.ts';
import { isOfTest } from '../../core/test-event.ts';
import { recordAddress } from '../../lookup/address.ts';
import { jobStub, recordStub } from '../../lookup/stubs.ts';
import { readAlert } from '../../store/config/alerts.ts';
import { logDatabase } from '../../store/database.ts';
import { listRecords } from '../../store/log/records.ts';
import { findTestAttempt } from '../../store/log/test-attempts.ts';
import { settingsOf } from '../account-settings.ts';
import type { AppContext } from '../context.ts';
import { fromDatabase } from '../database.ts';
import { readDelivery } from '../deliveries.ts';
import { isAbout } from '../endpoints.ts';
import { lookUpEvent } from '../event-lookup.ts';
import { callObject } from '../../lookup/objects.ts';
import { Problem } from '../problem.ts';
import { accountHit, alertHit, attemptHit, cut, deliveryHit, endpointHit, eventHit } from './kinds.ts';
import { type Finders, type Found, nothingFound, of, recordHit } from './kinds.ts';

export function findersOf(c: AppContext, settings: AccountSettings): Finders {
  const { account, name } = settings;
  const log = logDatabase(account, c.env);

  return {
    async event(id) {
      try {
        const event = await lookUpEvent(c, settings, id, undefined);
        return event === null ? nothingFound : cut([eventHit(account, event)]);
      } catch (error) {
        const records = error instanceof Problem ? error.body['records'] : undefined;
        if (!Array.isArray(records)) throw error;
        const keys = records.filter((record): record is string => typeof record === 'string');
        return cut(keys.map((record) => eventHit(account, { id, type: 'one of several', record })));
      }
    },

    async record(text) {
      const [exact, listed] = await Promise.all([
        isThere(text),
        fromDatabase(listRecords(log, account, text, { limit: SEARCH_HITS_MAX, cursor: null })),
      ]);
      if (!listed.ok) return nothingFound;
      const { data, next } = listed.value;
      const others = data.filter(({ record }) => record !== text);
      const hits = others.map(({ record, eventType }) => recordHit(account, record, eventType));
      return cut(exact ? [recordHit(account, text, 'This very key'), ...hits] : hits, next === null);
    },

    async account(text) {
      const isMeant = [account, name].some((part) => part.toLowerCase().includes(text.toLowerCase()));
      return isMeant ? cut([accountHit(account, name)]) : nothingFound;
    },

    async endpoint(text) {
      const { endpoints } = await settingsOf(c, account);
      const meant = endpoints.filter((endpoint) => endpoint.id === text || isAbout(endpoint, text));
      return cut(meant.map((endpoint) => endpointHit(account, endpoint)));
    },

    delivery: (id) => deliveryIn(c, settings, id),
    attempt: (id) => attemptIn(c, settings, id),

    async job(id) {
      const view = await callObject(
        () => jobStub(c.env, id),
        (stub) => stub.read(),
      );
      // As its own list: other kinds are the operators'.
      if (view === null || view.account !== account || view.kind !== 'replay') return nothingFound;
      const path = `${of(account)}/replays/${id}`;
      return cut([{ type: 'replay', id, account, name: null, detail: view.note, path }]);
    },

    async alert(id) {
      const alert = await fromDatabase(readAlert(c.env.CONFIG, id));
      if (alert === null || alert.account !== account) return nothingFound;
      return cut([alertHit(id, account, alert.rule, alert.detail, `${of(account)}/alerts/${id}`)]);
    },
  };

  async function isThere(key: string): Promise<boolean> {
    const at = recordName(await recordAddress(settings, key));
    const view = await callObject(
      () => recordStub(c.env, at),
      (stub) => stub.readRecord(),
    );
    return view !== null;
  }
}

export async function deliveryIn(c: AppContext, settings: AccountSettings, id: string): Promise<Found> {
  const at = parseDeliveryId(id);
  const detail = at === null ? null : await readDelivery(c, settings, at);
  if (detail === null) return nothingFound;
  const { account, eventType, record, status } = detail.delivery;
  return cut([deliveryHit(account, id, [status, eventType, record].filter((part) => part !== null).join(' · '))]);
}

/** A test has no Record: the log is all there is of it. */
export async function attemptIn(c: AppContext, settings: AccountSettings, id: string): Promise<Found> {
  const { account } = settings;
  const at = parseAttemptId(id);
  if (at === null) return nothingFound;
  if (isOfTest(at)) {
    const test = await fromDatabase(findTestAttempt(logDatabase(account, c.env), account, id, at.sequence));
    return test === null ? nothingFound : cut([attemptHit(account, id, `test of ${at.endpoint}`)]);
  }
  const detail = await readDelivery(c, settings, at);
  const attempt = detail?.attempts.find(({ number }) => number === at.number);
  if (!detail || attempt === undefined) return nothingFound;
  return cut([attemptHit(account, id, `attempt ${attempt.number} of ${detail.delivery.id}`)]);
}
