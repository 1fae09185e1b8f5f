/**
 * V2: one text leads to whatever it may mean, within an account and over all of them; lists find by
 * part of a name.
 */
import { beforeEach, describe, expect, test } from 'vitest';
import { call, newAccount } from '../support/api.ts';
import { answers } from '../support/receiver.ts';
import { soon } from '../support/soon.ts';

type Hit = { type: string; id: string; account: string; name: string | null; detail: string | null; path: string };

let account: string;
let at: string;
let host: string;
beforeEach(async () => {
  account = await newAccount({ name: `Grünwald ${crypto.randomUUID().slice(0, 8)} Ltd` });
  at = `/v1/accounts/${account}`;
  host = `${account.replaceAll('_', '-').toLowerCase()}.search.example.com`;
});

async function find(text: string, within = at) {
  const { status, body } = await call('GET', `${within}/search?q=${encodeURIComponent(text)}`);
  expect(status).toBe(200);
  return body.data.map(({ type, id, path }: Hit) => ({ type, id, path }));
}

/** Where each hit says that it is, the API shows it. */
async function isShown(hits: { path: string }[]) {
  for (const { path } of hits) expect([path, (await call('GET', path)).status]).toEqual([path, 200]);
}

async function published() {
  await answers(`https://${host}/hook`, { status: 404 });
  const endpoint = (await call('POST', `${at}/endpoints`, { url: `https://${host}/hook`, description: 'CRM' })).body.id;
  const sent = { id: `order-${account}`, type: 'order.paid', record: `order/${account}-1`, data: {} };
  const event = (await call('POST', `${at}/events`, sent)).body;
  const delivery = event.deliveries[0].id;
  await soon(async () => expect((await call('GET', `${at}/deliveries/${delivery}`)).body.status).toBe('dead'));
  await soon(async () => expect((await call('GET', `${at}/dead-letters`)).body.data).toHaveLength(1));
  return { endpoint, event: sent.id, record: sent.record, delivery, attempt: delivery.replace('dlv_', 'att_') + '_a1' };
}

describe.each(['an account', 'all accounts'])('a search of %s', (whole) => {
  const within = () => (whole === 'an account' ? at : '/v1');

  test('finds events, deliveries, attempts and endpoints by their ids', async () => {
    const made = await published();
    for (const type of ['event', 'delivery', 'attempt', 'endpoint'] as const) {
      const hits = await soon(async () => {
        const found = await find(`  ${made[type]} `, within());
        expect(found.map(({ id }: Hit) => id)).toEqual([made[type]]);
        return found;
      });
      expect(hits[0].type).toBe(type);
      await isShown(hits);
    }
  });

  test('finds records by their keys and the beginning of them, endpoints by URL and by host', async () => {
    const made = await published();
    for (const text of [made.record, `order/${account}`, made.record.slice(0, -1)]) {
      const hits = await soon(async () => {
        const found = await find(text, within());
        expect(found.filter(({ type }: Hit) => type === 'record').map(({ id }: Hit) => id)).toEqual([made.record]);
        return found;
      });
      await isShown(hits);
    }
    for (const text of [`https://${host}/hook`, host, host.toUpperCase(), host.slice(2)]) {
      const hits = await soon(async () => {
        const found = await find(text, within());
        expect(found.map(({ id }: Hit) => id)).toEqual([made.endpoint]);
        return found;
      });
      await isShown(hits);
    }
  });

  test('finds accounts by id and by part of the name', async () => {
    const { name } = (await call('GET', at)).body;
    for (const text of [account, name.slice(2, -4), name.slice(9, 17).toUpperCase()]) {
      await soon(async () =>
        expect(await find(text, within())).toContainEqual({ type: 'account', id: account, path: at }),
      );
    }
  });

  test('finds a replay by the id of its job', async () => {
    const { endpoint } = await published();
    const job = (await call('POST', `${at}/replays`, { endpoint })).body.id;
    const hits = await find(job, within());
    expect(hits).toHaveLength(1);
    await isShown(hits);
  });

  test('finds nothing, and says that this is all', async () => {
    for (const text of [
      'evt_none',
      'ep_00000000000000000000000000',
      'no such text / here',
      'job_00000000000000000000000000',
    ]) {
      const { body } = await call('GET', `${within()}/search?q=${encodeURIComponent(text)}`);
      expect([text, body]).toEqual([text, { data: [], isComplete: true }]);
    }
    expect((await call('GET', `${within()}/search`)).body.errors[0].message).toBe('q is required');
  });
});

describe('lists', () => {
  test('of accounts, endpoints and records page through what matches, and show nothing else', async () => {
    const word = crypto.randomUUID().slice(0, 8);
    const named = [await newAccount({ name: `A ${word}` }), await newAccount({ name: `${word.toUpperCase()} B` })];
    const paged = async (path: string, key: string) => {
      const seen: string[] = [];
      for (let next: string | null = ''; next !== null;) {
        const { body } = await call('GET', `${path}&limit=1${next === '' ? '' : `&cursor=${next}`}`);
        seen.push(...body.data.map((row: Record<string, string>) => row[key]));
        next = body.next;
      }
      return seen.toSorted();
    };
    await soon(async () => expect(await paged(`/v1/accounts?search=${word}`, 'account')).toEqual(named.toSorted()));

    const ids: string[] = [];
    for (const path of ['one', 'two']) {
      ids.push((await call('POST', `${at}/endpoints`, { url: `https://${host}/${path}` })).body.id);
    }
    await call('POST', `${at}/endpoints`, { url: 'https://elsewhere.example.com/', eventTypes: ['none.such'] });
    expect(await paged(`${at}/endpoints?search=${host}`, 'id')).toEqual(ids.toSorted());
    await soon(async () => expect(await paged(`/v1/endpoints?search=${host}`, 'id')).toEqual(ids.toSorted()));

    for (const key of ['a/1', 'a/2', 'b/1']) {
      await call('POST', `${at}/events`, { type: 'x.y', record: key, data: {} });
      await call('POST', `${at}/events`, { type: 'x.z', record: key, data: {} });
    }
    await soon(async () => {
      const { body } = await call('GET', `${at}/records?prefix=a/`);
      expect(body.data.map((row: { record: string }) => row.record)).toEqual(['a/2', 'a/1']);
      expect(body.data[0].lastEventType).toBe('x.z');
    });
    expect(new Set(await paged(`${at}/records?prefix=a/`, 'record'))).toEqual(new Set(['a/1', 'a/2']));
  });

  test('of records have those whose events nobody wanted', async () => {
    await call('POST', `${at}/events`, { type: 'x.y', record: 'lonely/1', data: {} });
    await soon(async () => {
      const { body } = await call('GET', `${at}/records?prefix=lonely`);
      expect(body.data).toEqual([{ record: 'lonely/1', lastEventType: 'x.y', lastAcceptedAt: expect.any(String) }]);
    });
  });
});
