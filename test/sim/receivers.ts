/**
 * The receivers behind the endpoints, and the network to them: moods that change, requests that
 * were seen.
 */
import type { AttemptOutcome, ErrorKind } from '../../src/core/outcome.ts';
import { kindOfStatus } from '../../src/core/outcome.ts';
import type { AttemptRequest } from '../../src/core/rpc.ts';
import type { Life } from './schedule.ts';
import type { Node, World } from './world.ts';

export type Mood =
  | 'ok'
  | 'slow'
  | 'error'
  | 'busy'
  | 'refuses'
  | 'gone'
  | 'hangs'
  | 'unreachable'
  | 'answer lost'
  | 'aborts'
  | 'disables';

const MOODS: Record<Mood, number> = {
  ok: 40,
  slow: 10,
  error: 15,
  busy: 8,
  refuses: 4,
  gone: 1,
  hangs: 8,
  unreachable: 6,
  'answer lost': 8,
  aborts: 2,
  disables: 1,
};

const OUTAGES: readonly Mood[] = ['error', 'unreachable', 'hangs', 'busy'];

/** One request as we sent it, and what became of it at the receiver. */
export type Sent = {
  number: number;
  request: AttemptRequest;
  record: string;
  sentMs: number;
  startMs: number | null;
  /** When the receiver was done with it; null while it works, or where it never answers. */
  endMs: number | null;
  /** Our side has an outcome, or gave up waiting for one. */
  isOver: boolean;
};

export type SentWatch = { arrives(sent: Sent): void };

export class Receivers {
  readonly #world: World;
  readonly #watch: SentWatch;
  readonly #moods = new Map<string, Mood>();
  #outage: Mood | null = null;
  #sent = 0;
  isCalm = false;

  constructor(world: World, watch: SentWatch) {
    this.#world = world;
    this.#watch = watch;
  }

  moodOf(endpoint: string): Mood {
    return this.isCalm ? 'ok' : (this.#outage ?? this.#moods.get(endpoint) ?? 'ok');
  }

  get isOut(): boolean {
    return this.#outage !== null;
  }

  /** All endpoints fail alike, or do again as each of them did before. */
  toggleOutage(): string {
    this.#outage = this.#outage === null ? this.#world.prng.pick(OUTAGES) : null;
    return `all receivers: ${this.#outage ?? 'as before'}`;
  }

  changeMood(endpoint: string): Mood {
    const mood = this.#world.prng.weighted(MOODS);
    this.#moods.set(endpoint, mood);
    return mood;
  }

  /** Never rejects. The promise of a dead sender's attempt may settle, to nobody. */
  attempt(from: Life, node: Node, record: string, request: AttemptRequest): Promise<AttemptOutcome> {
    const { schedule } = this.#world;
    const { promise, resolve } = Promise.withResolvers<AttemptOutcome>();
    if (!from.isAlive) return promise;
    this.#sent += 1;
    const atMs = this.#world.clockOf(node);
    const sent: Sent = {
      number: this.#sent,
      request: structuredClone(request),
      record,
      sentMs: this.#world.nowMs,
      startMs: null,
      endMs: null,
      isOver: false,
    };
    const over = (answer: Partial<AttemptOutcome>) => {
      if (sent.isOver) return;
      sent.isOver = true;
      schedule.remove(timer);
      const latencyMs = Math.max(0, this.#world.clockOf(node) - atMs);
      resolve({ ...outcomeOf(answer.statusCode ?? null, answer.error ?? null), atMs, latencyMs, ...answer });
    };
    const failed = (kind: ErrorKind) => over({ error: { kind, message: `simulated ${kind}` } });
    const timer = schedule.add('timeout of a request', () => failed('timeout'), {
      life: from,
      delayMs: request.endpoint.timeoutMs,
    });
    schedule.add('a request arrives', () => this.#arrive(sent, from, over, failed), { life: from, isOutbound: true });
    return promise;
  }

  #arrive(sent: Sent, from: Life, over: (answer: Partial<AttemptOutcome>) => void, failed: (kind: ErrorKind) => void) {
    const { schedule, prng } = this.#world;
    const mood = this.moodOf(sent.request.endpoint.id);
    const back = (settle: () => void) => schedule.add('an answer comes back', settle, { life: from });
    if (mood === 'unreachable') {
      back(() => failed(prng.pick(['connect', 'dns', 'tls'])));
      return;
    }
    sent.startMs = this.#world.nowMs;
    this.#watch.arrives(sent);
    this.#world.saw(`receiver ${mood}`);
    if (mood === 'hangs') return;
    const workMs = mood === 'slow' ? prng.between(900, sent.request.endpoint.timeoutMs) : prng.between(5, 80);
    const finish = () => {
      sent.endMs = this.#world.nowMs;
      back(() => (mood === 'answer lost' ? failed('reset') : over(answerOf(mood, prng.between(1, 7_200)))));
    };
    schedule.add('a receiver is done', finish, { delayMs: workMs });
  }
}

function answerOf(mood: Mood, retryAfterSeconds: number): Partial<AttemptOutcome> {
  switch (mood) {
    case 'error':
      return { statusCode: 500, responseBody: 'sorry', responseHeaders: { server: 'sim' } };
    case 'busy':
      return { statusCode: 429, retryAfterMs: retryAfterSeconds * 1_000, responseHeaders: { server: 'sim' } };
    case 'refuses':
      return { statusCode: 404, responseHeaders: {} };
    case 'gone':
      return { statusCode: 410, responseHeaders: {} };
    case 'aborts':
      return { statusCode: 500, directive: 'abort-message', responseHeaders: {} };
    case 'disables':
      return { statusCode: 503, directive: 'disable', responseHeaders: {} };
    case 'ok':
    case 'slow':
    case 'hangs':
    case 'unreachable':
    case 'answer lost':
      return { statusCode: 200, responseBody: 'ok' };
  }
}

function outcomeOf(statusCode: number | null, error: AttemptOutcome['error']): AttemptOutcome {
  const kind = statusCode === null ? null : kindOfStatus(statusCode);
  return {
    atMs: 0,
    latencyMs: 0,
    statusCode,
    error: error ?? (kind === null ? null : { kind, message: `simulated ${statusCode}` }),
    responseHeaders: null,
    responseBody: null,
    retryAfterMs: null,
    directive: null,
  };
}
