/**
 * The least that a durable delivery can be on workerd: one Durable Object for each record, which
 * inserts a row and fetches each target. No order, no retry, no signature, no log: the floor beside
 * which the service's figures are read.
 */
import { DurableObject } from 'cloudflare:workers';

type Env = { BARE: DurableObjectNamespace<Bare> };
type Event = { id: string; record: string };

export class Bare extends DurableObject<Env> {
  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    ctx.storage.sql.exec('CREATE TABLE IF NOT EXISTS events (id TEXT PRIMARY KEY, body TEXT NOT NULL) WITHOUT ROWID');
  }

  accept(id: string, body: string, targets: string[]): void {
    this.ctx.storage.sql.exec('INSERT INTO events VALUES (?, ?)', id, body);
    this.ctx.waitUntil(Promise.all(targets.map((target) => deliver(target, id, body))));
  }
}

async function deliver(target: string, id: string, body: string): Promise<void> {
  const headers = { 'content-type': 'application/json', 'webhook-id': id };
  const answer = await fetch(target, { method: 'POST', headers, body });
  await answer.body?.cancel();
}

export default {
  async fetch(request, env) {
    const url = new URL(request.url);
    if (url.pathname === '/health') return new Response('ok');
    const body = await request.text();
    const { id, record } = JSON.parse(body) as Event;
    await env.BARE.getByName(record).accept(id, body, url.searchParams.getAll('target'));
    return new Response(null, { status: 202 });
  },
} satisfies ExportedHandler<Env>;
