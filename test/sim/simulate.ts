/**
 * One run, two rounds of it: hostile steps, then calm, then what must be true once all is quiet,
 * then weeks in which retention comes; in the first round perhaps not to the end. The same seed is
 * the same run.
 */
import { setImmediate } from 'node:timers/promises';
import { Violation } from '../support/invariants.ts';
import { DAY_MS } from '../../src/core/limits.ts';
import { judge, judgeRetention } from './judge.ts';
import { System } from './system.ts';

export type Run = { seed: number; steps: number; seen: Map<string, number> };

export class Failure extends Error {
  constructor(seed: number, system: System, cause: unknown) {
    const { world } = system;
    const lines = world.trace.join('\n  ');
    const what = cause instanceof Violation ? cause.message : cause instanceof Error ? cause.stack : String(cause);
    const faults = JSON.stringify(world.drawn);
    super(`seed ${seed}, step ${world.step}: ${what}\nFaults: ${faults}\nThe last steps:\n  ${lines}`, { cause });
  }
}

const CALM_STEPS_MAX = 60_000;
/** About as many as empty all Shards. */
const RETENTION_STEPS = 40;
/** More than this under way: deliver before publishing more. */
const BUSY = 60;
const JUMP_MS: readonly number[] = [50, 1_000, 15_000, 120_000, 3_600_000, 6 * 3_600_000];

export async function simulate(seed: number, steps: number): Promise<Run> {
  const system = new System(seed);
  const { world } = system;
  try {
    for (const isLast of [false, true]) {
      for (let n = 0; n < steps / 2; n += 1) {
        world.step += 1;
        await step(system);
      }
      system.calmDown();
      await calm(system, CALM_STEPS_MAX);
      judge(system);
      await calm(system, isLast ? CALM_STEPS_MAX : world.prng.between(0, RETENTION_STEPS), true);
      if (isLast) judgeRetention(system);
      else system.goOn();
    }
    return { seed, steps: world.step, seen: world.seen };
  } catch (error) {
    throw new Failure(seed, system, error);
  }
}

async function done(system: System, what: string): Promise<void> {
  system.world.note(what);
  await setImmediate();
  system.watch.afterStep();
}

async function step(system: System): Promise<void> {
  const { world } = system;
  const isBusy = world.schedule.size > BUSY;
  const what = world.prng.weighted({
    deliver: isBusy ? 120 : 60,
    queue: 14,
    advance: isBusy ? world.drawn.haste / 2 : world.drawn.haste,
    // Many records fail within one window of the circuit only where many are published to.
    publish: isBusy ? 0 : system.receivers.isOut ? 20 : 9,
    mood: 2,
    outage: world.drawn.outages,
    change: 1.2,
    act: 2,
    crash: world.drawn.crashes,
    pause: world.drawn.longPauses,
    remove: world.drawn.removals,
    skew: 0.5,
  });
  await done(system, act(system, what));
}

function act(system: System, what: string): string {
  const { world } = system;
  switch (what) {
    case 'deliver':
      return deliver(system);
    case 'queue':
      return consume(system);
    case 'advance':
      return advance(system);
    case 'publish':
      return system.publisher.publish();
    case 'mood': {
      const all = system.endpoints.all();
      if (all.length === 0) return 'no receiver';
      const { id } = world.prng.pick(all);
      return `receiver ${id.slice(-4)} is now: ${system.receivers.changeMood(id)}`;
    }
    case 'outage':
      return system.receivers.toggleOutage();
    case 'change':
      return system.endpoints.change();
    case 'act':
      return system.act();
    case 'crash':
      return system.crash();
    case 'remove':
      return system.removeAccount();
    case 'pause':
      world.saw('nothing ran for days');
      world.schedule.nowMs += world.prng.between(DAY_MS, 40 * DAY_MS);
      return 'nothing runs for days';
    default:
      world.skew();
      return 'clocks drift';
  }
}

/** Something that is ready: an item under way, or an alarm. */
function deliver(system: System): string {
  const { world } = system;
  const ready = [
    ...world.schedule.ready().map((item) => ({ what: item.what, item, ring: item.run })),
    ...system
      .alarms()
      .filter(({ atMs }) => atMs <= world.nowMs)
      .map(({ what, ring }) => ({ what, item: null, ring })),
  ];
  if (ready.length === 0) return advance(system);
  const [oldest] = ready;
  const isInOrder = oldest !== undefined && !world.prng.chance(world.drawn.disorder);
  const { what, item, ring } = isInOrder ? oldest : world.prng.pick(ready);
  if (item !== null) world.schedule.remove(item);
  ring();
  return what;
}

function consume(system: System): string {
  const queue = system.world.prng.weighted({ log: 50, fanout: 30, slow: 20 });
  const took = queue === 'log' ? system.consumeLog() : system.consumeClaims(queue);
  return took ? `a consumer of ${queue} starts` : 'no message';
}

function nextMs(system: System): number {
  const { world } = system;
  let next = world.schedule.nextMs();
  for (const { atMs } of system.alarms()) if (atMs > world.nowMs) next = Math.min(next, atMs);
  return next;
}

function advance(system: System): string {
  const { world } = system;
  const next = nextMs(system);
  const jump = world.prng.chance(0.15) ? Math.ceil(world.prng.next() * world.prng.pick(JUMP_MS)) : Infinity;
  const toMs = Math.min(next, world.nowMs + jump);
  if (toMs === Infinity) return 'nothing to wait for';
  world.schedule.nowMs = world.prng.chance(0.05) ? Math.max(toMs, world.nowMs + Math.min(jump, 60_000)) : toMs;
  return 'time passes';
}

/**
 * No more faults; every receiver is well, every endpoint enabled: until nothing is under way and no
 * alarm is armed, or none but those of quiet Shards, which wait for their retention.
 */
async function calm(system: System, most: number, isToTheEnd = false): Promise<void> {
  const { world } = system;
  world.note('calm');
  const isWaitedFor = ({ atMs, isQuiet }: { atMs: number; isQuiet: boolean }) =>
    isToTheEnd || !isQuiet || atMs <= world.nowMs;
  for (let n = 1; n <= most; n += 1) {
    world.step += 1;
    const [item] = world.schedule.ready();
    const alarm = system.alarms().find(({ atMs }) => atMs <= world.nowMs);
    const isWaiting = system.alarms().some(isWaitedFor) || system.world.schedule.size > 0;
    if (item !== undefined) {
      world.schedule.remove(item);
      item.run();
      await done(system, item.what);
    } else if (system.consumeLog() || system.consumeClaims('fanout') || system.consumeClaims('slow'))
      await done(system, 'a consumer starts');
    else if (alarm !== undefined) {
      alarm.ring();
      await done(system, alarm.what);
    } else {
      const next = Math.min(nextMs(system), system.log.nextMs(), system.fanout.nextMs(), system.slow.nextMs());
      if (next === Infinity || !isWaiting) return;
      world.schedule.nowMs = next;
    }
  }
  if (most === CALM_STEPS_MAX) throw new Violation('I1', 'the world', `it is not quiet after ${most} calm steps`);
}
