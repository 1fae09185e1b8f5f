/**
 * Tubepost's API as a careful publisher uses it: what has an id is published again with the same id
 * until it is acknowledged (P1). Reads go by the typed client; its answers too are parsed, never
 * trusted.
 */
import { setTimeout as wait } from 'node:timers/promises';
import { z } from 'zod';
import { type Answered, type Client, createClient, type ListName, type Reading } from '../../src/client/client.ts';

const REQUEST_MS = 30_000;
const AGAIN_MS = 250;
/** A patient one gives up after this. */
const PATIENCE_MS = 240_000;
/** The largest pages. */
const ALL = { limit: 200 };

export type EventBody = { id?: string; type: string; record?: string; version?: number; data: unknown };

const accepted = z.object({
  id: z.string(),
  sequence: z.number().nullable(),
  duplicate: z.boolean(),
  deliveryCount: z.number(),
  deliveries: z.array(z.object({ id: z.string(), endpoint: z.string(), status: z.string() })),
});
const batchAnswer = z.object({ results: z.array(accepted.extend({ status: z.literal(202) })) });
const statuses = z.object({ results: z.array(z.object({ status: z.number() })) });
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
  acceptedAt: z.string(),
  endedAt: z.string().nullable(),
});
const attempt = z.object({
  id: z.string(),
  delivery: z.string(),
  endpoint: z.string(),
  event: z.string(),
  number: z.number(),
  trigger: z.string(),
  at: z.string(),
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
const endpoint = z.object({ id: z.string(), secret: z.string() });
const counted = z.object({ count: z.number() });
const replayJob = z.object({
  id: z.string(),
  status: z.string(),
  note: z.string(),
  skippedBy: z.record(z.string(), z.number()),
  progress: z.object({ total: z.number(), delivered: z.number(), failed: z.number(), skipped: z.number() }),
});
const rotated = z.object({ id: z.string() });
const changed = z.object({ status: z.string(), effectiveWithinMs: z.number() });

export type Accepted = z.output<typeof accepted>;
export type Delivery = z.output<typeof delivery>;
export type Attempt = z.output<typeof attempt>;
export type DeliveryDetail = z.output<typeof detail>;
export type ReplayJob = z.output<typeof replayJob>;
export type RecordStatus = z.output<typeof record>;

/**
 * `isPatient`: for a service that is killed now and then. What gets no answer, a 5xx or a 429 is
 * asked again.
 */
export type At = { url: string; key: string; account: string; isPatient?: boolean };

type Answer = { status: number; body: unknown; text: string; retryAfterMs: number | null };

export class Tubepost {
  readonly #url: string;
  readonly #key: string;
  readonly #account: string;
  readonly #isPatient: boolean;
  readonly #client: Client;
  /** Publishes that had to be sent again because no 202 came. */
  publishedAgain = 0;

  constructor(at: At) {
    this.#isPatient = at.isPatient ?? false;
    this.#url = at.url;
    this.#key = at.key;
    this.#account = at.account;
    const triesMax = this.#isPatient ? PATIENCE_MS / AGAIN_MS : 1;
    this.#client = createClient({ origin: at.url, key: at.key, triesMax, sleep: () => wait(AGAIN_MS) });
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

  /** With a secret of the caller's own, so that the receiver can have it before. */
  rotateSecret(id: string, body: { secret: string; overlapSeconds: number }, key: string) {
    return this.#ok(rotated, 'POST', `/endpoints/${id}/secrets/rotate`, body, key);
  }

  /** Until it is acknowledged: only a 4xx that is no 429 ends it, and that throws. */
  async publish(event: EventBody): Promise<Accepted> {
    return accepted.parse(await this.#insist('/events', event, event.id !== undefined));
  }

  /** Each event must be acknowledged; nothing but events with an id may be sent again. */
  async publishBatch(events: EventBody[]): Promise<Accepted[]> {
    const hasIds = events.every((event) => event.id !== undefined);
    for (;;) {
      const answer = await this.#insist('/events/batch', { events }, hasIds);
      // One whose record did not answer failed alone: all may be sent again, for they have ids.
      const isPassing = hasIds && statuses.parse(answer).results.some(({ status }) => status === 429 || status >= 500);
      if (!isPassing) return batchAnswer.parse(answer).results;
      this.publishedAgain += 1;
      await wait(AGAIN_MS);
    }
  }

  /** The bare status: for publishes that should be refused. */
  async tryPublish(event: EventBody): Promise<number> {
    return (await this.#call('POST', '/events', event)).status;
  }

  async record(key: string) {
    return record.parse(told(await this.#client.call('getRecord', { path: this.#at({ record: key }) })));
  }

  async delivery(id: string) {
    return detail.parse(told(await this.#client.call('getDelivery', { path: this.#at({ delivery: id }) })));
  }

  replay(id: string, reason: string, key?: string) {
    return this.#ok(delivery, 'POST', `/deliveries/${id}/replay`, { reason }, key);
  }

  /** What a replay of a range would send. */
  async countRange(range: object): Promise<number> {
    return (await this.#ok(counted, 'POST', '/replays', { ...range, dryRun: true })).count;
  }

  /** Started again with the same key, it is the same job. */
  replayRange(range: object, key: string) {
    return this.#ok(replayJob, 'POST', '/replays', range, key);
  }

  async replayOfRange(id: string) {
    return replayJob.parse(told(await this.#client.call('getReplay', { path: this.#at({ replay: id }) })));
  }

  replayed(id: string) {
    return this.#all(delivery, 'listReplayedDeliveries', { path: this.#at({ replay: id }), query: ALL });
  }

  discard(id: string, reason: string) {
    return this.#ok(delivery, 'POST', `/deliveries/${id}/discard`, { reason });
  }

  deliveries(query: Reading<'listDeliveries'>['query'] = {}) {
    return this.#all(delivery, 'listDeliveries', { path: this.#at({}), query: { ...ALL, ...query } });
  }

  deadLetters(query: Reading<'listDeadLetters'>['query'] = {}) {
    return this.#all(delivery, 'listDeadLetters', { path: this.#at({}), query: { ...ALL, ...query } });
  }

  attempts(query: Reading<'listAttempts'>['query'] = {}) {
    return this.#all(attempt, 'listAttempts', { path: this.#at({}), query: { ...ALL, ...query } });
  }

  #at<T extends object>(more: T): T & { account: string } {
    return { ...more, account: this.#account };
  }

  async #all<T extends z.ZodType, N extends ListName>(item: T, name: N, input: Reading<N>): Promise<z.output<T>[]> {
    const all: z.output<T>[] = [];
    for await (const one of this.#client.list(name, input)) all.push(item.parse(one));
    return all;
  }

  async #insist(path: string, body: unknown, isSafe: boolean): Promise<unknown> {
    const deadlineMs = Date.now() + PATIENCE_MS;
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
      if (!isPassing || !isSafe || Date.now() > deadlineMs)
        throw new Error(`POST ${path}: ${answer?.status} ${answer?.text}`);
      this.publishedAgain += 1;
      await wait(answer?.retryAfterMs ?? AGAIN_MS);
    }
  }

  async #ok<T extends z.ZodType>(
    schema: T,
    method: string,
    path: string,
    body?: unknown,
    idempotencyKey?: string,
  ): Promise<z.output<T>> {
    const call = () => this.#call(method, path, body, idempotencyKey);
    const answer = this.#isPatient ? await patiently(call) : await call();
    if (answer.status >= 300) throw new Refused(`${method} ${path}: ${answer.status} ${answer.text}`, answer.status);
    return schema.parse(answer.body);
  }

  async #call(method: string, path: string, body?: unknown, idempotencyKey?: string): Promise<Answer> {
    const response = await fetch(`${this.#url}/v1/accounts/${this.#account}${path}`, {
      method,
      headers: {
        authorization: `Bearer ${this.#key}`,
        'content-type': 'application/json',
        ...(idempotencyKey === undefined ? {} : { 'idempotency-key': idempotencyKey }),
      },
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

/** The data of an answer; what is refused is thrown. */
function told<T>(answer: Answered<T>): T {
  if (answer.ok) return answer.data;
  throw new Refused(`${answer.status} ${answer.problem.code}: ${answer.problem.detail}`, answer.status);
}

/** The service understood and said no. */
export class Refused extends Error {
  readonly status: number;

  constructor(message: string, status: number) {
    super(message);
    this.status = status;
  }
}

/** An Idempotency-Key whose first request died stays locked for a while. */
function isPassing({ status, text }: Answer): boolean {
  return status === 429 || status >= 500 || (status === 409 && text.includes('idempotency-in-progress'));
}

async function patiently(call: () => Promise<Answer>): Promise<Answer> {
  const deadlineMs = Date.now() + PATIENCE_MS;
  for (;;) {
    try {
      const answer = await call();
      if (!isPassing(answer) || Date.now() > deadlineMs) return answer;
    } catch (error) {
      // Killed before or while it answered.
      if (Date.now() > deadlineMs) throw error;
    }
    await wait(AGAIN_MS);
  }
}
