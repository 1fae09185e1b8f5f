/**
 * C8 and C9 through the real Worker: circuits, paces and slow endpoints, as a publisher, an
 * operator and a receiver see them.
 */
import { env } from 'cloudflare:workers';
import { evictDurableObject, runDurableObjectAlarm } from 'cloudflare:test';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { QUICK_ANSWER_MS, STALL_TICK_MS } from '../../src/core/limits.ts';
import { call, newAccount } from '../support/api.ts';
import { answers, arrival, release, requests } from '../support/receiver.ts';
import { soon } from '../support/soon.ts';
import { shardOf } from '../support/shards.ts';

let account: string;
let url: string;

beforeEach(async () => {
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() });
  account = await newAccount();
  url = `https://${account.replace('_', '-')}.protection.example.com/crm`;
});
afterEach(() => {
  vi.restoreAllMocks();
  vi.useRealTimers();
});

async function endpoint(given: object = {}): Promise<string> {
  const body = { url, description: 'CRM', ...given };
  return (await call('POST', `/v1/accounts/${account}/endpoints`, body)).body.id;
}

async function publish(record: string): Promise<string> {
  const body = { type: 'plan.updated', record, data: {} };
  return (await call('POST', `/v1/accounts/${account}/events`, body)).body.deliveries[0].id;
}

async function delivery(id: string) {
  return (await call('GET', `/v1/accounts/${account}/deliveries/${id}`)).body;
}

async function circuitOf(id: string) {
  return (await call('GET', `/v1/accounts/${account}/endpoints/${id}`)).body.circuit;
}

function gateOf(id: string) {
  return env.GATE.getByName(`v1:${account}:${id}`);
}

async function recordOf(record: string) {
  return await shardOf(account, record);
}

/** Six records fail at once; from the fifth on the circuit is open, and the Account knows. */
async function failing(id: string): Promise<string[]> {
  await answers(url, { status: 500 });
  const ids = await Promise.all(['1', '2', '3', '4', '5', '6'].map((n) => publish(`sub/${n}`)));
  await soon(async () => expect(await circuitOf(id)).toMatchObject({ state: 'open' }));
  await soon(async () => {
    const settings = await env.ACCOUNT.getByName(`v1:${account}`).settings();
    expect(settings?.endpoints[0]?.isWatched).toBe(true);
  });
  return ids;
}

