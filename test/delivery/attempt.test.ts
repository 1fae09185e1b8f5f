import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  CLAIM_GRACE_MS,
  ERROR_MESSAGE_BYTES_MAX,
  RESPONSE_BODY_BYTES_MAX,
  RESPONSE_BODY_SUCCESS_BYTES_MAX,
  RESPONSE_HEADER_BYTES_MAX,
  RESPONSE_HEADERS_BYTES_MAX,
  RESPONSE_HEADERS_MAX,
  STALL_CREDIT_MS_MAX,
  STALL_MS_MIN,
  STALL_TICK_MS,
} from '../../src/core/limits.ts';
import { attempt, type AttemptDeps } from '../../src/delivery/attempt.ts';

const NOW = 1_790_000_000_000;
const request = {
  url: 'https://example.com/hook?token=t0ken',
  headers: { 'x-key': 's3cret' },
  body: '{"a":1}',
  timeoutMs: 15_000,
};

/** A clock that the test moves, a timer that the test fires, and a fetch that records. */
function world(answer: (signal: AbortSignal) => Response | Promise<Response>) {
  const state = {
    nowMs: NOW,
    timers: [] as { dueMs: number; fire: () => void; isOver: boolean }[],
    calls: [] as [string, RequestInit][],
  };
  const deps: AttemptDeps = {
    nowMs: () => state.nowMs,
    fetch: async (url, init) => {
      state.calls.push([url, init]);
      if (!init.signal) throw new Error('fetch without a signal');
      return answer(init.signal);
    },
    timer: (ms, fire) => {
      const timer = { dueMs: state.nowMs + ms, fire, isOver: false };
      state.timers.push(timer);
      return { cancel: () => (timer.isOver = true) };
    },
  };
  /** Time passes in steps: each timer that comes due meanwhile fires `lateMs` after its time. */
  const pass = (ms: number, lateMs = 0) => {
    const endMs = state.nowMs + ms;
    for (;;) {
      const last = state.timers.at(-1);
      if (last === undefined || last.isOver || last.dueMs > endMs) break;
      state.nowMs = last.dueMs + lateMs;
      last.isOver = true;
      last.fire();
    }
    state.nowMs = Math.max(state.nowMs, endMs);
  };
  return { state, deps, pass, run: () => attempt(request, deps), fireTimeout: () => pass(request.timeoutMs) };
}

const attemptAt = (response: Response) => world(() => response).run();
const bodyOf = async (body: BodyInit | null, status = 500) =>
  (await attemptAt(new Response(body, { status }))).responseBody;

describe('the request', () => {
  it('is one POST that follows no redirect, with the headers and body as given', async () => {
    const { run, state } = world(() => new Response('ok'));
    await run();
    expect(state.calls).toHaveLength(1);
    const [url, init] = state.calls[0] ?? ['', {}];
    expect(url).toBe(request.url);
    expect(init).toMatchObject({ method: 'POST', headers: request.headers, body: request.body, redirect: 'manual' });
  });

  it('has one timer, which is cancelled at the end', async () => {
    const { run, state } = world(() => new Response('ok'));
    await run();
    expect(state.timers).toMatchObject([{ isOver: true }]);
  });
});

describe('status', () => {
  it.each([
    [200, null],
    [204, null],
    [299, null],
    [300, 'redirect'],
    [302, 'redirect'],
    [304, 'redirect'],
    [400, 'http-4xx'],
    [410, 'http-4xx'],
    [499, 'http-4xx'],
    [500, 'http-5xx'],
    [599, 'http-5xx'],
  ])('%i is %s', async (status, kind) => {
    const outcome = await attemptAt(new Response(null, { status }));
    expect(outcome).toMatchObject({ statusCode: status, atMs: NOW });
    expect(outcome.error?.kind ?? null).toBe(kind);
  });

  it('that HTTP does not have is a broken connection, to be tried again', async () => {
    const odd = { status: 999, headers: new Headers(), body: null } as unknown as Response;
    expect(await attemptAt(odd)).toMatchObject({ statusCode: 999, error: { kind: 'reset' } });
  });

  it("an answer of Cloudflare's edge says what it means", async () => {
    const edge = await attemptAt(new Response(null, { status: 521, headers: { server: 'cloudflare' } }));
    expect(edge.error).toEqual({
      kind: 'http-5xx',
      message: 'Cloudflare answered 521: the host refused the connection.',
    });
    const own = await attemptAt(new Response(null, { status: 521 }));
    expect(own.error?.message).toBe('The receiver answered 521.');
  });
});

