/**
 * K2 and K3: what a receiver does with what arrives, and what it answers. Stores are judged in
 * stores/.
 */
import { describe, expect, it, vi } from 'vitest';
import { answerOf, type Outcome } from '../../src/receiver/answer.ts';
import { type DeadLetter, memoryDeadLetters, watchDepth } from '../../src/receiver/dead-letters.ts';
import type { WebhookEvent } from '../../src/receiver/event.ts';
import type { ReadEvent } from '../../src/receiver/gap.ts';
import { memoryStore } from '../../src/receiver/memory.ts';
import { createReceiver, type ReceiverOptions } from '../../src/receiver/receiver.ts';
import type { Store } from '../../src/receiver/store.ts';
import { GiveUp, RetryLater } from '../../src/receiver/verdicts.ts';
import { type Draft, NOW_MS, SECRET, signed } from './signed.ts';

type Options = Partial<ReceiverOptions<null>>;

/** A receiver that writes down what its handler was given. */
function stage(options: Options = {}) {
  const handled: string[] = [];
  const outcomes: Outcome[] = [];
  let nowMs = NOW_MS;
  const receiver = createReceiver({
    secrets: [SECRET],
    store: memoryStore({ waitMs: 0 }),
    handle: async ({ id }: WebhookEvent) => void handled.push(id),
    now: () => nowMs,
    log: (outcome) => outcomes.push(outcome),
    ...options,
  });
  const send = async (draft: Draft = {}) => {
    const outcome = await receiver.receive(await signed({ atMs: nowMs, ...draft }));
    return [answerOf(outcome).status, outcome.kind] as const;
  };
  return { receiver, send, handled, outcomes, later: (ms: number) => (nowMs += ms) };
}

const failing = (error: unknown): Options => ({ handle: () => Promise.reject(error) });

describe('a receiver', () => {
  it('handles an event once, however often it comes within seven days', async () => {
    const { send, handled, later } = stage();
    expect(await send()).toEqual([200, 'handled']);
    expect(await send()).toEqual([200, 'duplicate']);
    later(7 * 24 * 3_600_000 - 1);
    expect(await send({ headers: { 'webhook-attempt': '9' } })).toEqual([200, 'duplicate']);
    expect(handled).toEqual(['evt_1']);
    later(1);
    expect(await send()).toEqual([200, 'handled']);
  });

  it('runs the handler once for two copies at once', async () => {
    const end = Promise.withResolvers<void>();
    let runs = 0;
    const { send } = stage({
      handle: () => {
        runs += 1;
        return end.promise;
      },
    });
    const copies = [send(), send()];
    const busy = await Promise.race(copies);
    end.resolve();
    expect([busy, runs]).toEqual([[425, 'busy'], 1]);
    expect((await Promise.all(copies)).map(([status]) => status).toSorted((a, b) => a - b)).toEqual([200, 425]);
    expect(await send()).toEqual([200, 'duplicate']);
  });

  it('lets the sender try again after a failure, and answers nothing of its cause', async () => {
    const handle = vi
      .fn<() => Promise<void>>()
      .mockRejectedValueOnce(new Error('the password is x'))
      .mockResolvedValue();
    const { receiver, outcomes } = stage({ handle });
    const first = await receiver.receive(await signed());
    expect(answerOf(first)).toEqual({
      status: 500,
      headers: { 'content-type': 'application/json' },
      body: '{"outcome":"failed"}',
    });
    expect((await receiver.receive(await signed())).kind).toBe('handled');
    expect(outcomes.map(({ kind }) => kind)).toEqual(['failed', 'handled']);
  });

  it('says when to come again, where the handler knows', async () => {
    const { receiver } = stage(failing(new RetryLater(89.2)));
    const answer = answerOf(await receiver.receive(await signed()));
    expect([answer.status, answer.headers['retry-after']]).toEqual([503, '90']);
  });

  it.each<[string, Draft & { secret?: string }, number, string]>([
    ['a forged signature', { keys: [new Uint8Array(32).fill(1)] }, 401, 'no-match'],
    ['a stale timestamp', { atMs: NOW_MS - 301_000 }, 401, 'too-old'],
    ['a timestamp that is none', { headers: { 'webhook-timestamp': 'soon' } }, 400, 'bad-timestamp'],
    ['a signature that is none', { headers: { 'webhook-signature': 'soon' } }, 400, 'malformed-header'],
    ['no id', { headers: { 'webhook-id': '' } }, 400, 'missing-header'],
  ])('refuses %s, and does not run the handler', async (_name, draft, status, reason) => {
    const { receiver, handled } = stage();
    const answer = answerOf(await receiver.receive(await signed(draft)));
    expect([answer.status, JSON.parse(answer.body), handled]).toEqual([status, { outcome: 'refused', reason }, []]);
  });

  it('refuses a signed body that is no event for good', async () => {
    expect(await stage().send({ body: '[]' })).toEqual([400, 'malformed']);
  });

  it('answers 503 where its store fails, so that nothing is lost', async () => {
    const store: Store<null> = { ...memoryStore(), once: () => Promise.reject(new Error('down')) };
    expect(await stage({ store }).send()).toEqual([503, 'store-failed']);
    const lost: Store<null> = { ...memoryStore(), once: async () => ({ kind: 'lost' }) };
    expect(await stage({ store: lost }).send()).toEqual([503, 'lost']);
  });

  it('prints what failed, unless it is given a log', async () => {
    const print = vi.spyOn(console, 'error').mockImplementation(() => undefined);
    const handle = () => Promise.reject(new Error('no'));
    const receiver = createReceiver({ secrets: [SECRET], store: memoryStore(), handle, now: () => NOW_MS });
    await receiver.receive(await signed());
    expect(print).toHaveBeenCalledExactlyOnceWith('webhook evt_1 failed:', new Error('no'));
    print.mockRestore();
  });

  it.each([
    [[], 'secrets: none given'],
    [[SECRET, 'whsec_!'], 'secrets[1]: not-base64'],
  ])('cannot be made with the secrets %j', (secrets, message) => {
    expect(() => stage({ secrets })).toThrow(message);
  });
});

