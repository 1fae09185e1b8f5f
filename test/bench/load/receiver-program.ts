/**
 * The endpoints of a load, in a process of their own: notes when the headers of each request were
 * read, and answers as the path says. `/watched/243/…` answers 204 after 243 ms and is what is
 * measured; `/beside/…` answers at once and `/hung/…` never, and neither is noted.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { type Arrivals, type FromReceiver, nowMs, type ToReceiver } from './messages.ts';

let arrivals: Arrivals = { id: [], path: [], atMs: [] };

process.on('disconnect', () => process.exit(0));
process.on('message', (message: ToReceiver) => {
  if (message === 'count') return tell({ count: arrivals.id.length });
  tell({ arrivals });
  arrivals = { id: [], path: [], atMs: [] };
});

const server = createServer(take);
server.listen(0, '127.0.0.1', () => {
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the receiver has no port');
  tell({ port: address.port });
});

function take(request: IncomingMessage, response: ServerResponse): void {
  const path = request.url ?? '';
  request.resume();
  if (path.startsWith('/hung/')) return;
  const afterMs = /^\/watched\/(\d+)\//.exec(path)?.[1];
  if (afterMs !== undefined) {
    arrivals.id.push(String(request.headers['webhook-id']));
    arrivals.path.push(path);
    arrivals.atMs.push(nowMs());
  }
  const answer = () => response.writeHead(204).end();
  if (Number(afterMs ?? 0) === 0) answer();
  else setTimeout(answer, Number(afterMs));
}

function tell(message: FromReceiver): void {
  process.send?.(message);
}
