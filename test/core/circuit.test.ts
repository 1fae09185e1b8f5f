import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Circuit, fullPace, halfOpen, observed } from '../../src/core/circuit.ts';
import { answerKind, type Report } from '../../src/core/report.ts';
import { type Asking, counted, NOBODY_ASKS } from '../../src/core/asking.ts';
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
  asking: NOBODY_ASKS,
  limitPerSecond,
});
/** So many records were asked to wait that long, one after the other. */
const askedOf = (records: number, ms: number): Asking => {
  let asking = NOBODY_ASKS;
  for (let n = 0; n < records; n += 1) asking = counted(asking, `a${n}`, report('failed', ms), AT.nowMs);
  return asking;
};
const untilOf = (circuit: Circuit) => (circuit.kind === 'open' ? circuit.untilMs - AT.nowMs : circuit.kind);
const open = (given: Partial<Circuit & { kind: 'open' }> = {}): Circuit & { kind: 'open' } => ({
  kind: 'open',
  sinceMs: AT.nowMs,
  untilMs: AT.nowMs + 10_000,
  pauses: 0,
  probe: { record: 'r1', untilMs: AT.nowMs + 60_000 },
  askedMs: null,
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

  test('one record that is asked to wait opens nothing, however long, and whatever others did a while ago', () => {
    for (const tally of [
      { failures: 1, others: 9, records: 1 },
      { failures: 9, others: 0, records: 3 },
    ]) {
      const given = { ...facts(0, 0), tally, asking: askedOf(1, 3_600_000) };
      expect(observed(CLOSED, report('failed', 3_600_000), given, AT)).toEqual(CLOSED);
    }
  });

  test('several records that are asked one after the other open it for our own pause, and what they were asked is kept', () => {
    const given = { ...facts(5, 500), asking: askedOf(5, 60_000) };
    const circuit = observed(CLOSED, report('failed', 60_000), given, AT);
    expect(circuit).toMatchObject({ kind: 'open', untilMs: AT.nowMs + 10_000, askedMs: 60_000 });
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

  test('what one probe asks is not believed: a failure costs our own pause, a 429 shows that the endpoint is up', () => {
    const after = (given: Partial<Report>) =>
      observed(
        open(),
        { ...report('failed', 3_600_000), ...given },
        { ...facts(1, 0), asking: askedOf(1, 3_600_000) },
        AT,
      );
    expect(untilOf(after({}))).toBe(20_000);
    expect(after({ isTooMany: true })).toMatchObject({ kind: 'half-open', perSecond: 1, failed: 1, failedLast: 'r1' });
  });

  test('what a probe asks after several others is believed: as long as those were asked, or five minutes', () => {
    const after = (severalMs: number, probeMs: number) =>
      untilOf(
        observed(open({ askedMs: severalMs }), { ...report('failed', probeMs), isTooMany: true }, facts(1, 0), AT),
      );
    expect(after(60_000, 45_000)).toBe(45_000);
    expect(after(60_000, 3_600_000)).toBe(CIRCUIT_PAUSE_MS_MAX);
    expect(after(3_600_000, 3_600_000)).toBe(3_600_000);
    expect(after(9e9, 9e9)).toBe(3_600_000);
    // Never shorter than our own pause.
    expect(after(60_000, 1_000)).toBe('half-open');
    expect(after(60_000, 10_000)).toBe(20_000);
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
    failedLast: null,
  });
  /** Each of another record. */
  const after = (circuit: Circuit, answers: Report['answer'][]) =>
    answers.reduce((now, answer, n) => observed(now, report(answer), facts(0, 1, `r${n}`), AT), circuit);

  test("a second's worth of answers doubles the pace", () => {
    let circuit: Circuit = halfOpen(0);
    const paces: number[] = [];
    for (let n = 0; n < 7; n += 1) {
      circuit = observed(circuit, report('delivered'), facts(0, 1), AT);
      if (circuit.kind === 'half-open') paces.push(circuit.perSecond);
    }
    expect(paces).toEqual([2, 2, 4, 4, 4, 4, 8]);
  });

  test('a round of which half fails halves the pace; below one a second it opens again, and for no longer: its probe was answered', () => {
    expect(after(at(8), ['failed', 'failed', 'failed', 'failed'])).toMatchObject({ kind: 'half-open', perSecond: 4 });
    expect(after(at(1), ['failed', 'failed'])).toMatchObject({ kind: 'open', pauses: 1 });
  });

  test('one record that fails, or is asked to wait, holds up no other: its failures in a row count as one', () => {
    for (const retryAfterMs of [null, 3_600_000]) {
      const failing = { ...facts(1, 0, 'limited'), asking: askedOf(1, 3_600_000) };
      let circuit = observed(at(1), report('failed', retryAfterMs), failing, AT);
      circuit = observed(circuit, report('failed', retryAfterMs), failing, AT);
      expect(circuit).toMatchObject({ kind: 'half-open', perSecond: 1 });
      expect(observed(circuit, report('delivered'), facts(0, 1), AT)).toMatchObject({ perSecond: 2, failed: 0 });
    }
  });

  test('many failures of the one record that there is are an outage', () => {
    const given = { ...facts(25, 0), tally: { failures: 25, others: 0, records: 1 } };
    expect(observed(at(1), report('failed'), given, AT)).toMatchObject({ kind: 'open' });
  });

  test('where several were asked, it opens again for as long as they were', () => {
    const given = { ...facts(1, 0, 'another'), asking: askedOf(5, 60_000) };
    const circuit = observed(after(at(1), ['failed']), report('failed', 60_000), given, AT);
    expect(untilOf(circuit)).toBe(60_000);
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
  const counted = fc.array(fc.constantFrom<Report['answer']>('delivered', 'refused', 'failed'), { maxLength: 300 });
  fc.assert(
    fc.property(counted, fc.double({ min: 0, max: 0.99, noNaN: true }), (answers, random) => {
      let circuit: Circuit = halfOpen(0);
      for (const [n, answer] of answers.entries()) {
        const nowMs = AT.nowMs + n;
        const heardOf = facts(9, 0, `r${n}`);
        circuit = observed(circuit, report(answer), heardOf, { nowMs, random: () => random });
        if (circuit.kind === 'half-open') {
          expect(circuit.perSecond).toBeGreaterThanOrEqual(1);
          expect(circuit.perSecond).toBeLessThan(DRAIN_PER_SECOND_MAX);
        }
        if (circuit.kind !== 'open') continue;
        expect(circuit.untilMs - nowMs).toBeLessThanOrEqual(CIRCUIT_PAUSE_MS_MAX);
        circuit = { ...circuit, probe: { record: `r${n + 1}`, untilMs: nowMs } };
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
      const record = circuit.kind === 'open' ? 'r1' : `r${random()}`;
      circuit = observed(circuit, report(answer, null, seconds * 1_000), facts(0, 0, record), at);
    }
    expect(seconds).toBeLessThan(600);
  }
});
