/**
 * K6: the launch checks against a receiver as it should be and eight with one fault each, on real
 * sockets in real time.
 */
import { once } from 'node:events';
import { createServer } from 'node:http';
import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { memoryStore } from '../../src/receiver/memory.ts';
import { nodeListener } from '../../src/receiver/node.ts';
import { createReceiver } from '../../src/receiver/receiver.ts';
import { CHECKS } from '../../src/tools/cli/rehearse/checks.ts';
import { cli } from './fake.ts';
import { BROKEN, type Habits, openReceiver, type Receiver, SECRET } from './receivers.ts';

type Report = {
  passed: number;
  failed: number;
  unseen: number;
  skipped: number;
  results: { check: string; verdict: string; sent: string; got: string; risk: string; mend: string }[];
};

const open: Receiver[] = [];
afterEach(async () => {
  for (const receiver of open.splice(0)) await receiver.close();
});

const real = {
  env: {},
  nowMs: () => Date.now(),
  sleep: async (ms: number) => {
    await wait(ms);
  },
  fetch: (url: string, init: RequestInit) => fetch(url, init),
};
/** A loaded machine may be slow; the slow handler is slower. */
const quick = ['--burst', '10', '--max-latency', '500'];

async function rehearse(receiver: Receiver, ...more: string[]): Promise<{ code: number; report: Report; err: string }> {
  const { run, out, err } = cli({}, real);
  const code = await run('rehearse', receiver.url, '-s', SECRET, ...quick, '--json', ...more);
  return { code, report: JSON.parse(out()) as Report, err: err() };
}

async function receiver(habits: Partial<Habits> = {}): Promise<Receiver> {
  const opened = await openReceiver(habits);
  open.push(opened);
  return opened;
}

const failed = ({ results }: Report) => results.filter(({ verdict }) => verdict === 'fail').map(({ check }) => check);

describe('rehearse', () => {
  it('finds nothing at a receiver that does all of it right', async () => {
    const right = await receiver();
    const { code, report } = await rehearse(right, '--state-url', right.stateUrl);
    expect(failed(report)).toEqual([]);
    expect(report).toMatchObject({ passed: CHECKS.length, failed: 0, unseen: 0, skipped: 0 });
    expect(code).toBe(0);
  });

  it.each(Object.entries(BROKEN))('names %s, and nothing else', async (fault, { habits, checks }) => {
    const broken = await receiver(habits);
    const more = fault === 'a slow handler' ? ['--max-latency', '100'] : [];
    const { code, report } = await rehearse(broken, '--state-url', broken.stateUrl, ...more);
    expect(failed(report)).toEqual(checks);
    expect(code).toBe(1);
    for (const { verdict, sent, got, risk, mend } of report.results) {
      if (verdict === 'fail') expect([sent, got, risk, mend].every((part) => part.length > 10)).toBe(true);
    }
  });

  it('finds nothing at a receiver that is made with the kit', async () => {
    const kept = new Map<string, { handled: number; version: number | null }>();
    const listener = nodeListener(
      createReceiver({
        secrets: [SECRET],
        store: memoryStore(),
        handle: ({ record, version }) => {
          if (record !== null) kept.set(record, { handled: (kept.get(record)?.handled ?? 0) + 1, version });
        },
        log: () => undefined,
      }),
    );
    const server = createServer((request, response) => {
      if (request.method === 'POST') void listener(request, response);
      else response.end(JSON.stringify(kept.get(decodeURIComponent(request.url?.slice(1) ?? '')) ?? { handled: 0 }));
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    if (address === null || typeof address === 'string') throw new Error('the receiver has no port');
    const origin = `http://127.0.0.1:${address.port}`;
    const kit = {
      origin,
      url: `${origin}/hook`,
      stateUrl: `${origin}/{record}`,
      close: async () => void server.close(),
    };
    open.push(kit);
    const { report } = await rehearse(kit, '--state-url', kit.stateUrl);
    expect(report.results.filter(({ verdict }) => verdict !== 'pass')).toEqual([]);
  });

  it('says what it cannot see without a state, and does not call it right', async () => {
    const { code, report, err } = await rehearse(await receiver({ deduplicates: false }));
    expect(report).toMatchObject({ failed: 0, unseen: 5 });
    expect(code).toBe(0);
    expect(err).toBe('');
  });

  it('asks a command for the state as well, with the record in its environment', async () => {
    const right = await receiver({ deduplicates: false });
    const at = right.stateUrl.replace('{record}', '');
    const script = `"${process.execPath}" -e 'fetch("${at}" + encodeURIComponent(process.env.TUBEPOST_RECORD)).then((a) => a.text()).then(console.log)'`;
    const { report } = await rehearse(right, '--only', 'duplicate', '--state-command', script);
    expect(failed(report)).toEqual(['duplicate']);
    expect(report.results.map(({ check }) => check)).toEqual(['acknowledgement', 'duplicate']);
  });

  it('survives a rotation only with both secrets, and says which one is not taken', async () => {
    const { report } = await rehearse(
      await receiver(),
      '-s',
      'whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA',
      '--only',
      'rotation',
    );
    expect(failed(report)).toEqual(['rotation']);
    expect(report.results[1]?.sent).toBe('an event signed by secret 2 of 2 alone');
  });

  it('stops after the first check where not even a plain event is taken', async () => {
    const { run, out } = cli({}, real);
    expect(await run('rehearse', (await receiver()).url, '-s', 'whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA')).toBe(1);
    expect(out()).toMatch(
      /FAIL +a signed event is answered 2xx[\s\S]*got +401 in [\s\S]*mend +give the secret that the receiver has/,
    );
    expect(out()).toContain(`0 passed, 1 failed, ${CHECKS.length - 1} skipped`);
  });

  it('writes JUnit that says the same', async () => {
    const file = join(mkdtempSync(join(tmpdir(), 'tubepost-junit-')), 'junit.xml');
    await rehearse(await receiver({ verifies: 'nothing' }), '--only', 'forged', '--junit', file);
    const xml = readFileSync(file, 'utf8');
    expect(xml).toContain('<testsuites tests="2" failures="1" errors="0" skipped="1"');
    expect(xml).toMatch(
      /<testcase classname="tubepost rehearse.forged" [^>]*><failure message="204 in \d+ ms">sent: an event signed with a secret/,
    );
  });

  it.each([
    [['nowhere'], /must be a URL/],
    [['http://127.0.0.1:1/'], /which secret/],
    [['http://127.0.0.1:1/', '-s', 'secret'], /a secret must be "whsec_"/],
    [['http://127.0.0.1:1/', '-s', SECRET, '--only', 'luck'], /there is no check "luck"; there are acknowledgement/],
    [['http://127.0.0.1:1/', '-s', SECRET, '--state-url', 'http://at/'], /with \{record\} in it/],
  ])('refuses %j with 2', async (argv, message) => {
    const { run, err } = cli({}, real);
    expect(await run('rehearse', ...argv)).toBe(2);
    expect(err()).toMatch(message);
  });
});
