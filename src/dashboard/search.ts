/**
 * What a text in the box may mean: the API's search, with the page of each hit. Finds only what the
 * session may read.
 */
import { type Client, ofAnswer, type Schemas } from '../client/client.ts';
import type { Caller } from './page.ts';
import * as to from './paths.ts';

type Found = Schemas['SearchHit'];
/** Accounts whose names are looked up for one answer. */
const NAMES_MAX = 20;
export type Hit = { kind: string; title: string; detail: string; href: string };

/** `isComplete` false: there may be more than is shown. */
export async function search(
  { api, caller: { account } }: { api: Client; caller: Caller },
  text: string,
): Promise<{ hits: Hit[]; isComplete: boolean }> {
  const query = { q: text };
  const found =
    account === null
      ? ofAnswer(await api.call('search', { query }))
      : ofAnswer(await api.call('searchAccount', { path: { account }, query }));
  const names = account === null ? await namesOf(api, found.data) : new Map<string, string>();
  return { hits: found.data.map((hit) => shown(hit, names)), isComplete: found.isComplete };
}

/**
 * Of the accounts that the hits are of: customers have the same record keys, and are known by their
 * names. One hit is opened at once, and shows its account itself.
 */
async function namesOf(api: Client, hits: readonly Found[]): Promise<Map<string, string>> {
  if (hits.length < 2) return new Map();
  const accounts = new Set(
    hits.flatMap(({ type, account }) => (type === 'account' || account === null ? [] : [account])),
  );
  const named = await Promise.all(
    [...accounts].slice(0, NAMES_MAX).map(async (account) => {
      const answer = await api.call('getAccount', { path: { account } });
      return [account, answer.ok ? answer.data.name : account] as const;
    }),
  );
  return new Map(named);
}

function shown(hit: Found, names: ReadonlyMap<string, string>): Hit {
  const { type, id, account, name, detail } = hit;
  const owner = account === null ? null : [names.get(account), account].filter((one) => one !== undefined).join(', ');
  const beside = [name === null ? null : id, detail, type === 'account' ? null : owner];
  return {
    kind: type.charAt(0).toUpperCase() + type.slice(1),
    title: name ?? id,
    detail: beside.filter((part) => part !== null && part !== '').join(' · '),
    href: pageOf(hit),
  };
}

function pageOf({ type, id, account, path }: Found): string {
  const of = account ?? '';
  switch (type) {
    case 'event':
      return to.event(of, id, new URL(path, 'https://tubepost.invalid').searchParams.get('record'));
    case 'record':
      return to.record(of, id);
    case 'delivery':
      return to.delivery(of, id);
    case 'attempt':
      return attemptPage(of, id);
    case 'account':
      return to.account(id);
    case 'endpoint':
      return to.endpoint(of, id);
    case 'job':
    case 'replay':
      return to.job(id);
    case 'alert':
      return to.alert(id);
  }
}

/** Its id is that of its delivery, with a number. */
function attemptPage(account: string, id: string): string {
  const [, delivery = '', number = ''] = /^att_(.+)_a(\d+)$/.exec(id) ?? [];
  return `${to.delivery(account, `dlv_${delivery}`)}#attempt-${number}`;
}
