/** The watch of a record against a service of canned messages, on a clock that the test moves. */
import { beforeEach, describe, expect, it } from 'vitest';
import { CLOSE_CODES, LIVE_PROTOCOL, PING, PONG, TOKEN_PROTOCOL } from '../../src/core/live.ts';
import { type Watch, type WatchOptions, watchRecord } from '../../src/client/watch.ts';
import type { WatchDeps } from '../../src/client/watch-deps.ts';

class FakeSocket extends EventTarget {
  readyState = 0;
  readonly sent: string[] = [];
  readonly url: string;
  readonly protocols: string[];

  constructor(url: string, protocols: string[]) {
    super();
    this.url = url;
    this.protocols = protocols;
  }

  send(text: string): void {
    this.sent.push(text);
  }

  close(): void {
    this.readyState = 3;
  }

  opens(): void {
    this.readyState = 1;
    this.dispatchEvent(new Event('open'));
  }

  says(data: string): void {
    this.dispatchEvent(Object.assign(new Event('message'), { data }));
  }

  shows(sequence: number, more: object = {}): void {
    this.says(JSON.stringify({ type: 'status', at: at(nowMs + 5_000), status: { sequence }, ...more }));
  }

  closes(code: number): void {
    this.readyState = 3;
    this.dispatchEvent(Object.assign(new Event('close'), { code }));
  }
}

let nowMs: number;
let timers: { atMs: number; call: () => void }[];
let sockets: FakeSocket[];
let answers: (() => Response)[];
let asked: { url: string; init: RequestInit }[];
let wake: () => void;

function at(ms: number): string {
  return new Date(ms).toISOString();
}

const deps: WatchDeps = {
  open: (url, protocols) => {
    const socket = new FakeSocket(url, protocols);
    sockets.push(socket);
    return socket as unknown as WebSocket;
  },
  fetch: (url, init) => {
    asked.push({ url, init });
    return Promise.resolve((answers.shift() ?? (() => new Response('', { status: 500 })))());
  },
  nowMs: () => nowMs,
  random: () => 1,
  after: (ms, call) => {
    const timer = { atMs: nowMs + ms, call };
    timers.push(timer);
    return () => void (timers = timers.filter((one) => one !== timer));
  },
  onWake: (call) => {
    wake = call;
    return () => void (wake = () => undefined);
  },
};

beforeEach(() => {
  nowMs = 1_000_000;
  timers = [];
  sockets = [];
  answers = [];
  asked = [];
});

async function settled(): Promise<void> {
  for (let i = 0; i < 20; i += 1) await Promise.resolve();
}

async function pass(ms: number): Promise<void> {
  const endMs = nowMs + ms;
  for (;;) {
    await settled();
    const next = timers.filter(({ atMs }) => atMs <= endMs).sort((a, b) => a.atMs - b.atMs)[0];
    if (next === undefined) break;
    timers = timers.filter((one) => one !== next);
    nowMs = Math.max(nowMs, next.atMs);
    next.call();
  }
  nowMs = endMs;
}

async function watch(token: WatchOptions['token'] = 'tbr_a.b'): Promise<Watch> {
  const one = watchRecord({ origin: 'https://t.example', account: 'acme', record: 'sub/1', token, deps });
  await settled();
  return one;
}

function socket(index: number): FakeSocket {
  const found = sockets.at(index);
  if (found === undefined) throw new Error(`there are ${sockets.length} sockets`);
  return found;
}

