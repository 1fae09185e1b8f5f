/**
 * A receiver as it should be, and eight that have one fault each: those that integrators really
 * make. It verifies with the official library, works for a moment, and shows its state at
 * `/state/{record}`.
 */
import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import { setTimeout as wait } from 'node:timers/promises';
import { Webhook } from 'standardwebhooks';

export const SECRET = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';

export type Habits = {
  verifies: 'bytes' | 'parsed' | 'nothing';
  deduplicates: boolean;
  guardsVersions: boolean;
  /** Answers before its work is done. */
  isHasty: boolean;
  forgeryStatus: number;
  bodyBytesMax: number;
  delayMs: number;
};

export const GOOD: Habits = {
  verifies: 'bytes',
  deduplicates: true,
  guardsVersions: true,
  isHasty: false,
  forgeryStatus: 401,
  bodyBytesMax: 512 * 1024,
  delayMs: 0,
};

/** By the name of the fault, and the checks that must name it. */
export const BROKEN: Record<string, { habits: Partial<Habits>; checks: string[] }> = {
  'no verification': { habits: { verifies: 'nothing' }, checks: ['forged', 'stale'] },
  'verification of parsed JSON': { habits: { verifies: 'parsed' }, checks: ['big-integer'] },
  'no deduplication': { habits: { deduplicates: false }, checks: ['duplicate', 'concurrent', 'replay'] },
  'an answer before the work': { habits: { isHasty: true }, checks: ['acknowledgement'] },
  'no version guard': { habits: { guardsVersions: false }, checks: ['order'] },
  '500 on a forgery': { habits: { forgeryStatus: 500 }, checks: ['forged', 'stale'] },
  'a limit of 100 KB': { habits: { bodyBytesMax: 100 * 1024 }, checks: ['large'] },
  'a slow handler': { habits: { delayMs: 150 }, checks: ['burst'] },
};

type Event = { id: string; record: string; version: number };
type Kept = { handled: number; version: number };
export type Receiver = { origin: string; url: string; stateUrl: string; close: () => Promise<void> };

const WORK_MS = 3;
/** What a hasty one does after its answer: longer than the look at its state takes. */
const HASTY_WORK_MS = 250;

export async function openReceiver(more: Partial<Habits> = {}, secret = SECRET): Promise<Receiver> {
  const habits: Habits = { ...GOOD, ...more };
  const webhook = new Webhook(secret);
  const records = new Map<string, Kept>();
  /** By id: its work, so that a second copy waits for the first. */
  const seen = new Map<string, Promise<void>>();

  async function handle({ record, version }: Event): Promise<void> {
    await wait(habits.isHasty ? HASTY_WORK_MS : WORK_MS + habits.delayMs);
    const before = records.get(record) ?? { handled: 0, version: 0 };
    const isNewer = !habits.guardsVersions || version > before.version;
    records.set(record, { handled: before.handled + 1, version: isNewer ? version : before.version });
  }

  async function take(request: IncomingMessage): Promise<number> {
    const body = await bytesOf(request, habits.bodyBytesMax);
    if (body === null) return 413;
    const headers = Object.fromEntries(Object.entries(request.headers).map(([name, value]) => [name, String(value)]));
    try {
      if (habits.verifies === 'bytes') webhook.verify(body, headers);
      if (habits.verifies === 'parsed') webhook.verify(JSON.stringify(JSON.parse(body.toString())), headers);
    } catch {
      return habits.forgeryStatus;
    }
    const event = JSON.parse(body.toString()) as Event;
    const work = (habits.deduplicates ? seen.get(event.id) : undefined) ?? handle(event);
    seen.set(event.id, work);
    if (!habits.isHasty) await work;
    return 204;
  }

  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url ?? '/', 'http://at');
    if (request.method === 'GET') {
      const kept = records.get(decodeURIComponent(pathname.replace('/state/', '')));
      response.writeHead(kept === undefined ? 404 : 200).end(JSON.stringify(kept));
      return;
    }
    take(request).then(
      (status) => response.writeHead(status).end(),
      () => response.writeHead(500).end(),
    );
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the receiver has no port');
  const origin = `http://127.0.0.1:${address.port}`;
  return {
    origin,
    url: `${origin}/hook`,
    stateUrl: `${origin}/state/{record}`,
    close: async () => {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}

/** Null where it is larger; the rest is read all the same, so that the answer arrives. */
async function bytesOf(request: IncomingMessage, most: number): Promise<Buffer | null> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes <= most) chunks.push(chunk);
  }
  return bytes <= most ? Buffer.concat(chunks) : null;
}
