/** Judged from outside: by what receivers got and by what the API lists. */
import { z } from 'zod';
import type { Checks } from '../support/checks.ts';
import type { Got, Receiver } from './receiver.ts';
import { OPS, scope, type Told } from './story.ts';

const alertEvent = z.object({
  id: z.string(),
  type: z.string(),
  record: z.string(),
  sequence: z.number(),
  data: z.object({
    text: z.string(),
    alert: z.object({
      id: z.string(),
      rule: z.string(),
      account: z.string().nullable(),
      endpoint: z.string().nullable(),
      value: z.number(),
    }),
  }),
});
type AlertEvent = z.output<typeof alertEvent>;

const UPDATE_FACTOR = 2;

export function judge({ expected, endpointOf, alerts }: Told, receiver: Receiver, checks: Checks): void {
  const events = receiver.eventsAt('/ops').map(parsed);
  const byScope = Map.groupBy(events, ({ data }) => scope(data.alert));
  checks.check('each rule opened once and resolved once, told in this order', expected.length, [
    ...expected.map(scope).flatMap((one) => faultsOf(one, byScope.get(one) ?? [])),
  ]);
  const known = new Set(expected.map(scope));
  checks.check(
    'and nothing else was told',
    byScope.size,
    [...byScope.keys()].flatMap((one) => (known.has(one) ? [] : [one])),
  );
  checks.check(
    'what was told in between had doubled',
    events.length,
    [...byScope.values()].flatMap((told) => told.flatMap((one, i) => notDoubled(one, told[i - 1]))),
  );
  checks.check(
    'the list has each of them once, ended',
    alerts.length,
    expected.map(scope).flatMap((one) => {
      const rows = alerts.filter((alert) => scope(alert) === one);
      return rows.length === 1 && rows[0]?.status === 'resolved'
        ? []
        : [`${one}: ${JSON.stringify(rows).slice(0, 300)}`];
    }),
  );
  const faults = receiver.got.flatMap(({ fault }) => (fault === null ? [] : [fault]));
  checks.check('every request of these was signed', receiver.got.length, faults);
  judgeSlack(receiver, checks);
  judgeLoop({ endpointOf, alerts }, receiver, checks);
  const owner = receiver.eventsAt('/owner').map(parsed);
  const aboutOthers = owner.filter(({ data: { alert } }) => {
    return alert.account !== 'refusing' || alert.endpoint === endpointOf['owner'];
  });
  checks.check(
    'an owner is told of its own account, and an endpoint not of itself',
    owner.length,
    aboutOthers.map(({ data }) => data.text),
  );
}

function faultsOf(one: string, told: AlertEvent[]): string[] {
  const kinds = told.map(({ type }) => type.replace('tubepost.alert.', '')).join();
  const isOne = new Set(told.map(({ record }) => record)).size === 1;
  const isInOrder = told.every(({ sequence }, i) => sequence === i + 1);
  return /^opened(,updated)*,resolved$/.test(kinds) && isOne && isInOrder ? [] : [`${one}: told ${kinds || 'nothing'}`];
}

function notDoubled(one: AlertEvent, before: AlertEvent | undefined): string[] {
  if (!one.type.endsWith('.updated')) return [];
  const [value, was] = [one.data.alert.value, before?.data.alert.value ?? Infinity];
  return value >= was * UPDATE_FACTOR ? [] : [`${scope(one.data.alert)}: ${was}, then ${value}`];
}

function judgeSlack(receiver: Receiver, checks: Checks): void {
  const slack = receiver.eventsAt('/slack');
  const known = new Set(slack.map(({ event }) => event));
  const missing = receiver.eventsAt('/ops').filter(({ event }) => !known.has(event));
  checks.check('Slack took every alert, in its own form', slack.length, [
    ...slack.flatMap(({ status, said, body }) => (status === 200 ? [] : [`${status} ${said}: ${body.slice(0, 200)}`])),
    ...missing.map(({ event }) => `${event} did not arrive there`),
  ]);
}

function judgeLoop({ endpointOf, alerts }: Pick<Told, 'endpointOf' | 'alerts'>, receiver: Receiver, checks: Checks) {
  const broken = receiver.eventsAt('/broken').map(parsed);
  const aboutIt = [...receiver.eventsAt('/ops').map(parsed), ...broken].filter(
    ({ data }) => data.alert.account === OPS,
  );
  const listed = alerts.filter(({ endpoint, rule }) => endpoint === endpointOf['broken'] && rule === 'dead-letter');
  checks.check(
    "an alert receiver that fails is listed, and nobody is told of it: no alert about the alerts'",
    broken.length,
    [...aboutIt.map(({ data }) => data.text), ...(listed.length === 0 ? ['the list does not have it'] : [])],
  );
}

function parsed({ body }: Got): AlertEvent {
  return alertEvent.parse(JSON.parse(body));
}
