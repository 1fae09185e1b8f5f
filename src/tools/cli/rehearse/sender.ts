/**
 * `tubepost rehearse --sender`: does the service do what its contract says when receivers fail,
 * hang, are slow, break off, and recover? This machine plays them, in an account that is made for
 * it and removed at the end; judged is what arrived, what the service showed meanwhile, and what
 * its log says in the end (sender-judge.ts).
 */
import { randomBytes } from 'node:crypto';
import { ofAnswer, type Schemas } from '../../../client/client.ts';
import type { VerifyKey } from '../../../signature.ts';
import type { Answer } from '../answers.ts';
import type { Context } from '../connect.ts';
import type { ExitCode } from '../exit.ts';
import { type Arrival, openHook, verifyKeyOf } from '../hook.ts';
import { endWith, showResult } from './report.ts';
import { EVENTS, type Role, ROLES, SCHEDULE_SECONDS, wellAnswer } from './sender-cast.ts';
import { judgeSender, type Seen } from './sender-judge.ts';

const LOOK_EVERY_MS = 200;
/**
 * All retries take some 6 s; a loaded machine takes its time, and a crash of the service half a
 * minute more.
 */
const DONE_WITHIN_MS = 60_000;
const RECORD = 'rehearsal/order';

export type SenderOptions = { port: number; host: string; publicUrl?: string; junit?: string };

export async function rehearseSender(context: Context, options: SenderOptions): Promise<ExitCode> {
  const { io, print, client, lasting } = context;
  const account = `rehearsal-${randomBytes(4).toString('hex')}`;
  const stage = createReceivers();
  const hook = await openHook({ host: options.host, port: options.port, nowMs: io.nowMs, ...stage.behaviour });
  try {
    ofAnswer(await client.call('putAccount', { path: { account }, body: { name: 'Rehearsal of the sender' } }));
    try {
      print.hint(`Receiving on ${hook.origin}; account ${account}.`);
      const seen = await play(context, account, options.publicUrl ?? hook.origin, stage);
      const results = judgeSender(seen);
      for (const result of results) showResult(print, result);
      return await endWith(context, 'tubepost rehearse --sender', results, options.junit);
    } finally {
      // Also after Ctrl+C.
      ofAnswer(await lasting.call('deleteAccount', { path: { account }, query: { reason: 'the rehearsal is over' } }));
    }
  } finally {
    await hook.close();
  }
}

type Receivers = ReturnType<typeof createReceivers>;

function createReceivers() {
  const arrivals: Arrival[] = [];
  const keys = new Map<string, VerifyKey[]>();
  const left = new Map(
    ROLES.map((role): [string, { role: Role; answers: Answer[] }] => [role.path, { role, answers: [...role.answers] }]),
  );
  return {
    arrivals,
    keys,
    behaviour: {
      keys: (path: string) => keys.get(path) ?? [],
      answer: (path: string): Answer => {
        const found = left.get(path);
        if (found === undefined) return { kind: 'status', status: 404, afterMs: 0, headers: {} };
        return found.answers.shift() ?? wellAnswer(found.role);
      },
      take: (arrival: Arrival) => void arrivals.push(arrival),
    },
  };
}

async function play(context: Context, account: string, origin: string, { arrivals, keys }: Receivers): Promise<Seen> {
  const { client, io } = context;
  const endpoints = new Map<string, string>();
  for (const { path, what, timeoutMs } of ROLES) {
    const body = {
      url: `${origin.replace(/\/$/, '')}${path}`,
      description: what,
      timeoutMs,
      retry: { scheduleSeconds: [...SCHEDULE_SECONDS], windowSeconds: 3_600 },
    };
    const made = ofAnswer(await client.call('createEndpoint', { path: { account }, body }));
    endpoints.set(path, made.id);
    keys.set(path, [verifyKeyOf(made.secret)]);
  }
  const startMs = io.nowMs();
  const events: string[] = [];
  for (let version = 1; version <= EVENTS; version += 1) {
    const body = { id: `rehearsal-${version}`, type: 'rehearsal.updated', record: RECORD, version, data: { version } };
    events.push(ofAnswer(await client.call('publishEvent', { path: { account }, body })).id);
  }
  const retrying = await watch(context, account, startMs + DONE_WITHIN_MS);
  return {
    arrivals,
    endpoints,
    events,
    retrying,
    deliveries: await readDeliveries(context, account, events),
    tookMs: io.nowMs() - startMs,
  };
}

/** Until nothing is open any more: what the record's status said of those that failed meanwhile. */
async function watch(
  { client, io }: Context,
  account: string,
  deadlineMs: number,
): Promise<Map<string, Schemas['Delivery']>> {
  const retrying = new Map<string, Schemas['Delivery']>();
  while (io.nowMs() < deadlineMs && !io.signal.aborted) {
    const record = ofAnswer(await client.call('getRecordByKey', { path: { account }, query: { key: RECORD } }));
    for (const event of record.endpoints) await noteRetrying(event.endpoint, event.delivery);
    if (record.endpoints.every(({ delivery }) => delivery.status === 'delivered')) break;
    await io.sleep(LOOK_EVERY_MS);
  }
  return retrying;

  /** The newest delivery of a lane waits behind the one that fails: that one is asked. */
  async function noteRetrying(endpoint: string, newest: Schemas['Delivery']): Promise<void> {
    if (retrying.has(endpoint)) return;
    const { blockedBy } = newest;
    const head =
      blockedBy === null
        ? newest
        : ofAnswer(await client.call('getDelivery', { path: { account, delivery: blockedBy } }));
    if (head.status === 'retrying') retrying.set(endpoint, head);
  }
}

async function readDeliveries(
  { client }: Context,
  account: string,
  events: readonly string[],
): Promise<Map<string, Schemas['DeliveryDetail'][]>> {
  const deliveries = new Map<string, Schemas['DeliveryDetail'][]>();
  for (const event of events) {
    const found = ofAnswer(await client.call('getEvent', { path: { account, event }, query: { record: RECORD } }));
    for (const { id, endpoint } of found.deliveries) {
      const delivery = ofAnswer(await client.call('getDelivery', { path: { account, delivery: id } }));
      deliveries.set(endpoint, [...(deliveries.get(endpoint) ?? []), delivery]);
    }
  }
  return deliveries;
}
