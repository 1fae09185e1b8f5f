/** The same receiver as a Worker: `/d1` and `/object`. */
import { DurableObject } from 'cloudflare:workers';
import { d1Store } from '../../../src/receiver/d1.ts';
import { durableObjectStore } from '../../../src/receiver/durable-object.ts';
import { fetchHandler } from '../../../src/receiver/web.ts';
import { CRASH_LEASE_MS, stoppingReceiver } from './points.ts';

type Env = { DB: D1Database; OBJECT: DurableObjectNamespace<Receiving>; CONTROL: string };

export class Receiving extends DurableObject<Env> {
  override async fetch(request: Request): Promise<Response> {
    const { sql } = this.ctx.storage;
    sql.exec('CREATE TABLE IF NOT EXISTS done (id TEXT)');
    if (request.method !== 'POST') {
      return Response.json(
        sql
          .exec<{ id: string }>('SELECT id FROM done')
          .toArray()
          .map(({ id }) => id),
      );
    }
    const store = durableObjectStore(this.ctx.storage);
    const receiver = stoppingReceiver(this.env.CONTROL, store, (_tx, id) => {
      sql.exec('INSERT INTO done VALUES (?)', id);
    });
    return fetchHandler(receiver)(request);
  }
}

async function onD1(request: Request, { DB, CONTROL }: Env): Promise<Response> {
  const store = d1Store(DB, { leaseMs: CRASH_LEASE_MS, waitMs: 0 });
  await store.migrate();
  await DB.exec('CREATE TABLE IF NOT EXISTS done (id TEXT)');
  if (request.method !== 'POST') {
    const { results } = await DB.prepare('SELECT id FROM done').all<{ id: string }>();
    return Response.json(results.map(({ id }) => id));
  }
  const receiver = stoppingReceiver(CONTROL, store, (tx, id) =>
    tx.add(DB.prepare('INSERT INTO done VALUES (?)').bind(id)),
  );
  return fetchHandler(receiver)(request);
}

export default {
  fetch: (request: Request, env: Env) =>
    new URL(request.url).pathname === '/d1' ? onD1(request, env) : env.OBJECT.getByName('one').fetch(request),
};
