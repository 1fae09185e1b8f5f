/**
 * What the checks play on: events as the service makes them, requests as it sends them, and what
 * came back. Every id and record is new, so that a rehearsal can be repeated against a receiver
 * that remembers.
 */
import { randomBytes, randomUUID } from 'node:crypto';
import {
  HEADER_ATTEMPT,
  HEADER_ID,
  HEADER_PREVIOUS,
  HEADER_REPLAY,
  HEADER_SIGNATURE,
  HEADER_TIMESTAMP,
  PREVIOUS_NONE,
  sign,
  type SigningKey,
} from '../../../signature.ts';
import type { Io } from '../io.ts';
import { formatJson } from '../json.ts';
import type { Outcome } from './outcome.ts';
import type { ReadState, State } from './state.ts';

export type Event = {
  id: string;
  type: string;
  /** The same in every attempt: so are the bytes. */
  timestamp: string;
  record: string;
  sequence: number;
  version: number;
  data: unknown;
};
export type Sending = {
  /** The body as it stands in the request; of the event unless given. */
  body?: string;
  /** What was signed, where that differs from what is sent: a forgery. */
  signedBody?: string;
  signedId?: string;
  keys?: readonly SigningKey[];
  /**
   * Makes the header's value of what `signWith` answers for some keys; null leaves the header out.
   */
  signature?: ((signWith: (keys: readonly SigningKey[]) => Promise<string>) => Promise<string>) | null;
  /** Of `webhook-timestamp`, in seconds from now. */
  shiftSeconds?: number;
  attempt?: number;
  previous?: string;
  replay?: string;
};

export type Plan = {
  url: string;
  /** Each signs every request, as during a rotation's overlap. The newest first. */
  keys: readonly SigningKey[];
  type: string;
  data: unknown;
  timeoutMs: number;
  latencyMsMax: number;
  burst: number;
};

export type Stage = {
  plan: Plan;
  /** A key that nobody has. */
  strangersKey: SigningKey;
  record: () => string;
  event: (more?: Partial<Event>) => Event;
  send: (event: Event, how?: Sending) => Promise<Outcome>;
  /** As it is right now; null where the receiver offers none. */
  state: ReadState | null;
  /**
   * As it is when its work is done: of a receiver that answers before that, a while later. Null
   * where it offers none.
   */
  settled: (record: string) => Promise<State | null>;
  /** How long after its answer the receiver still works: measured by the first check. */
  lag: { ms: number };
  sleep: (ms: number) => Promise<void>;
  nowMs: () => number;
};

/** The answer's body is of interest only where it says why. */
const TEXT_CHARS_MAX = 4_096;

export function createStage(io: Io, plan: Plan, readState: ReadState | null): Stage {
  const run = randomBytes(4).toString('hex');
  let records = 0;
  const record = () => `rehearsal/${run}-${(records += 1)}`;
  const lag = { ms: 0 };
  return {
    plan,
    strangersKey: randomBytes(32),
    record,
    event: (more) => ({
      id: `rehearsal_${randomUUID()}`,
      type: plan.type,
      timestamp: new Date(io.nowMs()).toISOString(),
      record: more?.record ?? record(),
      sequence: 1,
      version: 1,
      data: plan.data,
      ...more,
    }),
    send: (event, how = {}) => send(io, plan, event, how),
    state: readState,
    lag,
    settled: async (of) => {
      if (readState === null) return null;
      if (lag.ms > 0) await io.sleep(2 * lag.ms);
      return readState(of);
    },
    sleep: io.sleep,
    nowMs: io.nowMs,
  };
}

/** In the order and spelling of the service's own (docs/contract.md). */
export function bodyOf({ id, type, timestamp, record, sequence, version, data }: Event): string {
  return formatJson({ id, type, timestamp, record, sequence, version, schemaVersion: null, data });
}

async function send(io: Io, plan: Plan, event: Event, how: Sending): Promise<Outcome> {
  const body = how.body ?? bodyOf(event);
  const timestampSeconds = Math.floor(io.nowMs() / 1_000) + (how.shiftSeconds ?? 0);
  const signed = { id: how.signedId ?? event.id, timestampSeconds, body: how.signedBody ?? body };
  const { signature: make = (signWith) => signWith(how.keys ?? plan.keys) } = how;
  const signature = make === null ? null : await make((keys) => sign(signed, keys));
  const headers: Record<string, string> = {
    'content-type': 'application/json',
    'user-agent': 'Tubepost/1.0 (rehearsal)',
    [HEADER_ID]: event.id,
    [HEADER_TIMESTAMP]: String(timestampSeconds),
    [HEADER_ATTEMPT]: String(how.attempt ?? 1),
    [HEADER_PREVIOUS]: how.previous ?? PREVIOUS_NONE,
    ...(signature === null ? {} : { [HEADER_SIGNATURE]: signature }),
    ...(how.replay === undefined ? {} : { [HEADER_REPLAY]: how.replay }),
  };
  const late = AbortSignal.timeout(plan.timeoutMs);
  const startMs = performance.now();
  const latencyMs = () => Math.round(performance.now() - startMs);
  try {
    const response = await io.fetch(plan.url, {
      method: 'POST',
      headers,
      body,
      redirect: 'manual',
      signal: AbortSignal.any([io.signal, late]),
    });
    const answeredMs = latencyMs();
    const text = (await response.text()).slice(0, TEXT_CHARS_MAX);
    return { kind: 'answered', status: response.status, latencyMs: answeredMs, text };
  } catch (error) {
    if (io.signal.aborted) throw error;
    if (late.aborted) return { kind: 'timeout', latencyMs: plan.timeoutMs, message: 'timeout' };
    return { kind: 'broken', latencyMs: latencyMs(), message: messageOf(error) };
  }
}

function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { cause } = error;
  return cause instanceof Error && cause.message !== '' ? cause.message : error.message;
}
