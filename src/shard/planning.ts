/**
 * What a turn starts of one record: it supersedes what has been overtaken, and claims what may go,
 * here or through a queue. Part of a Ledger turn.
 */
import { isGuarded } from '../core/admission.ts';
import type { EndpointSettings } from '../core/endpoint.ts';
import { planLane } from '../core/lane.ts';
import {
  CLAIM_BEGIN_WITHIN_MS,
  CLAIM_GRACE_MS,
  CLAIM_SETTINGS_MS,
  FANOUT_CLAIMS_MAX,
  SETTINGS_FRESH_MS,
  TIMEOUT_MS_MAX,
} from '../core/limits.ts';
import { place } from '../core/placing.ts';
import type { AcceptRequest } from '../core/publish.ts';
import { type Speed, speedOf } from '../core/speed.ts';
import { claimed, ended, isAtGate } from '../core/status.ts';
import { depart, isCutOff, refOf } from './departing.ts';
import { endErased } from './erasing.ts';
import { endExpired } from './expiring.ts';
import type { Lane, Slot } from './lanes.ts';
import type { Memory } from './memory.ts';
import { logChanged } from './outbox.ts';

/** Settings that came with a publish. */
type Carried = AcceptRequest['settings'];

export type PlanningFacts = {
  /** What others in this isolate learned of an endpoint's latency; null: nothing. */
  latencyElsewhere(endpoint: string): number | null;
  /** Settings for this lane must be at least this new. */
  revisionNeeded(endpoint: string): number;
  /** Attempts that the Shard itself may have under way. */
  slots: number;
};

/**
 * Supersedes what has been overtaken and claims what may start, in every lane that changed or is
 * due.
 */
export function planTurn(memory: Memory, nowMs: number, carried: Carried, facts: PlanningFacts): void {
  endErased(memory, nowMs);
  endExpired(memory, nowMs);
  const inFlight = memory.slots.inFlight((slot) => speedOfEndpoint(slot, facts) === 'quick');
  const freeSlots = facts.slots - inFlight.self + FANOUT_CLAIMS_MAX - inFlight.fanout;
  const starts: Slot[] = [];
  for (const lane of memory.lanesToPlan(nowMs, freeSlots)) {
    starts.push(...startsOf(memory, lane, nowMs, freeSlots));
  }
  starts.sort((a, b) => dueOf(a) - dueOf(b) || a.sequence - b.sequence);
  const factsOf = (slot: Slot) => ({ endpoint: slot.delivery.endpoint, speed: speedOfLane(memory, slot, facts) });
  const placing = place(starts, factsOf, inFlight, facts.slots);
  for (const slot of placing.self) startHere(memory, slot, carried, facts, nowMs);
  for (const via of ['fanout', 'slow'] as const) {
    for (const slot of placing[via]) {
      const untilMs = nowMs + CLAIM_BEGIN_WITHIN_MS;
      memory.put(slot, claimed(slot.delivery, { via, begunAtMs: null, untilMs }));
      memory.startVia(via, refOf(memory, slot));
    }
  }
  memory.planned(placing.waiting);
}

function startsOf(memory: Memory, lane: Lane, nowMs: number, freeSlots: number): Slot[] {
  const plan = planLane(lane, nowMs, freeSlots);
  lane.dueMs = plan.dueMs;
  if (plan.isCut) memory.cap(lane);
  for (const { item, by } of plan.superseded) {
    memory.put(item, ended(item.delivery, 'superseded', nowMs, { supersededBy: by }));
    logChanged(memory, item, nowMs);
  }
  return plan.start;
}

/**
 * Claims an attempt for the Shard itself. With fresh settings in hand the request is made in the
 * same turn, at no row of its own. A claim that has still to read them counts as begun, unless it
 * is known already that its Gate will be asked: then surely nothing leaves before `begin`.
 */
function startHere(memory: Memory, slot: Slot, carried: Carried, facts: PlanningFacts, nowMs: number): void {
  const untilMs = nowMs + CLAIM_SETTINGS_MS + TIMEOUT_MS_MAX + CLAIM_GRACE_MS;
  const known = carried?.endpoints.find(({ id }) => id === slot.delivery.endpoint);
  const isHeldBack = known !== undefined && (known.status === 'paused' || isGuarded(known));
  // Without settings at hand: where something waited at the Gate, or a publish or the Gate knew
  // better, it will be asked.
  const mayAsk = carried === null && facts.revisionNeeded(slot.delivery.endpoint) > 0;
  const willAsk = isHeldBack || mayAsk || isAtGate(slot.delivery);
  const begunAtMs = willAsk ? null : nowMs;
  memory.put(slot, claimed(slot.delivery, { via: 'self', begunAtMs, untilMs }));
  const { claim } = slot.delivery;
  const endpoint = settingsInHand(memory, slot, carried, facts, nowMs);
  const request =
    endpoint === null || claim === null ? null : depart(memory, slot, claim, endpoint, carried?.revision ?? 0, nowMs);
  memory.startHere({ claim: refOf(memory, slot), request });
}

function settingsInHand(
  memory: Memory,
  slot: Slot,
  carried: Carried,
  facts: PlanningFacts,
  nowMs: number,
): EndpointSettings | null {
  const lane = memory.laneOf(slot);
  if (carried === null || Math.abs(nowMs - carried.readAtMs) > SETTINGS_FRESH_MS) return null;
  if (carried.revision < facts.revisionNeeded(lane.endpoint)) return null;
  const endpoint = carried.endpoints.find((one) => one.id === slot.delivery.endpoint);
  if (endpoint === undefined || endpoint.status !== 'enabled' || isCutOff(slot, endpoint)) return null;
  if (isGuarded(endpoint)) return null;
  const ordering = memory.address.kind === 'k' ? endpoint.ordering : 'unordered';
  return ordering === lane.ordering ? endpoint : null;
}

function speedOfLane(memory: Memory, slot: Slot, facts: PlanningFacts): Speed {
  const { latencyMs } = memory.laneOf(slot);
  return speedOf(latencyMs ?? facts.latencyElsewhere(slot.delivery.endpoint));
}

/** Of a slot of any record of the Shard: its own lane may not be at hand. */
function speedOfEndpoint({ delivery: { endpoint, last } }: Slot, facts: PlanningFacts): Speed {
  return speedOf(facts.latencyElsewhere(endpoint) ?? last?.latencyMs ?? null);
}

function dueOf({ delivery }: Slot): number {
  return delivery.state.kind === 'waiting' ? delivery.state.dueMs : 0;
}
