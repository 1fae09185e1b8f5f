/**
 * The status of a record as it changes, for a page or a program: connects, connects again, and says
 * what it knows. Without a framework: `subscribe` and `current` are what React's
 * useSyncExternalStore asks for. It reads by WebSocket; where two tries to open one fail it asks by
 * HTTP, which says why, and reads server-sent events if that works.
 */
import type { Problem } from './client.ts';
import type { Schemas } from './schema.ts';
import { browserDeps, type WatchDeps } from './watch-deps.ts';
import { createEventStream } from './watch-events.ts';
import { type Connection, openSocket } from './watch-socket.ts';

export type RecordStatus = Schemas['RecordStatus'];

/**
 * `live`: the status is of now. `connecting`: it is what was known last, or null. `ended`: nothing
 * comes any more, and `reason` says why: a close reason of the API, or the code of a problem.
 * `offsetMs`: how far the service's clock is ahead of this one.
 */
export type Watched = {
  state: 'connecting' | 'live' | 'ended';
  /** Null: nothing was published for the record, or nothing is known yet (`hasStatus`). */
  status: RecordStatus | null;
  hasStatus: boolean;
  offsetMs: number;
  reason: string | null;
};

export type WatchOptions = {
  /** Like `https://tubepost.example.com`, without a path. */
  origin: string;
  account: string;
  record: string;
  /**
   * A token; or what gets a new one, asked whenever one is needed: before it connects again, and
   * when the last one has ended.
   */
  token: string | (() => string | Promise<string>);
  /** What it runs on: set by tests. */
  deps?: Partial<WatchDeps>;
};

export type Watch = {
  current(): Watched;
  /** Answers what ends the subscription. The watch itself lasts until `close`. */
  subscribe(changed: () => void): () => void;
  close(): void;
};

const AGAIN_MS_MIN = 500;
const AGAIN_MS_CAP = 30_000;
/** Failures to open a WebSocket after which HTTP is asked. */
const OPENS_MAX = 2;
const TOKEN_ENDED = 4401;
/** Nothing to come back to: the account is gone, or this code speaks another protocol. */
const FINAL_CODES: ReadonlySet<number> = new Set([4400, 4404]);
/** Problems that pass. */
const PASSING: ReadonlySet<number> = new Set([408, 425, 429, 500, 502, 503, 504]);

export function watchRecord(options: WatchOptions): Watch {
  return new RecordWatch(options);
}

class RecordWatch implements Watch {
  readonly #options: WatchOptions;
  readonly #deps: WatchDeps;
  readonly #listeners = new Set<() => void>();
  #watched: Watched = { state: 'connecting', status: null, hasStatus: false, offsetMs: 0, reason: null };
  #isClosed = false;
  #failures = 0;
  #opens = 0;
  #tokensEnded = 0;
  #connection: Connection | null = null;
  #stopWaking: () => void;
  #cancelAgain: () => void = () => undefined;
  /** Between two connections, and for no longer than it chose itself. */
  #isWaiting = false;
  /** Of the connection: what its messages belong to. */
  #turn = 0;

  constructor(options: WatchOptions) {
    this.#options = options;
    this.#deps = { ...browserDeps, ...options.deps };
    this.#stopWaking = this.#deps.onWake(() => this.#woke());
    void this.#connect();
  }

  current(): Watched {
    return this.#watched;
  }

  subscribe(changed: () => void): () => void {
    this.#listeners.add(changed);
    return () => this.#listeners.delete(changed);
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#turn += 1;
    this.#connection?.drop();
    this.#cancelAgain();
    this.#stopWaking();
    this.#listeners.clear();
  }

  #set(change: Partial<Watched>): void {
    this.#watched = { ...this.#watched, ...change };
    for (const listener of this.#listeners) listener();
  }

  #end(reason: string): void {
    if (this.#isClosed) return;
    this.#set({ state: 'ended', reason });
    this.close();
  }