describe('headers', () => {
  it('are kept of failures only, without cookies', async () => {
    const headers = { 'x-why': 'because', 'set-cookie': 'session=1', 'set-cookie2': 'b=2' };
    expect((await attemptAt(new Response(null, { status: 500, headers }))).responseHeaders).toEqual({
      'x-why': 'because',
    });
    expect((await attemptAt(new Response(null, { status: 200, headers }))).responseHeaders).toBeNull();
  });

  it('are capped one by one, in number and together', async () => {
    const many = new Headers(Array.from({ length: 200 }, (_, i): [string, string] => [`x-${i}`, 'v']));
    expect(
      Object.keys((await attemptAt(new Response(null, { status: 500, headers: many }))).responseHeaders ?? {}),
    ).toHaveLength(RESPONSE_HEADERS_MAX);
    const long = new Headers(Array.from({ length: 20 }, (_, i): [string, string] => [`x-${i}`, 'v'.repeat(5_000)]));
    const kept = (await attemptAt(new Response(null, { status: 500, headers: long }))).responseHeaders ?? {};
    expect(kept['x-0']).toBe('v'.repeat(RESPONSE_HEADER_BYTES_MAX));
    const bytes = Object.entries(kept).reduce((sum, [name, value]) => sum + name.length + value.length, 0);
    expect(bytes).toBeLessThanOrEqual(RESPONSE_HEADERS_BYTES_MAX);
  });

  it('a header named like a prototype is only a header', async () => {
    const headers = new Headers([['__proto__', 'x']]);
    const kept = (await attemptAt(new Response(null, { status: 500, headers }))).responseHeaders;
    expect(Object.entries(kept ?? {})).toEqual([['__proto__', 'x']]);
  });

  it('Retry-After is a delay from the answer, and the directive one of two words', async () => {
    const headers = { 'retry-after': '120', 'webhook-delivery': ' Disable ' };
    expect(await attemptAt(new Response(null, { status: 503, headers }))).toMatchObject({
      retryAfterMs: 120_000,
      directive: 'disable',
    });
    const odd = { 'retry-after': 'soon', 'webhook-delivery': 'enable' };
    expect(await attemptAt(new Response(null, { status: 503, headers: odd }))).toMatchObject({
      retryAfterMs: null,
      directive: null,
    });
    const abort = { 'webhook-delivery': 'abort-message' };
    expect(await attemptAt(new Response(null, { status: 200, headers: abort }))).toMatchObject({
      directive: 'abort-message',
    });
  });

  it('a Retry-After date counts from when the headers came, not from the start', async () => {
    const later = world(() => {
      later.pass(5_000);
      return new Response(null, { status: 503, headers: { 'retry-after': new Date(NOW + 65_000).toUTCString() } });
    });
    expect(await later.run()).toMatchObject({ atMs: NOW, latencyMs: 5_000, retryAfterMs: 60_000 });
  });
});

