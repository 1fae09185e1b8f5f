/** Judged from outside: by what the API said at each step and by what the receivers got. */
import type { Checks } from '../support/checks.ts';
import { isSuccess, type Receiver, type Request } from '../demo/receiver.ts';
import { EVENTS, RECORDS, type Told } from './story.ts';

const EACH = EVENTS / RECORDS;

export function judge(told: Told, receiver: Receiver, checks: Checks): void {
  const { found, counted, progress, job, alert, deadAfter, again } = told;
  const unique = new Set(found.ids).size;
  checks.check('one query found every dead letter', found.ids.length, [
    ...(unique === EVENTS ? [] : [`${unique} of ${EVENTS}`]),
    ...[...found.notes].filter((note) => !note.includes('401')).map((note) => `a note without the reason: ${note}`),
  ]);
  const { count, records, byStatus } = counted;
  const isCounted = count === EVENTS && records === RECORDS && byStatus['dead'] === EVENTS;
  checks.check('one dry run counted them', count, isCounted ? [] : [JSON.stringify(counted)]);
  const back = progress.filter(({ delivered }, i) => delivered < (progress[i - 1]?.delivered ?? 0));
  const last = progress.at(-1);
  const isWhole = last?.delivered === EVENTS && last.failed === 0 && last.skipped === 0 && last.waiting === 0;
  checks.check('progress was seen, grew, and ended with all of them delivered', progress.length, [
    ...back.map((one) => `went back to ${JSON.stringify(one)}`),
    ...(isWhole ? [] : [`ended as ${JSON.stringify(last)}`]),
    ...(new Set(progress.map(({ delivered }) => delivered)).size > 2 ? [] : ['nothing was seen in between']),
  ]);
  const began = job.history.find(({ action }) => action === 'started');
  const isSaid = began?.reason === 'their key was wrong' && began.by !== '';
  checks.check('the history says who and why', job.history.length, isSaid ? [] : [JSON.stringify(job.history)]);

  const crm = receiver.of('/crm');
  const arrived = crm.filter(isSuccess);
  checks.check('each of them arrived once, as a replay', arrived.length, [
    ...(new Set(arrived.map(({ event }) => event)).size === EVENTS ? [] : ['not all arrived']),
    ...(arrived.length === EVENTS ? [] : [`${arrived.length} requests for ${EVENTS} events`]),
    ...arrived.filter(({ replay }) => replay === null).map(({ event }) => `${event} came without webhook-replay`),
  ]);
  const byRecord = Map.groupBy(arrived, ({ record }) => record ?? '');
  checks.check('in the order of their record', byRecord.size, [...byRecord].flatMap(outOfOrder));
  const same = Map.groupBy(crm, ({ event }) => event);
  const changed = [...same].filter(([, sent]) => new Set(sent.map(({ bodyHash }) => bodyHash)).size > 1);
  checks.check(
    'with the bytes of the first attempt',
    same.size,
    changed.map(([event]) => event),
  );
  checks.check('every request was signed', receiver.requests.length, receiver.faults());

  const dead = alert.filter(({ rule }) => rule === 'dead-letter');
  const events = receiver.of('/ops').filter(({ record }) => record === `alert/${dead[0]?.id}`);
  const kinds = [...new Map(events.map((one) => [one.event, one.type.replace('tubepost.alert.', '')])).values()].join();
  checks.check('the alert opened once, resolved once, and the operator was told', events.length, [
    ...(dead.length === 1 && dead[0]?.status === 'resolved' ? [] : [JSON.stringify(dead)]),
    ...(/^opened(,updated)*,resolved$/.test(kinds) ? [] : [`told ${kinds}`]),
  ]);
  const isNothing = again.delivered === 0 && deadAfter === 0;
  checks.check('a second replay of the same range sent nothing', 1, isNothing ? [] : [JSON.stringify(again)]);
}

function outOfOrder([record, arrived]: [string, Request[]]): string[] {
  const sequences = arrived.map(({ sequence }) => sequence);
  const wanted = Array.from({ length: EACH }, (_, i) => i + 1);
  return sequences.join() === wanted.join() ? [] : [`${record}: ${sequences.join()}`];
}
