/**
 * Four customers in trouble, until they are out of it, and an operator who is told. The thresholds
 * are lowered by the API; the window is 20 s, the quiet time 5 s, a day 30 s long and the cron
 * rings each second (ALERT_SECONDS, CRON_SECONDS), so that an hour of alerts takes a minute.
 *
 *   refusing   answers 400                          failure-rate, dead-letter, endpoint-no-success
 *   down       answers 503 for a while, 6 records   failure-rate, endpoint-no-success, backlog-growing, oldest-waiting, circuit-open
 *   flaky      answers 503 18 times, 2 records      failure-rate, endpoint-no-success, oldest-waiting, retry-spike
 *   leaving    answers 410                          endpoint-disabled, until a person enables it
 *   together                                        accounts-no-success
 *   last       a day passes                         secret-age, until each secret is rotated
 */
import { createClient, type Input, type Operations } from '../../src/client/client.ts';
import { until } from '../support/poll.ts';
import type { Receiver } from './receiver.ts';

export const OPS = 'operators';
export const SECONDS = { window: 20, quiet: 5, day: 30 };
const WITHIN_MS = 120_000;
const RULES = {
  'failure-rate': { threshold: 50, minimum: 4 },
  'dead-letter': { threshold: 3 },
  'backlog-growing': { threshold: 4 },
  'oldest-waiting': { threshold: 4 },
  'endpoint-no-success': { threshold: 4 },
  'accounts-no-success': { threshold: 2 },
  'circuit-open': { threshold: 2 },
  'retry-spike': { threshold: 2, minimum: 12 },
  // Every endpoint is a day old soon: its time comes last.
  'secret-age': { enabled: false, threshold: 1 },
};

export type Expected = { rule: string; account: string | null; endpoint: string | null };
export type Told = { expected: Expected[]; endpointOf: Record<string, string>; alerts: Alert[] };
type Alert = Operations['listAllAlerts']['answer']['data'][number];

