/** What the API says, against what was acknowledged and what the receiver saw (I1, I2, I6, I8). */
import { sequencesAreDense, Violation } from '../support/invariants.ts';
import type { Attempt, DeliveryDetail } from '../support/tubepost.ts';
import { isRejected, PICKY, wantedBy } from './cast.ts';
import { asAttempts, deliveryKey } from './judge-requests.ts';
import type { Published } from './load.ts';
import { isDone, type Seen } from './seen.ts';
import type { Log, Range } from './settle.ts';

export type Evidence = {
  published: Published[];
  seen: Seen[];
  /** Endpoint id to path. */
  paths: ReadonlyMap<string, string>;
  /** Exact reads, by id. */
  exact: ReadonlyMap<string, DeliveryDetail>;
  log: Log;
  /** Deliveries that were asked to be replayed. */
  replayed: ReadonlySet<string>;
};

/**
 * I1: each endpoint that wanted it has a delivery, which ended as it may; what is said to be
 * delivered did arrive.
 */
export function lost({ published, seen, paths, exact }: Evidence): string[] {
  const done = new Set(seen.filter(isDone).map(deliveryKey));
  const faults: string[] = [];
  for (const { id, type, accepted } of published) {
    const made = new Map(accepted.deliveries.map((one) => [paths.get(one.endpoint), one.id]));
    for (const { path, ordering } of wantedBy(type)) {
      const delivery = exact.get(made.get(path) ?? '');
      const where = `${path} ${id} (${delivery?.id ?? 'no delivery'})`;
      if (delivery === undefined) faults.push(`${where} is nowhere`);
      else if (delivery.status === 'delivered') {
        if (!done.has(`${path} ${id}`)) faults.push(`${where} is delivered and never arrived`);
      } else if (!mayEndSo(delivery, path, ordering, exact)) {
        faults.push(`${where} is ${delivery.status} after ${delivery.attempts}: ${delivery.note}`);
      }
    }
    if (made.size !== wantedBy(type).length) faults.push(`${id} has ${made.size} deliveries`);
  }
  return faults;
}

function mayEndSo(
  delivery: DeliveryDetail,
  path: string,
  ordering: string,
  exact: ReadonlyMap<string, DeliveryDetail>,
): boolean {
  if (delivery.status === 'dead') return path === PICKY && isRejected(delivery.event);
  const by = exact.get(delivery.supersededBy ?? '');
  if (delivery.status !== 'superseded' || ordering !== 'latest' || by === undefined) return false;
  const isSameLane = by.record === delivery.record && by.endpoint === delivery.endpoint;
  if (delivery.version === null || by.version === null) {
    return isSameLane && delivery.version === by.version && (by.sequence ?? 0) > (delivery.sequence ?? 0);
  }
  return isSameLane && by.version > delivery.version;
}

/**
 * I2: each record's sequences are 1, 2, 3, …, in the order of publishing; a duplicate was told the
 * same.
 */
export function wrongSequences(published: Published[]): string[] {
  const keyed = published.filter(({ record }) => record !== null);
  const misplaced = keyed.filter(({ step, accepted }) => step !== accepted.sequence);
  const sparse = [...Map.groupBy(keyed, ({ record }) => record ?? '')].flatMap(([record, all]) => {
    const sequences = all.map(({ accepted }) => accepted.sequence ?? 0).sort((a, b) => a - b);
    try {
      sequencesAreDense(record, sequences, []);
      return [];
    } catch (error) {
      if (error instanceof Violation) return [error.message];
      throw error;
    }
  });
  return [...misplaced.map(({ id, step, accepted }) => `${id} is ${accepted.sequence}, not ${step}`), ...sparse];
}

/**
 * R3: each job came to its end and counted everything; none sent a delivery twice, nor what another
 * had brought.
 */
export function wrongRanges(ranges: Range[]): string[] {
  const brought = Map.groupBy(
    ranges.flatMap(({ sent }) => sent.filter(({ status }) => status === 'delivered')),
    ({ replayOf }) => replayOf,
  );
  const doubled = [...brought].flatMap(([of, all]) =>
    all.length > 1 ? [`${of} was brought ${all.length} times`] : [],
  );
  return [...doubled, ...ranges.flatMap(wrongRange)];
}

