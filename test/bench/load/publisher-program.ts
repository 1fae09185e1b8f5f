/**
 * Publishes at a fixed rate, open loop: each request leaves when it is due, however many before it
 * are unanswered, so a service that stalls is not spared the requests that it would have had
 * meanwhile. Its parent forks it, sends a `Plan` and gets a `Sent`.
 */
import { Agent, request } from 'node:http';
import { dueTimes, eventId, nowMs, Plan, type Sent } from './messages.ts';

/**
 * Beyond these a request waits for a connection, and its latency still counts from when it was due.
 */
const CONNECTIONS_MAX = 512;
const ANSWER_WITHIN_MS = 30_000;
/** As far ahead as a timer is trusted; the rest is waited for in turns of the event loop. */
const TIMER_SLACK_MS = 2;
const START_AFTER_MS = 50;

process.on('disconnect', () => process.exit(0));
process.once('message', (message) => void run(Plan.parse(message)));

async function run(plan: Plan): Promise<void> {
  const due = dueTimes(plan.phases);
  const count = due.length;
  const sent: Sent = {
    dueMs: [],
    sentMs: [],
    answeredMs: new Array(count).fill(null),
    status: new Array(count).fill(0),
  };
  const agent = new Agent({ keepAlive: true, maxSockets: CONNECTIONS_MAX });
  const firstMs = nowMs() + START_AFTER_MS;
  const answers: Promise<void>[] = [];
  for (const [i, afterMs] of due.entries()) {
    const dueMs = firstMs + afterMs;
    await reach(dueMs);
    sent.dueMs.push(dueMs);
    sent.sentMs.push(nowMs());
    answers.push(send(plan, i, agent, sent));
  }
  await Promise.all(answers);
  process.send?.(sent, () => process.exit(0));
}

async function reach(dueMs: number): Promise<void> {
  for (let leftMs = dueMs - nowMs(); leftMs > 0; leftMs = dueMs - nowMs()) {
    await new Promise<void>((resolve) => {
      if (leftMs > TIMER_SLACK_MS) setTimeout(resolve, leftMs - TIMER_SLACK_MS);
      else setImmediate(resolve);
    });
  }
}

function send(plan: Plan, index: number, agent: Agent, sent: Sent): Promise<void> {
  const target = plan.targets[index % plan.targets.length];
  if (target === undefined) throw new Error('a plan has a target');
  const body = target.method === 'GET' ? '' : bodyOf(plan, index);
  const headers = {
    authorization: `Bearer ${plan.key}`,
    'content-type': 'application/json',
    'content-length': String(Buffer.byteLength(body)),
  };
  const signal = AbortSignal.timeout(ANSWER_WITHIN_MS);
  return new Promise((resolve) => {
    const options = { method: target.method, headers, agent, signal };
    const call = request(plan.origin + target.path, options, (response) => {
      sent.answeredMs[index] = nowMs();
      sent.status[index] = response.statusCode ?? 0;
      response.resume().once('close', resolve);
    });
    // No answer: null and 0 say so.
    call.once('error', () => resolve());
    call.end(body);
  });
}

/** Some 300 bytes, as an ordinary event has. */
function bodyOf({ prefix, records, recordsOf, targets }: Plan, index: number): string {
  const turn = Math.floor(index / targets.length);
  const record = `${recordsOf ?? prefix}/${records === null ? index : turn % records}`;
  return JSON.stringify({
    id: eventId(prefix, index),
    type: 'subscription.updated',
    record,
    data: {
      subscription: record,
      plan: 'professional-yearly',
      seats: index % 100,
      customer: { id: `cus_${index}`, email: 'billing@example.com', country: 'DE' },
      period: { from: '2026-11-01T00:00:00.000Z', to: '2027-11-01T00:00:00.000Z' },
    },
  });
}
