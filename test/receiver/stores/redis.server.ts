/** K2 and K3 on a real Redis, by both clients. */
import { Redis } from 'ioredis';
import { createClient } from 'redis';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { ioredis, nodeRedis, type RedisEval, redisStore, type RedisTx } from '../../../src/receiver/redis.ts';
import { soon } from '../../support/soon.ts';
import { type Server, startRedis } from '../services/servers.ts';
import { cases, LEASE_MS, type Subject } from './conformance.ts';

const server = await startRedis();
if ('missing' in server) console.log(`skipped: ${server.missing}`);

const clients = {
  'node-redis': async (port: number) => {
    const client = createClient({ url: `redis://127.0.0.1:${port}` });
    await client.connect();
    return { run: nodeRedis(client), close: async () => client.destroy() };
  },
  ioredis: async (port: number) => {
    const client = new Redis(port, '127.0.0.1');
    return { run: ioredis(client), close: async () => client.disconnect() };
  },
};

describe.skipIf('missing' in server).each(Object.entries(clients))('the store on Redis by %s', (_name, connect) => {
  let run: RedisEval;
  let close: () => Promise<void>;
  const { port } = server as Server;

  beforeAll(async () => ({ run, close } = await connect(port)));
  afterAll(() => close());
  beforeEach(() => run(`redis.call('FLUSHALL') return 1`, [], []));

  function subject(): Subject<RedisTx> {
    return {
      store: redisStore(run, { leaseMs: LEASE_MS, waitMs: 100 }),
      work: async (tx, line) => tx.add('RPUSH', '{tubepost}:work', line),
      lines: async () =>
        (await run(`return redis.call('LRANGE', KEYS[1], 0, -1)`, ['{tubepost}:work'], [])) as string[],
      // Redis has its own clock: until it has gone by as long as that.
      elapse: async (ms) => {
        await run(`redis.call('SET', KEYS[1], '1', 'PX', ARGV[1]) return 1`, ['{tubepost}:timer'], [String(ms)]);
        await soon(async () =>
          expect(await run(`return redis.call('EXISTS', KEYS[1])`, ['{tubepost}:timer'], [])).toBe(0),
        );
      },
      nowMs: Date.now,
    };
  }

  it.each(cases)('$name', ({ run }) => run(subject()));

  it('a command that is sent again, because its answer was lost, gets the first answer again', async () => {
    // ioredis resends what was unanswered when its connection broke.
    const twice: RedisEval = async (...command) => {
      await run(...command);
      return run(...command);
    };
    const { lines, work } = subject();
    const store = redisStore(twice);
    const claim = (id: string, version: number) => ({
      ids: [id] as const,
      nowMs: 0,
      rememberMs: 10_000,
      guard: { key: 'r', version },
      position: { key: 'r', sequence: version },
    });
    expect(await store.once(claim('a', 2), (tx) => work(tx, 'a'))).toEqual({ kind: 'done' });
    expect(await lines()).toEqual(['a']);
    expect(await store.once(claim('a', 2), (tx) => work(tx, 'again'))).toEqual({ kind: 'duplicate' });
  });

  it('a lease that ran out and that nobody took is as good as held', async () => {
    const { store, elapse, work, lines } = subject();
    const claim = {
      ids: ['a'] as const,
      nowMs: 0,
      rememberMs: 10_000,
      guard: { key: 'r', version: 1 },
      position: null,
    };
    const outcome = await store.once(claim, async (tx) => {
      await elapse(LEASE_MS + 50);
      await work(tx, 'slow');
    });
    expect([outcome.kind, await lines()]).toEqual(['done', ['slow']]);
  });

  it('keeps nothing without an end', async () => {
    const { store, work } = subject();
    const claim = {
      ids: ['a'] as const,
      nowMs: 0,
      rememberMs: 10_000,
      guard: { key: 'r', version: 1 },
      position: { key: 'r', sequence: 1 },
    };
    await store.once(claim, async () => undefined);
    await store.once({ ...claim, ids: ['b'], guard: { key: 'r', version: 0 } }, (tx) => work(tx, 'stale'));
    const endless = await run(
      `local found = {} for _, key in ipairs(redis.call('KEYS', '*')) do if redis.call('PTTL', key) < 0 then table.insert(found, key) end end return found`,
      [],
      [],
    );
    expect(endless).toEqual([]);
  });

  it('fails where Redis does not answer in time', async () => {
    const store = redisStore(() => new Promise(() => undefined), { timeoutMs: 20 });
    const claim = { ids: ['a'] as const, nowMs: 0, rememberMs: 10_000, guard: null, position: null };
    await expect(store.once(claim, async () => undefined)).rejects.toThrow('Redis did not answer within 20 ms');
  });
});

afterAll(async () => {
  if (!('missing' in server)) await server.stop();
});
