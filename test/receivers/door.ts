/**
 * What stands between the service and a receiver: it passes requests on and remembers them, and it
 * can lose an answer that the receiver has given.
 */
import { once } from 'node:events';
import {
  Agent,
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  request as send,
  type ServerResponse,
} from 'node:http';
import { buffer } from 'node:stream/consumers';
import { until } from '../support/poll.ts';

export type Passed = {
  id: string;
  headers: IncomingHttpHeaders;
  body: string;
  /** What the receiver answered; null where it did not. */
  status: number | null;
  /** The service never got that answer. */
  isLost: boolean;
};

const ARRIVES_WITHIN_MS = 90_000;

export class Door {
  readonly passed: Passed[] = [];
  readonly #port: number;
  readonly #agent = new Agent({ keepAlive: true });
  #lose: (() => Promise<void>) | null = null;
  readonly #server = createServer((incoming, answer) => void this.#pass(incoming, answer));

  /** `port`: of the receiver. */
  constructor(port: number) {
    this.#port = port;
  }

  async listen(): Promise<string> {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
    const address = this.#server.address();
    if (address === null || typeof address === 'string') throw new Error('the door has no port');
    return `http://127.0.0.1:${address.port}/hook`;
  }

  close(): void {
    this.#server.close();
    this.#server.closeAllConnections();
    this.#agent.destroy();
  }

  /** Of the next request the answer is lost, after `meanwhile`. */
  loseNextAnswer(meanwhile: () => Promise<void> = async () => undefined): void {
    this.#lose = meanwhile;
  }

  of(id: string): Passed[] {
    return this.passed.filter((one) => one.id === id);
  }

  /** Once the service has got a 2xx for the event. */
  delivered(id: string): Promise<Passed> {
    const isDone = ({ status, isLost }: Passed) => status !== null && status < 300 && !isLost;
    return until(`${id} is delivered`, ARRIVES_WITHIN_MS, () => this.of(id).find(isDone) ?? null);
  }

  async #pass(incoming: IncomingMessage, answer: ServerResponse): Promise<void> {
    const body = await buffer(incoming);
    const { headers } = incoming;
    const passed: Passed = {
      id: String(headers['webhook-id']),
      headers,
      body: body.toString(),
      status: null,
      isLost: false,
    };
    this.passed.push(passed);
    try {
      const status = await this.#ask(headers, body);
      const lose = this.#lose;
      this.#lose = null;
      if (lose !== null) {
        passed.isLost = true;
        passed.status = status;
        await lose();
        answer.destroy();
        return;
      }
      answer.writeHead(status).end();
      passed.status = status;
    } catch {
      // It is not there, or it died: to the service, the connection breaks.
      answer.destroy();
    }
  }

  #ask(headers: IncomingHttpHeaders, body: Buffer): Promise<number> {
    return new Promise((resolve, reject) => {
      const { connection: _, host: __, 'transfer-encoding': ___, ...rest } = headers;
      const asked = send(
        {
          host: '127.0.0.1',
          port: this.#port,
          path: '/hook',
          method: 'POST',
          agent: this.#agent,
          headers: { ...rest, 'content-length': body.length },
        },
        (answer) => {
          answer.resume().once('end', () => resolve(answer.statusCode ?? 0));
          answer.once('error', reject);
        },
      );
      asked.once('error', reject);
      asked.end(body);
    });
  }
}
