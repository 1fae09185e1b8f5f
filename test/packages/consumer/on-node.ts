/** The real clients fit the kit's interfaces. */
import { createServer } from 'node:http';
import { createReceiver } from '@tubepost/receiver';
import { nodeListener } from '@tubepost/receiver/node';
import { ioredis, nodeRedis, redisStore } from '@tubepost/receiver/redis';
import { sqlStore } from '@tubepost/receiver/sql';
import { Redis } from 'ioredis';
import postgres from 'postgres';
import { createClient } from 'redis';

const sql = postgres();
const store = sqlStore<postgres.TransactionSql>({
  transaction: (work) => sql.begin(work),
  query: (tx, text, values) => (tx ?? sql).unsafe(text, values),
});
const receiver = createReceiver({
  secrets: ['whsec_AAAA'],
  store,
  handle: async (event, tx) => {
    await tx`INSERT INTO orders (id) VALUES (${event.id})`;
  },
});
createServer(nodeListener(receiver));

for (const run of [nodeRedis(createClient()), ioredis(new Redis())]) {
  createReceiver({
    secrets: ['whsec_AAAA'],
    store: redisStore(run, { prefix: '{crm}:' }),
    handle: (event, tx) => tx.add('SADD', '{crm}:orders', event.id),
  });
}
