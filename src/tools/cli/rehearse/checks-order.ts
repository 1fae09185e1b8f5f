/**
 * Old data over new, and two copies at once: what a receiver must stand although the service keeps
 * order.
 */
import type { Check } from './check.ts';
import { consequenceOf, isTaken, riskOf, sayOutcome } from './outcome.ts';
import { fault, fine } from './result.ts';

export const order: Check = {
  check: 'order',
  title: 'version 2 after version 3 does not overwrite it',
  play: async (stage) => {
    const sent = 'version 3 of a record, then version 2, published late';
    const newer = stage.event({ version: 3 });
    const older = stage.event({ record: newer.record, sequence: 2, version: 2 });
    const first = await stage.send(newer);
    const second = await stage.send(older, { previous: '1' });
    const got = `${sayOutcome(first)}, then ${sayOutcome(second)}`;
    const bad = [first, second].find((outcome) => !isTaken(outcome));
    if (bad !== undefined) {
      return fault({
        sent,
        got,
        risk: riskOf(bad),
        mend: 'answer 2xx to an older version and pass over it: you have what is newer.',
      });
    }
    const state = await stage.settled(newer.record);
    if (state === null || state.version === null) return fine(sent, got, false);
    if (state.version === 3) return fine(sent, `${got}; it holds version 3`);
    return fault({
      sent,
      got: `${got}; it holds version ${state.version}`,
      risk: 'an event that was published late, or replayed, writes old data over new: customers see their old plan again.',
      mend: 'compare version with what you hold, in the same statement that writes: update … where version < $version.',
    });
  },
};

export const concurrent: Check = {
  check: 'concurrent',
  title: 'two copies at once are handled once',
  play: async (stage) => {
    const sent = 'the same event twice at the same time, as after a timeout';
    const event = stage.event();
    const pair = await Promise.all([stage.send(event), stage.send(event, { attempt: 2 })]);
    const got = pair.map(sayOutcome).join(' and ');
    const dead = pair.find((outcome) => consequenceOf(outcome) === 'dead');
    if (dead !== undefined) {
      return fault({
        sent,
        got,
        risk: 'the copy that is refused ends the delivery as a dead letter, also where the other one fails after all.',
        mend: 'answer 2xx to the second copy once the first is done, or 503 (retried) while it is under way; not 409.',
      });
    }
    // A request that was answered "come again" is sent again: by then the first is done.
    const last = pair.every(isTaken) ? null : await stage.send(event, { attempt: 3 });
    if (last !== null && !isTaken(last)) {
      return fault({
        sent,
        got: `${got}, then ${sayOutcome(last)}`,
        risk: riskOf(last),
        mend: 'clear the mark of an event under way when its work ends, also when it fails.',
      });
    }
    const state = await stage.settled(event.record);
    if (state === null || state.handled === null) return fine(sent, got, false);
    if (state.handled === 1) return fine(sent, `${got}; handled once`);
    return fault({
      sent,
      got: `${got}; handled ${state.handled} times`,
      risk: 'a retry while the first request still runs does the work twice: both looked before either wrote.',
      mend: 'let the database decide: a unique key on webhook-id, inserted in the same transaction as the work.',
    });
  },
};
