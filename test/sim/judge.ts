/** What must be true of everything once all is quiet: I1, I4 and I8. */
import type { LoggedAttempt } from '../../src/core/log.ts';
import type { DeliveryView } from '../../src/core/view.ts';
import { Ledger } from '../../src/record/ledger.ts';
import { readDelivery } from '../../src/record/views.ts';
import { unpackAttempt } from '../../src/store/stored-attempt.ts';
import * as invariants from '../support/invariants.ts';
import { Violation } from '../support/invariants.ts';
import type { RecordHost } from './record-object.ts';
import { Life } from './schedule.ts';
import type { System } from './system.ts';

type Row = Record<string, unknown>;

export function judge(system: System): void {
  const { world } = system;
  if (system.publisher.waiting > 0) throw new Violation('I1', 'the publisher', 'it still waits for an answer');
  const stored = new Set<string>();
  const logged = { deliveries: rowsOf(system, 'deliveries'), attempts: rowsOf(system, 'attempts') };
  const events = new Set([...rowsOf(system, 'events').values()].map((row) => String(row['event_id'])));
  const known = { deliveries: new Set<string>(), attempts: new Set<string>() };
  for (const host of system.records.values()) {
    const deliveries = [...system.watch.stored(host).values()].flatMap((event) => event.deliveries);
    invariants.everythingEnded(host.name, deliveries);
    for (const { facts, deliveries: of } of system.watch.stored(host).values()) {
      stored.add(`${host.name} ${facts.id}`);
      if (of.length === 0 && !events.has(facts.id)) {
        throw new Violation('I8', host.name, `the log lacks the event ${facts.id}, which nobody wanted`);
      }
    }
    for (const { view, attempts } of pictures(host)) {
      invariants.attemptsAreContiguous(host.name, view, attempts);
      known.deliveries.add(view.id);
      invariants.logAgrees(host.name, view.id, deliveryRow(view), logged.deliveries.get(view.id));
      for (const [index, attempt] of attempts.entries()) {
        const id = attemptOf(view, attempt.number);
        known.attempts.add(id);
        const row = logged.attempts.get(id) ?? embedded(logged.deliveries.get(view.id), index);
        invariants.logAgrees(host.name, id, attemptRow(attempt), row);
      }
    }
    if (host.alarmAtMs !== null) throw new Violation('I5', host.name, 'an alarm is armed for nothing');
  }
  invariants.nothingLost('the world', [...system.publisher.acknowledged.keys()], stored);
  invariants.logHasOnly('the world', 'deliveries', known.deliveries, logged.deliveries.keys());
  invariants.logHasOnly('the world', 'attempts', known.attempts, logged.attempts.keys());
  const rows = Number(system.d1.storage.query('SELECT COUNT(*) AS n FROM attempts')[0]?.['n']);
  if (rows !== logged.attempts.size) {
    throw new Violation('I8', 'the world', `the log keeps ${rows} rows of ${logged.attempts.size} attempts`);
  }
  for (const gate of system.gates.values()) {
    if (gate.parked().size > 0) throw new Violation('I5', gate.endpoint, 'its Gate keeps records though it is enabled');
  }
  world.saw('calm in the end');
}

function rowsOf(system: System, table: 'deliveries' | 'attempts' | 'events'): Map<string, Row> {
  return new Map(system.d1.storage.query(`SELECT * FROM ${table}`).map((row) => [String(row['id']), row]));
}

/** Read by the code under test, from the rows alone. */
function pictures(host: RecordHost): { view: DeliveryView; attempts: LoggedAttempt[] }[] {
  const sql = host.storage.sqlFor(
    new Life('judge'),
    () => 'none',
    () => undefined,
    () => undefined,
  );
  const { memory } = new Ledger(sql, null, { address: host.address });
  const found: { view: DeliveryView; attempts: LoggedAttempt[] }[] = [];
  for (let sequence = 1; sequence <= memory.lastSequence; sequence += 1) {
    const event = memory.load(sequence);
    for (const { delivery } of event?.slots ?? []) {
      const detail = readDelivery(memory, { sequence, endpoint: delivery.endpoint, replay: delivery.replay });
      if (detail !== null) found.push({ view: detail.delivery, attempts: detail.attempts });
    }
  }
  return found;
}

function attemptOf(view: DeliveryView, number: number): string {
  return `${view.id.replace('dlv_', 'att_')}_a${number}`;
}

function embedded(row: Row | undefined, index: number): Row | undefined {
  const { first_attempt: first, first_at_ms: atMs } = row ?? {};
  if (index !== 0 || typeof first !== 'string') return undefined;
  return { ...attemptRow(unpackAttempt(Number(atMs), first)) };
}

function deliveryRow(view: DeliveryView): Row {
  return {
    endpoint: view.endpoint,
    event_id: view.event,
    event_type: view.eventType,
    record: view.record,
    version: view.version,
    status: view.status,
    attempts: view.attempts,
    last_at_ms: view.last?.atMs ?? null,
    last_status_code: view.last?.statusCode ?? null,
    last_error_kind: view.last?.error?.kind ?? null,
    last_latency_ms: view.last?.latencyMs ?? null,
    next_attempt_at_ms: view.nextAttemptAtMs,
    blocked_by: view.blockedBy,
    superseded_by: view.supersededBy,
    replay_of: view.replayOf,
    replayed_by: view.replayedBy,
    reason: view.reason,
    accepted_at_ms: view.acceptedAtMs,
    ended_at_ms: view.endedAtMs,
  };
}

function attemptRow(attempt: LoggedAttempt): Row {
  return {
    at_ms: attempt.atMs,
    number: attempt.number,
    status_code: attempt.statusCode,
    error_kind: attempt.error?.kind ?? null,
    latency_ms: attempt.latencyMs,
    response_body: attempt.responseBody,
    trigger: attempt.trigger,
    will_retry: Number(attempt.willRetry),
    next_attempt_at_ms: attempt.nextAttemptAtMs,
  };
}
