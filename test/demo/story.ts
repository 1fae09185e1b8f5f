/**
 * What happens in the demo, in order, told as it happens. Each act is a function; what came of them
 * is for judge.ts.
 */
import { type RecordStatus, Tubepost } from '../support/tubepost.ts';
import { CAST, CHOOSY, isWanted, MISSING_TYPE, PAUSED, RETRY, stage } from './cast.ts';
import { OPEN } from './judge-log.ts';
import { loadPayloads } from './payloads.ts';
import { until } from '../support/poll.ts';
import { type Published, Publisher, type Work } from './publisher.ts';
import { isSuccess, type Receiver, type Request } from './receiver.ts';

/** For what takes seconds here: a bound for a loaded machine. */
const WITHIN_MS = 90_000;
const PAUSED_FOR_MS = 1_000;
/** A lane with as many waiting is worth showing. */
const STUCK_WAITING = 3;
const DEAD_LETTERS_NEEDED = 2;

export type Happened = {
  receiver: Receiver;
  publisher: Publisher;
  api: Tubepost;
  /** Endpoint id to path. */
  paths: ReadonlyMap<string, string>;
  statusReads: { of: number; faults: string[]; isTold: boolean };
  conflictStatus: number;
  /**
   * When it was surely in force, what records said meanwhile of the newest delivery, and how many
   * waited.
   */
  pause: { fromMs: number; toMs: number; notes: string[]; waiting: number };
  deadLetters: { ids: string[]; replayed: string; replay: string; discarded: string; discardedStatus: string };
};

export async function tellStory(at: { url: string; key: string }, receiver: Receiver): Promise<Happened> {
  const startedMs = performance.now();
  const api = new Tubepost({ ...at, account: `demo-${Date.now().toString(36)}` });
  const receiverUrl = await receiver.listen();
  console.log(`Tubepost at ${at.url}, receivers at ${receiverUrl}\n\nEndpoints`);
  const paths = await createEndpoints(api, receiver, receiverUrl);

  const payloads = loadPayloads().map((payload, position) => ({ ...payload, position }));
  const [before, after] = halves(payloads);
  const reads: Happened['statusReads'] = { of: 0, faults: [], isTold: false };
  const busiest = busiestRecord(payloads);
  const publisher = new Publisher(api, async (one) => {
    if (one.record === busiest) await readRightAfter(api, one, paths, reads, startedMs);
  });

  console.log(`\nPublished`);
  await Promise.all([publisher.publish(before), tellStuckRecord(api, receiver, startedMs)]);
  stage.mayRecover = true;
  say(startedMs, `${publisher.published.length} events, the first half of each record: the receivers may recover`);

  const pausedId = endpointAt(paths, PAUSED);
  const { effectiveWithinMs } = await api.changeEndpoint(pausedId, { status: 'paused' });
  const pausedMs = performance.now();
  say(startedMs, `Night shift is paused (in force everywhere within ${effectiveWithinMs / 1_000} s)`);
  // On a quick machine all would else be published before the pause must be in force, and nothing
  // held.
  await until('the pause is in force', WITHIN_MS, () =>
    performance.now() > pausedMs + effectiveWithinMs ? true : null,
  );
  await publisher.publish(after);
  const conflictStatus = await tryConflict(api, publisher);
  say(startedMs, `all ${publisher.published.length} events: ${countsOf(publisher)}`);
  const pause = await sitOutPause(api, publisher, pausedId, pausedMs + effectiveWithinMs, startedMs);

  const deadLetters = await handleDeadLetters(api, receiver, publisher, endpointAt(paths, CHOOSY), startedMs);
  await until('no delivery is open any more', WITHIN_MS, async () => {
    const open = await api.deliveries({ status: OPEN });
    return open.length === 0 ? true : null;
  });
  say(startedMs, 'every delivery has ended');

  tellReceivers(receiver);
  return { receiver, publisher, api, paths, statusReads: reads, conflictStatus, pause, deadLetters };
}