describe('body', () => {
  it('4 KiB are kept of a failure, 256 bytes of a success, null where there is none', async () => {
    expect(await bodyOf('a'.repeat(10_000))).toBe('a'.repeat(RESPONSE_BODY_BYTES_MAX));
    expect(await bodyOf('a'.repeat(10_000), 200)).toBe('a'.repeat(RESPONSE_BODY_SUCCESS_BYTES_MAX));
    expect(await bodyOf('short', 200)).toBe('short');
    expect(await bodyOf('')).toBeNull();
    expect(await bodyOf(null)).toBeNull();
  });

  it('an endless body is cancelled once enough was read', async () => {
    const seen = { pulled: 0, isCancelled: false };
    const endless = new ReadableStream<Uint8Array>(
      {
        pull: (controller) => {
          seen.pulled += 1_000;
          controller.enqueue(new Uint8Array(1_000).fill(97));
        },
        cancel: () => {
          seen.isCancelled = true;
        },
      },
      { highWaterMark: 0 },
    );
    expect(await bodyOf(endless)).toHaveLength(RESPONSE_BODY_BYTES_MAX);
    expect(seen).toEqual({ pulled: 5_000, isCancelled: true });
  });

  it('is cut between characters, wherever the cut falls', async () => {
    for (let before = 0; before < 4; before++) {
      const text = 'a'.repeat(RESPONSE_BODY_BYTES_MAX - before) + '🚀';
      expect(await bodyOf(text)).toBe('a'.repeat(RESPONSE_BODY_BYTES_MAX - before));
    }
    expect(await bodyOf(`${'a'.repeat(RESPONSE_BODY_BYTES_MAX - 4)}🚀!`)).toBe(
      `${'a'.repeat(RESPONSE_BODY_BYTES_MAX - 4)}🚀`,
    );
  });

  it('of any bytes in any pieces is text without NUL and within the limit', async () => {
    const pieces = fc.array(fc.uint8Array({ maxLength: 3_000 }), { maxLength: 5 });
    await fc.assert(
      fc.asyncProperty(pieces, async (pieces) => {
        const stream = new ReadableStream<Uint8Array>({
          start: (controller) => {
            for (const piece of pieces) controller.enqueue(piece);
            controller.close();
          },
        });
        const text = (await bodyOf(stream)) ?? '';
        expect(text.isWellFormed()).toBe(true);
        expect(text).not.toContain('\u0000');
        expect(Buffer.byteLength(text)).toBeLessThanOrEqual(RESPONSE_BODY_BYTES_MAX);
        const all = Buffer.concat(pieces);
        if (all.length <= RESPONSE_BODY_BYTES_MAX / 3)
          expect(text).toBe(new TextDecoder().decode(all).replaceAll('\u0000', '\uFFFD'));
      }),
    );
  });

  it.each([200, 500])('a reset in the middle of it keeps the status %i and what came before', async (status) => {
    let pulls = 0;
    const broken = new ReadableStream<Uint8Array>({
      pull: (controller) => {
        if (pulls++ === 0) controller.enqueue(new TextEncoder().encode('half'));
        else controller.error(new Error('Network connection lost.'));
      },
    });
    const outcome = await attemptAt(new Response(broken, { status }));
    expect(outcome).toMatchObject({ statusCode: status, responseBody: 'half' });
    expect(outcome.error?.kind ?? null).toBe(status === 200 ? null : 'http-5xx');
  });
});

describe('timeout', () => {
  it('before the headers ends the attempt, also where fetch does not notice the signal', async () => {
    const deaf = world(() => new Promise<Response>(() => undefined));
    const running = deaf.run();
    deaf.fireTimeout();
    expect(await running).toEqual({
      atMs: NOW,
      latencyMs: 15_000,
      statusCode: null,
      error: { kind: 'timeout', message: 'No answer within 15000 ms.' },
      responseHeaders: null,
      responseBody: null,
      retryAfterMs: null,
      directive: null,
    });
    expect(deaf.state.calls[0]?.[1].signal?.aborted).toBe(true);
  });

  it('is a timeout whatever fetch makes of the signal', async () => {
    const obedient = world(
      (signal) =>
        new Promise((_, reject) =>
          signal.addEventListener('abort', () => reject(new Error('Network connection lost.'))),
        ),
    );
    const running = obedient.run();
    obedient.fireTimeout();
    expect((await running).error?.kind).toBe('timeout');
  });

  it.each([200, 500])('while the body trickles keeps the status %i and what was read', async (status) => {
    const trickle = new ReadableStream<Uint8Array>({
      start: (controller) => controller.enqueue(new TextEncoder().encode('slow')),
    });
    const slow = world(() => new Response(trickle, { status }));
    const running = slow.run();
    await new Promise((resolve) => setImmediate(resolve));
    slow.fireTimeout();
    expect(await running).toMatchObject({ statusCode: status, responseBody: 'slow', latencyMs: 15_000 });
  });

  it('an answer that comes after it is dropped unread', async () => {
    const cancelled = Promise.withResolvers<void>();
    const late = Promise.withResolvers<Response>();
    const { run, fireTimeout } = world(() => late.promise);
    const running = run();
    fireTimeout();
    expect((await running).error?.kind).toBe('timeout');
    late.resolve(new Response(new ReadableStream({ cancel: () => cancelled.resolve() })));
    await cancelled.promise;
  });
});

