/**
 * Tubepost's API as a careful publisher uses it: what has an id is published again with the same id until it is acknowledged
 * (P1). Answers are parsed, never trusted.
 */
import { setTimeout as wait } from 'node:timers/promises';
import { z } from 'zod';

const REQUEST_MS = 30_000;
const AGAIN_MS = 250;

export type NewEvent = { id?: string; type: string; record?: string; version?: number; data: unknown };

const accepted = z.object({
  id: z.string(),
  sequence: z.number().nullable(),
  duplicate: z.boolean(),
  deliveryCount: z.number(),
  deliveries: z.array(z.object({ id: z.string(), endpoint: z.string(), status: z.string() })),
});
const batchAnswer = z.object({ results: z.array(accepted.extend({ status: z.literal(202) })) });
const delivery = z.object({
  id: z.string(),
  endpoint: z.string(),
  event: z.string(),
  eventType: z.string(),
  record: z.string().nullable(),
  sequence: z.number().nullable(),
  version: z.number().nullable(),
  status: z.string(),
  attempts: z.number(),
  nextAttemptAt: z.string().nullable(),
  supersededBy: z.string().nullable(),
  replayOf: z.string().nullable(),
  replayedBy: z.string().nullable(),
  reason: z.string().nullable(),
  note: z.string(),
});
const attempt = z.object({
  id: z.string(),
  delivery: z.string(),
  endpoint: z.string(),
  event: z.string(),
  number: z.number(),
  trigger: z.string(),
  statusCode: z.number().nullable(),
  error: z.object({ kind: z.string(), message: z.string() }).nullable(),
  responseBody: z.string().nullable(),
});
const record = z.object({
  record: z.string(),
  sequence: z.number(),
  status: z.string().nullable(),
  note: z.string(),
  endpoints: z.array(z.object({ endpoint: z.string(), delivery, waiting: z.number() })),
});
const detail = delivery.extend({ attemptLog: z.array(attempt), body: z.string().nullable() });
const page = <T extends z.ZodType>(item: T) => z.object({ data: z.array(item), next: z.string().nullable() });
const endpoint = z.object({ id: z.string(), secret: z.string() });
const changed = z.object({ status: z.string(), effectiveWithinMs: z.number() });

export type Accepted = z.output<typeof accepted>;
export type Delivery = z.output<typeof delivery>;
export type Attempt = z.output<typeof attempt>;
export type RecordStatus = z.output<typeof record>;

type Answer = { status: number; body: unknown; text: string; retryAfterMs: number | null };

export class Tubepost {
  readonly #url: string;
  readonly #key: string;
  readonly #account: string;
  /** Publishes that had to be sent again because no 202 came. */
  publishedAgain = 0;

  constructor(at: { url: string; key: string; account: string }) {
    this.#url = at.url;
    this.#key = at.key;
    this.#account = at.account;
  }

  async createAccount(): Promise<void> {
    await this.#ok(z.object({}), 'PUT', '', {});
  }

  createEndpoint(body: object) {
    return this.#ok(endpoint, 'POST', '/endpoints', body);
  }

  changeEndpoint(id: string, body: object) {
    return this.#ok(changed, 'PATCH', `/endpoints/${id}`, body);
  }

  /** Until it is acknowledged: only a 4xx that is no 429 ends it, and that throws. */
  async publish(event: NewEvent): Promise<Accepted> {
    return accepted.parse(await this.#insist('/events', event, event.id !== undefined));
  }

  /** Each event must be acknowledged; nothing but events with an id may be sent again. */
  async publishBatch(events: NewEvent[]): Promise<Accepted[]> {
    const hasIds = events.every((event) => event.id !== undefined);
    return batchAnswer.parse(await this.#insist('/events/batch', { events }, hasIds)).results;
  }

  /** The bare status: for publishes that should be refused. */
  async tryPublish(event: NewEvent): Promise<number> {
    return (await this.#call('POST', '/events', event)).status;
  }

  record(key: string) {
    return this.#ok(record, 'GET', `/records/${encodeURIComponent(key)}`);
  }

  delivery(id: string) {
    return this.#ok(detail, 'GET', `/deliveries/${id}`);
  }

  replay(id: string, reason: string) {
    return this.#ok(delivery, 'POST', `/deliveries/${id}/replay`, { reason });
  }

  discard(id: string, reason: string) {
    return this.#ok(delivery, 'POST', `/deliveries/${id}/discard`, { reason });
  }

  deliveries(query: Record<string, string | string[]> = {}) {
    return this.#all(delivery, '/deliveries', query);
  }

  deadLetters(query: Record<string, string | string[]> = {}) {
    return this.#all(delivery, '/dead-letters', query);
  }

  attempts(query: Record<string, string | string[]> = {}) {
    return this.#all(attempt, '/attempts', query);
  }

  async #all<T extends z.ZodType>(item: T, path: string, query: Record<string, string | string[]>) {
    const all: z.output<T>[] = [];
    let cursor: string | null = null;
    do {
      const parameters = new URLSearchParams({ limit: '200' });
      for (const [name, values] of Object.entries(query)) {
        for (const value of [values].flat()) parameters.append(name, value);
      }
      if (cursor !== null) parameters.set('cursor', cursor);
      const answer: { data: z.output<T>[]; next: string | null } = await this.#ok(
        page(item),
        'GET',
        `${path}?${parameters.toString()}`,
      );
      all.push(...answer.data);
      cursor = answer.next;
    } while (cursor !== null);
    return all;
  }

  async #insist(path: string, body: unknown, isSafe: boolean): Promise<unknown> {
    for (;;) {
      let answer: Answer | null = null;
      try {
        answer = await this.#call('POST', path, body);
      } catch (error) {
        // No answer: whether it was stored is unknown, and only an id makes a second one harmless.
        if (!isSafe) throw error;
      }
      if (answer !== null && answer.status < 300) return answer.body;
      const isPassing = answer === null || answer.status === 429 || answer.status >= 500;
      if (!isPassing || !isSafe) throw new Error(`POST ${path}: ${answer?.status} ${answer?.text}`);
      this.publishedAgain += 1;
      await wait(answer?.retryAfterMs ?? AGAIN_MS);
    }
  }

  async #ok<T extends z.ZodType>(schema: T, method: string, path: string, body?: unknown): Promise<z.output<T>> {
    const answer = await this.#call(method, path, body);
    if (answer.status >= 300) throw new Error(`${method} ${path}: ${answer.status} ${answer.text}`);
    return schema.parse(answer.body);
  }

  async #call(method: string, path: string, body?: unknown): Promise<Answer> {
    const response = await fetch(`${this.#url}/v1/accounts/${this.#account}${path}`, {
      method,
      headers: { authorization: `Bearer ${this.#key}`, 'content-type': 'application/json' },
      signal: AbortSignal.timeout(REQUEST_MS),
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    const retryAfter = response.headers.get('retry-after');
    return {
      status: response.status,
      text: text.slice(0, 500),
      body: response.headers.get('content-type')?.includes('json') === true ? JSON.parse(text) : null,
      retryAfterMs: retryAfter === null ? null : Number(retryAfter) * 1_000,
    };
  }
}
