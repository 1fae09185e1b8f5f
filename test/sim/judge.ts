/**
 * What must be true of everything once all is quiet: I1, I4 and I8; and once retention has had its
 * time: I2.
 */
import { deliveryId, isReplay } from '../../src/core/ids.ts';
import { type LoggedAttempt, REPLAYS_NOTHING } from '../../src/core/log.ts';
import type { DeliveryView } from '../../src/core/view.ts';
import { HOUR_MS, RETENTION_SLACK_SHARE } from '../../src/core/limits.ts';
import type { Ledger } from '../../src/shard/ledger.ts';
import { ShardLedger } from '../../src/shard/shard-ledger.ts';
import { Tables } from '../../src/shard/tables.ts';
import { readDelivery } from '../../src/shard/views.ts';
import { unpackAttempt } from '../../src/store/log/stored-attempt.ts';
import * as invariants from '../support/invariants.ts';
import { Violation } from '../support/invariants.ts';
import type { RecordHost, ShardHost } from './shard-object.ts';
import { Life } from './schedule.ts';
import { endedAtMs } from './watch.ts';
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
    for (const { facts, deliveries: of } of system.watch.gone(host).values()) {
      stored.add(`${host.name} ${facts.id}`);
      for (const { sequence, delivery } of of) {
        const id = deliveryId(host.address, { sequence, endpoint: delivery.endpoint, replay: delivery.replay });
        known.deliveries.add(id);
        const row = logged.deliveries.get(id);
        invariants.logAgrees(host.name, id, { revision: delivery.revision, status: delivery.state.as }, row);
        for (let n = 1; n <= delivery.attempts; n += 1) known.attempts.add(attemptOf(id, n));
      }
    }
    for (const { view, attempts, isExpired } of pictures(host)) {
      invariants.attemptsAreContiguous(host.name, view, attempts);
      known.deliveries.add(view.id);
      invariants.logAgrees(host.name, view.id, deliveryRow(view), logged.deliveries.get(view.id));
      for (const [index, attempt] of attempts.entries()) {
        const id = attemptOf(view.id, attempt.number);
        known.attempts.add(id);
        const row = logged.attempts.get(id) ?? embedded(logged.deliveries.get(view.id), index);
        const { response_body: body, ...facts } = attemptRow(attempt);
        // What receivers answered the log keeps for its own time.
        invariants.logAgrees(host.name, id, isExpired ? facts : { ...facts, response_body: body }, row);
      }
    }
    judgeKept(system, host);
  }
  for (const shard of system.shards.values()) judgeAlarm(system, shard);
  const promised = [...system.publisher.acknowledged.values()].filter(({ record }) => !system.isFormer(record));
  const promises = promised.map(({ record, accepted }) => `${record} ${accepted.id}`);
  invariants.nothingLost('the world', promises, stored);
  invariants.logHasOnly('the world', 'deliveries', known.deliveries, logged.deliveries.keys());
  invariants.logHasOnly('the world', 'attempts', known.attempts, logged.attempts.keys());
  const { attempts: rows = 0, ids = 0 } = countedAttempts(system);
  if (rows !== ids) throw new Violation('I8', 'the world', `the log keeps ${rows} rows of ${ids} attempts`);
  for (const gate of system.gates.values()) {
    if (gate.parked().size > 0) throw new Violation('I5', gate.endpoint, 'its Gate keeps records though it is enabled');
  }
  world.saw('calm in the end');
}

function judgeAlarm(system: System, shard: ShardHost): void {
  if (shard.alarmAtMs !== null && !shard.isArmedWhole) {
    throw new Violation('I5', shard.name, 'an alarm is armed for nothing');
  }
  const hosts = [...system.records.values()].filter((host) => host.shard === shard);
  const isStored = hosts.some((host) => system.watch.stored(host).size > 0);
  if (isStored && shard.alarmAtMs === null) {
    throw new Violation('I5', shard.name, 'it has events and no alarm for their retention');
  }
}