describe('our own stall', () => {
  const never = () => new Promise<Response>(() => undefined);

  it('is not the time that a receiver took: a timer that fires late says how long it was', async () => {
    const answer = Promise.withResolvers<Response>();
    const { run, pass } = world(() => answer.promise);
    const running = run();
    pass(300);
    pass(250, 4_000);
    answer.resolve(new Response());
    // 4 s of stall in 4,500 ms: the receiver had half a second.
    expect((await running).latencyMs).toBe(500);
  });

  it('that is not over when the answer is read counts too', async () => {
    const answer = Promise.withResolvers<Response>();
    const { run, state } = world(() => answer.promise);
    const running = run();
    state.nowMs += 3_000;
    answer.resolve(new Response());
    expect((await running).latencyMs).toBe(STALL_TICK_MS);
  });

  it('lengthens the timeout, and no further than the claim of the attempt lasts', async () => {
    const stalled = world(never);
    const running = stalled.run();
    stalled.pass(STALL_TICK_MS, 1_000);
    stalled.pass(15_000 - STALL_TICK_MS - 1);
    expect(stalled.state.calls[0]?.[1].signal?.aborted).toBe(false);
    stalled.pass(1);
    expect(await running).toMatchObject({ error: { kind: 'timeout' }, latencyMs: 15_000 });

    const long = world(never);
    const ending = long.run();
    long.pass(STALL_TICK_MS, 60_000);
    expect((await ending).error?.kind).toBe('timeout');
    expect(STALL_CREDIT_MS_MAX).toBeLessThan(CLAIM_GRACE_MS);
  });

  it('is none where timers are late by a little: a slow receiver stays slow', async () => {
    const { run, pass } = world(never);
    const running = run();
    pass(15_000, STALL_MS_MIN - 1);
    expect((await running).latencyMs).toBeGreaterThanOrEqual(15_000);
  });
});

describe('a connection that breaks at once, before an answer', () => {
  const broken = new Error('Network connection lost.');
  /** Each request meets the next of these, `tookMs` after it left. */
  function meeting(answers: (Response | Error)[], tookMs = 20) {
    const left = [...answers];
    const made = world(() => {
      made.state.nowMs += tookMs;
      const next = left.shift() ?? broken;
      return next instanceof Error ? Promise.reject(next) : next;
    });
    return made;
  }

  it('is met by one more request, the same in every byte, in the same attempt', async () => {
    const { run, state } = meeting([broken, new Response(null, { status: 204 })]);
    expect(await run()).toMatchObject({ statusCode: 204, error: null, isRepeated: true, atMs: NOW, latencyMs: 40 });
    expect(state.calls).toHaveLength(2);
    expect(state.calls[1]).toEqual(state.calls[0]);
    expect(state.timers).toMatchObject([{ isOver: true }]);
  });

  it('twice in a row is a failure that says so', async () => {
    const { run, state } = meeting([broken, broken, new Response()]);
    const { error } = await run();
    expect(error?.kind).toBe('connect');
    expect(error?.message).toContain('tried twice');
    expect(state.calls).toHaveLength(2);
  });

  it('and then an answer with a failure is that failure', async () => {
    const outcome = await meeting([broken, new Response('no', { status: 503 })]).run();
    expect(outcome).toMatchObject({ statusCode: 503, error: { kind: 'http-5xx' }, isRepeated: true });
  });

  it.each([
    ['only after a while: the receiver may have worked on it', broken, 501],
    ['by its timeout', new DOMException('timeout', 'TimeoutError'), 20],
    ['because no TLS came about', new Error('TLS handshake failed'), 20],
    ['because no name was found', new Error('failed to lookup address information'), 20],
    ['because the header could not be sent', new TypeError('Invalid header value'), 20],
  ])('is not what breaks %s', async (_, thrown, tookMs) => {
    const { run, state } = meeting([thrown, new Response()], tookMs);
    const outcome = await run();
    expect(outcome.isRepeated).toBe(undefined);
    expect([state.calls.length, outcome.statusCode]).toEqual([1, null]);
  });

  it('does not outlive the timeout of the attempt', async () => {
    const { run, fireTimeout } = world(
      (signal) =>
        new Promise<Response>((_, reject) => {
          if (isFirst) reject(broken);
          else signal.addEventListener('abort', () => reject(broken));
          isFirst = false;
        }),
    );
    let isFirst = true;
    const running = run();
    await new Promise((resolve) => setImmediate(resolve));
    fireTimeout();
    expect(await running).toMatchObject({ error: { kind: 'timeout' }, isRepeated: true });
  });
});