describe('an endpoint that fails', { timeout: 20_000 }, () => {
  test('is left alone: new events wait without an attempt, and say so', async () => {
    const id = await endpoint();
    await failing(id);
    const before = (await requests(url)).length;
    const waiting = await publish('sub/new');
    await soon(async () =>
      expect((await delivery(waiting)).note).toMatch(/^Waiting for CRM to recover, next try in \d/),
    );
    expect(await delivery(waiting)).toMatchObject({ status: 'queued', attempts: 0, nextAttemptAt: null });
    expect((await requests(url)).length).toBe(before);
    expect(await circuitOf(id)).toMatchObject({ state: 'open', waitingRecords: 1 });
  });

  test('is tried with one probe, and when that arrives the rest follows and the circuit closes', async () => {
    const id = await endpoint();
    const failed = await failing(id);
    const before = (await requests(url)).length;
    vi.setSystemTime(Date.now() + 12_000);
    for (let n = 1; n <= 6; n += 1) await runDurableObjectAlarm(await recordOf(`sub/${n}`));
    // Their retries were due: one was let through, as the probe; the others wait.
    await soon(async () => expect(await circuitOf(id)).toMatchObject({ state: 'open', waitingRecords: 5 }));
    await soon(async () => expect((await requests(url)).length).toBe(before + 1));
    const secondPause = async () => {
      const { since, nextProbeAt } = await circuitOf(id);
      expect(Date.parse(nextProbeAt) - Date.parse(since)).toBeGreaterThan(20_000);
    };
    await soon(secondPause);
    await answers(url, { status: 200 });
    vi.setSystemTime(Date.now() + 21_000);
    await runDurableObjectAlarm(gateOf(id));
    await soon(async () => expect(await circuitOf(id)).toMatchObject({ state: 'half-open', waitingRecords: 4 }));
    await soon(async () => {
      vi.setSystemTime(Date.now() + 500);
      await runDurableObjectAlarm(gateOf(id));
      expect(await circuitOf(id)).toMatchObject({ state: 'closed', waitingRecords: 0 });
    });
    vi.setSystemTime(Date.now() + 10_000);
    for (let n = 1; n <= 6; n += 1) await runDurableObjectAlarm(await recordOf(`sub/${n}`));
    for (const one of failed)
      await soon(async () => expect(await delivery(one)).toMatchObject({ status: 'delivered' }));
    expect((await requests(url)).length).toBe(before + 7);
  });

  test.each(['a test that arrives', 'a replay that a person asks for', 'a person who says so'])(
    'is probed at once after %s',
    async (what) => {
      const id = await endpoint();
      await answers(url, { status: 404 });
      const dead = await publish('sub/dead');
      await soon(async () => expect(await delivery(dead)).toMatchObject({ status: 'dead' }));
      await failing(id);
      const waiting = await publish('sub/new');
      await soon(async () => expect(await circuitOf(id)).toMatchObject({ state: 'open', waitingRecords: 1 }));
      await answers(url, { status: 200 });
      const at = `/v1/accounts/${account}`;
      const acts = {
        test: `endpoints/${id}/test`,
        replay: `deliveries/${dead}/replay`,
        person: `endpoints/${id}/probe`,
      };
      const act = acts[what.startsWith('a test') ? 'test' : what.startsWith('a replay') ? 'replay' : 'person'];
      expect((await call('POST', `${at}/${act}`, {})).status).toBeLessThan(300);
      await soon(async () => {
        const { nextProbeAt, state } = await circuitOf(id);
        expect(state !== 'open' || Date.parse(nextProbeAt) <= Date.now()).toBe(true);
      });
      await runDurableObjectAlarm(gateOf(id));
      await soon(async () => expect(await delivery(waiting)).toMatchObject({ status: 'delivered', attempts: 1 }));
    },
  );

  test('says what came of a wish for a probe, to who may replay', async () => {
    const id = await endpoint();
    const at = `/v1/accounts/${account}`;
    const probe = async () => (await call('POST', `${at}/endpoints/${id}/probe`)).body;
    expect(await probe()).toMatchObject({ endpoint: id, outcome: 'not-needed', circuit: { state: 'closed' } });
    await failing(id);
    await publish('sub/new');
    await soon(async () => expect(await circuitOf(id)).toMatchObject({ state: 'open', waitingRecords: 1 }));
    const asked = await probe();
    expect(asked).toMatchObject({
      outcome: 'probing',
      note: 'CRM is tried now with the event that waits longest; when it answers, the rest follows',
    });
    await call('PATCH', `${at}/endpoints/${id}`, { status: 'paused' });
    expect(await probe()).toMatchObject({ outcome: 'paused', note: 'CRM is paused; resume it to send what is held' });
    const { body: reader } = await call('POST', '/v1/keys', { name: 'r', scopes: ['read', 'publish'], account });
    const headers = { authorization: `Bearer ${reader.key}` };
    expect((await call('POST', `${at}/endpoints/${id}/probe`, undefined, headers)).status).toBe(403);
    const nobody = await call('POST', `${at}/endpoints/ep_00000000000000000000000000/probe`);
    expect([nobody.status, nobody.body.code]).toEqual([404, 'unknown-endpoint']);
  });

  test('shows in lists and batches of records too when it is tried next', async () => {
    const id = await endpoint();
    const at = `/v1/accounts/${account}`;
    await failing(id);
    const sentence = /^Waiting for CRM to recover, next try in \d/;
    type Noted = { note: string };
    const waiting = (all: Noted[]) => all.filter(({ note }) => sentence.test(note)).length;
    // One of them may be let through as the probe, and one that comes before the account says that the
    // circuit is watched is tried: so there are several, and most of them must say it everywhere.
    const ids: string[] = [];
    await soon(async () => {
      ids.push(await publish(`sub/new${ids.length + 1}`));
      expect(waiting(await Promise.all(ids.map(delivery)))).toBeGreaterThanOrEqual(4);
    });
    const records = ids.map((_, n) => `sub/new${n + 1}`);
    const query = records.map((record) => `record=${record}`).join('&');
    await soon(async () => {
      const { body } = await call('GET', `${at}/deliveries?${query}&limit=200`);
      expect(waiting(body.data)).toBeGreaterThanOrEqual(3);
    });
    const events = (await call('GET', `${at}/events?${query}&limit=200`)).body.data;
    expect(waiting(events.map((event: { deliveries: Noted[] }) => event.deliveries[0]))).toBeGreaterThanOrEqual(3);
    const batch = await call('POST', `${at}/record-statuses`, { records: [...records.slice(0, 40), 'sub/none'] });
    expect(batch.body.data.at(-1).outcome).toBe('not-found');
    const found = batch.body.data.slice(0, -1).map((one: { status: Noted }) => one.status);
    expect(waiting(found)).toBeGreaterThanOrEqual(3);
    expect(waiting(await Promise.all(ids.map(delivery)))).toBeGreaterThanOrEqual(3);
  });

  test('stays known as failing to a new instance of its Gate', async () => {
    const id = await endpoint();
    await failing(id);
    await evictDurableObject(gateOf(id));
    expect(await circuitOf(id)).toMatchObject({ state: 'open' });
  });

  test('that asks for patience gets it for every record, once several were asked and the probe was too', async () => {
    const id = await endpoint();
    await answers(url, { status: 429, headers: { 'retry-after': '120' } });
    let others = 0;
    await soon(async () => {
      others += 1;
      const other = await publish(`sub/${others}`);
      expect((await delivery(other)).note).toMatch(/^Waiting for CRM to recover/);
    });
    const before = (await requests(url)).length;
    expect(before).toBeGreaterThanOrEqual(5);
    vi.setSystemTime(Date.now() + 11_000);
    await runDurableObjectAlarm(gateOf(id));
    await soon(async () => expect(await requests(url)).toHaveLength(before + 1));
    await soon(async () => {
      const { nextProbeAt } = await circuitOf(id);
      expect(Date.parse(nextProbeAt)).toBeGreaterThanOrEqual(Date.now() + 119_000);
    });
  });

  test('of which one record is asked for patience serves all others', async () => {
    const id = await endpoint();
    await answers(url, { status: 429, headers: { 'retry-after': '3600' } });
    const limited = await publish('sub/limited');
    await soon(async () => expect(await delivery(limited)).toMatchObject({ status: 'retrying' }));
    await answers(url, { status: 200 });
    for (let n = 0; n < 8; n += 1) {
      const other = await publish(`sub/${n}`);
      await soon(async () => expect(await delivery(other)).toMatchObject({ status: 'delivered', attempts: 1 }));
    }
    expect(await circuitOf(id)).toMatchObject({ state: 'closed' });
    expect((await delivery(limited)).note).toBe('CRM answered 429, retry in 60 min');
  });

  test('that refuses single events with 4xx stays open for others', async () => {
    const id = await endpoint();
    await answers(url, { status: 422 });
    for (let n = 0; n < 8; n += 1) await publish(`sub/${n}`);
    await soon(async () => expect(await requests(url)).toHaveLength(8));
    expect(await circuitOf(id)).toMatchObject({ state: 'closed' });
  });
});