describe('the version guard', () => {
  const at = (id: string, version: number | null, record: string | null = 'sub/1'): Draft => ({
    id,
    event: { record, version },
  });

  it('keeps an older version from being handled after a newer one, record by record', async () => {
    const { send, handled } = stage();
    expect(await send(at('a', 3))).toEqual([200, 'handled']);
    expect(await send(at('b', 2))).toEqual([200, 'stale']);
    expect(await send(at('c', 3))).toEqual([200, 'handled']);
    expect(await send(at('d', 2, 'sub/2'))).toEqual([200, 'handled']);
    expect(await send(at('e', null))).toEqual([200, 'handled']);
    expect(await send(at('f', 1, null))).toEqual([200, 'handled']);
    expect(handled).toEqual(['a', 'c', 'd', 'e', 'f']);
  });

  it('can be by something else, or off', async () => {
    const byType = stage({ guard: ({ type, version }) => (version === null ? null : { key: type, version }) });
    await byType.send({ id: 'a', event: { type: 'a', version: 3 } });
    expect(await byType.send({ id: 'b', event: { type: 'b', version: 2 } })).toEqual([200, 'handled']);
    expect(await byType.send({ id: 'c', event: { type: 'a', version: 2 } })).toEqual([200, 'stale']);
    const off = stage({ guard: false });
    await off.send(at('a', 3));
    expect(await off.send(at('b', 2))).toEqual([200, 'handled']);
  });

  it('is refused where the store cannot compare', () => {
    const store: Store<null> = { ...memoryStore(), guards: false };
    expect(() => stage({ store, guard: true })).toThrow('guard: this store cannot compare versions');
    expect(() => stage({ store })).not.toThrow();
  });
});