async function createEndpoints(api: Tubepost, receiver: Receiver, receiverUrl: string): Promise<Map<string, string>> {
  await api.createAccount();
  const paths = new Map<string, string>();
  for (const { path, name, ordering, eventTypes, timeoutMs, story } of CAST) {
    const url = receiverUrl + path;
    const made = await api.createEndpoint({ url, description: name, ordering, eventTypes, timeoutMs, retry: RETRY });
    receiver.setSecret(path, made.secret);
    paths.set(made.id, path);
    console.log(`  ${name.padEnd(12)} ${ordering.padEnd(10)} ${story}`);
  }
  return paths;
}

/**
 * The first and the second half of each record's events; what has no record goes with the first.
 */
function halves(payloads: Work[]): [Work[], Work[]] {
  const isEarly = new Map<Work, boolean>();
  for (const events of Map.groupBy(payloads, ({ record }) => record).values()) {
    events.forEach((event, i) => isEarly.set(event, event.record === null || i < Math.ceil(events.length / 2)));
  }
  return [payloads.filter((one) => isEarly.get(one) === true), payloads.filter((one) => isEarly.get(one) !== true)];
}

function busiestRecord(payloads: Work[]): string {
  const records = [...Map.groupBy(payloads, ({ record }) => record)].filter(([record]) => record !== null);
  records.sort(([, a], [, b]) => b.length - a.length);
  return records[0]?.[0] ?? '';
}

/** V1: what was just published is in the status of its record, for each endpoint that wants it. */
async function readRightAfter(
  api: Tubepost,
  { id, record, type, accepted }: Published,
  paths: ReadonlyMap<string, string>,
  reads: Happened['statusReads'],
  startedMs: number,
): Promise<void> {
  const status = await api.record(record ?? '');
  reads.of += 1;
  const shown = status.endpoints.filter(({ delivery }) => delivery.event === id);
  const known = new Set(shown.map(({ endpoint }) => paths.get(endpoint)));
  const missing = CAST.filter((role) => isWanted(role, type) && !known.has(role.path)).map(({ name }) => name);
  if (status.sequence !== accepted.sequence)
    reads.faults.push(`${id} is ${accepted.sequence}, read ${status.sequence}`);
  if (missing.length > 0)
    reads.faults.push(`${id}: the status of ${record} does not show it for ${missing.join(', ')}`);
  if (reads.isTold || shown.filter(({ waiting }) => waiting >= STUCK_WAITING).length < 2) return;
  reads.isTold = true;
  say(startedMs, `the status of ${record}, read right after its event ${status.sequence} was acknowledged:`);
  tellStatus(status);
}

function tellStatus({ endpoints }: RecordStatus): void {
  for (const { delivery, waiting } of endpoints) {
    if (delivery.status === 'delivered') continue;
    console.log(
      `           ${delivery.status.padEnd(10)} "${delivery.note}"${waiting > 1 ? ` and ${waiting} wait` : ''}`,
    );
  }
}

/** A record whose newest event failed: its note says why, and when it will be tried again. */
async function tellStuckRecord(api: Tubepost, receiver: Receiver, startedMs: number): Promise<void> {
  const found = await until('a record shows a failed attempt and its retry', WITHIN_MS, async () => {
    const record =
      receiver.requests.findLast((request) => request.record !== null && !isSuccess(request))?.record ?? null;
    if (record === null) return null;
    const status = await api.record(record);
    const retries = status.endpoints.filter(
      ({ delivery: { status, note } }) => status === 'retrying' && / in /.test(note),
    );
    return retries.length > 0 ? status : null;
  });
  say(startedMs, `the record ${found.record} is ${found.status}:`);
  tellStatus(found);
}

async function tryConflict(api: Tubepost, { published }: Publisher): Promise<number> {
  const one = published.find(({ record }) => record !== null);
  if (one === undefined || one.record === null) throw new Error('no event has a record');
  return api.tryPublish({ id: one.id, type: one.type, record: one.record, data: { other: 'content' } });
}

function countsOf({ published, duplicates, batches }: Publisher): string {
  const records = new Set(published.map(({ record }) => record));
  records.delete(null);
  const keyless = published.filter(({ record }) => record === null).length;
  const types = new Set(published.map(({ type }) => type)).size;
  const made = published.filter(({ id }) => id.startsWith('evt_')).length;
  const deliveries = published.reduce((sum, { accepted }) => sum + accepted.deliveryCount, 0);
  return `${types} types, ${records.size} records, ${keyless} without a record, ${made} without an id of their own, ${batches} batches, ${duplicates} published twice; ${deliveries} deliveries`;
}