describe('a rate limit', () => {
  test('holds over all records of the endpoint, and what must wait says so', async () => {
    await endpoint({ rateLimitPerSecond: 1 });
    const ids = await Promise.all(Array.from({ length: 10 }, (_, n) => publish(`sub/${n}`)));
    await soon(async () => {
      const notes = await Promise.all(ids.map(async (one) => (await delivery(one)).note));
      const parked = 'Waiting for its turn: CRM takes a limited number of requests a second';
      expect(notes.filter((note) => note === parked).length).toBeGreaterThanOrEqual(3);
    });
    expect((await requests(url)).length).toBeLessThanOrEqual(2);
    await soon(async () => {
      vi.setSystemTime(Date.now() + 1_000);
      for (let n = 0; n < 10; n += 1) await runDurableObjectAlarm(await recordOf(`sub/${n}`));
      await runDurableObjectAlarm(gateOf((await call('GET', `/v1/accounts/${account}/endpoints`)).body.data[0].id));
      expect(await requests(url)).toHaveLength(10);
    });
    for (const one of ids) expect(await delivery(one)).toMatchObject({ status: 'delivered', attempts: 1 });
  });

  test('that is lifted holds nothing back any more', async () => {
    const id = await endpoint({ rateLimitPerSecond: 1 });
    await publish('sub/1');
    const patched = await call('PATCH', `/v1/accounts/${account}/endpoints/${id}`, { rateLimitPerSecond: null });
    expect(patched.body).toMatchObject({ rateLimitPerSecond: null });
    const ids = await Promise.all(Array.from({ length: 8 }, (_, n) => publish(`other/${n}`)));
    await soon(async () => {
      for (const one of ids) expect(await delivery(one)).toMatchObject({ status: 'delivered' });
    });
  });
});

describe('a slow endpoint', () => {
  test('rides the SLOW queue once it has been measured, and a quick one beside it does not', async () => {
    await endpoint();
    const slow = vi.spyOn(Object.getPrototypeOf(env.SLOW), 'sendBatch');
    await answers(url, 'hang');
    await publish('sub/1');
    await arrival(url, 1);
    // Tick by tick: a clock that jumps is a stall of ours, and not the receiver's time.
    for (let ms = 0; ms < 2 * QUICK_ANSWER_MS; ms += STALL_TICK_MS) {
      await scheduler.wait(STALL_TICK_MS);
      vi.setSystemTime(Date.now() + STALL_TICK_MS);
    }
    await release(url, { status: 200 });
    await answers(url, { status: 200 });
    await soon(async () =>
      expect((await call('GET', `/v1/accounts/${account}/record?key=sub/1`)).body.status).toBe('delivered'),
    );
    expect(slow).not.toHaveBeenCalled();
    const second = await publish('sub/1');
    await soon(async () => expect(await delivery(second)).toMatchObject({ status: 'delivered' }));
    expect(slow).toHaveBeenCalledTimes(1);
  });
});
