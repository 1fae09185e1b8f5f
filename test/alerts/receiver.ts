/**
 * Everybody's receiver, by path: customers' endpoints in moods that the story changes, and the
 * operator's. Every request is verified with the official library; Slack's path answers as Slack
 * does. Keeps what the judge needs.
 */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import { Webhook } from 'standardwebhooks';
import { slackAnswer } from '../support/slack.ts';

export type Got = { path: string; event: string; body: string; status: number; said: string; fault: string | null };
/** `nth`: of the requests to this path, from 1. */
export type Mood = (nth: number) => number;

export class Receiver {
  readonly got: Got[] = [];
  readonly #moods = new Map<string, Mood | 'slack'>();
  readonly #secrets = new Map<string, string>();
  readonly #server = createServer((request, response) => void this.#take(request, response));

  async listen(): Promise<string> {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
    const address = this.#server.address();
    if (address === null || typeof address === 'string') throw new Error('the receiver has no port');
    return `http://127.0.0.1:${address.port}`;
  }

  async close(): Promise<void> {
    this.#server.close();
    this.#server.closeAllConnections();
    await once(this.#server, 'close');
  }

  setMood(path: string, mood: Mood | 'slack'): void {
    this.#moods.set(path, mood);
  }

  setSecret(path: string, secret: string): void {
    this.#secrets.set(path, secret);
  }

  /** Once for each event: a second copy is allowed, and says nothing new. */
  eventsAt(path: string): Got[] {
    const at = this.got.filter((one) => one.path === path);
    return [...new Map(at.map((one) => [one.event, one])).values()];
  }

  async #take(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = incoming.url ?? '';
    const headers = Object.fromEntries(Object.entries(incoming.headers).map(([name, value]) => [name, String(value)]));
    const body = await text(incoming);
    const nth = this.got.filter((one) => one.path === path).length + 1;
    const mood = this.#moods.get(path);
    const answer =
      mood === 'slack' ? slackAnswer({ headers, body }) : { status: mood?.(nth) ?? 404, body: `answer ${nth}` };
    const fault = this.#verify(path, headers, body);
    this.got.push({
      path,
      event: headers['webhook-id'] ?? '',
      body,
      status: answer.status,
      said: answer.body,
      fault,
    });
    response.writeHead(answer.status, { 'content-type': 'text/plain' }).end(answer.body);
  }

  #verify(path: string, headers: Record<string, string>, body: string): string | null {
    const secret = this.#secrets.get(path);
    if (secret === undefined) return `${path} has no secret`;
    try {
      new Webhook(secret).verify(body, headers);
      return null;
    } catch (error) {
      // What the library refuses is what is counted here.
      return `${path}: ${String(error)}`;
    }
  }
}
