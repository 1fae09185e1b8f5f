/**
 * The consumer of FANOUT and SLOW: makes attempts that a Shard handed out as claims. A message may
 * be lost, doubled or late: only the Shard says whether its claim still stands, and every answer
 * goes back there. Keeps nothing.
 */
import { z } from 'zod';
import { CLAIM_GRACE_MS, SETTLE_GROUP_MS } from '../core/limits.ts';
import type { AttemptOutcome } from '../core/outcome.ts';
import type { BeginResult, ClaimRef, ShardRpc } from '../core/rpc.ts';
import type { Sender } from '../delivery/sender.ts';

const fanoutMessage = z.object({
  v: z.literal(2),
  shard: z.string(),
  claim: z.object({
    record: z.string(),
    sequence: z.number(),
    endpoint: z.string(),
    replay: z.number(),
    claim: z.number(),
  }),
});

export type FanoutDeps = {
  shard(name: string): Pick<ShardRpc, 'begin' | 'settle'>;
  send: Sender;
  nowMs(): number;
  wait(ms: number): Promise<void>;
  report(message: string, facts: Record<string, unknown>): void;
};

type Carried = { message: Message; claim: ClaimRef };

export async function consumeFanout(batch: MessageBatch, deps: FanoutDeps): Promise<void> {
  const byShard = new Map<string, Carried[]>();
  for (const message of batch.messages) {
    const parsed = fanoutMessage.safeParse(message.body);
    if (!parsed.success) {
      deps.report('fanout message unreadable', { id: message.id });
      message.retry();
      continue;
    }
    const group = byShard.get(parsed.data.shard) ?? [];
    group.push({ message, claim: parsed.data.claim });
    byShard.set(parsed.data.shard, group);
  }
  await Promise.all([...byShard].map(([name, carried]) => consumeShard(name, carried, deps)));
}

async function consumeShard(name: string, carried: Carried[], deps: FanoutDeps): Promise<void> {
  let begun: BeginResult[];
  const askedMs = deps.nowMs();
  try {
    begun = await deps.shard(name).begin(carried.map(({ claim }) => claim));
  } catch (error) {
    // Asked for again; the Shard answers `gone` where a claim has begun or ended.
    deps.report('fanout failed', failure('begin', name, error));
    for (const { message } of carried) message.retry();
    return;
  }
  // Their claims may have been given up by the time the answer came: then something else may be
  // under way in their lanes.
  if (deps.nowMs() - askedMs > CLAIM_GRACE_MS) {
    deps.report('fanout failed', failure('begin', name, new Error('the answer came too late; its claims run out')));
    for (const { message } of carried) message.ack();
    return;
  }
  const settle = settler(name, deps);
  await Promise.all(
    carried.map(async ({ message }, index) => {
      const result = begun[index];
      try {
        if (result?.kind === 'request') await settle(result.request.claim, await deps.send(result.request));
      } catch (error) {
        // The claim runs out, and the attempt counts as lost: it may not be begun a second time.
        // The others are not affected.
        deps.report('fanout failed', failure('settle', name, error));
      }
      message.ack();
    }),
  );
}

function failure(step: string, shard: string, error: unknown) {
  return { step, shard, error: String(error) };
}

/**
 * Outcomes that come within SETTLE_GROUP_MS of each other go back in one call: each call to an
 * object is billed.
 */
function settler(name: string, deps: FanoutDeps): (claim: ClaimRef, outcome: AttemptOutcome) => Promise<void> {
  let group: { settled: { claim: ClaimRef; outcome: AttemptOutcome }[]; done: Promise<void> } | null = null;
  return async (claim, outcome) => {
    if (group === null) {
      const settled: { claim: ClaimRef; outcome: AttemptOutcome }[] = [];
      const done = deps.wait(SETTLE_GROUP_MS).then(async () => {
        group = null;
        await deps.shard(name).settle(settled);
      });
      group = { settled, done };
    }
    group.settled.push({ claim, outcome });
    await group.done;
  };
}
