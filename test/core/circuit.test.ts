import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { answerKind, type Circuit, fullPace, halfOpen, observed, type Report } from '../../src/core/circuit.ts';
import { CIRCUIT_PAUSE_MS_MAX, CIRCUIT_PAUSE_MS_MIN, DRAIN_PER_SECOND_MAX } from '../../src/core/limits.ts';

const CLOSED: Circuit = { kind: 'closed' };
const AT = { nowMs: 1_000_000, random: () => 0 };
const report = (answer: Report['answer'], retryAfterMs: number | null = null): Report => ({
  answer,
  retryAfterMs,
  successes: 0,
});
const facts = (failures: number, others: number, record = 'r1', limitPerSecond: number | null = null) => ({
  record,
  tally: { failures, others },
  limitPerSecond,
});
const open = (given: Partial<Circuit & { kind: 'open' }> = {}): Circuit & { kind: 'open' } => ({
  kind: 'open',
  sinceMs: AT.nowMs,
  untilMs: AT.nowMs + 10_000,
  pauses: 0,
  probe: { record: 'r1', untilMs: AT.nowMs + 60_000 },
  ...given,
});

test('what counts as a failure of the endpoint: no answer, 429 and 5xx; any other answer shows that it is up', () => {
  const kinds = [
    [200, null, 'delivered'],
    [404, 'http-4xx', 'refused'],
    [302, 'redirect', 'refused'],
    [null, 'refused-address', 'refused'],
    [429, 'http-4xx', 'failed'],
    [503, 'http-5xx', 'failed'],
    [null, 'timeout', 'failed'],
    [null, 'connect', 'failed'],
  ] as const;
  for (const [statusCode, kind, expected] of kinds) {
    const error = kind === null ? null : { kind, message: '' };
    expect([statusCode, kind, answerKind({ statusCode, error })]).toEqual([statusCode, kind, expected]);
  }
});

describe('closed', () => {
  test.each([
    [4, 0, 'closed', 'too few failures to judge by'],
    [5, 0, 'open', 'nothing but failures'],
    [5, 5, 'open', 'half of what is sent'],
    [5, 6, 'closed', 'less than half'],
    [50, 5_000, 'closed', 'a large endpoint with one failure in a hundred'],
  ] as const)('%i failures beside %i others leave it %s: %s', (failures, others, kind, _why) => {
    expect(observed(CLOSED, report('failed'), facts(failures, others), AT).kind).toBe(kind);
  });

  test('no answer but a failure opens it', () => {
    expect(observed(CLOSED, report('refused'), facts(9, 1), AT)).toEqual(CLOSED);
    expect(observed(CLOSED, report('delivered'), facts(9, 1), AT)).toEqual(CLOSED);
  });

  test('one failure with Retry-After opens it for as long as was asked, an hour at most', () => {
    expect(observed(CLOSED, report('failed', 7_000), facts(1, 99), AT)).toMatchObject({ untilMs: AT.nowMs + 7_000 });
    expect(observed(CLOSED, report('failed', 9e9), facts(1, 99), AT)).toMatchObject({ untilMs: AT.nowMs + 3_600_000 });
  });
});

describe('open', () => {
  test('only the answer of the probe decides: others were sent before it opened', () => {
    expect(observed(open(), report('delivered'), facts(0, 1, 'another'), AT)).toEqual(open());
    expect(observed(open({ probe: null }), report('failed'), facts(1, 0), AT)).toEqual(open({ probe: null }));
  });

  test('a probe that was answered lets one a second go, also where the answer was a refusal', () => {
    for (const answer of ['delivered', 'refused'] as const) {
      expect(observed(open(), report(answer), facts(0, 1), AT)).toMatchObject({ kind: 'half-open', perSecond: 1 });
    }
  });

  test('each probe that fails doubles the pause, up to five minutes', () => {
    let circuit: Circuit = open();
    const pauses: number[] = [];
    for (let n = 0; n < 7; n += 1) {
      circuit = observed(circuit, report('failed'), facts(1, 0), AT);
      if (circuit.kind !== 'open') throw new Error('it closed');
      pauses.push((circuit.untilMs - AT.nowMs) / 1_000);
      circuit = { ...circuit, probe: { record: 'r1', untilMs: 0 } };
    }
    expect(pauses).toEqual([20, 40, 80, 160, 300, 300, 300]);
    expect([CIRCUIT_PAUSE_MS_MIN, CIRCUIT_PAUSE_MS_MAX]).toEqual([10_000, 300_000]);
  });

  test('a Retry-After never shortens a pause', () => {
    const long = open({ untilMs: AT.nowMs + 60_000 });
    expect(observed(long, report('failed', 1_000), facts(1, 0), AT)).toMatchObject({ untilMs: AT.nowMs + 60_000 });
  });
});

describe('half-open', () => {
  const at = (perSecond: number): Circuit => ({ kind: 'half-open', sinceMs: 0, pauses: 1, perSecond, round: 0 });

  test("a second's worth of answers doubles the pace", () => {
    let circuit = halfOpen(0);
    const paces: number[] = [];
    for (let n = 0; n < 7; n += 1) {
      circuit = observed(circuit, report('delivered'), facts(0, 1), AT);
      if (circuit.kind === 'half-open') paces.push(circuit.perSecond);
    }
    expect(paces).toEqual([2, 2, 4, 4, 4, 4, 8]);
  });

  test('a failure halves it, and below one a second it opens again, for longer', () => {
    expect(observed(at(8), report('failed'), facts(1, 9), AT)).toMatchObject({ kind: 'half-open', perSecond: 4 });
    expect(observed(at(1), report('failed'), facts(1, 9), AT)).toMatchObject({ kind: 'open', pauses: 2 });
  });

  test('at full pace it closes: the pace of a drain, or the rate limit where that is less', () => {
    expect([fullPace(null), fullPace(10), fullPace(10_000)]).toEqual([DRAIN_PER_SECOND_MAX, 10, DRAIN_PER_SECOND_MAX]);
    const almost = { ...at(8), round: 7 } as Circuit;
    expect(observed(almost, report('delivered'), facts(0, 1, 'r1', 10), AT)).toEqual(CLOSED);
    expect(observed(almost, report('delivered'), facts(0, 1), AT)).toMatchObject({ perSecond: 16 });
  });
});

test('whatever it hears, the pace is at least one a second and never above the full pace, and no pause passes its bounds', () => {
  const heard = fc.array(fc.constantFrom<Report['answer']>('delivered', 'refused', 'failed'), { maxLength: 300 });
  fc.assert(
    fc.property(heard, fc.double({ min: 0, max: 0.99, noNaN: true }), (answers, random) => {
      let circuit: Circuit = halfOpen(0);
      for (const [n, answer] of answers.entries()) {
        const nowMs = AT.nowMs + n;
        circuit = observed(circuit, report(answer), facts(9, 0), { nowMs, random: () => random });
        if (circuit.kind === 'half-open') {
          expect(circuit.perSecond).toBeGreaterThanOrEqual(1);
          expect(circuit.perSecond).toBeLessThan(DRAIN_PER_SECOND_MAX);
        }
        if (circuit.kind !== 'open') continue;
        expect(circuit.untilMs - nowMs).toBeLessThanOrEqual(CIRCUIT_PAUSE_MS_MAX);
        circuit = { ...circuit, probe: { record: 'r1', untilMs: nowMs } };
      }
    }),
  );
});
