/**
 * The checks of the demo, each in plain words, with the evidence of both sides: what the receiver
 * saw and what the API says.
 */
import type { Delivery } from '../support/tubepost.ts';
import { CAST, HANGING, isWanted, MISSING_TYPE, PAUSED } from './cast.ts';
import type { Checks } from '../support/checks.ts';
import * as log from './judge-log.ts';
import * as seen from './judge-requests.ts';
import { eventually } from '../support/poll.ts';
import { isSuccess } from './receiver.ts';
import type { Happened } from './story.ts';

/**
 * Unconfirmed log entries are sent again after a minute (LOG_RESEND_MS): a lost one must be back by
 * then.
 */
const LOG_WITHIN_MS = 90_000;
const EXACT_READS = 40;

export async function judge(happened: Happened, checks: Checks): Promise<void> {
  const { evidence, tookMs } = await gather(happened);
  tellLog(evidence, tookMs);
  console.log('\nChecks');
  judgePublishing(happened, checks);
  judgeRequests(happened, checks);
  judgeOrder(happened, checks);
  judgeLog(happened, evidence, checks);
  judgeDeadLetters(happened, evidence, checks);
  await judgeExactReads(happened, evidence, checks);
}

/**
 * The log is seconds late: read until it has all, or the time is over; the checks then say what it
 * lacks.
 */
async function gather({ api, receiver, publisher, paths }: Happened) {
  const startedMs = performance.now();
  const read = async (): Promise<log.Evidence> => ({
    published: publisher.published,
    requests: receiver.requests,
    paths,
    deliveries: await api.deliveries(),
    attempts: await api.attempts(),
  });
  let evidence = await read();
  await eventually(LOG_WITHIN_MS, async () => {
    const gaps = log.deliveryGaps(evidence, 1).length + log.attemptGaps(evidence).faults.length;
    if (gaps === 0) return true;
    evidence = await read();
    return false;
  });
  return { evidence, tookMs: performance.now() - startedMs };
}

function tellLog({ deliveries, attempts }: log.Evidence, tookMs: number): void {
  const counts = (values: string[]) =>
    [...Map.groupBy(values, (value) => value)].map(([value, all]) => `${all.length} ${value}`).join(', ');
  console.log('\nWhat Tubepost did');
  console.log(`  ${deliveries.length} deliveries: ${counts(deliveries.map(({ status }) => status))}`);
  console.log(`  ${attempts.length} attempts: ${counts(attempts.map(({ error }) => error?.kind ?? 'delivered'))}`);
  console.log(`  the log had all of it ${(tookMs / 1_000).toFixed(1)} s later`);
}

function judgePublishing({ publisher, conflictStatus, statusReads }: Happened, checks: Checks): void {
  const { published, duplicates, duplicateFaults } = publisher;
  checks.check('each record counts its events 1, 2, 3 …', published.length, log.wrongSequences(published));
  checks.check('what was published twice got the same ids and sequence', duplicates, duplicateFaults);
  const refused = conflictStatus === 409 ? [] : [`it was answered ${conflictStatus}`];
  checks.check('an id with other content is refused with 409', 1, refused);
  checks.check('the status of a record knows the event just published', statusReads.of, statusReads.faults);
}

function judgeRequests({ publisher: { published }, receiver }: Happened, checks: Checks): void {
  const { requests } = receiver;
  checks.check('every request is signed: standardwebhooks agrees', requests.length, receiver.faults());
  checks.check('no request carries an unknown event', requests.length, seen.unknownEvents(requests, published));
  checks.check('no endpoint got a type that it did not ask for', requests.length, seen.unwanted(requests));
  checks.check('an event has the same bytes in every attempt', requests.length, seen.changedBytes(requests));
  checks.check('its data is what was published', requests.length, seen.changedData(requests, published));
  checks.check('an attempt is one request', requests.length, seen.doubledAttempts(requests));
  const patience = seen.impatient(requests);
  checks.check('Retry-After is waited for', patience.of, patience.faults);
}

function judgeOrder({ receiver: { requests }, pause, publisher }: Happened, checks: Checks): void {
  const ordered = seen.lanes(requests, ['ordered']);
  const single = seen.lanes(requests, ['ordered', 'latest']);
  const events = ordered.flatMap(([, lane]) => seen.firstSuccesses(lane)).length;
  checks.check('each record arrives in its order at each ordered endpoint', events, seen.outOfOrder(ordered));
  const sentInLanes = single.reduce((sum, [, lane]) => sum + lane.length, 0);
  checks.check('one event of a record at a time', sentInLanes, seen.overlapping(single));
  checks.check('webhook-previous names the event sent before', sentInLanes, seen.brokenChain(single));
  const latest = seen.lanes(requests, ['latest']);
  checks.check(
    'the latest endpoint never goes back to an older version',
    latest.flatMap(([, lane]) => lane).length,
    seen.backwards(latest),
  );

  const paused = requests.filter(({ path }) => path === PAUSED);
  const sent = seen.sentWhilePaused(requests, pause.fromMs, pause.toMs);
  const notHeld = pause.notes.filter((shown) => !shown.startsWith('held: '));
  checks.check('a paused endpoint gets nothing, and what waits for it is shown as held', pause.waiting, [
    ...sent,
    ...notHeld,
  ]);
  const role = CAST.find(({ path }) => path === PAUSED);
  const wanted = publisher.published.filter(({ type }) => role !== undefined && isWanted(role, type));
  const got = new Set(paused.filter(isSuccess).map(({ event }) => event));
  const missing = wanted.filter(({ id }) => !got.has(id)).map(({ id }) => `${id} did not arrive`);
  checks.check('after the resume all of it arrives', wanted.length, missing);
}

