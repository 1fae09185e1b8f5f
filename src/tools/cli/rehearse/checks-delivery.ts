/**
 * The same event more than once: at least once is what the service promises, so the receiver
 * deduplicates.
 */
import type { Check } from './check.ts';
import { type Outcome, isTaken, riskOf, sayOutcome } from './outcome.ts';
import { fault, fine, type Finding } from './result.ts';
import type { Event, Stage } from './stage.ts';
import { span } from '../words.ts';

/** How long work may go on behind the answer before it counts as never done. */
const DONE_WITHIN_MS = 5_000;
const LOOK_EVERY_MS = 100;
/** One may be quick by chance. */
const EVENTS_LOOKED_AT = 3;

export const acknowledgement: Check = {
  check: 'acknowledgement',
  title: 'a signed event is answered 2xx, once its work is done',
  play: async (stage) => {
    const sent = 'a signed event of a new record';
    let got = '';
    for (let number = 0; number < EVENTS_LOOKED_AT; number += 1) {
      const event = stage.event();
      const outcome = await stage.send(event);
      got = sayOutcome(outcome);
      if (!isTaken(outcome)) return notTaken(sent, outcome);
      const early = await earlyFault(stage, event, outcome);
      if (early !== null) return early;
    }
    return fine(sent, got, stage.state !== null);
  },
};

function notTaken(sent: string, outcome: Outcome): Finding {
  const isRefused = outcome.kind === 'answered' && [400, 401, 403].includes(outcome.status);
  const mend = isRefused
    ? 'give the secret that the receiver has (--secret), verify the raw bytes of the body and not parsed JSON, and send --type and --data that it knows.'
    : outcome.kind === 'answered'
      ? 'look into its own log; it may not know this --type or this --data.'
      : 'is it running, and is this its URL?';
  return fault({ sent, got: sayOutcome(outcome), risk: riskOf(outcome), mend, isLast: true });
}

/** Its state in the instant after the 2xx: what is not there yet can still be lost. */
async function earlyFault(stage: Stage, { record, version }: Event, outcome: Outcome): Promise<Finding | null> {
  if (stage.state === null) return null;
  const sent = 'a signed event, and a look at its state right after the answer';
  const isDone = async () => {
    const state = await stage.state?.(record);
    return state !== undefined && (state.handled === null ? state.version === version : state.handled > 0);
  };
  const answeredAtMs = stage.nowMs();
  if (await isDone()) return null;
  while (stage.nowMs() - answeredAtMs < DONE_WITHIN_MS) {
    await stage.sleep(LOOK_EVERY_MS);
    if (await isDone()) {
      stage.lag.ms = stage.nowMs() - answeredAtMs;
      return fault({
        sent,
        got: `${sayOutcome(outcome)}, and its work was done only later, some ${span(stage.lag.ms)} after the answer`,
        risk: 'we take 2xx as "done" and never send the event again: what was still to do when the process dies is lost.',
        mend: 'commit the work, or store the event in a queue of your own, and answer then.',
      });
    }
  }
  return fault({
    sent,
    got: `${sayOutcome(outcome)}, and its state does not show the event after ${span(DONE_WITHIN_MS)}`,
    risk: 'we take 2xx as "done" and never send the event again: it is lost.',
    mend: 'answer 2xx only to what was handled, and 5xx where that failed; or see that the state URL shows it.',
  });
}

export const duplicate: Check = {
  check: 'duplicate',
  title: 'the same event twice is handled once',
  play: (stage) => again(stage, 'the same event twice, as after an answer that was lost', { attempt: 2 }),
};

export const replay: Check = {
  check: 'replay',
  title: 'a replay of what it has is taken, and changes nothing',
  play: (stage) =>
    again(stage, 'an event, and the same again as a replay (webhook-replay)', { replay: 'dlv_rehearsal' }),
};

async function again(stage: Stage, sent: string, how: { attempt: number } | { replay: string }): Promise<Finding> {
  const event = stage.event();
  const first = await stage.send(event);
  const before = await stage.settled(event.record);
  const second = await stage.send(event, how);
  const got = `${sayOutcome(first)}, then ${sayOutcome(second)}`;
  if (!isTaken(second)) {
    return fault({
      sent,
      got,
      risk: riskOf(second),
      mend: 'answer 2xx to an id that you have handled: it is not an error.',
    });
  }
  const after = await stage.settled(event.record);
  const [was, is] = [before?.handled ?? null, after?.handled ?? null];
  if (was === null || is === null) return fine(sent, got, false);
  if (is === was) return fine(sent, `${got}; handled once`);
  return fault({
    sent,
    got: `${got}; handled ${is} times`,
    risk: 'delivery is at least once: an answer that is lost brings the event again, and whatever it does (a mail, a booking) is done twice.',
    mend: 'remember webhook-id for 7 days, in the same transaction as the work, and answer 2xx to what you know.',
  });
}
