// app/hook/route.js of Next.js 15 or later, on a server of your own: Node 22.13 or later, and a disk for SQLite.
// On Vercel, do what `take` does in PostgreSQL. npm install standardwebhooks
import { createPublicKey, verify } from 'node:crypto';
import { DatabaseSync } from 'node:sqlite';
import { Webhook } from 'standardwebhooks';

const BODY_BYTES_MAX = 1024 * 1024; // 256 KiB of data, escaped, and what is around it

let opened;
/** At the first request: `next build` loads this file too, and has neither secret nor database. */
function open() {
  return (opened ??= { verifiers: openVerifiers(), take: openDatabase() });
}

function openVerifiers() {
  // whsec_… or whpk_…; during a rotation both secrets, with a space between them
  const secrets = process.env.WEBHOOK_SECRET.split(' ');
  return secrets.map((secret) => (secret.startsWith('whpk_') ? v1a(secret) : v1(secret)));
}

function openDatabase() {
  const db = new DatabaseSync(process.env.DATABASE ?? 'receiver.db', { timeout: 5_000 });
  db.exec(`
    PRAGMA journal_mode = WAL;
    CREATE TABLE IF NOT EXISTS seen (id TEXT PRIMARY KEY, at TEXT NOT NULL DEFAULT CURRENT_TIMESTAMP);
    CREATE INDEX IF NOT EXISTS seen_at ON seen (at);
    CREATE TRIGGER IF NOT EXISTS forget AFTER INSERT ON seen
      BEGIN DELETE FROM seen WHERE at < datetime('now', '-7 days'); END;
    CREATE TABLE IF NOT EXISTS records (record TEXT PRIMARY KEY, version INTEGER, event TEXT NOT NULL);
    CREATE TABLE IF NOT EXISTS jobs (number INTEGER PRIMARY KEY, event TEXT NOT NULL);`);
  const see = db.prepare('INSERT INTO seen (id) VALUES (?) ON CONFLICT DO NOTHING');
  const keepNewest = db.prepare(`
    INSERT INTO records (record, version, event) VALUES (?, ?, ?)
    ON CONFLICT (record) DO UPDATE SET version = coalesce(excluded.version, version), event = excluded.event
    WHERE coalesce(excluded.version >= version, TRUE)`);
  const addJob = db.prepare('INSERT INTO jobs (event) VALUES (?)');

  /** Your work, in the transaction. What is slow or leaves this database (a mail) becomes a job. */
  function handle(event, text) {
    addJob.run(text); // JSON.parse has rounded integers beyond 2^53 in `event`: `text` has their digits
    console.log(event.type, event.record, event.data);
  }

  /** Each id once, and no version older than the record's: all of it is committed, or nothing. */
  function take(id, event, text) {
    db.exec('BEGIN IMMEDIATE');
    try {
      const isNew = see.run(id).changes === 1;
      if (isNew && keepNewest.run(event.record ?? id, event.version ?? null, text).changes === 1) handle(event, text);
      db.exec('COMMIT');
    } catch (error) {
      db.exec('ROLLBACK');
      throw error;
    }
  }
  return take;
}

function v1(secret) {
  const webhook = new Webhook(secret);
  return (text, headers) => {
    try {
      webhook.verify(text, headers, { jsonParse: false });
      return true;
    } catch {
      return false;
    }
  };
}

/** Ed25519 by hand: a signature is `v1a,` and base64, and signs `id.timestamp.body`. */
function v1a(secret) {
  const x = Buffer.from(secret.slice(5), 'base64').toString('base64url');
  const key = createPublicKey({ format: 'jwk', key: { kty: 'OKP', crv: 'Ed25519', x } });
  return (text, { 'webhook-id': id, 'webhook-timestamp': at, 'webhook-signature': signatures }) => {
    const signed = Buffer.from(`${id}.${at}.${text}`);
    const ours = signatures.split(' ').filter((one) => one.startsWith('v1a,'));
    const isSigned = ours.some((one) => verify(null, signed, key, Buffer.from(one.slice(4), 'base64')));
    return isSigned && Math.abs(Date.now() / 1_000 - at) <= 300;
  };
}

export async function POST(request) {
  const headers = Object.fromEntries(request.headers); // the library takes no Fetch `Headers`
  const body = await read(request);
  if (body === null) return new Response(null, { status: 413 });
  const [text, id] = [body.toString(), headers['webhook-id']];
  if (!id || !headers['webhook-timestamp'] || !headers['webhook-signature']) return new Response(null, { status: 400 });
  const { verifiers, take } = open();
  if (!verifiers.some((isOurs) => isOurs(text, headers))) return new Response(null, { status: 401 });
  let event;
  try {
    event = JSON.parse(text);
  } catch {
    return new Response(null, { status: 400 });
  }
  if (typeof event?.type !== 'string') return new Response(null, { status: 400 });
  take(id, event, text); // what throws is answered 500, and comes again
  return new Response(null, { status: 204 });
}

/** Null where it is too large. */
async function read(request) {
  const chunks = [];
  let bytes = 0;
  for await (const chunk of request.body ?? []) {
    if ((bytes += chunk.length) > BODY_BYTES_MAX) return null;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
