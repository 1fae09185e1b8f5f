/**
 * A healthy endpoint beside five that hang, and beside five that answer; in their account and in
 * another.
 */
import { type Bench, type Case, ms, percent, ratio, warmTarget, watched, withSubject } from './bench.ts';
import { run, spread } from './load.ts';
import type { Subject } from './subject.ts';

const NEIGHBOURS = 5;
const RATE_PER_SECOND = 10;

export const isolationCase: Case = {
  name: 'isolation',
  title: `${RATE_PER_SECOND} events a second to a healthy endpoint beside ${NEIGHBOURS} others, new records`,
  run: async (bench) => {
    const raw = [];
    for (const subject of bench.subjects.filter(({ kind }) => kind === 'service')) {
      const answering = await beside(bench, subject, 'beside');
      raw.push({ subject: subject.name, answering, hung: await beside(bench, subject, 'hung') });
    }
    const places = ['same', 'other'] as const;
    return {
      head: [
        'build',
        'account',
        'beside five that answer: p50, p95',
        'beside five that hang: p50, p95',
        'p50, p95 as ratios',
        'missing',
        'others',
      ],
      rows: raw.flatMap(({ subject, answering, hung }) =>
        places.map((place) => [
          subject,
          place === 'same' ? 'theirs' : 'another',
          `${ms(answering[place].p50)}, ${ms(answering[place].p95)}`,
          `${ms(hung[place].p50)}, ${ms(hung[place].p95)}`,
          `${ratio(hung[place].p50, answering[place].p50)}, ${ratio(hung[place].p95, answering[place].p95)}`,
          hung.missing,
          percent(hung.othersShare),
        ]),
      ),
      raw,
    };
  },
};

function beside(bench: Bench, subject: Subject, how: 'beside' | 'hung') {
  return withSubject(bench, subject, async (running) => {
    const neighbours = Array.from({ length: NEIGHBOURS }, (_, i) => `/${how}/${i}`);
    const same = await warmTarget(bench, running, 'same', [...watched(1, 0), ...neighbours]);
    const other = await warmTarget(bench, running, 'other', watched(1, 0));
    // Two accounts take turns, so each gets the rate.
    const phases = [{ ratePerSecond: RATE_PER_SECOND * 2, seconds: bench.seconds }];
    const targets = [same.target, other.target];
    const outcome = await run(running, bench.receiver, {
      targets,
      fanOut: 1,
      phases,
      prefix: 'run',
      arrivesWithinMs: 60_000,
    });
    const took = (rest: number) =>
      spread(outcome.deliveries.flatMap(({ tookMs }, i) => (i % 2 === rest && tookMs !== null ? [tookMs] : [])));
    bench.say(`${subject.name}, ${how}: p95 ${ms(took(0).p95)} and ${ms(took(1).p95)}`);
    return { same: took(0), other: took(1), missing: outcome.missing, othersShare: outcome.othersShare };
  });
}