/**
 * Until the pause is in force and has held for a moment: then what it holds is shown, and let go.
 */
async function sitOutPause(
  api: Tubepost,
  { published }: Publisher,
  endpoint: string,
  inForceMs: number,
  startedMs: number,
): Promise<Happened['pause']> {
  await until('the pause has held for a moment', WITHIN_MS, () =>
    performance.now() > inForceMs + PAUSED_FOR_MS ? true : null,
  );
  const records = new Set(published.map(({ record }) => record).filter((record) => record !== null));
  const notes = new Set<string>();
  let waiting = 0;
  for (const record of records) {
    const lane = (await api.record(record)).endpoints.find((one) => one.endpoint === endpoint);
    if (lane === undefined || lane.waiting === 0) continue;
    notes.add(`${lane.delivery.status}: ${lane.delivery.note}`);
    waiting += lane.waiting;
  }
  say(startedMs, `${waiting} deliveries to Night shift wait. ${[...notes].join('; ')}`);
  const toMs = performance.now();
  await api.changeEndpoint(endpoint, { status: 'enabled' });
  say(startedMs, 'Night shift is resumed');
  return { fromMs: inForceMs, toMs, notes: [...notes], waiting };
}

/**
 * V6, R1: what got a 404 is inspected; one is sent again once the route is there, one is discarded.
 */
async function handleDeadLetters(
  api: Tubepost,
  receiver: Receiver,
  { published }: Publisher,
  endpoint: string,
  startedMs: number,
): Promise<Happened['deadLetters']> {
  const missing = published.filter(({ type }) => type === MISSING_TYPE);
  if (missing.length < DEAD_LETTERS_NEEDED) throw new Error(`too few events of type ${MISSING_TYPE}`);
  const dead = await until(`${missing.length} dead letters are listed`, WITHIN_MS, async () => {
    const found = await api.deadLetters({ endpoint });
    return found.length >= missing.length ? found : null;
  });
  const [first, second] = dead;
  if (first === undefined || second === undefined) throw new Error('the dead letters are gone');
  const detail = await api.delivery(first.id);
  say(
    startedMs,
    `${dead.length} dead letters: "${detail.note}"; the receiver said "${detail.attemptLog.at(-1)?.responseBody}"`,
  );

  stage.isRouteDeployed = true;
  const { id: replay } = await api.replay(first.id, 'the route is deployed');
  await until('the replay is delivered', WITHIN_MS, async () => {
    const again = await api.delivery(replay);
    return again.status === 'delivered' ? true : null;
  });
  const { status: discardedStatus } = await api.discard(second.id, 'a test release');
  const seen = receiver.of(CHOOSY).filter((request) => request.replay === replay);
  say(startedMs, `the route is deployed: one replay was delivered (${seen.length} request), one letter was discarded`);
  return { ids: dead.map(({ id }) => id), replayed: first.id, replay, discarded: second.id, discardedStatus };
}

function tellReceivers(receiver: Receiver): void {
  console.log('\nWhat the receivers did');
  for (const { path, name } of CAST) {
    const requests = receiver.of(path);
    const counts = [...Map.groupBy(requests, answerOf)].map(([answer, all]) => `${all.length} × ${answer}`);
    const events = new Set(requests.filter(isSuccess).map(({ event }) => event)).size;
    console.log(
      `  ${name.padEnd(12)} ${String(requests.length).padStart(5)} requests, ${events} events taken: ${counts.join(', ')}`,
    );
  }
}

function answerOf({ answer }: Request): string {
  return answer === null || answer === 'hang' ? 'no answer' : String(answer.status);
}

function endpointAt(paths: ReadonlyMap<string, string>, path: string): string {
  for (const [id, known] of paths) if (known === path) return id;
  throw new Error(`no endpoint has the path ${path}`);
}

function say(startedMs: number, text: string): void {
  console.log(`  ${((performance.now() - startedMs) / 1_000).toFixed(1).padStart(5)} s  ${text}`);
}