describe('a watch', () => {
  it('opens a WebSocket with the token among its protocols, and says what comes', async () => {
    const one = await watch();
    const seen: unknown[] = [];
    one.subscribe(() => seen.push(one.current().status));
    expect(socket(0).url).toBe('wss://t.example/v1/accounts/acme/records/sub%2F1/live');
    expect(socket(0).protocols).toEqual([LIVE_PROTOCOL, `${TOKEN_PROTOCOL}tbr_a.b`]);
    expect(one.current()).toMatchObject({ state: 'connecting', status: null, hasStatus: false });
    socket(0).opens();
    socket(0).shows(1);
    expect(one.current()).toMatchObject({ state: 'live', status: { sequence: 1 }, hasStatus: true, offsetMs: 5_000 });
    socket(0).shows(2, { ack: 7 });
    expect(socket(0).sent).toEqual(['{"ack":7}']);
    expect(seen).toEqual([{ sequence: 1 }, { sequence: 2 }]);
    one.close();
    expect(socket(0).readyState).toBe(3);
    expect(timers).toEqual([]);
  });

  it('connects again with growing pauses, keeps what it knew, and is live with the next message', async () => {
    const one = await watch();
    socket(0).opens();
    socket(0).shows(1);
    socket(0).closes(1006);
    expect(one.current()).toMatchObject({ state: 'connecting', status: { sequence: 1 } });
    await pass(500);
    expect(sockets).toHaveLength(2);
    socket(1).opens();
    socket(1).closes(1006);
    await pass(999);
    expect(sockets).toHaveLength(2);
    await pass(1);
    socket(2).opens();
    socket(2).shows(3);
    expect(one.current()).toMatchObject({ state: 'live', status: { sequence: 3 } });
    one.close();
  });

  it('pings each half minute, and takes a connection without an answer for dead', async () => {
    const one = await watch();
    socket(0).opens();
    socket(0).shows(1);
    await pass(30_000);
    expect(socket(0).sent).toEqual([PING]);
    socket(0).says(PONG);
    await pass(30_000);
    expect(socket(0).sent).toEqual([PING, PING]);
    await pass(10_000);
    expect(one.current().state).toBe('connecting');
    await pass(500);
    expect(sockets).toHaveLength(2);
    one.close();
  });

  it('asks at once after a sleep, and does not wait for the next ping', async () => {
    const one = await watch();
    socket(0).opens();
    socket(0).shows(1);
    wake();
    expect(socket(0).sent).toEqual([PING]);
    await pass(10_500);
    expect(sockets).toHaveLength(2);
    one.close();
  });

  it('connects at once after a sleep, and does not wait for a retry', async () => {
    const one = await watch();
    for (let failures = 0; failures < 4; failures += 1) {
      socket(-1).opens();
      socket(-1).closes(1006);
      await pass(8_000);
    }
    socket(-1).opens();
    socket(-1).closes(1006);
    await pass(1_000);
    const before = sockets.length;
    wake();
    await settled();
    expect(sockets).toHaveLength(before + 1);
    wake();
    await settled();
    expect(sockets).toHaveLength(before + 1);
    socket(-1).opens();
    socket(-1).closes(1006);
    await pass(500);
    expect(sockets).toHaveLength(before + 2);
    one.close();
    expect(timers).toEqual([]);
  });

  it('waits for what the service asked for, also after a sleep', async () => {
    answers = [() => Response.json({ code: 'viewers-full' }, { status: 429, headers: { 'retry-after': '20' } })];
    const one = await watch();
    socket(0).closes(1006);
    await pass(500);
    socket(1).closes(1006);
    await pass(1_000);
    await new Promise((resolve) => setImmediate(resolve));
    wake();
    await settled();
    expect(sockets).toHaveLength(2);
    await pass(20_000);
    expect(sockets).toHaveLength(3);
    one.close();
  });

  it('hears nothing more from a connection that it gave up', async () => {
    const one = await watch();
    socket(0).opens();
    socket(0).shows(2);
    wake();
    await pass(10_500);
    socket(1).opens();
    socket(1).shows(3);
    socket(0).shows(1);
    socket(0).closes(1006);
    expect(one.current()).toMatchObject({ state: 'live', status: { sequence: 3 } });
    one.close();
  });

  it('gets a new token when the last one has ended; a token that was given ends the watch', async () => {
    let made = 0;
    const one = await watch(() => `tbr_${(made += 1)}.x`);
    socket(0).opens();
    socket(0).shows(1);
    socket(0).closes(CLOSE_CODES['token-ended']);
    await pass(500);
    expect(socket(1).protocols[1]).toBe(`${TOKEN_PROTOCOL}tbr_2.x`);
    one.close();
    const other = await watch();
    socket(-1).opens();
    socket(-1).closes(CLOSE_CODES['token-ended']);
    expect(other.current()).toMatchObject({ state: 'ended', reason: 'token-ended' });
  });

  it('ends where its account is gone', async () => {
    const one = await watch();
    socket(0).opens();
    socket(0).closes(CLOSE_CODES['account-removed']);
    expect(one.current()).toMatchObject({ state: 'ended', reason: 'account-removed' });
    expect(timers).toEqual([]);
  });

  it('asks by HTTP where no WebSocket opens: reads events, or learns why not', async () => {
    const event = JSON.stringify({ type: 'status', at: at(nowMs), status: { sequence: 4 } });
    answers = [() => new Response(`retry: 1000\n\nevent: status\ndata: ${event}\n\nevent: end\ndata: {}\n\n`)];
    const one = await watch();
    const seen: unknown[] = [];
    one.subscribe(() => seen.push(one.current().status));
    socket(0).closes(1006);
    await pass(500);
    socket(1).closes(1006);
    await pass(1_000);
    await new Promise((resolve) => setImmediate(resolve));
    expect(asked.map(({ url }) => url)).toEqual(['https://t.example/v1/accounts/acme/records/sub%2F1/live']);
    expect(asked[0]?.init.headers).toMatchObject({ authorization: 'Bearer tbr_a.b' });
    expect(seen).toContainEqual({ sequence: 4 });
    one.close();
  });

  it('takes server-sent events that fall silent for dead', async () => {
    const body = new ReadableStream({ start: (to) => to.enqueue(new TextEncoder().encode('retry: 1000\n\n')) });
    answers = [() => new Response(body)];
    const one = await watch();
    socket(0).closes(1006);
    await pass(500);
    socket(1).closes(1006);
    await pass(1_000);
    await new Promise((resolve) => setImmediate(resolve));
    expect(asked).toHaveLength(1);
    expect(asked[0]?.init.signal?.aborted).toBe(false);
    await pass(45_000);
    expect(asked[0]?.init.signal?.aborted).toBe(true);
    one.close();
  });

  it.each([
    [403, 'forbidden', { state: 'ended', reason: 'forbidden' }],
    [401, 'unauthorized', { state: 'ended', reason: 'token-ended' }],
    [429, 'viewers-full', { state: 'connecting', reason: null }],
  ] as const)('is told by a %i %s why no WebSocket opens', async (status, code, expected) => {
    answers = [() => Response.json({ code }, { status, headers: { 'retry-after': '20' } })];
    const one = await watch();
    socket(0).closes(1006);
    await pass(500);
    socket(1).closes(1006);
    await pass(1_000);
    await new Promise((resolve) => setImmediate(resolve));
    expect(one.current()).toMatchObject(expected);
    await pass(19_000);
    expect(sockets).toHaveLength(2);
    one.close();
  });
});