/**
 * O4: nothing is kept for longer than the longest that the account has ever said, its tenth, and an
 * hour.
 */
function judgeKept(system: System, host: RecordHost): void {
  const { keptMsMax } = system.endpoints;
  const { nowMs, drawn } = system.world;
  // A pass is about to come, or to be repeated.
  const { alarmAtMs } = host.shard;
  if (alarmAtMs !== null && alarmAtMs <= nowMs + HOUR_MS) return;
  const late = (keptMs: number) => keptMs * (1 + RETENTION_SLACK_SHARE) + 2 * HOUR_MS + 2 * drawn.clockSkewMs;
  for (const event of system.watch.stored(host).values()) {
    const { facts } = event;
    invariants.hasGone(host.name, `row of ${facts.sequence}`, endedAtMs(event), nowMs, late(keptMsMax.rows));
    const isGone = (facts.erasedAtMs ?? facts.payloadExpiredAtMs) !== undefined;
    if (isGone) continue;
    invariants.hasGone(host.name, `payload of ${facts.sequence}`, endedAtMs(event), nowMs, late(keptMsMax.payload));
  }
}

/** When no alarm is left: every Shard is empty, and knows what comes next in each record. */
export function judgeRetention(system: System): void {
  for (const host of system.records.values()) {
    const kept = system.watch.stored(host).size;
    if (kept > 0) throw new Violation('I5', host.name, `${kept} rows are never deleted`);
    const { memory } = ledgerOf(host);
    const last = Math.max(0, ...system.watch.gone(host).keys());
    if (memory.lastSequence !== last || memory.goneThrough !== last) {
      throw new Violation('I2', host.name, `it will go on after ${memory.lastSequence}, but ${last} was given`);
    }
  }
}

function countedAttempts(system: System): Record<string, number> {
  const [row = {}] = system.d1.storage.query('SELECT COUNT(*) AS attempts, COUNT(DISTINCT id) AS ids FROM attempts');
  return Object.fromEntries(Object.entries(row).map(([name, count]) => [name, Number(count)]));
}

function rowsOf(system: System, table: 'deliveries' | 'attempts' | 'events'): Map<string, Row> {
  const rows = system.d1.storage.query(`SELECT * FROM ${table}`);
  // A message that was on its way brings rows of a removed account back; they stay until their
  // retention.
  const own = rows.filter((row) => !system.isFormerEndpoint(String(row['endpoint'])));
  return new Map(own.map((row) => [String(row['id']), row]));
}

/** The code under test, on the rows alone. */
function ledgerOf(host: RecordHost): Ledger {
  const { storage, address } = host.shard;
  const sql = storage.sqlFor(
    new Life('judge'),
    { turn: () => 'none' },
    () => undefined,
    () => undefined,
  );
  return new ShardLedger(new Tables(sql), null, { address, slotsMax: 1 }).ledger(host.record);
}

type Picture = { view: DeliveryView; attempts: LoggedAttempt[]; isExpired: boolean };

function pictures(host: RecordHost): Picture[] {
  const { memory } = ledgerOf(host);
  const found: Picture[] = [];
  for (let sequence = 1; sequence <= memory.lastSequence; sequence += 1) {
    const event = memory.load(sequence);
    for (const { delivery } of event?.slots ?? []) {
      const detail = readDelivery(memory, { sequence, endpoint: delivery.endpoint, replay: delivery.replay });
      if (detail === null) continue;
      const isExpired = event?.facts.payloadExpiredAtMs !== undefined;
      found.push({ view: detail.delivery, attempts: detail.attempts, isExpired });
    }
  }
  return found;
}

function attemptOf(delivery: string, number: number): string {
  return `${delivery.replace('dlv_', 'att_')}_a${number}`;
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
    replay_of: view.replayOf ?? (isReplay(view.id) ? REPLAYS_NOTHING : null),
    replayed_by: view.replayedBy,
    out_of_order: view.isOutOfOrder === true ? 1 : null,
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
