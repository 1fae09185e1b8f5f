/**
 * Between a page and the service: it can leave every connection that is open dead, as the network
 * does to a laptop that slept.
 */
import { connect, createServer, type Server, type Socket } from 'node:net';

export class Proxy {
  readonly #server: Server;
  #pairs: [Socket, Socket][] = [];

  constructor(target: number) {
    this.#server = createServer((client) => {
      const service = connect(target, '127.0.0.1');
      // The service may be gone: the browser then sees its connection end.
      for (const socket of [client, service]) socket.on('error', () => socket.destroy());
      client.pipe(service);
      service.pipe(client);
      client.on('close', () => service.destroy());
      service.on('close', () => client.destroy());
      this.#pairs.push([client, service]);
    });
  }

  listen(port: number): Promise<void> {
    return new Promise((resolve) => this.#server.listen(port, '127.0.0.1', resolve));
  }

  /** What is open stays open and carries nothing any more; what is opened from now on works. */
  deaden(): void {
    for (const [client, service] of this.#pairs) {
      client.unpipe();
      service.unpipe();
      client.pause();
      service.pause();
    }
    this.#pairs = [];
  }

  close(): void {
    for (const socket of this.#pairs.flat()) socket.destroy();
    this.#server.close();
  }
}
