/**
 * One attempt at a receiver, from its start to an outcome. One timeout covers headers and body;
 * status line and headers decide (C6). Never throws: whatever happens is an outcome. It knows
 * nothing of endpoints, secrets or retries.
 *
 * Almost always one request. Receivers close idle connections (Node after 5 s, gunicorn after 2 s),
 * and a request that leaves on one at that moment meets a closed socket: nobody failed, so it is
 * made once more, with the same headers and bytes, within the same attempt and timeout. If the
 * receiver has read the first one, it sees the attempt twice, as at-least-once allows.
 */
import { BROKEN_AT_ONCE_MS, RESPONSE_BODY_BYTES_MAX, RESPONSE_BODY_SUCCESS_BYTES_MAX } from '../core/limits.ts';
import type { AttemptOutcome } from '../core/outcome.ts';
import { parseRetryAfter } from '../core/retry.ts';
import { HEADER_DELIVERY } from '../signature.ts';
import { AttemptClock, type Timer } from './attempt-clock.ts';
import { isBrokenConnection, statusError, thrownError, timeoutError } from './fetch-error.ts';
import { keptHeaders, parseDirective, readStart } from './response.ts';

export type AttemptDeps = {
  fetch: (url: string, init: RequestInit) => Promise<Response>;
  nowMs: () => number;
  /** By default the platform's; tests fire it themselves. */
  timer?: Timer;
};

export type OutgoingRequest = { url: string; headers: Record<string, string>; body: string; timeoutMs: number };

/**
 * `latencyMs` is the time from the start until the outcome was known and what is kept of the body
 * was read, without our own stalls (attempt-clock.ts). An answer whose body trickles is therefore
 * slow, whatever its headers were.
 */
export async function attempt(request: OutgoingRequest, deps: AttemptDeps): Promise<AttemptOutcome> {
  const abort = new AbortController();
  const timedOut = Promise.withResolvers<void>();
  // Our own timer and not AbortSignal.timeout(): it must not outlive the attempt and keep a Durable
  // Object awake and billed.
  const clock = new AttemptClock({ timer: platformTimer, ...deps }, request.timeoutMs, () => {
    timedOut.resolve();
    abort.abort(new DOMException('timeout', 'TimeoutError'));
  });
  const repeated: { isRepeated?: true } = {};
  const once = () => Promise.race([start(request, abort.signal, deps), timedOut.promise]);
  try {
    const response = await once().catch((thrown: unknown) => {
      if (abort.signal.aborted || !isBrokenAtOnce(thrown, clock)) throw thrown;
      repeated.isRepeated = true;
      return once();
    });
    if (response === undefined)
      return { ...failed(timeoutError(request.timeoutMs), clock.atMs, clock.latencyMs()), ...repeated };
    return { ...(await answered(response, clock, timedOut.promise, deps)), ...repeated };
  } catch (thrown) {
    // The network, or a header that `fetch` will not send. With the timeout passed, that is what
    // ended it.
    const error = abort.signal.aborted ? timeoutError(request.timeoutMs) : thrownError(thrown, repeated);
    return { ...failed(error, clock.atMs, clock.latencyMs()), ...repeated };
  } finally {
    clock.cancel();
  }
}

function isBrokenAtOnce(thrown: unknown, clock: AttemptClock): boolean {
  return isBrokenConnection(thrown) && clock.elapsedMs() <= BROKEN_AT_ONCE_MS;
}

/**
 * Async, so that a `fetch` that throws at once rejects. An answer after the timeout is dropped
 * unread.
 */
async function start(request: OutgoingRequest, signal: AbortSignal, deps: AttemptDeps): Promise<Response> {
  const { url, headers, body } = request;
  const response = await deps.fetch(url, { method: 'POST', headers, body, redirect: 'manual', signal });
  if (signal.aborted) response.body?.cancel().catch(() => undefined);
  return response;
}

async function answered(
  response: Response,
  clock: AttemptClock,
  timedOut: Promise<void>,
  deps: AttemptDeps,
): Promise<AttemptOutcome> {
  const answeredAtMs = deps.nowMs();
  const { status, headers } = response;
  const error = statusError(status, headers);
  const bodyBytesMax = error === null ? RESPONSE_BODY_SUCCESS_BYTES_MAX : RESPONSE_BODY_BYTES_MAX;
  const responseBody = await readStart(response.body, bodyBytesMax, timedOut);
  const retryAfter = headers.get('retry-after');
  return {
    atMs: clock.atMs,
    latencyMs: clock.latencyMs(),
    statusCode: status,
    error,
    responseHeaders: error === null ? null : keptHeaders(headers),
    responseBody,
    retryAfterMs: retryAfter === null ? null : parseRetryAfter(retryAfter, answeredAtMs),
    directive: parseDirective(headers.get(HEADER_DELIVERY)),
  };
}

/** An outcome without an answer. */
export function failed(error: NonNullable<AttemptOutcome['error']>, atMs: number, latencyMs: number): AttemptOutcome {
  return {
    atMs,
    latencyMs,
    statusCode: null,
    error,
    responseHeaders: null,
    responseBody: null,
    retryAfterMs: null,
    directive: null,
  };
}

function platformTimer(ms: number, fire: () => void): { cancel(): void } {
  const handle = setTimeout(fire, ms);
  return { cancel: () => clearTimeout(handle) };
}