  async #connect(): Promise<void> {
    this.#turn += 1;
    const turn = this.#turn;
    this.#cancelAgain();
    this.#isWaiting = false;
    let token: string;
    try {
      const { token: given } = this.#options;
      token = typeof given === 'string' ? given : await given();
    } catch {
      // The page's own backend: it may be back soon.
      if (turn === this.#turn) this.#again(null);
      return;
    }
    if (turn !== this.#turn) return;
    if (this.#opens >= OPENS_MAX) await this.#read(token, turn);
    else this.#open(token);
  }

  #url(scheme: 'http' | 'ws'): string {
    const { origin, account, record } = this.#options;
    const path = `/v1/accounts/${encodeURIComponent(account)}/records/${encodeURIComponent(record)}/live`;
    return origin.replace(/^http/, scheme) + path;
  }

  #open(token: string): void {
    this.#connection = openSocket(this.#deps, this.#url('ws'), token, {
      onOpen: () => (this.#opens = 0),
      onMessage: (text) => this.#take(text),
      onLost: (code, wasOpen) => {
        if (!wasOpen) this.#opens += 1;
        this.#again(code);
      },
    });
  }

  /** Answers the number that the service waits for. */
  #take(text: string): number | null {
    const message = JSON.parse(text) as { type: string; at: string; status: RecordStatus | null; ack?: number };
    if (message.type !== 'status') return null;
    this.#failures = 0;
    this.#tokensEnded = 0;
    const offsetMs = Date.parse(message.at) - this.#deps.nowMs();
    this.#set({ state: 'live', status: message.status, hasStatus: true, offsetMs });
    return message.ack ?? null;
  }

  /** Tells by its answer why no WebSocket opened. */
  async #read(token: string, turn: number): Promise<void> {
    this.#opens = 0;
    const stream = createEventStream(this.#deps);
    this.#connection = stream;
    try {
      const headers = { authorization: `Bearer ${token}`, accept: 'text/event-stream' };
      const answer = await this.#deps.fetch(this.#url('http'), { headers, signal: stream.signal });
      if (turn !== this.#turn) return;
      if (!answer.ok) return await this.#refused(answer);
      await stream.read(answer, (text) => this.#take(text));
    } catch {
      // The network, or our own abort.
    }
    if (turn === this.#turn) this.#again(null);
  }

  async #refused(answer: Response): Promise<void> {
    const problem = (await answer.json()) as Problem;
    if (answer.status === 401) return this.#again(TOKEN_ENDED);
    if (!PASSING.has(answer.status)) return this.#end(problem.code);
    this.#again(null, Number(answer.headers.get('retry-after') ?? 0) * 1_000);
  }

  /** Later each time, and never all at once. */
  #again(code: number | null, leastMs = 0): void {
    if (this.#isClosed) return;
    this.#turn += 1;
    if (code !== null && FINAL_CODES.has(code)) return this.#end(code === 4404 ? 'account-removed' : 'bad-message');
    if (code === TOKEN_ENDED) {
      this.#tokensEnded += 1;
      if (typeof this.#options.token === 'string' || this.#tokensEnded > 2) return this.#end('token-ended');
    }
    if (this.#watched.state === 'live') this.#set({ state: 'connecting' });
    const mostMs = Math.min(AGAIN_MS_CAP, AGAIN_MS_MIN * 2 ** this.#failures);
    this.#failures += 1;
    const waitMs = Math.max(leastMs, mostMs * (0.5 + this.#deps.random() / 2));
    // What the service asked for is waited for, also by who has just woken.
    this.#isWaiting = leastMs === 0;
    this.#cancelAgain = this.#deps.after(waitMs, () => void this.#connect());
  }

  /** A laptop that slept: what is open may be dead, and what waits need not. */
  #woke(): void {
    if (this.#isClosed) return;
    this.#failures = 0;
    if (this.#isWaiting) void this.#connect();
    else this.#connection?.probe();
  }
}
