/**
 * A queue as the platform promises it: at least once, in no order, and here also losing some.
 * Consumers take batches and may die.
 */
import { Life } from './schedule.ts';
import type { World } from './world.ts';

type Held = { id: string; body: unknown; tries: number; notBeforeMs: number };

const BATCH_MAX = 5;
/** As in wrangler.toml; then the message is a dead letter and gone. */
const TRIES_MAX = 10;

export class SimQueue {
  readonly name: string;
  readonly #world: World;
  #messages: Held[] = [];
  #ids = 0;
  /** Messages that a consumer holds. */
  #taken = 0;

  constructor(world: World, name: string) {
    this.#world = world;
    this.name = name;
  }

  get isEmpty(): boolean {
    return this.#messages.length === 0 && this.#taken === 0;
  }

  nextMs(): number {
    return Math.min(Infinity, ...this.#messages.map(({ notBeforeMs }) => notBeforeMs));
  }

  /** Rejecting does not say that nothing was stored. */
  send(from: Life, bodies: unknown[]): Promise<void> {
    const world = this.#world;
    const { faults, prng, schedule } = world;
    const copies = bodies.map((body) => JSON.stringify(body));
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    if (!from.isAlive) return promise;
    const arrive = () => {
      const isRefused = prng.chance(faults.sendRejected);
      if (!isRefused) for (const copy of copies) this.#store(copy);
      const isRejected = isRefused || prng.chance(faults.sendRejectedLate);
      if (isRejected) world.saw(`send to ${this.name} rejected`);
      const answer = () => (isRejected ? reject(new Error(`the queue ${this.name} did not answer`)) : resolve());
      schedule.add(`send to ${this.name}: answers`, answer, { life: from });
    };
    schedule.add(`send to ${this.name}`, arrive, { life: from, isOutbound: true });
    return promise;
  }

  #store(copy: string): void {
    const { faults, prng } = this.#world;
    if (prng.chance(faults.messageLost)) return this.#world.saw(`${this.name} message lost`);
    const times = prng.chance(faults.messageDoubled) ? 2 : 1;
    if (times === 2) this.#world.saw(`${this.name} message doubled`);
    for (let n = 0; n < times; n += 1) {
      this.#ids += 1;
      this.#messages.push({ id: `m${this.#ids}`, body: JSON.parse(copy), tries: 0, notBeforeMs: this.#world.nowMs });
    }
  }

  /** Hands a batch, in any order, to a new consumer. False if there was nothing to take. */
  deliver(consume: (batch: MessageBatch, life: Life) => Promise<void>): boolean {
    const { prng, nowMs } = this.#world;
    const batch: Held[] = [];
    const most = prng.between(1, BATCH_MAX);
    for (let left = this.#ready(nowMs); left.length > 0 && batch.length < most; left = this.#ready(nowMs)) {
      const one = prng.pick(left);
      this.#messages.splice(this.#messages.indexOf(one), 1);
      batch.push(one);
    }
    if (batch.length === 0) return false;
    this.#consume(batch, consume);
    return true;
  }

  #ready(nowMs: number): Held[] {
    return this.#messages.filter(({ notBeforeMs }) => notBeforeMs <= nowMs);
  }

  #consume(batch: Held[], consume: (batch: MessageBatch, life: Life) => Promise<void>): void {
    const world = this.#world;
    const life = new Life(`consumer of ${this.name}`);
    const decided = new Map<Held, { delayMs: number } | 'ack'>();
    const messages = batch.map((held) => {
      held.tries += 1;
      const decide = (what: { delayMs: number } | 'ack') => {
        if (life.isAlive && !decided.has(held)) decided.set(held, what);
      };
      return {
        id: held.id,
        body: held.body,
        attempts: held.tries,
        ack: () => decide('ack'),
        retry: (options?: QueueRetryOptions) => decide({ delayMs: (options?.delaySeconds ?? 0) * 1_000 }),
      };
    });
    this.#taken += batch.length;
    let isDone = false;
    const done = (undecided: 'ack' | { delayMs: number }) => {
      if (isDone) return;
      isDone = true;
      this.#taken -= batch.length;
      for (const held of batch) {
        const what = decided.get(held) ?? undecided;
        if (what === 'ack') continue;
        if (held.tries >= TRIES_MAX) world.saw(`${this.name} dead letter`);
        else this.#messages.push({ ...held, notBeforeMs: world.nowMs + what.delayMs });
      }
    };
    life.onEnd(() => done({ delayMs: 0 }));
    if (world.prng.chance(world.faults.consumerCrashes)) {
      const kill = () => {
        if (isDone) return;
        world.saw('consumer crashed');
        life.end();
        world.schedule.bury(life, world.prng);
      };
      world.schedule.add(`a consumer of ${this.name} dies`, kill, { delayMs: world.prng.between(0, 2_000) });
    }
    // What the consumers use of a batch: messages with id, body, attempts, ack and retry.
    const seen = { queue: this.name, messages } as unknown as MessageBatch;
    consume(seen, life).then(
      () => done('ack'),
      () => done({ delayMs: 0 }),
    );
  }
}
