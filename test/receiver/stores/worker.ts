/**
 * A Worker that runs the cases inside workerd: `GET /{d1|kv|object}/{case}` answers 204, or 500
 * with what was wrong.
 */
import { DurableObject } from 'cloudflare:workers';
import { d1Store } from '../../../src/receiver/d1.ts';
import { durableObjectStore } from '../../../src/receiver/durable-object.ts';
import { kvStore } from '../../../src/receiver/kv.ts';
import { cases, LEASE_MS, type Subject } from './conformance.ts';

type Env = { DB: D1Database; KV: KVNamespace; OBJECT: DurableObjectNamespace<Receiver> };

function clock(): Pick<Subject<never>, 'nowMs' | 'elapse'> {
  let nowMs = Date.now();
  return { nowMs: () => nowMs, elapse: async (ms) => void (nowMs += ms) };
}

async function answer<Tx>(name: string, subject: Subject<Tx>): Promise<Response> {
  const found = cases.find((one) => one.name === name);
  if (found === undefined) return new Response(`no case ${name}`, { status: 404 });
  try {
    await found.run(subject);
    return new Response(null, { status: 204 });
  } catch (error) {
    return new Response(error instanceof Error ? (error.stack ?? error.message) : String(error), { status: 500 });
  }
}

export class Receiver extends DurableObject<Env> {
  override async fetch(request: Request): Promise<Response> {
    const { sql } = this.ctx.storage;
    sql.exec('CREATE TABLE IF NOT EXISTS work (line TEXT)');
    const subject: Subject<null> = {
      ...clock(),
      store: durableObjectStore(this.ctx.storage),
      work: async (_tx, line) => void sql.exec('INSERT INTO work VALUES (?)', line),
      lines: async () =>
        sql
          .exec<{ line: string }>('SELECT line FROM work ORDER BY rowid')
          .toArray()
          .map(({ line }) => line),
    };
    return answer(nameOf(request), subject);
  }
}

async function d1Subject(db: D1Database) {
  const store = d1Store(db, { leaseMs: LEASE_MS, waitMs: 100, sleep: () => scheduler.wait(1) });
  await store.migrate();
  await db.batch([
    db.prepare('DELETE FROM tubepost_seen'),
    db.prepare('DELETE FROM tubepost_record'),
    db.prepare('CREATE TABLE IF NOT EXISTS work (line TEXT NOT NULL)'),
    db.prepare('DELETE FROM work'),
  ]);
  const subject: Subject<Parameters<Parameters<typeof store.once>[1]>[0]> = {
    ...clock(),
    store,
    work: async (tx, line) => tx.add(db.prepare('INSERT INTO work VALUES (?)').bind(line)),
    lines: async () => {
      const { results } = await db.prepare('SELECT line FROM work ORDER BY rowid').all<{ line: string }>();
      return results.map(({ line }) => line);
    },
  };
  return { store, subject };
}

function kvSubject(kv: KVNamespace, prefix: string): Subject<null> {
  const written: string[] = [];
  return {
    ...clock(),
    store: kvStore(kv, { prefix }),
    work: async (_tx, line) => void written.push(line),
    lines: async () => written,
  };
}

/** Beside the cases: what only D1 can do wrong. */
async function d1Extras(db: D1Database): Promise<Response> {
  const { store, subject } = await d1Subject(db);
  const claim = (id: string) => ({ ids: [id] as const, nowMs: 0, rememberMs: 1_000, guard: null, position: null });
  const failure = await store
    .once(claim('a'), async (tx) =>
      tx.add(db.prepare('INSERT INTO work VALUES (?)').bind('x'), db.prepare('INSERT INTO work VALUES (NULL)')),
    )
    .catch((error: unknown) => String(error));
  const again = await store.once(claim('a'), (tx) => subject.work(tx, 'second'));
  return Response.json({
    failure,
    again,
    lines: await subject.lines(),
    pruned: [await store.prune(999), await store.prune(1_000), await store.prune(1_000)],
  });
}

export default {
  async fetch(request: Request, env: Env): Promise<Response> {
    const kind = new URL(request.url).pathname.split('/')[1];
    const name = nameOf(request);
    if (kind === 'object') return env.OBJECT.getByName(name).fetch(request);
    if (kind === 'kv') return answer(name, kvSubject(env.KV, name));
    if (kind === 'd1-extras') return d1Extras(env.DB);
    return answer(name, (await d1Subject(env.DB)).subject);
  },
};

function nameOf(request: Request): string {
  return decodeURIComponent(new URL(request.url).pathname.split('/')[2] ?? '');
}
