/**
 * Bodies as they will be one day: more fields, new types, large ones, and numbers that JavaScript
 * cannot hold.
 */
import { parseExact } from '../../../client/exact-json.ts';
import type { Check } from './check.ts';
import { isTaken, type Outcome, riskOf, sayOutcome } from './outcome.ts';
import { fault, fine, type Finding } from './result.ts';
import { bodyOf, type Stage } from './stage.ts';

/** As large as an event may be: 256 KiB of `data`, of which two are its quotes. */
const DATA_BYTES_MAX = 256 * 1024;

export const unknownField: Check = {
  check: 'unknown-field',
  title: 'fields that it does not know are passed over',
  play: async (stage) => {
    const event = stage.event({ data: withField(stage.plan.data) });
    const body = bodyOf(event).replace(/\}$/, ',"rehearsal":{"since":"tomorrow"}}');
    const outcome = await stage.send(event, { body });
    return judged('an event with fields that are not there today', outcome, {
      risk: 'schemas gain fields without a new version',
      mend: 'pass over fields that you do not know: no "strict" or "additionalProperties: false" for what you receive.',
    });
  },
};

function withField(data: unknown): unknown {
  return typeof data === 'object' && data !== null && !Array.isArray(data) ? { ...data, rehearsalField: true } : data;
}

export const unknownType: Check = {
  check: 'unknown-type',
  title: 'an event type that it does not know is taken',
  play: async (stage) => {
    const outcome = await stage.send(stage.event({ type: 'rehearsal.unknown_type', data: { rehearsal: true } }));
    return judged('an event of a type that is not there today', outcome, {
      risk: 'a subscription to ticket.* gets new types on the day that they are published',
      mend: 'answer 2xx to types that you do not handle, and subscribe to those that you do.',
    });
  },
};

export const bigInteger: Check = {
  check: 'big-integer',
  title: 'what is verified are the bytes, not parsed JSON',
  play: async (stage) => {
    const numbers = parseExact('{"id":9007199254740993,"price":1.0,"rate":1e2}');
    const data =
      typeof stage.plan.data === 'object' && stage.plan.data !== null && !Array.isArray(stage.plan.data)
        ? { ...stage.plan.data, rehearsal: numbers }
        : stage.plan.data;
    const outcome = await stage.send(stage.event({ data }));
    const sent = 'an event with the numbers 9007199254740993, 1.0 and 1e2';
    if (isTaken(outcome)) return fine(sent, sayOutcome(outcome));
    return fault({
      sent,
      got: sayOutcome(outcome),
      risk: `numbers arrive as their publisher wrote them. Whoever parses the body and verifies what JSON.stringify makes of it refuses such events: ${riskOf(outcome)}`,
      mend: 'verify the bytes as they came (express.raw or express.text, await request.text()), and parse after that; keep large integers as text.',
    });
  },
};

export const large: Check = {
  check: 'large',
  title: 'an event of 256 KiB is taken',
  play: async (stage) => {
    const outcome = await stage.send(largeEvent(stage));
    return judged('an event with 256 KiB of data', outcome, {
      risk: 'an event may have 256 KiB of data, and the default limit of many frameworks is 100 KB',
      mend: "raise the limit of the body to 512 KiB: express.raw({ limit: '512kb' }), client_max_body_size 512k.",
    });
  },
};

/** The sample's own fields stay, so that it is an event that the receiver knows. */
function largeEvent(stage: Stage) {
  const { data } = stage.plan;
  const base = typeof data === 'object' && data !== null && !Array.isArray(data) ? data : {};
  const bytes = Buffer.byteLength(JSON.stringify({ ...base, rehearsalPadding: '' }));
  return stage.event({ data: { ...base, rehearsalPadding: 'x'.repeat(Math.max(0, DATA_BYTES_MAX - bytes)) } });
}

function judged(sent: string, outcome: Outcome, { risk, mend }: { risk: string; mend: string }): Finding {
  if (isTaken(outcome)) return fine(sent, sayOutcome(outcome));
  return fault({ sent, got: sayOutcome(outcome), risk: `${risk}: ${riskOf(outcome)}`, mend });
}
