/**
 * What every store must do, as cases that run anywhere: on Node against Redis and PostgreSQL,
 * inside workerd against D1, KV and Durable Objects. A case throws where the store is wrong.
 */
import type { Claim, Once, Store } from '../../../src/receiver/store.ts';

export type Subject<Tx> = {
  store: Store<Tx>;
  /** Writes one line of work for an event; with `tx`, so that it is committed with the id. */
  work: (tx: Tx, line: string) => Promise<void>;
  /** What was committed of `lines`, whoever wrote it. */
  lines: () => Promise<string[]>;
  /** Time goes by, for leases and memories. Small ones: Redis keeps its own clock. */
  elapse: (ms: number) => Promise<void>;
  nowMs: () => number;
};

/** Short, so that a real clock may run them out; the subject's leases have LEASE_MS. */
export const LEASE_MS = 300;
const MEMORY_MS = 600;

export type Needs = 'guards' | 'transaction' | 'atomic' | 'lease';
export type Case = { name: string; needs: Needs[]; run: <Tx>(subject: Subject<Tx>) => Promise<void> };

function claimOf(subject: Pick<Subject<never>, 'nowMs'>, id: string, over: Partial<Claim> = {}): Claim {
  return { ids: [id], nowMs: subject.nowMs(), rememberMs: 60_000, guard: null, position: null, ...over };
}

function equal(actual: unknown, expected: unknown, what: string): void {
  const [a, b] = [JSON.stringify(actual), JSON.stringify(expected)];
  if (a !== b) throw new Error(`${what}: expected ${b}, got ${a}`);
}