function wrongRange({ job: { id, status, note, progress }, sent }: Range): string[] {
  const { total, delivered, failed, skipped } = progress;
  const faults = status === 'finished' ? [] : [`${id} is ${status}: ${note}`];
  if (delivered + failed + skipped !== total) faults.push(`${id} has a total of ${total}: ${note}`);
  const arrived = sent.filter((one) => one.status === 'delivered').length;
  if (arrived !== delivered) faults.push(`${id} counts ${delivered}, and the log has ${arrived} of it as delivered`);
  for (const [of, all] of Map.groupBy(sent, ({ replayOf }) => replayOf)) {
    if (all.length > 1) faults.push(`${id} sent ${of} ${all.length} times`);
  }
  return faults;
}

/**
 * I8: the log's lists are the exact reads, no delivery or attempt more or less; I4: attempts count
 * 1, 2, 3, …
 */
export function gaps({ exact, log, replayed }: Pick<Evidence, 'exact' | 'log' | 'replayed'>): string[] {
  const faults = twice([...log.deliveries, ...log.attempts].map(({ id }) => id));
  const deliveries = new Map(log.deliveries.map((one) => [one.id, one]));
  const attempts = Map.groupBy(log.attempts, ({ delivery }) => delivery);
  for (const [id, one] of exact) {
    const listed = deliveries.get(id);
    if (listed === undefined) faults.push(`${id} is ${one.status} and not in the log`);
    else if (said(listed) !== said(one)) faults.push(`${id} is ${said(one)} and in the log ${said(listed)}`);
    const known = [...one.attemptLog].sort((a, b) => a.number - b.number).map(saidOf);
    const logged = (attempts.get(id) ?? []).sort((a, b) => a.number - b.number).map(saidOf);
    if (known.join() !== logged.join()) faults.push(`${id}: attempts ${known.join()}; in the log ${logged.join()}`);
    const numbers = one.attemptLog.map(({ number }) => number).sort((a, b) => a - b);
    const isWhole = numbers.length === one.attempts && numbers.every((number, i) => number === i + 1);
    if (!isWhole) faults.push(`${id} has ${one.attempts} attempts, and tells of ${numbers.join()}`);
  }
  for (const { id, replayOf } of log.deliveries) {
    // A replay whose answer was lost may have been made twice; who asked for it is known.
    if (!exact.has(id) && !(replayOf !== null && replayed.has(replayOf))) faults.push(`${id} is only in the log`);
  }
  return faults;
}

/**
 * I8: every request is an attempt of the log, answered as the receiver answered; every answer of
 * the log was given.
 */
export function unlogged({ seen, paths, log }: Evidence): string[] {
  const faults: string[] = [];
  const byKey = new Map(log.attempts.map((one) => [keyOf(one, paths), one]));
  for (const request of asAttempts(seen)) {
    const key = `${deliveryKey(request)} #${request.attempt}`;
    const attempt = byKey.get(key);
    byKey.delete(key);
    const given = typeof request.over?.end === 'number' ? request.over.end : null;
    if (attempt === undefined) faults.push(`${key} arrived and is not in the log`);
    else if (attempt.statusCode !== null && attempt.statusCode !== given)
      faults.push(`${key} was answered ${given} and is in the log as ${attempt.statusCode}`);
  }
  for (const [key, { statusCode }] of byKey) {
    if (statusCode !== null) faults.push(`${key} is in the log with ${statusCode} and never arrived`);
  }
  return faults;
}

/** As the receiver names it. */
function keyOf({ delivery, endpoint, event, number, trigger }: Attempt, paths: ReadonlyMap<string, string>): string {
  return `${paths.get(endpoint)} ${event}${trigger === 'replay' ? ` ${delivery}` : ''} #${number}`;
}

function said({ status, attempts, supersededBy, reason }: Omit<DeliveryDetail, 'attemptLog' | 'body'>): string {
  return [status, attempts, supersededBy, reason].join('/');
}

function saidOf({ number, statusCode, error, trigger, at }: Attempt): string {
  return `${number}/${statusCode}/${error?.kind ?? ''}/${trigger}/${at}`;
}

function twice(ids: string[]): string[] {
  return [...Map.groupBy(ids, (id) => id)].flatMap(([id, all]) => (all.length > 1 ? [`${id} is listed twice`] : []));
}
