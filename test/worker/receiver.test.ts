/**
 * The receiver kit behind the running service: what is sent is taken, and what is missing is read.
 */
import { exports } from 'cloudflare:workers';
import { expect, test, vi } from 'vitest';
import { createClient, ofAnswer } from '../../src/client/client.ts';
import type { WebhookEvent } from '../../src/receiver/event.ts';
import { memoryStore } from '../../src/receiver/memory.ts';
import { createReceiver, type ReceiverOptions } from '../../src/receiver/receiver.ts';
import { fetchHandler } from '../../src/receiver/web.ts';
import { verify } from '../../src/signature.ts';
import { KEY } from '../support/api.ts';
import { soon } from '../support/soon.ts';

const client = createClient({
  origin: 'https://tubepost.test',
  key: KEY,
  fetch: (url, init) => exports.default.fetch(url, init),
});

test('a receiver that has lost its store reads what it has not seen, oldest first, and does each event once', async () => {
  const path = { account: 'kit' };
  await client.call('putAccount', { path, body: { name: 'Kit' } });
  const body = { url: 'https://crm.example.com/hook', eventTypes: ['order.*'] };
  const { id: endpoint, secret } = ofAnswer(await client.call('createEndpoint', { path, body }));

  let handled: unknown[] = [];
  let gaps: unknown[] = [];
  const receive = (more: Partial<ReceiverOptions<null>> = {}) => {
    [handled, gaps] = [[], []];
    return fetchHandler(
      createReceiver({
        secrets: [secret ?? ''],
        store: memoryStore(),
        handle: ({ id, sequence, version, data }: WebhookEvent) => void handled.push([id, sequence, version, data]),
        onGap: ({ seen, previous }, filled) => void gaps.push([seen, previous, filled?.handled, filled?.error]),
        ...more,
      }),
    );
  };
  let receiver = receive();
  vi.spyOn(globalThis, 'fetch').mockImplementation((input, init) => receiver(new Request(input as string, init)));
  const publish = async (n: number, type = 'order.paid') => {
    const event = { id: `kit-${n}`, type, record: 'order/1', version: n, data: { n } };
    const published = ofAnswer(await client.call('publishEvent', { path, body: event }));
    await soon(async () => {
      const { status } = ofAnswer(await client.call('getRecord', { path: { ...path, record: 'order/1' } }));
      if (status !== 'delivered') throw new Error(String(status));
    });
    return published;
  };

  await publish(1);
  await publish(2);
  // Nobody asked for it: no gap, and never filled.
  await publish(3, 'invoice.made');
  expect([handled, gaps]).toEqual([
    [
      ['kit-1', 1, 1, { n: 1 }],
      ['kit-2', 2, 2, { n: 2 }],
    ],
    [],
  ]);

  receiver = receive({ fill: { client, account: 'kit', endpoint } });
  await publish(4);
  expect(handled).toEqual([
    ['kit-1', 1, 1, { n: 1 }],
    ['kit-2', 2, 2, { n: 2 }],
    ['kit-4', 4, 4, { n: 4 }],
  ]);
  expect(gaps).toEqual([[null, 2, 2, null]]);
});

/** workerd rejects such a signature where Node answers false. */
test.each([0, 3, 63, 64, 65, 128])(
  'a v1a signature of %i bytes that nobody made is no match, and no failure',
  async (bytes) => {
    const pair = await crypto.subtle.generateKey('Ed25519', true, ['sign', 'verify']);
    if (!('publicKey' in pair)) throw new Error('a pair of keys was asked for');
    const raw = await crypto.subtle.exportKey('raw', pair.publicKey);
    if (!(raw instanceof ArrayBuffer)) throw new Error('raw is bytes');
    const signature = [0x00, 0x5a, 0xff]
      .map((byte) => `v1a,${btoa(String.fromCharCode(byte).repeat(bytes))}`)
      .join(' ');
    const result = await verify(
      { id: 'evt_1', timestamp: '1700000000', signature, body: '{}' },
      [{ kind: 'ed25519', publicKey: new Uint8Array(raw) }],
      { nowMs: 1_700_000_000_000 },
    );
    expect(result).toEqual({ ok: false, error: { reason: 'no-match' } });
  },
);
