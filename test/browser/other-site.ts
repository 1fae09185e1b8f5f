/**
 * Somebody else's web server: it shows pages that frame what it is told, and answers webhooks as
 * badly as it can.
 */
import { once } from 'node:events';
import { createServer } from 'node:http';

export class OtherSite {
  /** What its pages frame. */
  framed: readonly string[] = [];
  /** What it answers to a webhook, in the body and in a header. */
  answer = '';
  readonly #server = createServer((request, response) => {
    if (request.method === 'POST') {
      request.resume();
      response.writeHead(400, { 'content-type': 'text/html', 'x-answer': this.answer }).end(this.answer);
      return;
    }
    const frames = this.framed.map((url) => `<iframe src="${url}" width="600" height="600"></iframe>`);
    response
      .writeHead(200, { 'content-type': 'text/html' })
      .end(`<!doctype html><title>Elsewhere</title>${frames.join('')}`);
  });

  async listen(): Promise<string> {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
    const address = this.#server.address();
    if (address === null || typeof address === 'string') throw new Error('the other site has no port');
    return `http://127.0.0.1:${address.port}`;
  }

  close(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }
}
