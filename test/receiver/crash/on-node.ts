/** A receiver as a process: `node on-node.ts <store> <its port> <its server's port> <control>`. */
import { createServer } from 'node:http';
import { Redis } from 'ioredis';
import postgres from 'postgres';
import { createClient } from 'redis';
import { nodeListener } from '../../../src/receiver/node.ts';
import type { Receiver } from '../../../src/receiver/receiver.ts';
import { ioredis, nodeRedis, type RedisEval, redisStore } from '../../../src/receiver/redis.ts';
import { sqlStore } from '../../../src/receiver/sql.ts';
import { CRASH_LEASE_MS, stoppingReceiver } from './points.ts';

type Kept = { receiver: Receiver; work: () => Promise<string[]> };

const [kind = '', port = '', serverPort = '', control = ''] = process.argv.slice(2);

function onRedis(run: RedisEval): Kept {
  const key = '{tubepost}:work';
  const store = redisStore(run, { leaseMs: CRASH_LEASE_MS, waitMs: 0 });
  return {
    receiver: stoppingReceiver(control, store, (tx, id) => tx.add('RPUSH', key, id)),
    work: async () => (await run(`return redis.call('LRANGE', KEYS[1], 0, -1)`, [key], [])) as string[],
  };
}

async function onPostgres(): Promise<Kept> {
  const sql = postgres({
    host: '127.0.0.1',
    port: Number(serverPort),
    user: 'postgres',
    max: 20,
    onnotice: () => undefined,
  });
  const store = sqlStore<postgres.TransactionSql>({
    transaction: (work) => sql.begin(work),
    query: (tx, text, values) => (tx ?? sql).unsafe(text, values),
  });
  await store.migrate();
  await sql`CREATE TABLE IF NOT EXISTS done (id text)`;
  return {
    receiver: stoppingReceiver(control, store, async (tx, id) => {
      await tx`INSERT INTO done (id) VALUES (${id})`;
    }),
    work: async () => (await sql<{ id: string }[]>`SELECT id FROM done`).map(({ id }) => id),
  };
}

async function keep(): Promise<Kept> {
  if (kind === 'PostgreSQL') return onPostgres();
  if (kind === 'ioredis') return onRedis(ioredis(new Redis(Number(serverPort), '127.0.0.1')));
  const client = createClient({ url: `redis://127.0.0.1:${serverPort}` });
  await client.connect();
  return onRedis(nodeRedis(client));
}

const { receiver, work } = await keep();
const listener = nodeListener(receiver);
createServer((request, response) => {
  if (request.method === 'POST') void listener(request, response);
  else void work().then((ids) => response.end(JSON.stringify(ids)));
}).listen(Number(port), '127.0.0.1');
