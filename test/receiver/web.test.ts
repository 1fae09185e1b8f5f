/** A receiver behind `Request` and `Response`. */
import { describe, expect, it } from 'vitest';
import { memoryStore } from '../../src/receiver/memory.ts';
import { createReceiver } from '../../src/receiver/receiver.ts';
import { fetchHandler } from '../../src/receiver/web.ts';
import { NOW_MS, SECRET, signed } from './signed.ts';

function stage() {
  const outcomes: string[] = [];
  const receiver = createReceiver({
    secrets: [SECRET],
    store: memoryStore(),
    handle: () => undefined,
    now: () => NOW_MS,
    log: ({ kind }) => outcomes.push(kind),
  });
  return { handler: fetchHandler(receiver, { bodyBytesMax: 300 }), outcomes };
}

const post = async (body: BodyInit, headers: Record<string, string>) =>
  new Request('https://crm.example.com/hook', { method: 'POST', body, headers, duplex: 'half' } as RequestInit);

describe('fetchHandler', () => {
  it('reads the bytes, verifies them and says what became of them', async () => {
    const { handler } = stage();
    const { headers, body } = await signed({ event: { data: 'grüße 🚀' } });
    const bytes = new TextEncoder().encode(body);
    // Cut within a character.
    const stream = new ReadableStream<Uint8Array>({
      start(controller) {
        for (let at = 0; at < bytes.length; at += 7) controller.enqueue(bytes.slice(at, at + 7));
        controller.close();
      },
    });
    const response = await handler(await post(stream, headers));
    expect([response.status, await response.json()]).toEqual([200, { outcome: 'handled' }]);
    const again = await handler(await post(body, headers));
    expect([again.status, await again.json()]).toEqual([200, { outcome: 'duplicate' }]);
  });

  it('refuses what is too large, told or not, and reads no more of it', async () => {
    const { handler, outcomes } = stage();
    const { headers } = await signed();
    let pulled = 0;
    const endless = new ReadableStream<Uint8Array>({
      pull(controller) {
        pulled += 1;
        controller.enqueue(new Uint8Array(100));
      },
    });
    expect((await handler(await post(endless, headers))).status).toBe(413);
    expect(pulled).toBeLessThan(10);
    expect((await handler(await post('x'.repeat(301), { ...headers, 'content-length': '301' }))).status).toBe(413);
    expect(outcomes).toEqual(['too-large', 'too-large']);
  });

  it('takes POST only', async () => {
    const response = await stage().handler(new Request('https://crm.example.com/hook'));
    expect([response.status, response.headers.get('allow')]).toEqual([405, 'POST']);
  });

  it('asks for another try where the body cannot be read', async () => {
    const { handler, outcomes } = stage();
    const { headers, body } = await signed();
    const read = await post(body, headers);
    await read.text();
    expect((await handler(read)).status).toBe(500);
    expect(outcomes).toEqual(['failed']);
  });

  it('answers an empty body as one that was not signed', async () => {
    const { headers } = await signed();
    const request = new Request('https://crm.example.com/hook', { method: 'POST', headers });
    expect((await stage().handler(request)).status).toBe(401);
  });
});
