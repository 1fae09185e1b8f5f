/** Many records at a steady pace, as when a backlog comes back. */
import { span } from '../words.ts';
import type { Check } from './check.ts';
import { isTaken, type Outcome, riskOf, sayOutcome } from './outcome.ts';
import { fault, fine } from './result.ts';

const PER_SECOND = 20;
const SHARE = 0.95;

export const burst: Check = {
  check: 'burst',
  title: 'a burst is taken, each in time',
  play: async (stage) => {
    const { burst: count, latencyMsMax } = stage.plan;
    const sent = `${count} events of ${count} records, ${PER_SECOND} a second`;
    const startMs = stage.nowMs();
    const sending: Promise<Outcome>[] = [];
    for (let number = 0; number < count; number += 1) {
      const dueMs = startMs + (number * 1_000) / PER_SECOND;
      if (dueMs > stage.nowMs()) await stage.sleep(dueMs - stage.nowMs());
      sending.push(stage.send(stage.event()));
    }
    const outcomes = await Promise.all(sending);
    const bad = outcomes.filter((outcome) => !isTaken(outcome));
    if (bad[0] !== undefined) {
      return fault({
        sent,
        got: `${bad.length} of ${count} not taken; the first: ${sayOutcome(bad[0])}`,
        risk: `a backlog after an outage comes faster than this: ${riskOf(bad[0])}`,
        mend: 'see what runs out (connections of the database, workers), answer 429 with Retry-After, or set rateLimitPerSecond of the endpoint.',
      });
    }
    const late = latencyAt(outcomes, SHARE);
    const got = `all taken, ${SHARE * 100} of 100 within ${span(late)}`;
    if (late <= latencyMsMax) return fine(sent, got);
    return fault({
      sent,
      got,
      risk: `each record's events wait for each other: at ${span(late)} a record gets ${Number((1_000 / late).toFixed(1))} events a second at most. Above a second you are sent from the queue of slow endpoints, and at the timeout each event comes again.`,
      mend: `store the event and answer, and do the slow part behind a queue of your own (under ${span(latencyMsMax)} is what we ask for).`,
    });
  },
};

function latencyAt(outcomes: readonly Outcome[], share: number): number {
  const latencies = outcomes.map(({ latencyMs }) => latencyMs).toSorted((a, b) => a - b);
  return latencies[Math.min(latencies.length - 1, Math.ceil(latencies.length * share) - 1)] ?? 0;
}
