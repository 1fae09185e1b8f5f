/**
 * The command line without a terminal, a network or time: a service of canned answers, and what was
 * printed.
 */
import { run } from '../../src/tools/cli/program.ts';
import type { Io } from '../../src/tools/cli/io.ts';

export const NOW_MS = Date.parse('2026-11-30T22:00:00.000Z');

export type Sent = { route: string; query: Record<string, string>; body: unknown; key: string | null };
type Routes = Record<string, unknown>;

/**
 * `answers`: by `METHOD /path`, a body, or a list of bodies for one call after the other; a
 * `Problem` has a `code`. A function is given the query, and answers a body.
 */
export function cli(answers: Routes, given: Partial<Io> & { files?: Record<string, string>; typed?: string } = {}) {
  const sent: Sent[] = [];
  const outs: string[] = [];
  const errs: string[] = [];
  const left = new Map(
    Object.entries(answers).map(([route, answer]) => [route, Array.isArray(answer) ? [...answer] : [answer]]),
  );
  let nowMs = NOW_MS;
  const io: Io = {
    env: { TUBEPOST_ACCOUNT: 'acme' },
    out: (text) => outs.push(text),
    err: (text) => errs.push(text),
    isTerminal: { in: false, out: false, err: false },
    columns: () => 80,
    readInput: async () => given.typed ?? '',
    readFile: async (path) => {
      const text = given.files?.[path];
      if (text === undefined) throw new Error(`the test has no file ${path}`);
      return text;
    },
    ask: async () => given.typed ?? '',
    nowMs: () => nowMs,
    sleep: async (ms) => void (nowMs += ms),
    signal: new AbortController().signal,
    fetch: async (url, { method = 'GET', body, headers, signal }) => {
      signal?.throwIfAborted();
      const { pathname, searchParams, origin } = new URL(url);
      const route = `${method} ${decodeURIComponent(pathname)}`;
      sent.push({
        route: origin === 'http://127.0.0.1:8787' ? route : `${route} at ${origin}`,
        query: Object.fromEntries(searchParams),
        body: typeof body === 'string' ? JSON.parse(body) : null,
        key: new Headers(headers).get('idempotency-key'),
      });
      const queue = left.get(route);
      const answer: unknown = queue === undefined ? undefined : queue.length > 1 ? queue.shift() : queue[0];
      if (typeof answer === 'function') return Response.json(answer(Object.fromEntries(searchParams)));
      if (answer === undefined) return problem(404, 'not-found', `the test has no ${route}`);
      if (answer instanceof Error) throw answer;
      return answer instanceof Response
        ? answer.clone()
        : new Response(JSON.stringify(answer), { headers: { 'content-type': 'application/json' } });
    },
    ...given,
  };
  return {
    sent,
    out: () => outs.join(''),
    err: () => errs.join(''),
    run: (...argv: string[]) => run(argv, io),
  };
}

export function problem(
  status: number,
  code: string,
  detail: string,
  errors: { field: string; message: string }[] = [],
): Response {
  return new Response(JSON.stringify({ type: 't', title: 't', status, code, detail, errors }), {
    status,
    headers: { 'content-type': 'application/problem+json' },
  });
}

export const page = (...data: unknown[]) => ({ data, next: null, searchedTo: null });

export function endpoint(id: string, description: string, more: object = {}): object {
  return {
    id,
    description,
    url: 'https://crm.example/hook',
    status: 'enabled',
    ordering: 'ordered',
    eventTypes: [],
    secrets: [],
    ...more,
  };
}

export function delivery(more: object = {}): object {
  return {
    id: 'dlv_1',
    account: 'acme',
    endpoint: 'ep_crm',
    event: 'evt_1',
    eventType: 'ticket.created',
    record: 'ticket/1',
    sequence: 1,
    version: null,
    status: 'delivered',
    attempts: 1,
    lastAttempt: null,
    nextAttemptAt: null,
    blockedBy: null,
    supersededBy: null,
    replayOf: null,
    replayedBy: null,
    replayResolved: null,
    outOfOrder: false,
    reason: null,
    note: 'Delivered to CRM in 12 ms',
    late: false,
    acceptedAt: '2026-11-30T21:59:00.000Z',
    endedAt: null,
    replay: null,
    attemptLog: [],
    schemaVersion: null,
    body: null,
    erasedAt: null,
    payloadExpiredAt: null,
    ...more,
  };
}