describe('what fetch throws', () => {
  const caused = (code: string) => new TypeError('fetch failed', { cause: Object.assign(new Error('x'), { code }) });
  it.each([
    // workerd, measured
    [new Error('Network connection lost.'), 'connect'],
    [new Error('internal error; reference = 8jj5f5ocf8sgeqi3k79jv8m8'), 'connect'],
    [new TypeError('Fetch API cannot load: https://example.com'), 'not-sent'],
    [new TypeError('Invalid header value.'), 'not-sent'],
    [new Error('Too many subrequests by single Worker invocation.'), 'not-sent'],
    // Node, and texts that other versions use
    [caused('ECONNREFUSED'), 'connect'],
    [caused('ECONNRESET'), 'reset'],
    [caused('UND_ERR_SOCKET'), 'reset'],
    [caused('ENOTFOUND'), 'dns'],
    [caused('EAI_AGAIN'), 'dns'],
    [caused('CERT_HAS_EXPIRED'), 'tls'],
    [caused('ERR_SSL_WRONG_VERSION_NUMBER'), 'tls'],
    [new Error('TLS handshake failed: invalid peer certificate'), 'tls'],
    [new Error('failed to lookup address information: Name or service not known'), 'dns'],
    ['a string', 'connect'],
    [undefined, 'connect'],
  ])('%s is %s', async (thrown, kind) => {
    const outcome = await world(() => Promise.reject(thrown as Error)).run();
    expect(outcome).toMatchObject({ statusCode: null, error: { kind } });
  });

  it('names the reference of an internal error, for Cloudflare support', async () => {
    const outcome = await world(() =>
      Promise.reject(new Error('internal error; reference = 8jj5f5ocf8sgeqi3k79jv8m8')),
    ).run();
    expect(outcome.error?.message).toContain('reference = 8jj5f5ocf8sgeqi3k79jv8m8');
  });

  it('never lends its text: it may quote the URL or a header', async () => {
    for (const text of [
      'Invalid URL: https://example.com/hook?token=t0ken',
      'Invalid header value: "s3cret"',
      'reset by peer t0ken',
      'x'.repeat(9_999),
    ]) {
      const { message = '' } = (await world(() => Promise.reject(new TypeError(text))).run()).error ?? {};
      expect(message).not.toMatch(/t0ken|s3cret/);
      expect(message.length).toBeLessThanOrEqual(ERROR_MESSAGE_BYTES_MAX);
    }
  });

  it('a fetch that throws at once is an outcome too, and its timer is cancelled', async () => {
    const { deps, state } = world(() => new Response());
    const outcome = await attempt(request, {
      ...deps,
      fetch: () => {
        throw new TypeError('bad');
      },
    });
    expect(outcome.error?.kind).toBe('not-sent');
    expect(state.timers[0]?.isOver).toBe(true);
  });
});
