/**
 * The customer `acme` has a CRM that answers 401 for a while and an ERP that is well. The person of
 * support asks nobody: every step is a call of the API by its typed client. An hour is played in a
 * minute: the alerts' window is 20 s, their quiet time 5 s.
 */
import { setTimeout as wait } from 'node:timers/promises';
import { createClient, type ClientOptions, type Input, type Operations } from '../../src/client/client.ts';
import { until } from '../support/poll.ts';
import type { Receiver } from '../demo/receiver.ts';

export const OPS = 'operators';
export const ALERT_SECONDS = '20,5,60';
export const RECORDS = 20;
export const EVENTS = 200;
/** The CRM's mood: the receiver asks for each request. */
export const isCrmDown = { now: false };

const ACCOUNT = 'acme';
const PACE = 20;
const LIVE_ALONE = 60;
const LIVE_PAUSE_MS = 40;
const WITHIN_MS = 120_000;

export type Progress = { total: number; delivered: number; failed: number; skipped: number; waiting: number };
export type Told = {
  /** What each step took, in the order of the story. */
  steps: { what: string; tookMs: number }[];
  found: { ids: string[]; notes: Set<string> };
  counted: { count: number; records: number; byStatus: Record<string, number> };
  progress: Progress[];
  job: { status: string; note: string; history: { action: string; by: string; reason: string | null }[] };
  /** From publish to arrival at the ERP, in ms. */
  live: { alone: number[]; beside: number[] };
  alert: { id: string; rule: string; status: string }[];
  deadAfter: number;
  again: Progress;
};

export async function tellStory(at: ClientOptions, receiver: Receiver, host: string): Promise<Told> {
  const client = createClient(at);
  const steps: Told['steps'] = [];
  const path = { account: ACCOUNT };

  async function ask<N extends keyof Operations>(name: N, input: Input<N>): Promise<Operations[N]['answer']> {
    const answer = await client.call(name, input);
    if (!answer.ok) throw new Error(`${name}: ${answer.status} ${answer.problem.detail}`);
    return answer.data;
  }
  async function timed<T>(what: string, step: () => Promise<T>): Promise<T> {
    const fromMs = performance.now();
    const result = await step();
    steps.push({ what, tookMs: performance.now() - fromMs });
    return result;
  }
  async function endpoint(account: string, name: string, eventTypes: string[]): Promise<string> {
    const body = { url: `${host}/${name}`, description: name.toUpperCase(), eventTypes };
    const made = await ask('createEndpoint', { path: { account }, body });
    receiver.setSecret(`/${name}`, made.secret);
    return made.id;
  }
  /** One at a time, the next when the last has arrived: how long each took. */
  async function live(name: string, isOver: (made: number) => boolean): Promise<number[]> {
    const tookMs: number[] = [];
    while (!isOver(tookMs.length)) {
      const id = `live-${name}-${tookMs.length}`;
      const fromMs = performance.now();
      await ask('publishEvent', {
        path,
        body: { id, type: 'invoice.paid', record: `invoice/${tookMs.length % RECORDS}`, data: {} },
      });
      const arrived = () => receiver.of('/erp').find(({ event }) => event === id) ?? null;
      tookMs.push((await soon(arrived)).atMs - fromMs);
      await wait(LIVE_PAUSE_MS);
    }
    return tookMs;
  }

  for (const account of [OPS, ACCOUNT]) await ask('putAccount', { path: { account }, body: { name: account } });
  await endpoint(OPS, 'ops', ['tubepost.alert.*']);
  const crm = await endpoint(ACCOUNT, 'crm', ['subscription.*']);
  await endpoint(ACCOUNT, 'erp', ['invoice.*']);
  await live('warm', (made) => made >= RECORDS);
  const alone = await live('alone', (made) => made >= LIVE_ALONE);

  isCrmDown.now = true;
  const alertOf = async (status: 'open' | 'resolved') => {
    const { data } = await ask('listAllAlerts', { query: { endpoint: crm } });
    return data.some((one) => one.rule === 'dead-letter' && one.status === status) ? data : null;
  };
  const opening = timed('from the first refused event to the alert (the cron rings each second)', () =>
    until('the alert is open', WITHIN_MS, () => alertOf('open')),
  );
  for (let n = 0; n < EVENTS; n += 1) {
    const body = { type: 'subscription.updated', record: `subscription/${n % RECORDS}`, data: { n } };
    await ask('publishEvent', { path, body });
  }
  await opening;
  const range = { endpoint: crm, statusCodes: ['401'], to: new Date(Date.now() + 60_000).toISOString() };
  const count = async () => {
    const answer = await ask('startReplay', { path, body: { ...range, dryRun: true } });
    if (!('count' in answer)) throw new Error('a dry run answered a job');
    return answer;
  };
  await until('the log has all of them', WITHIN_MS, async () => ((await count()).count === EVENTS ? true : null));

  const page = await timed('one query finds them', () =>
    ask('listDeadLetters', { path, query: { endpoint: crm, statusCode: '401', limit: EVENTS } }),
  );
  const found = { ids: page.data.map(({ id }) => id), notes: new Set(page.data.map(({ note }) => note)) };
  const counted = await timed('one dry run counts them', count);

  isCrmDown.now = false;
  const start = { ...range, pacePerSecond: PACE, reason: 'their key was wrong' };
  const started = await timed('one call starts the replay', () => ask('startReplay', { path, body: start }));
  if (!('id' in started)) throw new Error('a replay answered a dry run');
  const replay = { account: ACCOUNT, replay: started.id };
  const progress: Progress[] = [];
  const isFinished = async () => {
    const job = await ask('getReplay', { path: replay });
    progress.push(job.progress);
    return job.status === 'finished' ? job : null;
  };
  let isSent = false;
  const [job, beside] = await Promise.all([
    timed(`the replay of ${EVENTS} at ${PACE} a second`, () =>
      until('the replay is finished', WITHIN_MS, isFinished),
    ).finally(() => {
      isSent = true;
    }),
    live('beside', () => isSent),
  ]);
  const alert = await timed('from the end of the replay to the end of the alert (window 20 s, quiet 5 s)', () =>
    until('the alert has ended', WITHIN_MS, () => alertOf('resolved')),
  );
  await until('the operator is told', WITHIN_MS, () =>
    receiver.of('/ops').some(({ type }) => type === 'tubepost.alert.resolved') ? true : null,
  );

  // Doing it all again sends nothing.
  const second = await ask('startReplay', { path, body: start });
  if (!('id' in second)) throw new Error('a replay answered a dry run');
  const again = await until('the second replay is finished', WITHIN_MS, async () => {
    const { status, progress: now } = await ask('getReplay', { path: { account: ACCOUNT, replay: second.id } });
    return status === 'finished' ? now : null;
  });
  const deadAfter = (await count()).count;
  return { steps, found, counted, progress, job, live: { alone, beside }, alert, deadAfter, again };
}

const LOOK_MS = 1;

async function soon<T>(look: () => T | null): Promise<T> {
  const deadlineMs = performance.now() + WITHIN_MS;
  for (;;) {
    const found = look();
    if (found !== null) return found;
    if (performance.now() > deadlineMs) throw new Error('a live event did not arrive');
    await wait(LOOK_MS);
  }
}
