/**
 * The endpoints of all accounts in a process of their own. Its first argument is the layout as
 * JSON. Its parent asks `delivered`, tells it of kills, and in the end asks for everything that it
 * saw.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import type { Layout } from './layout.ts';
import type { FromReceiver, ToReceiver } from './messages.ts';
import { Seen } from './seen.ts';

const seen = new Seen(JSON.parse(process.argv[2] ?? '') as Layout);

process.on('disconnect', () => process.exit(0));
process.on('message', (message: ToReceiver) => {
  if (message.ask === 'killed') seen.killed(message.published, performance.now());
  if (message.ask === 'all') {
    const { delivered, faults, taken, failed, unsure } = seen;
    return tell({ delivered, faults, taken, failed, unsure });
  }
  tell({ delivered: seen.delivered });
});

const server = createServer((request, response) => void take(request, response));
server.listen(0, '127.0.0.1', () => {
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the receiver has no port');
  tell({ port: address.port });
});

async function take(request: IncomingMessage, response: ServerResponse): Promise<void> {
  let body: string;
  try {
    body = await text(request);
  } catch {
    // The service was killed in the middle: no request.
    return;
  }
  const { id, sequence } = JSON.parse(body) as { id: string; sequence: number };
  response.writeHead(seen.request(id, sequence, performance.now())).end();
}

function tell(message: FromReceiver): void {
  process.send?.(message);
}
