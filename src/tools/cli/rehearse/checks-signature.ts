/** Who sent it: forgeries and old requests are refused, and a rotation is survived. */
import type { Check } from './check.ts';
import { isRefused, isTaken, type Outcome, riskOf, sayOutcome } from './outcome.ts';
import { type Fault, fault, fine } from './result.ts';
import { bodyOf, type Event, type Sending, type Stage } from './stage.ts';

/** Twice the tolerance of the Standard Webhooks libraries. */
const STALE_SECONDS = 600;

type Forgery = { what: string; how: (event: Event, stage: Stage) => Sending };

const FORGERIES: readonly Forgery[] = [
  { what: 'an event signed with a secret that is not yours', how: (_, { strangersKey }) => ({ keys: [strangersKey] }) },
  {
    what: 'an event whose body was changed after it was signed',
    how: (event) => ({ signedBody: bodyOf(event), body: bodyOf({ ...event, version: 99 }) }),
  },
  { what: 'the signature of an event under another webhook-id', how: () => ({ signedId: 'rehearsal_other' }) },
  { what: 'an event without a signature', how: () => ({ signature: null }) },
];

export const forged: Check = {
  check: 'forged',
  title: 'forged requests are refused',
  play: async (stage) => {
    const answers: string[] = [];
    for (const { what, how } of FORGERIES) {
      const event = stage.event();
      const outcome = await stage.send(event, how(event, stage));
      if (!isRefused(outcome)) return fault(forgeryFault(what, outcome));
      const state = await stage.settled(event.record);
      if ((state?.handled ?? 0) > 0) {
        return fault({
          sent: what,
          got: `${sayOutcome(outcome)}, and it was still handled`,
          risk: 'whoever knows the URL can write what they like into your system.',
          mend: 'verify before you do anything else with the body.',
        });
      }
      answers.push(sayOutcome(outcome));
    }
    return fine(FORGERIES.map(({ what }) => what).join('; '), answers.join('; '));
  },
};

function forgeryFault(sent: string, outcome: Outcome): Fault {
  const got = sayOutcome(outcome);
  if (isTaken(outcome)) {
    return {
      sent,
      got,
      risk: 'whoever knows the URL can write what they like into your system.',
      mend: 'verify webhook-signature over the raw body with a Standard Webhooks library, and answer 401 where that fails.',
    };
  }
  return {
    sent,
    got,
    risk: 'a stranger can fill your error log, and after a mistake with the secret every event is sent again for a day and your circuit opens, where a 401 would say at once what is wrong.',
    mend: 'catch what the verification throws and answer 401; 5xx means "my fault, send it again".',
  };
}

export const stale: Check = {
  check: 'stale',
  title: 'requests from long ago, or from the future, are refused',
  play: async (stage) => {
    const answers: string[] = [];
    for (const [shiftSeconds, what] of [
      [-STALE_SECONDS, 'an event signed ten minutes ago, as someone would send it who has recorded it'],
      [STALE_SECONDS, 'an event signed ten minutes in the future'],
    ] as const) {
      const outcome = await stage.send(stage.event(), { shiftSeconds });
      if (!isRefused(outcome)) {
        return fault({
          sent: what,
          got: sayOutcome(outcome),
          risk: isTaken(outcome)
            ? 'a request that was recorded once (a log, a proxy) can be sent to you again at any time.'
            : 'it should be refused as a forgery is, and not as a fault of yours.',
          mend: 'refuse with 401 where webhook-timestamp is more than 5 minutes from your clock; the libraries do.',
        });
      }
      answers.push(sayOutcome(outcome));
    }
    return fine('events signed ten minutes ago and ten minutes ahead', answers.join('; '));
  },
};

type Signing = NonNullable<Sending['signature']>;

export const rotation: Check = {
  check: 'rotation',
  title: 'a rotation of the secret is survived',
  play: async (stage) => {
    for (const [what, signature] of signingsOf(stage)) {
      const outcome = await stage.send(stage.event(), { signature });
      if (isTaken(outcome)) continue;
      return fault({
        sent: what,
        got: sayOutcome(outcome),
        risk: `during every rotation requests carry a signature for each secret: ${riskOf(outcome)}`,
        mend: 'split webhook-signature at its spaces, accept the request if any signature is one of yours, and pass over schemes that you do not know.',
      });
    }
    return fine('events whose signature stands among others', 'all taken');
  },
};

function signingsOf({ plan: { keys }, strangersKey }: Stage): [what: string, signature: Signing][] {
  const signings: [string, Signing][] = [
    ['an event with a signature that you do not know before yours', (signWith) => signWith([strangersKey, ...keys])],
    ['an event with a signature that you do not know behind yours', (signWith) => signWith([...keys, strangersKey])],
    [
      'an event with signatures of schemes that you do not know (v1a, v9) before yours',
      async (signWith) => `v1a,AAAA v9,AAAA ${await signWith(keys)}`,
    ],
  ];
  // Where both secrets are given, each by itself: before the rotation, and after its overlap.
  if (keys.length < 2) return signings;
  return [
    ...signings,
    ...keys.map((key, at): [string, Signing] => [
      `an event signed by secret ${at + 1} of ${keys.length} alone`,
      (signWith) => signWith([key]),
    ]),
  ];
}
