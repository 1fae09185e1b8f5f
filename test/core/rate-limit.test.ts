import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  KEY_ALONE_MS,
  KEY_BURST_SECONDS,
  KEY_LEASE_MS,
  KEY_LEASE_SHARE,
  KEY_RATE_LIMIT_PER_SECOND_MAX,
} from '../../src/core/limits.ts';
import { type Allowance, alone, type Fill, lend, received, spend, type Spending } from '../../src/core/rate-limit.ts';

const NOW_MS = 1_000_000;

/** One object and some isolates, whose answers are instant. */
class Service {
  nowMs = NOW_MS;
  calls = 0;
  isDown = false;
  readonly #perSecond: number;
  #fill: Fill | null = null;
  readonly #isolates = new Map<number, Allowance>();

  constructor(perSecond: number) {
    this.#perSecond = perSecond;
  }

  ask(isolate = 0): Spending {
    const known = this.#isolates.get(isolate) ?? null;
    let spending = spend(known, this.#perSecond, this.nowMs);
    this.#isolates.set(isolate, spending.allowance);
    if (spending.kind === 'ask') {
      this.calls += 1;
      const { allowance, request } = spending;
      if (this.isDown) spending = alone(allowance, this.#perSecond, this.nowMs);
      else {
        const { fill, lease } = lend(this.#fill, request, this.nowMs);
        this.#fill = fill;
        spending = received(allowance, request, lease, this.nowMs, this.nowMs);
      }
      this.#isolates.set(isolate, spending.allowance);
    }
    return spending;
  }

  passed(isolate = 0): boolean {
    return this.ask(isolate).kind === 'pass';
  }
}

function times<T>(n: number, make: (i: number) => T): T[] {
  return Array.from({ length: n }, (_, i) => make(i));
}

describe('a limited key', () => {
  test('has a burst, then its pace, and is told when to ask again', () => {
    const service = new Service(5);
    expect(times(30, () => service.passed()).filter(Boolean)).toHaveLength(5 * KEY_BURST_SECONDS);
    const refused = service.ask();
    expect(refused).toMatchObject({ kind: 'refuse', retryAfterMs: 200 });
    service.nowMs += 199;
    expect(service.passed()).toBe(false);
    service.nowMs += 1;
    expect(service.passed()).toBe(true);
  });

  test('that asks much asks its object some times a second, also where it is refused', () => {
    const greedy = new Service(1_000);
    let passed = 0;
    for (let i = 0; i < 50_000; i++) {
      passed += Number(greedy.passed());
      greedy.nowMs += i % 10 === 9 ? 1 : 0;
    }
    expect(greedy.calls).toBeLessThan(60);
    expect(passed).toBeGreaterThan(6_500);
    const calm = new Service(1_000);
    for (let i = 0; i < 2_500; i++) {
      expect(calm.passed()).toBe(true);
      calm.nowMs += 2;
    }
    expect(calm.calls).toBeLessThan(40);
  });

  test('that asks seldom holds nothing back from other isolates', () => {
    const service = new Service(2);
    expect(times(4, (i) => service.passed(i))).toEqual([true, true, true, true]);
    expect(service.passed(9)).toBe(false);
  });

  test('gives back what it did not use of a lease, once and soon, and keeps what is old', () => {
    const lent: Allowance = {
      tokens: 7,
      granted: 10,
      wanted: 10,
      sinceMs: NOW_MS,
      untilMs: NOW_MS + 1_000,
      askAgainMs: 0,
      isAlone: false,
    };
    const first = spend(lent, 40, NOW_MS + 1_000);
    expect(first).toMatchObject({ kind: 'ask', request: { unspent: 7, wanted: 3 } });
    expect(spend(first.allowance, 40, NOW_MS + 1_000)).toMatchObject({ kind: 'ask', request: { unspent: 0 } });
    expect(spend(lent, 40, NOW_MS + 1_000 + KEY_LEASE_MS)).toMatchObject({ kind: 'ask', request: { unspent: 0 } });
  });

  test('spends what it was lent for a moment, and asks again after it', () => {
    const lease = { granted: 10, retryAfterMs: 0 };
    const request = { perSecond: 40, wanted: 10, unspent: 0 };
    const { allowance } = received(null, request, lease, NOW_MS, NOW_MS + 200);
    expect(spend(allowance, 40, NOW_MS + KEY_LEASE_MS - 1).kind).toBe('pass');
    expect(spend(allowance, 40, NOW_MS + KEY_LEASE_MS).kind).toBe('ask');
    // A second one meanwhile: both end with the first.
    const both = received(allowance, request, lease, NOW_MS + 900, NOW_MS + 900).allowance;
    expect(both.tokens).toBe(18);
    expect(spend(both, 40, NOW_MS + KEY_LEASE_MS)).toMatchObject({ kind: 'ask', request: { unspent: 18 } });
  });

  test('has what was given back at once', () => {
    const empty = { thousandths: 0, atMs: NOW_MS };
    expect(lend(empty, { perSecond: 1, wanted: 9, unspent: 7 }, NOW_MS).lease.granted).toBe(KEY_BURST_SECONDS);
    expect(lend(empty, { perSecond: 40, wanted: 9, unspent: 7 }, NOW_MS).lease.granted).toBe(7);
  });

  test('whose object does not answer is counted by each isolate alone, which asks again later and not each time', () => {
    const service = new Service(10);
    service.isDown = true;
    const most = (10 * KEY_ALONE_MS) / 1_000;
    expect(times(100, () => service.passed()).filter(Boolean)).toHaveLength(most);
    expect(service.calls).toBe(1);
    service.nowMs += KEY_ALONE_MS;
    service.isDown = false;
    expect(service.passed()).toBe(true);
    expect(service.calls).toBe(2);
  });

  test('is neither always refused nor always let through after a clock was set back', () => {
    const service = new Service(1);
    while (service.passed());
    service.nowMs -= 3_600_000;
    expect(service.ask()).toMatchObject({ kind: 'refuse', retryAfterMs: 1_000 });
    service.nowMs += 1_000;
    expect(service.passed()).toBe(true);
  });
});

const asks = fc.array(
  fc.record({ isolate: fc.integer({ min: 0, max: 5 }), afterMs: fc.integer({ min: 0, max: 700 }) }),
  { maxLength: 200 },
);

test('whatever isolates ask: in no span do more get through than the limit allows, but for what core/rate-limit.ts names', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 60 }), asks, fc.integer({ min: 1, max: 12 }), (perSecond, list, herd) => {
      const service = new Service(perSecond);
      const passedAtMs: number[] = [];
      for (const { isolate, afterMs } of list) {
        service.nowMs += afterMs;
        for (let i = 0; i < herd; i++) if (service.passed(isolate)) passedAtMs.push(service.nowMs);
      }
      const error = KEY_BURST_SECONDS + (3 * KEY_LEASE_MS) / 1_000;
      passedAtMs.forEach((fromMs, from) =>
        passedAtMs.slice(from).forEach((toMs, i) => {
          expect(i + 1).toBeLessThanOrEqual(perSecond * ((toMs - fromMs) / 1_000 + error));
        }),
      );
    }),
  );
});

