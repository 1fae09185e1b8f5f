import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { answerKind, type Circuit, fullPace, halfOpen, observed, type Report } from '../../src/core/circuit.ts';
import { CIRCUIT_PAUSE_MS_MAX, CIRCUIT_PAUSE_MS_MIN, DRAIN_PER_SECOND_MAX } from '../../src/core/limits.ts';

const CLOSED: Circuit = { kind: 'closed' };
const AT = { nowMs: 1_000_000, random: () => 0 };
const report = (answer: Report['answer'], retryAfterMs: number | null = null, atMs = AT.nowMs): Report => ({
  answer,
  retryAfterMs,
  successes: 0,
  atMs,
});
const facts = (failures: number, others: number, record = 'r1', limitPerSecond: number | null = null) => ({
  record,
  tally: { failures, others, records: Math.min(failures, 3) },
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

  test('failures of one or two records are no outage, unless there are many of them', () => {
    const of = (failures: number, records: number) => ({
      ...facts(failures, 0),
      tally: { failures, others: 0, records },
    });
    expect(observed(CLOSED, report('failed'), of(5, 2), AT).kind).toBe('closed');
    expect(observed(CLOSED, report('failed'), of(24, 1), AT).kind).toBe('closed');
    expect(observed(CLOSED, report('failed'), of(25, 1), AT).kind).toBe('open');
    expect(observed(CLOSED, report('failed'), of(5, 3), AT).kind).toBe('open');
  });

  test('one failure with Retry-After opens it for as long as was asked: five minutes at most, an hour where the rest fails too', () => {
    const until = (retryAfterMs: number, failures: number) => {
      const circuit = observed(CLOSED, report('failed', retryAfterMs), facts(failures, 1), AT);
      return circuit.kind === 'open' ? circuit.untilMs - AT.nowMs : null;
    };
    expect([until(70_000, 1), until(9e9, 1), until(9e9, 9)]).toEqual([70_000, 300_000, 3_600_000]);
    // A little patience is the business of the one delivery that was told.
    expect([until(0, 1), until(9_999, 1)]).toEqual([null, null]);
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

  test('a Retry-After of the probe lengthens the pause, and never shortens it', () => {
    const after = (retryAfterMs: number) => {
      const circuit = observed(open(), report('failed', retryAfterMs), facts(1, 0), AT);
      return circuit.kind === 'open' ? circuit.untilMs - AT.nowMs : null;
    };
    expect([after(0), after(1_000), after(60_000)]).toEqual([20_000, 20_000, 60_000]);
  });
});

describe('half-open', () => {
  const at = (perSecond: number): Circuit => ({
    kind: 'half-open',
    sinceMs: 0,
    pauses: 1,
    perSecond,
    round: 0,
    failed: 0,
  });
  const after = (circuit: Circuit, answers: Report['answer'][]) =>
    answers.reduce((now, answer) => observed(now, report(answer), facts(0, 1), AT), circuit);

  test("a second's worth of answers doubles the pace", () => {
    let circuit = halfOpen(0);
    const paces: number[] = [];
    for (let n = 0; n < 7; n += 1) {
      circuit = observed(circuit, report('delivered'), facts(0, 1), AT);
      if (circuit.kind === 'half-open') paces.push(circuit.perSecond);
    }
    expect(paces).toEqual([2, 2, 4, 4, 4, 4, 8]);
  });

  test('a round of which half fails halves the pace; below one a second it opens again, and for no longer: its probe was answered', () => {
    expect(after(at(8), ['failed', 'failed', 'failed', 'failed'])).toMatchObject({ kind: 'half-open', perSecond: 4 });
    expect(after(at(1), ['failed'])).toMatchObject({ kind: 'open', pauses: 1 });
  });

  test('single failures do not hold back an endpoint that takes the rest', () => {
    const round: Report['answer'][] = ['failed', ...Array<'delivered'>(7).fill('delivered')];
    expect(after(at(8), round)).toMatchObject({ kind: 'half-open', perSecond: 16, pauses: 0 });
  });

  test('what was sent before it was half-open decides nothing', () => {
    const late = { ...(at(1) as Circuit & { kind: 'half-open' }), sinceMs: AT.nowMs };
    expect(observed(late, report('failed', null, AT.nowMs - 1), facts(1, 0), AT)).toEqual(late);
  });

  test('at full pace it closes: the pace of a drain, or the rate limit where that is less', () => {
    expect([fullPace(null), fullPace(10), fullPace(10_000)]).toEqual([DRAIN_PER_SECOND_MAX, 10, DRAIN_PER_SECOND_MAX]);
    const almost: Circuit = { ...(at(8) as Circuit & { kind: 'half-open' }), round: 7 };
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

test('an endpoint that fails one time in five recovers within minutes', () => {
  let seed = 1;
  const random = () => {
    seed = (seed * 16_807) % 2_147_483_647;
    return seed / 2_147_483_647;
  };
  for (let run = 0; run < 50; run += 1) {
    let circuit: Circuit = halfOpen(0);
    let seconds = 0;
    while (circuit.kind !== 'closed') {
      const at = { nowMs: seconds * 1_000, random };
      if (circuit.kind === 'open') {
        seconds = Math.max(seconds, Math.ceil(circuit.untilMs / 1_000));
        circuit = { ...circuit, probe: { record: 'r1', untilMs: Infinity } };
      } else seconds += 1 / circuit.perSecond;
      const answer = random() < 0.2 ? 'failed' : 'delivered';
      circuit = observed(circuit, report(answer, null, seconds * 1_000), facts(0, 0), at);
    }
    expect(seconds).toBeLessThan(600);
  }
});
