/**
 * The receivers of the crash test, in a process of their own that no kill of the service touches.
 * Verifies every request with two official libraries, behaves as the cast says, and writes what
 * happened to a file, in order. Its parent tells it the secrets.
 *
 *   node test/crash/receiver.ts <file>     forked: messages {path, secret}, answered {path}; ends with its parent
 */
import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { setTimeout as wait } from 'node:timers/promises';
import { Webhook as Standard } from 'standardwebhooks';
import { Webhook as Svix } from 'svix';
import { z } from 'zod';
import { CAST } from './cast.ts';
import type { Arrived, Line } from './seen.ts';

const file = process.argv[2];
if (file === undefined) throw new Error('no file to write to');
const out = createWriteStream(file, { flags: 'a' });
const roles = new Map(CAST.map((role) => [role.path, role]));
const secrets = new Map<string, string[]>();
let count = 0;

const body = z.object({
  id: z.string(),
  type: z.string(),
  record: z.string().nullable(),
  sequence: z.number().nullable(),
  version: z.number().nullable(),
  data: z.unknown(),
});

const nowMs = () => performance.timeOrigin + performance.now();
const write = (line: Line) => out.write(`${JSON.stringify(line)}\n`);
const hashOf = (text: string | Buffer) => createHash('sha256').update(text).digest('base64url').slice(0, 22);

function read(path: string, headers: IncomingHttpHeaders, bytes: Buffer): Arrived {
  const { id, type, record, sequence, version, data } = body.parse(JSON.parse(bytes.toString()));
  const header = (name: string) => z.string().parse(headers[name]);
  const signedBy = verifiedBy(secrets.get(path) ?? [], headers, bytes);
  const isSameId = id === header('webhook-id');
  return {
    kind: 'arrived',
    n: (count += 1),
    atMs: nowMs(),
    path,
    event: header('webhook-id'),
    type,
    record,
    sequence,
    version,
    attempt: Number(header('webhook-attempt')),
    previous: header('webhook-previous'),
    replay: headers['webhook-replay'] === undefined ? null : header('webhook-replay'),
    signedAtSeconds: Number(header('webhook-timestamp')),
    bodyHash: hashOf(bytes),
    dataHash: hashOf(JSON.stringify(data)),
    signedBy,
    fault: !isSameId ? 'webhook-id is not the id of the body' : signedBy.length === 0 ? 'no secret verifies it' : null,
  };
}

/** The secrets on which both libraries agree; one that only one of them accepts counts as none. */
function verifiedBy(known: string[], headers: IncomingHttpHeaders, bytes: Buffer): number[] {
  const flat = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value)]));
  const isRight = (verify: () => unknown) => {
    try {
      verify();
      return true;
    } catch {
      // A refusal is what is asked for here.
      return false;
    }
  };
  return known.flatMap((secret, index) => {
    const both = [() => new Standard(secret).verify(bytes, flat), () => new Svix(secret).verify(bytes, flat)];
    return both.every(isRight) ? [index] : [];
  });
}

async function take(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
  let bytes: Buffer;
  try {
    bytes = await buffer(incoming);
  } catch {
    // Killed before all of it had arrived: to this side, that is no request.
    return;
  }
  let request: Arrived;
  try {
    request = read(incoming.url ?? '', incoming.headers, bytes);
  } catch (error) {
    process.send?.({ unreadable: `${incoming.url}: ${String(error)}` });
    response.writeHead(400).end();
    return;
  }
  write(request);
  const { n } = request;
  let isOver = false;
  const end = (how: Extract<Line, { kind: 'over' }>['end']) => {
    if (!isOver) write({ kind: 'over', n, atMs: nowMs(), end: how });
    isOver = true;
  };
  response.once('close', () => end('hung-up'));
  const role = roles.get(request.path);
  const { event, attempt, replay, atMs } = request;
  const behaviour = role?.behave({ event, attempt, isReplay: replay !== null, atMs });
  if (behaviour?.kind === 'hang') return;
  if (behaviour?.kind === 'drop') {
    end('dropped');
    response.destroy();
    return;
  }
  const status = request.fault !== null ? 401 : (behaviour?.status ?? 404);
  if (behaviour !== undefined && behaviour.afterMs > 0) await wait(behaviour.afterMs);
  // Over before it is sent: the next request of a lane can only come after.
  end(status);
  response.writeHead(status, { 'content-type': 'text/plain' }).end(status === 200 ? 'ok' : `says ${status}`);
}

const news = z.object({ path: z.string(), secret: z.string() });
process.on('message', (message) => {
  const { path, secret } = news.parse(message);
  secrets.set(path, [...(secrets.get(path) ?? []), secret]);
  process.send?.({ path });
});
process.on('disconnect', () => {
  server.close();
  server.closeAllConnections();
  out.end(() => process.exit(0));
});

const server = createServer((incoming, response) => void take(incoming, response));
server.listen(0, '127.0.0.1', () => {
  const address = server.address();
  if (address !== null && typeof address !== 'string') process.send?.({ url: `http://127.0.0.1:${address.port}` });
});