describe('replays', () => {
  const replay = (delivery: string): Draft => ({ headers: { 'webhook-replay': delivery } });

  it('of what was done change nothing, unless told', async () => {
    const { send, handled } = stage();
    await send();
    expect(await send(replay('dlv_1'))).toEqual([200, 'duplicate']);
    expect(handled).toEqual(['evt_1']);
  });

  it('of what was done run again where onReplay says so, each of them once', async () => {
    const onReplay = vi.fn<() => 'handle'>(() => 'handle');
    const { send, handled } = stage({ onReplay });
    await send();
    expect(onReplay).not.toHaveBeenCalled();
    expect(await send(replay('dlv_1'))).toEqual([200, 'handled']);
    expect(await send(replay('dlv_1'))).toEqual([200, 'duplicate']);
    expect(await send(replay('dlv_2'))).toEqual([200, 'handled']);
    expect(handled).toHaveLength(3);
  });

  it('of what was never seen are handled without a question, and once', async () => {
    const onReplay = vi.fn<() => 'handle'>(() => 'handle');
    const { send, handled } = stage({ onReplay });
    expect(await send(replay('dlv_1'))).toEqual([200, 'handled']);
    expect(await send(replay('dlv_1'))).toEqual([200, 'duplicate']);
    expect(handled).toEqual(['evt_1']);
  });

  it('do not bring an older version back', async () => {
    const { send } = stage({ onReplay: () => 'handle' });
    await send({ id: 'a', event: { record: 'r', version: 1 } });
    await send({ id: 'b', event: { record: 'r', version: 2 } });
    expect(await send({ id: 'a', event: { record: 'r', version: 1 }, ...replay('dlv_1') })).toEqual([200, 'stale']);
  });

  it('are tried again where onReplay fails', async () => {
    const { send } = stage({ onReplay: () => Promise.reject(new Error('no')) });
    await send();
    expect(await send(replay('dlv_1'))).toEqual([500, 'failed']);
  });
});

describe('gaps', () => {
  const at = (sequence: number, previous: number | 'none', id = `evt_${sequence}`): Draft => ({
    id,
    event: { record: 'r', sequence },
    headers: { 'webhook-previous': String(previous) },
  });

  /** What the API would answer: the events of the record, as endpoints were meant to get them. */
  function reader(events: Partial<ReadEvent>[]) {
    const asked: unknown[] = [];
    const client = {
      async *list(_name: 'listRecordEvents', { path, query }: { path: object; query: { after: number } }) {
        asked.push({ ...path, ...query });
        for (const event of events) {
          if ((event.sequence ?? 0) <= query.after) continue;
          yield {
            id: `evt_${event.sequence}`,
            type: 'a',
            record: 'r',
            sequence: 0,
            version: null,
            schemaVersion: null,
            occurredAt: null,
            acceptedAt: '2026-01-01T00:00:00.000Z',
            data: {},
            deliveries: [{ endpoint: 'ep_1', status: 'dead' }],
            ...event,
          };
        }
      },
    };
    return { fill: { client, account: 'acme', endpoint: 'ep_1' }, asked };
  }

  it('are reported where what was sent before was not seen, and only then', async () => {
    const onGap = vi.fn<(gap: unknown, filled: unknown) => void>();
    const { send } = stage({ onGap });
    await send(at(1, 'none'));
    await send(at(3, 1));
    await send({ id: 'other', event: { record: 'r', sequence: 4 } });
    expect(onGap).not.toHaveBeenCalled();
    await send(at(9, 7));
    await send(at(9, 7));
    expect(onGap).toHaveBeenCalledExactlyOnceWith({ record: 'r', seen: 4, previous: 7, sequence: 9 }, null);
    await send(at(10, 9));
    expect(onGap).toHaveBeenCalledTimes(1);
  });

  it('are filled from the API, before the event that shows them, with what was meant for this endpoint', async () => {
    const others = [{ endpoint: 'ep_2', status: 'delivered' }];
    const { fill, asked } = reader([
      { sequence: 2 },
      { sequence: 3 },
      { sequence: 4, deliveries: others },
      { sequence: 5, deliveries: [{ endpoint: 'ep_1', status: 'superseded' }] },
      { sequence: 6 },
      { sequence: 7 },
      { sequence: 8 },
    ]);
    const onGap = vi.fn<(gap: unknown, filled: unknown) => void>();
    const { send, handled } = stage({ fill, onGap });
    await send(at(2, 'none'));
    expect(await send(at(7, 6))).toEqual([200, 'handled']);
    expect(handled).toEqual(['evt_2', 'evt_3', 'evt_6', 'evt_7']);
    expect(asked).toEqual([{ account: 'acme', record: 'r', after: 2 }]);
    expect(onGap).toHaveBeenCalledExactlyOnceWith(expect.anything(), { handled: 2, error: null });
    expect(await send(at(3, 2))).toEqual([200, 'duplicate']);
  });

  it('that cannot be filled are told, and hold nothing up', async () => {
    const onGap = vi.fn<(gap: unknown, filled: { error: unknown } | null) => void>();
    const { data: _, ...erased } = { sequence: 2, data: 1 };
    const { fill } = reader([{ sequence: 1 }, { ...erased, data: undefined }]);
    const { send, handled } = stage({ fill, onGap });
    expect(await send(at(3, 2))).toEqual([200, 'handled']);
    expect(handled).toEqual(['evt_1', 'evt_3']);
    const [, filled] = onGap.mock.calls[0] ?? [];
    expect(filled).toEqual({ handled: 1, error: new Error('the data of evt_2 is no longer kept') });
  });

  it('make the sender try again where onGap throws, and nothing is forgotten', async () => {
    const onGap = vi.fn<() => void>().mockImplementationOnce(() => {
      throw new Error('no');
    });
    const { send, handled } = stage({ onGap });
    expect(await send(at(3, 2))).toEqual([500, 'failed']);
    expect(await send(at(3, 2))).toEqual([200, 'handled']);
    expect([handled, onGap.mock.calls.length]).toEqual([['evt_3'], 2]);
  });

  it('are not followed without end', async () => {
    const { fill } = reader(Array.from({ length: 600 }, (_, i) => ({ sequence: i + 1 })));
    const onGap = vi.fn<(gap: unknown, filled: unknown) => void>();
    const { send, handled } = stage({ fill, onGap });
    await send(at(700, 699));
    expect(handled).toHaveLength(501);
    expect(onGap.mock.calls[0]?.[1]).toMatchObject({ handled: 500, error: expect.any(Error) });
  });
});

