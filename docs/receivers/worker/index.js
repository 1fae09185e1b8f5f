// A Worker with D1, by the receiver kit: it verifies v1 and v1a, remembers ids and guards versions.
// npm install tubepost-receiver-….tgz (npm run build:packages); schema.sql makes the tables of wrangler.toml's database.
import { createReceiver } from '@tubepost/receiver';
import { d1Store } from '@tubepost/receiver/d1';
import { fetchHandler } from '@tubepost/receiver/web';
import { env } from 'cloudflare:workers';

const db = env.DB;
const store = d1Store(db);
const KEEP = `
  INSERT INTO records (record, version, event) VALUES (?, ?, ?)
  ON CONFLICT (record) DO UPDATE SET version = coalesce(excluded.version, version), event = excluded.event`;

/** Your work. What it adds is committed with the event's id, in one batch. `body` has all digits of large numbers. */
function handle({ id, record, version, body }, tx) {
  tx.add(db.prepare(KEEP).bind(record ?? id, version, body));
  tx.add(db.prepare('INSERT INTO jobs (event) VALUES (?)').bind(body));
}

const receive = fetchHandler(
  createReceiver({
    // whsec_… or whpk_…; during a rotation both secrets, with a space between them
    secrets: env.WEBHOOK_SECRET.split(' '),
    store,
    handle,
  }),
);

export default {
  fetch: (request) =>
    new URL(request.url).pathname === '/hook' ? receive(request) : new Response(null, { status: 404 }),
  /** Each day: ids that are older than 7 days are forgotten. */
  async scheduled() {
    while ((await store.prune()) > 0);
  },
};