export async function tellStory(at: { url: string; key: string }, receiver: Receiver, host: string): Promise<Told> {
  const client = createClient({ origin: at.url, key: at.key });
  const endpointOf: Record<string, string> = {};

  async function ask<N extends keyof Operations>(name: N, input: Input<N>): Promise<Operations[N]['answer']> {
    const answer = await client.call(name, input);
    if (!answer.ok) throw new Error(`${name}: ${answer.status} ${answer.problem.detail}`);
    return answer.data;
  }
  async function endpoint(name: string, account: string, settings: object = {}): Promise<void> {
    const path = { account };
    await ask('putAccount', { path, body: { name: `${account} & <Sons>` } });
    const body = { url: `${host}/${name}`, description: name, ...settings };
    const made = await ask('createEndpoint', { path, body });
    endpointOf[name] = made.id;
    receiver.setSecret(`/${name}`, made.secret);
  }
  async function publish(account: string, records: number): Promise<void> {
    for (let n = 1; n <= records; n += 1) {
      const body = { type: 'plan.updated', record: `plan/${n}`, data: { n } };
      await ask('publishEvent', { path: { account }, body });
    }
  }
  const listed = async () => (await ask('listAllAlerts', { query: { limit: 200 } })).data;
  const expected: Expected[] = [];
  function expectOf(account: string, name: string, ...rules: string[]): void {
    expected.push(...rules.map((rule) => ({ rule, account, endpoint: endpointOf[name] ?? '' })));
  }
  /** Every one that is expected so far has opened, or has ended, as the list says. */
  async function all(status: 'open' | 'resolved'): Promise<void> {
    let missing: string[] = [];
    const isDone = async () => {
      const now = await listed();
      const seen = new Set(now.filter((one) => status === 'open' || one.status === 'resolved').map(scope));
      missing = expected.map(scope).filter((one) => !seen.has(one));
      return missing.length === 0 ? true : null;
    };
    await until(`all alerts are ${status}`, WITHIN_MS, isDone).catch((error: unknown) => {
      throw new Error(`${String(error)}; missing: ${missing.join(', ')}`, { cause: error });
    });
  }

  await ask('putAlertRules', { body: { rules: RULES } });
  const isDown = { now: true };
  receiver.setMood('/ops', () => 200);
  receiver.setMood('/slack', 'slack');
  receiver.setMood('/broken', () => 400);
  receiver.setMood('/owner', () => 200);
  receiver.setMood('/refusing', () => 400);
  receiver.setMood('/down', () => (isDown.now ? 503 : 200));
  receiver.setMood('/flaky', (nth) => (nth <= 18 ? 503 : 200));
  receiver.setMood('/leaving', () => 410);
  await endpoint('ops', OPS);
  await endpoint('slack', OPS, { eventTypes: ['tubepost.alert.*'], payloadFormat: 'slack' });
  await endpoint('broken', OPS, { eventTypes: ['tubepost.alert.opened'] });
  await endpoint('refusing', 'refusing', { eventTypes: ['plan.*'] });
  await endpoint('owner', 'refusing', { eventTypes: ['tubepost.alert.*'] });
  await endpoint('down', 'down', { retry: { scheduleSeconds: [5, 5, 5, 5, 5, 5, 5, 5] } });
  await endpoint('flaky', 'flaky', { retry: { scheduleSeconds: Array.from({ length: 19 }, () => 1) } });
  await endpoint('leaving', 'leaving');
  const customers = ['refusing', 'owner', 'down', 'flaky', 'leaving'];

  await publish('refusing', 4);
  await publish('down', 6);
  await publish('flaky', 2);
  await publish('leaving', 1);
  expectOf('refusing', 'refusing', 'failure-rate', 'dead-letter', 'endpoint-no-success');
  const ofDown = ['failure-rate', 'endpoint-no-success', 'backlog-growing', 'oldest-waiting', 'circuit-open'];
  expectOf('down', 'down', ...ofDown);
  expectOf('flaky', 'flaky', 'failure-rate', 'endpoint-no-success', 'oldest-waiting');
  expectOf('leaving', 'leaving', 'endpoint-disabled');
  expected.push({ rule: 'retry-spike', account: 'flaky', endpoint: null });
  expected.push({ rule: 'accounts-no-success', account: null, endpoint: null });
  await all('open');
  console.log(`  ${expected.length} alerts are open: ${[...new Set(expected.map(({ rule }) => rule))].join(', ')}`);

  isDown.now = false;
  const leaving = { account: 'leaving', endpoint: endpointOf['leaving'] ?? '' };
  await ask('changeEndpoint', { path: leaving, body: { status: 'enabled' } });
  await all('resolved');
  console.log('  all of them are resolved');

  await ask('putAlertRules', { body: { rules: { 'secret-age': { enabled: true } } } });
  for (const name of customers) expectOf(name === 'owner' ? 'refusing' : name, name, 'secret-age');
  await all('open');
  for (const name of customers) {
    const path = { account: name === 'owner' ? 'refusing' : name, endpoint: endpointOf[name] ?? '' };
    const { secret } = await ask('rotateSecret', { path, body: { overlapSeconds: 60 } });
    receiver.setSecret(`/${name}`, secret);
  }
  await all('resolved');
  console.log('  so are those about secrets');

  const alerts = await listed();
  const ended = alerts.filter(({ account, status }) => account !== OPS && status === 'resolved').length;
  await until('everybody has been told', WITHIN_MS, () => {
    const atOps = receiver.eventsAt('/ops');
    const endings = atOps.filter(({ body }) => body.includes('"tubepost.alert.resolved"')).length;
    return endings >= ended && receiver.eventsAt('/slack').length >= atOps.length ? true : null;
  });
  return { expected, endpointOf, alerts };
}

export function scope({ rule, account, endpoint }: Expected): string {
  return [rule, account ?? 'all', endpoint ?? ''].join(' ').trim();
}