describe('dead letters of the receiver', () => {
  it('take what the handler gives up, tell of it, and let it be handled later', async () => {
    const deadLetters = memoryDeadLetters();
    const alerts: unknown[] = [];
    const check = watchDepth(deadLetters, (alert) => void alerts.push(alert));
    let isMended = false;
    const { receiver, send } = stage({
      deadLetters,
      handle: async () => {
        if (!isMended) throw new GiveUp('no such customer');
      },
    });
    expect(await check()).toBe(0);
    expect(await send()).toEqual([200, 'set-aside']);
    expect(await send()).toEqual([200, 'duplicate']);
    expect([await check(), await check(), alerts]).toEqual([1, 1, [{ kind: 'opened', depth: 1 }]]);

    const [letter] = deadLetters.letters();
    expect(letter).toMatchObject({ event: { id: 'evt_1' }, error: 'GiveUp: no such customer', atMs: NOW_MS });
    expect((await receiver.retry(letter as DeadLetter)).kind).toBe('given-up');
    expect(await deadLetters.depth()).toBe(1);
    isMended = true;
    expect((await receiver.retry(letter as DeadLetter)).kind).toBe('handled');
    expect([await check(), alerts.at(-1)]).toEqual([0, { kind: 'resolved', depth: 0 }]);
  });

  it('are the sender’s where the receiver has none', async () => {
    expect(await stage(failing(new GiveUp('no'))).send()).toEqual([422, 'given-up']);
  });

  it('take what still fails at the last attempt', async () => {
    const deadLetters = memoryDeadLetters();
    const { send } = stage({ ...failing(new Error('no')), deadLetters, attemptsMax: 5 });
    expect(await send({ headers: { 'webhook-attempt': '4' } })).toEqual([500, 'failed']);
    expect(await send({ headers: { 'webhook-attempt': '5' } })).toEqual([200, 'set-aside']);
    expect(await deadLetters.depth()).toBe(1);
  });

  it('hold up nothing newer of their record', async () => {
    const deadLetters = memoryDeadLetters();
    const { send } = stage({
      deadLetters,
      handle: async ({ version }) => {
        if (version === 3) throw new GiveUp('no');
      },
    });
    expect(await send({ id: 'c', event: { record: 'r', version: 3 } })).toEqual([200, 'set-aside']);
    expect(await send({ id: 'b', event: { record: 'r', version: 2 } })).toEqual([200, 'handled']);
  });

  it('that cannot be kept leave the event with the sender', async () => {
    const deadLetters = { ...memoryDeadLetters(), put: () => Promise.reject(new Error('full')) };
    expect(await stage({ ...failing(new GiveUp('no')), deadLetters }).send()).toEqual([500, 'failed']);
  });

  it('tell an alert that could not be told again', async () => {
    const deadLetters = memoryDeadLetters();
    const alert = vi.fn<() => Promise<void>>().mockRejectedValueOnce(new Error('no')).mockResolvedValue();
    const check = watchDepth({ depth: async () => 2 }, alert);
    await expect(check()).rejects.toThrow('no');
    await check();
    await check();
    expect([alert.mock.calls.length, await deadLetters.depth()]).toEqual([2, 0]);
  });
});