async function thrown(work: Promise<unknown>): Promise<string> {
  try {
    await work;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
  return 'nothing was thrown';
}

/** A handler that goes on when the test says so. */
function held() {
  const begun = Promise.withResolvers<void>();
  const end = Promise.withResolvers<void>();
  return { begun: begun.promise, begin: begun.resolve, end: end.resolve, ended: end.promise };
}

export const cases: Case[] = [
  {
    name: 'an id is worked on once, and known from then on',
    needs: [],
    async run({ store, work, lines, nowMs, ...rest }) {
      const subject = { store, work, lines, nowMs, ...rest };
      equal(await store.knows('a', nowMs()), false, 'known before');
      equal(await store.once(claimOf(subject, 'a'), (tx) => work(tx, 'a')), { kind: 'done' }, 'first');
      equal(await store.once(claimOf(subject, 'a'), (tx) => work(tx, 'a')), { kind: 'duplicate' }, 'second');
      equal(await store.once(claimOf(subject, 'b'), (tx) => work(tx, 'b')), { kind: 'done' }, 'another');
      equal(await store.knows('a', nowMs()), true, 'known after');
      equal(await lines(), ['a', 'b'], 'work');
    },
  },
  {
    name: 'work that fails is forgotten, and runs again',
    needs: [],
    async run(subject) {
      const { store, work, lines, nowMs } = subject;
      const failing = store.once(claimOf(subject, 'a'), async () => {
        throw new Error('handler failed');
      });
      equal(await thrown(failing), 'handler failed', 'the error passes through');
      equal(await store.knows('a', nowMs()), false, 'known after a failure');
      equal(await store.once(claimOf(subject, 'a'), (tx) => work(tx, 'a')), { kind: 'done' }, 'second');
      equal(await lines(), ['a'], 'work');
    },
  },
  {
    name: 'what failing work wrote with the transaction is not there',
    needs: ['transaction'],
    async run(subject) {
      const { store, work, lines } = subject;
      const failing = store.once(claimOf(subject, 'a'), async (tx) => {
        await work(tx, 'half');
        throw new Error('handler failed');
      });
      equal(await thrown(failing), 'handler failed', 'the error passes through');
      equal(await lines(), [], 'work');
      equal(await store.once(claimOf(subject, 'a'), (tx) => work(tx, 'whole')), { kind: 'done' }, 'second');
      equal(await lines(), ['whole'], 'work of the second');
    },
  },
  {
    name: 'ten copies at once run the work once',
    needs: ['atomic'],
    async run(subject) {
      const { store, work, lines } = subject;
      let runs = 0;
      const copies = Array.from({ length: 10 }, () =>
        store.once(claimOf(subject, 'a'), async (tx) => {
          runs += 1;
          await work(tx, 'a');
          await new Promise((resolve) => setTimeout(resolve, 20));
        }),
      );
      const kinds = (await Promise.all(copies)).map(({ kind }) => kind);
      equal(kinds.filter((kind) => kind === 'done').length, 1, `done among ${kinds.join(' ')}`);
      equal(
        kinds.filter((kind) => !['done', 'duplicate', 'busy'].includes(kind)),
        [],
        'other outcomes',
      );
      equal(runs, 1, 'runs');
      equal(await lines(), ['a'], 'work');
    },
  },
  {
    name: 'a copy that comes while the first one fails runs afterwards, and loses nothing',
    needs: ['atomic'],
    async run(subject) {
      const { store, work, lines } = subject;
      const first = held();
      const failing = store.once(claimOf(subject, 'a'), async () => {
        first.begin();
        await first.ended;
        throw new Error('handler failed');
      });
      await first.begun;
      const second = store.once(claimOf(subject, 'a'), (tx) => work(tx, 'second'));
      first.end();
      equal(await thrown(failing), 'handler failed', 'the first');
      const outcome = await second;
      if (outcome.kind === 'busy') {
        equal(await store.once(claimOf(subject, 'a'), (tx) => work(tx, 'second')), { kind: 'done' }, 'a third');
      } else equal(outcome, { kind: 'done' }, 'the second');
      equal(await lines(), ['second'], 'work');
    },
  },
  {
    name: 'further ids are known once the work is done, and not before',
    needs: [],
    async run(subject) {
      const { store, work, nowMs } = subject;
      const claim = claimOf(subject, 'a', { ids: ['a', 'a replay 1'] });
      equal(await thrown(store.once(claim, () => Promise.reject(new Error('no')))), 'no', 'the first');
      equal(await store.knows('a replay 1', nowMs()), false, 'before');
      await store.once(claim, (tx) => work(tx, 'a'));
      equal(await store.knows('a replay 1', nowMs()), true, 'after');
      equal(
        await store.once(claimOf(subject, 'a replay 1'), (tx) => work(tx, 'again')),
        { kind: 'duplicate' },
        'the further id',
      );
    },
  },
  {
    name: 'an id is forgotten after its time',
    needs: ['atomic'],
    async run(subject) {
      const { store, work, lines, elapse, nowMs } = subject;
      const claim = () => claimOf(subject, 'a', { rememberMs: MEMORY_MS });
      await store.once(claim(), (tx) => work(tx, 'first'));
      equal(await store.once(claim(), (tx) => work(tx, 'second')), { kind: 'duplicate' }, 'at once');
      await elapse(MEMORY_MS + 50);
      equal(await store.knows('a', nowMs()), false, 'known later');
      equal(await store.once(claim(), (tx) => work(tx, 'third')), { kind: 'done' }, 'later');
      equal(await lines(), ['first', 'third'], 'work');
    },
  },
  {
    name: 'an older version never comes after a newer one, an equal one does, and the stale one is known',
    needs: ['guards'],
    async run(subject) {
      const { store, work, lines } = subject;
      const at = (id: string, version: number, key = 'r') =>
        store.once(claimOf(subject, id, { guard: { key, version } }), (tx) => work(tx, `${key}${version}`));
      equal(await at('a', 17), { kind: 'done' }, '17');
      equal(await at('b', 18), { kind: 'done' }, '18');
      equal(await at('c', 17), { kind: 'stale', version: 18 }, '17 again');
      equal(await at('c', 17), { kind: 'duplicate' }, 'the stale one again');
      equal(await at('d', 18), { kind: 'done' }, '18 again');
      equal(await at('e', Number.MAX_SAFE_INTEGER - 1), { kind: 'done' }, 'a large one');
      equal(
        await at('f', Number.MAX_SAFE_INTEGER - 2),
        { kind: 'stale', version: Number.MAX_SAFE_INTEGER - 1 },
        'one less',
      );
      equal(await at('g', 1, 'other'), { kind: 'done' }, 'another key');
      equal(await at('h', 0, 'zero'), { kind: 'done' }, 'version 0');
      equal((await lines()).length, 6, 'work');
    },
  },
  {
    name: 'a version whose work fails guards nothing',
    needs: ['guards'],
    async run(subject) {
      const { store, work } = subject;
      const guard = (version: number) => ({ guard: { key: 'r', version } });
      await thrown(store.once(claimOf(subject, 'a', guard(18)), () => Promise.reject(new Error('no'))));
      equal(await store.once(claimOf(subject, 'b', guard(17)), (tx) => work(tx, '17')), { kind: 'done' }, '17');
    },
  },
  {
    name: 'two versions of a record at once are worked on one after the other, and the newest stands at the end',
    needs: ['guards', 'atomic'],
    async run(subject) {
      const { store, work, lines } = subject;
      let running = 0;
      let most = 0;
      const at = (version: number): Promise<Once> =>
        store.once(claimOf(subject, `v${version}`, { guard: { key: 'r', version } }), async (tx) => {
          running += 1;
          most = Math.max(most, running);
          await new Promise((resolve) => setTimeout(resolve, 10));
          await work(tx, String(version));
          running -= 1;
        });
      const kinds = (await Promise.all([3, 1, 2, 5, 4].map(at))).map(({ kind }) => kind);
      equal(
        kinds.filter((kind) => !['done', 'stale', 'busy'].includes(kind)),
        [],
        'outcomes',
      );
      equal(most, 1, 'at once');
      const written = (await lines()).map(Number);
      equal(
        written,
        written.toSorted((a, b) => a - b),
        'order of what was written',
      );
    },
  },
  {
    name: 'the highest sequence of a record is its position, and stale events count',
    needs: ['guards'],
    async run(subject) {
      const { store, work } = subject;
      const at = (id: string, sequence: number, version: number) =>
        store.once(claimOf(subject, id, { position: { key: 'r', sequence }, guard: { key: 'r', version } }), (tx) =>
          work(tx, id),
        );
      equal(await store.positionOf('r'), null, 'before');
      await at('a', 3, 30);
      equal(await store.positionOf('r'), 3, 'after 3');
      await at('b', 2, 31);
      equal(await store.positionOf('r'), 3, 'after 2');
      equal((await at('c', 7, 1)).kind, 'stale', 'a stale one');
      equal(await store.positionOf('r'), 7, 'after a stale one');
      equal(await store.positionOf('other'), null, 'of another');
    },
  },
  ...[null, { key: 'r', version: 1 }].map((guard): Case => ({
    name:
      'a holder that died gives way when its lease is over, and one that was only slow learns that it lost: ' +
      (guard === null ? 'of an id' : 'of a record'),
    needs: ['lease'],
    async run(subject) {
      const { store, work, lines, elapse } = subject;
      const claim = () => claimOf(subject, 'a', { guard });
      const slow = held();
      const lost = store.once(claim(), async (tx) => {
        slow.begin();
        await slow.ended;
        await work(tx, 'slow');
      });
      await slow.begun;
      equal((await store.once(claim(), (tx) => work(tx, 'early'))).kind, 'busy', 'while the lease runs');
      await elapse(LEASE_MS + 50);
      equal(await store.once(claim(), (tx) => work(tx, 'next')), { kind: 'done' }, 'after the lease');
      slow.end();
      equal(await lost, { kind: 'lost' }, 'the slow one');
      equal(await lines(), ['next'], 'work');
    },
  })),
];