test('whoever waits as long as it was told is let through, if nobody else asks', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: KEY_RATE_LIMIT_PER_SECOND_MAX }), asks, (perSecond, list) => {
      const service = new Service(perSecond);
      for (const { afterMs } of list) {
        service.nowMs += afterMs;
        const answer = service.ask();
        if (answer.kind !== 'refuse') continue;
        expect(answer.retryAfterMs).toBeGreaterThan(0);
        service.nowMs += answer.retryAfterMs;
        expect(service.passed()).toBe(true);
      }
    }),
  );
});

test('demand of a third of the limit, spread over isolates, is never refused', () => {
  fc.assert(
    fc.property(fc.integer({ min: 12, max: 600 }), fc.integer({ min: 1, max: 6 }), (perSecond, isolates) => {
      const service = new Service(perSecond);
      const everyMs = 3_000 / perSecond;
      let seed = perSecond;
      for (let i = 0; i < 20 * (perSecond / 3); i++) {
        service.nowMs = NOW_MS + Math.ceil(i * everyMs);
        seed = (seed * 48_271) % 2_147_483_647;
        expect(service.passed(seed % isolates)).toBe(true);
      }
    }),
    { numRuns: 30 },
  );
});

test('a lease never holds back more than its share of a second', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: KEY_RATE_LIMIT_PER_SECOND_MAX }), asks, (perSecond, list) => {
      const service = new Service(perSecond);
      for (const { afterMs, isolate } of list) {
        service.nowMs += afterMs;
        expect(service.ask(isolate).allowance.granted).toBeLessThanOrEqual(Math.ceil(perSecond * KEY_LEASE_SHARE));
      }
    }),
  );
});
