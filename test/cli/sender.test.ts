/**
 * K6, the other direction: what the judge of a sender says of one that keeps its contract, and of
 * each fault. The service itself: `npm run test:cli`.
 */
import { describe, expect, it } from 'vitest';
import type { Arrival } from '../../src/tools/cli/hook.ts';
import { EVENTS, ROLES } from '../../src/tools/cli/rehearse/sender-cast.ts';
import { judgeSender, type Seen } from '../../src/tools/cli/rehearse/sender-judge.ts';
import { delivery, NOW_MS } from './fake.ts';

const events = Array.from({ length: EVENTS }, (_, at) => `evt_${at + 1}`);
const ofFails = ({ path, attempt }: Arrival) => path === '/fails' && attempt === 2;

/**
 * As a sender does it that keeps its contract: the failures fall on the first event, the others
 * wait for it.
 */
function right(): Seen {
  const arrivals: Arrival[] = [];
  for (const role of ROLES) {
    let atMs = NOW_MS;
    for (const [place, id] of events.entries()) {
      const failures = place === 0 ? role.answers : [];
      for (const [at, answer] of [
        ...failures,
        { kind: 'status' as const, status: 204, afterMs: 0, headers: {} },
      ].entries()) {
        atMs += at === 0 ? 10 : at === 1 ? 900 : 1_900;
        arrivals.push({
          number: arrivals.length,
          at: new Date(atMs).toISOString(),
          path: role.path,
          id,
          attempt: at + 1,
          previous: place === 0 ? 'none' : String(place),
          replay: null,
          body: Buffer.from(id),
          fault: null,
          answer,
        });
      }
    }
  }
  const endpoints = new Map(ROLES.map(({ path }) => [path, `ep_${path}`]));
  const failing = ROLES.filter(({ answers }) => answers.length > 0);
  const logged = (path: string, id: string) => {
    const kind = ROLES.find((role) => role.path === path)?.kinds[0];
    return arrivals
      .filter((arrival) => arrival.path === path && arrival.id === id)
      .map(({ attempt, answer }) => ({
        number: attempt,
        error: answer.kind === 'status' && answer.status < 300 ? null : { kind, message: 'm' },
      }));
  };
  const shown = ({ kinds }: (typeof ROLES)[number]) => ({
    status: 'retrying',
    lastAttempt: { error: { kind: kinds[0] } },
    nextAttemptAt: '2026-11-30T22:00:01.000Z',
  });
  // Shapes of the API, of which only what is judged is filled in.
  return {
    arrivals,
    endpoints,
    events,
    tookMs: 5_000,
    retrying: new Map(failing.map((role) => [`ep_${role.path}`, delivery(shown(role))])) as Seen['retrying'],
    deliveries: new Map(
      ROLES.map(({ path }) => [
        `ep_${path}`,
        events.map((id) => delivery({ id: `dlv_${id}`, attemptLog: logged(path, id) })),
      ]),
    ) as Seen['deliveries'],
  };
}

const failed = (seen: Seen) =>
  judgeSender(seen)
    .filter(({ verdict }) => verdict === 'fail')
    .map(({ check }) => check);
const without = (seen: Seen, is: (arrival: Arrival) => boolean): Seen => ({
  ...seen,
  arrivals: seen.arrivals.filter((one) => !is(one)),
});
const changed = (seen: Seen, is: (arrival: Arrival) => boolean, more: Partial<Arrival>): Seen => ({
  ...seen,
  arrivals: seen.arrivals.map((one) => (is(one) ? { ...one, ...more } : one)),
});

describe('the judge of a sender', () => {
  it('finds nothing at one that keeps its contract', () => {
    expect(failed(right())).toEqual([]);
  });

  it('takes two requests of a connection that broke at once for the one attempt that they are', () => {
    const seen = right();
    const isRepeat = ({ path, attempt }: Arrival) => path === '/resets' && attempt === 2;
    const isAfter = ({ path, attempt }: Arrival) => path === '/resets' && attempt === 3;
    const repeated = changed(
      changed(seen, isRepeat, { attempt: 1, at: new Date(NOW_MS + 100).toISOString() }),
      isAfter,
      {
        attempt: 2,
      },
    );
    const logged = new Map(seen.deliveries);
    const [first, ...others] = logged.get('ep_/resets') ?? [];
    if (first === undefined) throw new Error('nothing was logged');
    logged.set('ep_/resets', [{ ...first, attemptLog: first.attemptLog.slice(1) }, ...others]);
    expect(failed({ ...repeated, deliveries: logged })).toEqual([]);
    expect(failed({ ...repeated, deliveries: seen.deliveries })).toEqual(['logged']);
  });

  const faults: [string, (seen: Seen) => Seen, string[]][] = [
    [
      'an event that never arrives',
      (seen) => without(seen, ({ path, id }) => path === '/well' && id === 'evt_3'),
      ['arrived', 'order', 'patience', 'logged'],
    ],
    [
      'a wrong signature',
      (seen) => changed(seen, ofFails, { fault: 'none of the secrets made its signature' }),
      ['signed'],
    ],
    ['other bytes in a retry', (seen) => changed(seen, ofFails, { body: Buffer.from('other') }), ['retried']],
    ['a number that does not count on', (seen) => changed(seen, ofFails, { attempt: 1 }), ['retried']],
    ['a retry at once', (seen) => changed(seen, ofFails, { at: new Date(NOW_MS + 100).toISOString() }), ['schedule']],
    [
      'a wrong webhook-previous',
      (seen) => changed(seen, ({ path, id }) => path === '/slow' && id === 'evt_2', { previous: 'none' }),
      ['order'],
    ],
    [
      'another order',
      (seen) => ({ ...seen, arrivals: [...seen.arrivals].reverse() }),
      expect.arrayContaining(['order']) as string[],
    ],
    [
      'twice to who is slow',
      (seen) => ({
        ...seen,
        arrivals: [...seen.arrivals, ...seen.arrivals.filter(({ path, id }) => path === '/slow' && id === 'evt_3')],
      }),
      ['patience', 'logged'],
    ],
    ['a status that says nothing', (seen) => ({ ...seen, retrying: new Map() }), ['shown']],
    ['a log without attempts', (seen) => ({ ...seen, deliveries: new Map() }), ['logged']],
    [
      'a delivery that is dead',
      (seen) => ({
        ...seen,
        deliveries: new Map(
          [...seen.deliveries].map(([id, all]) => [id, all.map((one) => ({ ...one, status: 'dead' as const }))]),
        ),
      }),
      ['recovered'],
    ],
  ];
  it.each(faults)('names %s', (_, breakIt, checks) => {
    expect(failed(breakIt(right()))).toEqual(checks);
  });
});
