/** Live connections to the real app in workerd, as a client opens them. */
import { exports } from 'cloudflare:workers';
import { LIVE_PROTOCOL, PING, TOKEN_PROTOCOL } from '../../src/core/live.ts';
import { KEY } from './api.ts';
import { soon } from './soon.ts';

// oxlint-disable-next-line typescript/no-explicit-any -- tests read answers freely; a wrong shape fails the assertion
export type Message = { type: string; at: string; record: string; status: any; ack?: number };

export class Watcher {
  readonly socket: WebSocket;
  readonly protocol: string | null;
  readonly messages: Message[] = [];
  closed: { code: number; reason: string } | null = null;
  pongs = 0;

  constructor(socket: WebSocket, protocol: string | null, isReading = true) {
    this.socket = socket;
    this.protocol = protocol;
    socket.addEventListener('message', ({ data }) => {
      if (data === 'pong') {
        this.pongs += 1;
        return;
      }
      const message: Message = JSON.parse(String(data));
      this.messages.push(message);
      if (isReading && message.ack !== undefined) socket.send(JSON.stringify({ ack: message.ack }));
    });
    socket.addEventListener('close', ({ code, reason }) => {
      this.closed = { code, reason };
    });
    socket.accept();
  }

  get last(): Message | undefined {
    return this.messages.at(-1);
  }

  /** Resolves once a message of that status has come. */
  shows(status: string | null, from = 0): Promise<Message> {
    return soon(() => {
      const found = this.messages.slice(from).find((message) => (message.status?.status ?? null) === status);
      if (found === undefined) throw new Error(`no ${status} in ${JSON.stringify(this.messages.slice(from))}`);
      return found;
    });
  }

  ends(): Promise<{ code: number; reason: string }> {
    return soon(() => {
      if (this.closed === null) throw new Error('it is still open');
      return this.closed;
    });
  }

  ping(): void {
    this.socket.send(PING);
  }
}

export function upgrade(path: string, headers: Record<string, string> = { authorization: `Bearer ${KEY}` }) {
  return exports.default.fetch(`https://tubepost.test${path}`, { headers: { upgrade: 'websocket', ...headers } });
}

export async function watch(path: string, headers?: Record<string, string>, isReading = true): Promise<Watcher> {
  const response = await upgrade(path, headers);
  if (response.webSocket === null) throw new Error(`${response.status} ${await response.text()}`);
  return new Watcher(response.webSocket, response.headers.get('sec-websocket-protocol'), isReading);
}

/** As a browser must: its token among the protocols. */
export function withToken(token: string): Record<string, string> {
  return { 'sec-websocket-protocol': `${LIVE_PROTOCOL}, ${TOKEN_PROTOCOL}${token}` };
}
