/** K5: the local receiver on a real socket: what it shows, verifies, answers and leaves behind. */
import { setTimeout as wait } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { parseAnswers } from '../../src/tools/cli/answers.ts';
import { parseSecret, sign } from '../../src/signature.ts';
import { freePort } from '../support/service.ts';
import { cli, NOW_MS } from './fake.ts';

const SECRET = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';
const body =
  '{"id":"evt_1","type":"ticket.created","record":"ticket/1","sequence":7,"version":3,"data":{"big":9007199254740993}}';

async function deliver(port: number, more: Record<string, string> = {}, secret = SECRET): Promise<number | 'broken'> {
  const key = parseSecret(secret);
  if (!key.ok) throw new Error('a wrong secret');
  const timestampSeconds = Math.floor(NOW_MS / 1_000);
  const headers = {
    'webhook-id': 'evt_1',
    'webhook-timestamp': String(timestampSeconds),
    'webhook-signature': await sign({ id: 'evt_1', timestampSeconds, body }, [key.value]),
    ...more,
  };
  for (let tries = 1; ; tries += 1) {
    try {
      return (await fetch(`http://127.0.0.1:${port}/`, { method: 'POST', headers, body })).status;
    } catch (error) {
      // It may only be about to listen; a connection that breaks is an answer.
      if (tries > 100 || !JSON.stringify(error, Object.getOwnPropertyNames(error)).includes('fetch failed'))
        throw error;
      if (!String((error as { cause?: { code?: string } }).cause?.code).includes('REFUSED')) return 'broken';
      await wait(20);
    }
  }
}

/** Its time is the test's, so it waits for arrivals by turns of the event loop. */
const io = { sleep: () => wait(5) };

it('verifies, shows and answers in turn, and the last answer stays', async () => {
  const port = await freePort();
  const { run, out } = cli({}, { ...io, env: {} });
  const listening = run('listen', '-p', `${port}`, '-s', SECRET, '--answer', '500,reset,204', '-n', '4');
  const answers = [];
  for (let at = 0; at < 4; at += 1)
    answers.push(await deliver(port, at === 3 ? { 'webhook-attempt': '2', 'webhook-replay': 'dlv_9' } : {}));
  expect(answers).toEqual([500, 'broken', 204, 204]);
  expect(await listening).toBe(0);
  expect(out()).toContain('22:00:00.000  signed  ticket.created  ticket/1  #7 v3  → 500\n              evt_1\n');
  expect(out()).toContain('attempt 2  replay  → 204');
});

it('ends with 1 where something was not signed by its secret, and prints each digit for pipes', async () => {
  const port = await freePort();
  const { run, out } = cli({}, { ...io, env: { TUBEPOST_SECRET: SECRET } });
  const listening = run('listen', '-p', `${port}`, '-n', '1', '--json');
  expect(await deliver(port, {}, 'whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA')).toBe(204);
  expect(await listening).toBe(1);
  expect(JSON.parse(out())).toMatchObject({
    id: 'evt_1',
    verified: false,
    fault: 'none of the secrets made its signature',
    answer: '204',
  });
  expect(out()).toContain('"big":9007199254740993');
});

it('answers 413 to what is larger than any event, and keeps listening', async () => {
  const port = await freePort();
  const { run, err } = cli({}, { ...io, env: {} });
  const listening = run('listen', '-p', `${port}`, '-s', SECRET, '-n', '1');
  await expect.poll(err).toContain('Listening');
  const large = await fetch(`http://127.0.0.1:${port}/`, { method: 'POST', body: 'x'.repeat(2 * 1024 * 1024) });
  expect(large.status).toBe(413);
  expect(await deliver(port)).toBe(204);
  expect(await listening).toBe(0);
});

it('makes itself an endpoint and removes it, also where it is interrupted', async () => {
  const port = await freePort();
  const interrupted = new AbortController();
  const made = { id: 'ep_1', secret: SECRET };
  const { run, sent, out } = cli(
    {
      'POST /v1/accounts/acme/endpoints': made,
      'DELETE /v1/accounts/acme/endpoints/ep_1': { id: 'ep_1', job: 'job_1' },
    },
    { ...io, signal: interrupted.signal },
  );
  const listening = run('listen', '-p', `${port}`, '--type', 'ticket.*');
  expect(await deliver(port)).toBe(204);
  interrupted.abort();
  expect(await listening).toBe(130);
  expect(sent.map(({ route }) => route)).toEqual([
    'POST /v1/accounts/acme/endpoints',
    'DELETE /v1/accounts/acme/endpoints/ep_1',
  ]);
  expect(sent[0]?.body).toEqual({
    url: `http://127.0.0.1:${port}/`,
    description: 'tubepost listen',
    eventTypes: ['ticket.*'],
  });
  expect(out()).toContain('  signed  ');
});

it('says that a port is taken, and registers nothing', async () => {
  const port = await freePort();
  const first = cli({}, { ...io, env: {} });
  const listening = first.run('listen', '-p', `${port}`, '-s', SECRET, '-n', '1');
  await expect.poll(() => first.err()).toContain('Listening');
  const second = cli({});
  expect(await second.run('listen', '-p', `${port}`)).toBe(2);
  expect(second.err()).toContain(`cannot listen on 127.0.0.1:${port} (EADDRINUSE)`);
  expect(second.sent).toEqual([]);
  await deliver(port);
  await listening;
});

it.each([
  [
    '200,429/10s',
    [
      { status: 200, headers: {} },
      { status: 429, headers: { 'retry-after': '10' } },
    ],
  ],
  ['slow:2s', [{ status: 204, afterMs: 2_000 }]],
  ['slow:1500ms/503', [{ status: 503, afterMs: 1_500 }]],
  ['hang,reset', [{ kind: 'hang' }, { kind: 'reset' }]],
  ['disable', [{ status: 500, headers: { 'webhook-delivery': 'disable' } }]],
])('reads %s', (text, answers) => {
  expect(parseAnswers(text)).toMatchObject(answers);
});

it.each(['', '20', '99', '600', 'slow:', 'slow:2s/', 'slow:2h', 'hangs', '200,'])('refuses %j as an answer', (text) => {
  expect(() => parseAnswers(text)).toThrow('is no answer');
});