function judgeLog({ receiver }: Happened, evidence: log.Evidence, checks: Checks): void {
  const { published, deliveries, attempts, paths } = evidence;
  const expected = log.expectedDeliveries(published).length;
  checks.check('every event reached every endpoint that wanted it, or says why not', expected, log.vanished(evidence));
  checks.check('the log has every delivery, and each has ended', deliveries.length, log.deliveryGaps(evidence, 1));
  const { faults, unseen } = log.attemptGaps(evidence);
  checks.check('the log has every request that arrived, with its status', receiver.requests.length, faults);
  if (unseen > 0) console.log(`        ${unseen} attempts got no answer and never reached the receiver`);
  checks.check('the attempts of a delivery are as many as it says', deliveries.length, log.miscounted(evidence));
  const hung = receiver.of(HANGING).filter(({ answer }) => answer === 'hang');
  const timeouts = attempts.filter(
    ({ endpoint, error }) => paths.get(endpoint) === HANGING && error?.kind === 'timeout',
  );
  const fewer = timeouts.length < hung.length ? [`${hung.length} requests hung, ${timeouts.length} timeouts`] : [];
  checks.check('what hung is logged as a timeout', hung.length, fewer);
  const superseded = deliveries.filter(({ status }) => status === 'superseded');
  checks.check('what was superseded names what took its place', superseded.length, unnamed(superseded, deliveries));
}

/** By a delivery of the same record to the same endpoint, of no lower version. */
function unnamed(superseded: Delivery[], deliveries: Delivery[]): string[] {
  const byId = new Map(deliveries.map((one) => [one.id, one]));
  return superseded.flatMap((one) => {
    const by = byId.get(one.supersededBy ?? '');
    const isRight =
      by?.record === one.record && by.endpoint === one.endpoint && (one.version ?? 0) <= (by.version ?? Infinity);
    return isRight ? [] : [`${one.id} is superseded by ${one.supersededBy}`];
  });
}

function judgeDeadLetters(
  { deadLetters, publisher, receiver }: Happened,
  { deliveries }: log.Evidence,
  checks: Checks,
) {
  const { ids, replayed, replay, discarded, discardedStatus } = deadLetters;
  const missing = publisher.published.filter(({ type }) => type === MISSING_TYPE).map(({ id }) => id);
  const byId = new Map(deliveries.map((one) => [one.id, one]));
  const events = ids.map((id) => byId.get(id)?.event ?? id);
  const isExact = events.toSorted().join() === missing.toSorted().join();
  const others = deliveries.filter(({ id, status }) => status === 'dead' && !ids.includes(id));
  checks.check('dead letters are exactly the 404s', ids.length, [
    ...(isExact ? [] : [`dead: ${events.join(', ')}; answered 404: ${missing.join(', ')}`]),
    ...others.map(({ id, note }) => `${id}: ${note}`),
  ]);

  const [old, again, cancelled] = [byId.get(replayed), byId.get(replay), byId.get(discarded)];
  const requests = receiver.requests.filter((request) => request.replay !== null);
  const isReplayed =
    old?.status === 'dead' && old.replayedBy === replay && again?.status === 'delivered' && again.replayOf === replayed;
  const carried = requests.length === 1 && requests[0]?.replay === replay && isSuccess(requests[0]);
  checks.check('the replay is delivered under its own id, and the dead letter says so', 1, [
    ...(isReplayed ? [] : [JSON.stringify({ old, again })]),
    ...(carried ? [] : [`requests with webhook-replay: ${requests.map((one) => one.replay).join(', ')}`]),
  ]);
  const isDiscarded = discardedStatus === 'cancelled' && cancelled?.status === 'cancelled';
  checks.check('the discarded dead letter is cancelled, with the reason', 1, [
    ...(isDiscarded && cancelled.reason !== null ? [] : [`answered ${discardedStatus}, ${JSON.stringify(cancelled)}`]),
  ]);
}

/** The log and the exact read of a delivery say the same in the end. Looks at a spread of them. */
async function judgeExactReads({ api }: Happened, { deliveries }: log.Evidence, checks: Checks): Promise<void> {
  const step = Math.max(1, Math.floor(deliveries.length / EXACT_READS));
  const some = deliveries.filter((_, i) => i % step === 0);
  const faults: string[] = [];
  for (const one of some) {
    const { status, attempts, attemptLog } = await api.delivery(one.id);
    if (status === one.status && attempts === one.attempts && attemptLog.length === attempts) continue;
    faults.push(`${one.id}: the log says ${one.status} after ${one.attempts}, its record ${status} after ${attempts}`);
  }
  checks.check('the log and the exact read of a delivery agree', some.length, faults);
}
