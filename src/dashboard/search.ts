/**
 * What a text in the box may mean: the API's search, with the page of each hit. Finds only what the
 * session may read.
 */
import { type Client, ofAnswer, type Schemas } from '../client/client.ts';
import type { Caller } from './page.ts';
import * as to from './paths.ts';

type Found = Schemas['SearchHit'];
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
  return { hits: found.data.map(shown), isComplete: found.isComplete };
}

function shown(hit: Found): Hit {
  const { type, id, account, name, detail } = hit;
  const beside = [name === null ? null : id, detail, type === 'account' ? null : account];
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
