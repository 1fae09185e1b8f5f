/**
 * Passes requests on, but answers 503 to the first publish of each event after the service has
 * stored it.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';

export class LossyProxy {
  readonly #tries = new Map<string, number>();
  #target = '';
  readonly #server = createServer((request, response) => void this.#pass(request, response));

  async listen(target: string): Promise<string> {
    this.#target = target;
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  triesOf(event: string): number {
    return this.#tries.get(event) ?? 0;
  }

  close(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }

  async #pass(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await text(request);
    const answer = await fetch(`${this.#target}${request.url ?? ''}`, {
      method: request.method ?? 'GET',
      headers: {
        authorization: request.headers.authorization ?? '',
        'content-type': request.headers['content-type'] ?? '',
      },
      body,
    });
    const answered = await answer.text();
    if (request.url?.endsWith('/events') === true && this.#isFirst(body)) {
      response.writeHead(503, { 'retry-after': '1' }).end('{"code": "unavailable"}');
      return;
    }
    response.writeHead(answer.status, { 'content-type': 'application/json' }).end(answered);
  }

  #isFirst(body: string): boolean {
    const { id } = JSON.parse(body) as { id: string };
    const tries = this.triesOf(id) + 1;
    this.#tries.set(id, tries);
    return tries === 1;
  }
}
