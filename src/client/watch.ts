/**
 * The status of a record as it changes, for a page or a program: connects, connects again, and says what it knows. Without a framework:
 * `subscribe` and `current` are what React's useSyncExternalStore asks for. It reads by WebSocket; where two tries to open one fail it
 * asks by HTTP, which says why, and reads server-sent events if that works.
 */
import type { Problem } from './client.ts';
import type { Schemas } from './schema.ts';

export type RecordStatus = Schemas['RecordStatus'];

/**
 * `live`: the status is of now. `connecting`: it is what was known last, or null. `ended`: nothing comes any more, and `reason` says
 * why: a close reason of the API, or the code of a problem. `offsetMs`: how far the service's clock is ahead of this one.
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
  /** A token; or what gets a new one, asked whenever one is needed: before it connects again, and when the last one has ended. */
  token: string | (() => string | Promise<string>);
  /** What it runs on: set by tests. */
  deps?: Partial<WatchDeps>;
};

export type WatchDeps = {
  open(url: string, protocols: string[]): WebSocket;
  fetch(url: string, init: RequestInit): Promise<Response>;
  nowMs(): number;
  random(): number;
  /** Answers what cancels it. */
  after(ms: number, call: () => void): () => void;
  /** Calls when the machine may have woken, or is online again. Answers what cancels it. */
  onWake(call: () => void): () => void;
};

export type Watch = {
  current(): Watched;
  /** Answers what ends the subscription. The watch itself goes on until `close`. */
  subscribe(changed: () => void): () => void;
  close(): void;
};

const PROTOCOL = 'tubepost.live.v1';
const TOKEN_PROTOCOL = 'tubepost.token.';
/** The service lets a connection be that has sent one within two minutes. */
const PING_MS = 30_000;
/** No answer to a ping within this time: the connection is dead, whatever the browser thinks. */
const PONG_MS = 10_000;
const OPEN_MS = 10_000;
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
  /** Ends the connection that is open or being opened, without a word. */
  #drop: () => void = () => undefined;
  #stopWaking: () => void;
  #cancelAgain: () => void = () => undefined;
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
    this.#drop();
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
    else this.#open(token, turn);
  }

  #url(scheme: 'http' | 'ws'): string {
    const { origin, account, record } = this.#options;
    const path = `/v1/accounts/${encodeURIComponent(account)}/records/${encodeURIComponent(record)}/live`;
    return origin.replace(/^http/, scheme) + path;
  }

  #open(token: string, turn: number): void {
    const after = (ms: number, call: () => void) => this.#deps.after(ms, call);
    const socket = this.#deps.open(this.#url('ws'), [PROTOCOL, TOKEN_PROTOCOL + token]);
    let isOpen = false;
    let isAwaitingPong = false;
    let cancel = after(OPEN_MS, () => lost(null));
    const ping = () => {
      if (isAwaitingPong) return lost(null);
      isAwaitingPong = true;
      socket.send('ping');
      cancel = after(PONG_MS, () => (isAwaitingPong ? lost(null) : undefined));
    };
    const heard = () => {
      isAwaitingPong = false;
      cancel();
      cancel = after(PING_MS, ping);
    };
    const leave = () => {
      cancel();
      this.#probe = () => undefined;
      if (socket.readyState <= 1) socket.close();
    };
    const lost = (code: number | null) => {
      if (turn !== this.#turn) return;
      if (!isOpen) this.#opens += 1;
      leave();
      this.#again(code);
    };
    this.#drop = leave;
    /** After a sleep the answer to a ping tells in seconds whether anybody is still there. */
    this.#probe = () => {
      if (!isOpen || isAwaitingPong) return;
      cancel();
      ping();
    };
    socket.addEventListener('open', () => {
      isOpen = true;
      this.#opens = 0;
      heard();
    });
    socket.addEventListener('message', ({ data }) => {
      if (turn !== this.#turn) return;
      heard();
      if (data === 'pong') return;
      const ack = this.#take(String(data));
      if (ack !== null) socket.send(JSON.stringify({ ack }));
    });
    socket.addEventListener('close', ({ code }) => lost(code));
    socket.addEventListener('error', () => lost(null));
  }

  #probe: () => void = () => undefined;

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

  /** Server-sent events by fetch, because a token may stand in no URL. Tells by its answer why no WebSocket opened. */
  async #read(token: string, turn: number): Promise<void> {
    this.#opens = 0;
    const abort = new AbortController();
    this.#drop = () => abort.abort();
    try {
      const headers = { authorization: `Bearer ${token}`, accept: 'text/event-stream' };
      const answer = await this.#deps.fetch(this.#url('http'), { headers, signal: abort.signal });
      if (turn !== this.#turn) return;
      if (!answer.ok) return await this.#refused(answer);
      await this.#events(answer, turn);
    } catch {
      // The network, or our own abort.
    }
    if (turn === this.#turn) this.#again(null);
  }

  async #events(answer: Response, turn: number): Promise<void> {
    const reader = answer.body?.pipeThrough(new TextDecoderStream()).getReader();
    for (let text = ''; ;) {
      const { done = true, value = '' } = (await reader?.read()) ?? {};
      if (done || turn !== this.#turn) return;
      const parts = (text + value).split('\n\n');
      text = parts.pop() ?? '';
      for (const part of parts) {
        const data = /^event: status\ndata: (.*)$/.exec(part)?.[1];
        if (data !== undefined) this.#take(data);
      }
    }
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
    this.#cancelAgain = this.#deps.after(waitMs, () => void this.#connect());
  }

  /** A laptop that slept: what is open may be dead, and what waits need not. */
  #woke(): void {
    if (this.#isClosed) return;
    if (this.#watched.state === 'live') return this.#probe();
    this.#failures = 0;
  }
}

/** A timer that comes much too late: the machine slept. */
const TICK_MS = 5_000;
const SLEPT_MS = 15_000;

const browserDeps: WatchDeps = {
  open: (url, protocols) => new WebSocket(url, protocols),
  fetch: (url, init) => fetch(url, init),
  nowMs: () => Date.now(),
  random: Math.random,
  after: (ms, call) => {
    const timer = setTimeout(call, ms);
    return () => clearTimeout(timer);
  },
  onWake: (call) => {
    let lastMs = Date.now();
    const timer = setInterval(() => {
      const sleptMs = Date.now() - lastMs;
      lastMs = Date.now();
      if (sleptMs > SLEPT_MS) call();
    }, TICK_MS);
    const target = globalThis as { addEventListener?: (type: string, call: () => void) => void };
    target.addEventListener?.('online', call);
    return () => {
      clearInterval(timer);
      (globalThis as { removeEventListener?: typeof target.addEventListener }).removeEventListener?.('online', call);
    };
  },
};
