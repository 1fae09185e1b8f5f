/**
 * What a text in the box may mean, and what it finds. The shape of an id says what to ask; anything else is a record key,
 * an account or an address. Finds through the API, so only what the session may read.
 */
import type { Client, Schemas } from '../client/client.ts';
import type { Caller } from './page.ts';
import * as to from './paths.ts';

export type Hit = { kind: string; title: string; detail: string; href: string };

/** Of each kind; more than this is no answer but a list, and lists have filters. */
const HITS_MAX = 10;
const ENDPOINT_IN_ID = /_([0-9a-z]{26})(?:_r\d+)?(?:_a\d+)?$/;

type Reader = { api: Client; caller: Caller };

/** In the order in which a person would look; the first finder that answers is the answer. */
export async function search(reader: Reader, text: string): Promise<Hit[]> {
  const finders = /^dlv_/.test(text)
    ? [deliveryOf]
    : /^att_/.test(text)
      ? [attemptOf]
      : /^ep_/.test(text)
        ? [endpointsOf]
        : /^job_/.test(text)
          ? [jobOf]
          : /^alr_/.test(text)
            ? [alertOf]
            : [eventsOf, recordsOf, accountsOf, endpointsOf];
  const found = await Promise.all(finders.map((find) => find(reader, text)));
  return unique(found.flat());
}

async function eventsOf({ api, caller }: Reader, text: string): Promise<Hit[]> {
  if (!/^[A-Za-z0-9_-]{1,128}$/.test(text)) return [];
  if (caller.account !== null) {
    const exact = await api.call('getEvent', { path: { account: caller.account, event: text } });
    if (exact.ok) return [eventHit(caller.account, exact.data)];
  }
  const query = { event: text, limit: HITS_MAX };
  const logged =
    caller.account === null
      ? await api.call('listAllDeliveries', { query })
      : await api.call('listDeliveries', { path: { account: caller.account }, query });
  if (!logged.ok) return [];
  return logged.data.data.map(({ account, event, eventType, record }) =>
    eventHit(account, { id: event, type: eventType, record }),
  );
}

function eventHit(account: string, event: Pick<Schemas['EventDetail'], 'id' | 'type' | 'record'>): Hit {
  const detail = [event.type, event.record, account].filter((part) => part !== null).join(' · ');
  return { kind: 'Event', title: event.id, detail, href: to.event(account, event.id, event.record) };
}

async function recordsOf({ api, caller }: Reader, text: string): Promise<Hit[]> {
  if (caller.account !== null) {
    const exact = await api.call('getRecordByKey', { path: { account: caller.account }, query: { key: text } });
    return exact.ok ? [recordHit(caller.account, text, exact.data.note)] : [];
  }
  const logged = await api.call('listAllDeliveries', { query: { record: text, limit: HITS_MAX } });
  return logged.ok ? logged.data.data.map(({ account, note }) => recordHit(account, text, note)) : [];
}

function recordHit(account: string, key: string, note: string): Hit {
  return { kind: 'Record', title: key, detail: `${account} · ${note}`, href: to.record(account, key) };
}

async function accountsOf({ api, caller }: Reader, text: string): Promise<Hit[]> {
  if (!/^[A-Za-z0-9_-]{1,64}$/.test(text) || (caller.account !== null && caller.account !== text)) return [];
  const exact = await api.call('getAccount', { path: { account: text } });
  if (!exact.ok) return [];
  const { account, name } = exact.data;
  return [{ kind: 'Account', title: name === '' ? account : name, detail: account, href: to.account(account) }];
}

/** Its id tells the record and the endpoint, not the account: an endpoint has one. */
async function deliveryOf(reader: Reader, text: string): Promise<Hit[]> {
  const account = await accountOfEndpoint(reader, ENDPOINT_IN_ID.exec(text)?.[1]);
  if (account === null) return [];
  const found = await reader.api.call('getDelivery', { path: { account, delivery: text } });
  if (!found.ok) return [];
  return [{ kind: 'Delivery', title: text, detail: found.data.note, href: to.delivery(account, text) }];
}

async function attemptOf(reader: Reader, text: string): Promise<Hit[]> {
  const account = await accountOfEndpoint(reader, ENDPOINT_IN_ID.exec(text)?.[1]);
  if (account === null) return [];
  const found = await reader.api.call('getAttempt', { path: { account, attempt: text } });
  if (!found.ok) return [];
  const { delivery, number } = found.data;
  const href = `${to.delivery(account, delivery)}#attempt-${number}`;
  return [{ kind: 'Attempt', title: text, detail: `Attempt ${number} of ${delivery}`, href }];
}

async function accountOfEndpoint({ api, caller }: Reader, id: string | undefined): Promise<string | null> {
  if (caller.account !== null || id === undefined) return caller.account;
  const logged = await api.call('listAllDeliveries', { query: { endpoint: `ep_${id}`, limit: 1 } });
  return logged.ok ? (logged.data.data[0]?.account ?? null) : null;
}

async function endpointsOf({ api, caller }: Reader, text: string): Promise<Hit[]> {
  const query = { limit: 200, ...(caller.account === null ? {} : { account: caller.account }) };
  const listed =
    caller.account === null
      ? await api.call('listAllEndpoints', { query })
      : await api.call('listEndpoints', { path: { account: caller.account }, query: { limit: 200 } });
  if (!listed.ok) return [];
  return listed.data.data
    .filter(({ id, url }) => id === text || url.toLowerCase().includes(text.toLowerCase()))
    .slice(0, HITS_MAX)
    .map(({ id, account, url, description }) => ({
      kind: 'Endpoint',
      title: description === '' ? url : description,
      detail: `${url} · ${account}`,
      href: to.endpoint(account, id),
    }));
}

async function jobOf({ api }: Reader, text: string): Promise<Hit[]> {
  const found = await api.call('getJob', { path: { job: text } });
  return found.ok ? [{ kind: 'Job', title: text, detail: found.data.note, href: to.job(text) }] : [];
}

async function alertOf({ api }: Reader, text: string): Promise<Hit[]> {
  const found = await api.call('getAlert', { path: { alert: text } });
  return found.ok ? [{ kind: 'Alert', title: found.data.rule, detail: found.data.detail, href: to.alert(text) }] : [];
}

function unique(hits: readonly Hit[]): Hit[] {
  return [...new Map(hits.map((hit) => [hit.href, hit])).values()];
}
