/**
 * K1: published vectors, the official libraries' signatures, and the receiver cases of Postel's
 * compliance suite as our own.
 */
import fc from 'fast-check';
import { Webhook as StandardWebhook } from 'standardwebhooks';
import { Webhook as SvixWebhook } from 'svix';
import { describe, expect, it } from 'vitest';
import { headerOf, verify } from '../../src/receiver/verify.ts';
import { formatPublicKey, formatSecret, parseSigningKey, type SigningKey } from '../../src/signature.ts';
import vectors from './signature-vectors.json' with { type: 'json' };
import { KEY, NOW_MS, SECRET, signed } from './signed.ts';

const HELLO = '{"type":"test.hello","timestamp":"2026-01-01T00:00:00Z","data":{"hello":"world"}}';
const OTHER_KEY = new Uint8Array(32).fill(0xef);
const seed = new Uint8Array(32).fill(0xcd);
const PUBLIC = 'whpk_/JR3MPSesBQnpm4FBzMpTZ5SDlRceicSWngGNOCGCic=';

function ed25519(): SigningKey {
  const publicKey = Uint8Array.from(atob(PUBLIC.slice(5)), (character) => character.charCodeAt(0));
  return { kind: 'ed25519', seed, publicKey };
}

async function reasonOf(request: { headers: Record<string, string>; body: string }, secrets: string[], nowMs = NOW_MS) {
  const result = await verify(request, { secrets, nowMs });
  return result.ok ? 'ok' : result.error.reason;
}

/**
 * A published secret key holds its seed alone in one vector, and seed and public key in another.
 */
function verifyingSecret(secret: string): string {
  const parsed = parseSigningKey(secret);
  if (parsed.ok) return formatPublicKey(parsed.value);
  return secret.startsWith('whsk_') ? PUBLIC : secret;
}

describe('published vectors', () => {
  it.each(vectors)('$name verifies, and no other body does', async ({ secret, id, timestamp, body_b64, signature }) => {
    const body = atob(body_b64);
    const bytes = Uint8Array.from(body, (character) => character.charCodeAt(0));
    const headers = { 'webhook-id': id, 'webhook-timestamp': String(timestamp), 'webhook-signature': signature };
    const options = { secrets: [verifyingSecret(secret)], nowMs: timestamp * 1000 };
    expect(await verify({ headers, body: bytes }, options)).toEqual({
      ok: true,
      value: { id, timestampSeconds: timestamp },
    });
    expect(await verify({ headers, body: `${body} ` }, options)).toEqual({ ok: false, error: { reason: 'no-match' } });
  });

  it('takes the whole private key as well, of which only the public half is used', async () => {
    const svix = vectors.find(({ name }) => name === 'svix worker.rs asymmetric');
    if (svix === undefined) throw new Error('the vector is gone');
    const headers = {
      'webhook-id': svix.id,
      'webhook-timestamp': String(svix.timestamp),
      'webhook-signature': svix.signature,
    };
    const options = { secrets: [svix.secret], nowMs: svix.timestamp * 1000 };
    expect((await verify({ headers, body: atob(svix.body_b64) }, options)).ok).toBe(true);
  });
});

describe('signatures of the official libraries', () => {
  it.each([
    ['standardwebhooks', (secret: string) => new StandardWebhook(secret)],
    ['svix', (secret: string) => new SvixWebhook(secret)],
  ])('of %s verify, whatever the body and the secret', async (_name, make) => {
    const body = fc.oneof(
      fc.json(),
      fc.string({ unit: 'grapheme' }).map((text) => JSON.stringify({ text })),
    );
    await fc.assert(
      fc.asyncProperty(body, fc.uint8Array({ minLength: 24, maxLength: 64 }), async (body, key) => {
        const secret = formatSecret(key);
        const headers = {
          'Webhook-Id': 'msg_1',
          'webhook-timestamp': String(NOW_MS / 1000),
          'webhook-signature': make(secret).sign('msg_1', new Date(NOW_MS), body),
        };
        const bytes = new TextEncoder().encode(body);
        for (const form of [secret, secret.slice('whsec_'.length), secret.replace(/=+$/, '')]) {
          expect(await reasonOf({ headers, body }, [form])).toBe('ok');
          const asBuffer = await verify(
            { headers, body: Uint8Array.from(bytes).buffer },
            { secrets: [form], nowMs: NOW_MS },
          );
          expect(asBuffer.ok).toBe(true);
        }
      }),
      { numRuns: 30 },
    );
  });
});

describe.each([
  ['v1', () => [KEY] as SigningKey[], SECRET, formatSecret(OTHER_KEY)],
  ['v1a', () => [ed25519()], PUBLIC, `whpk_${btoa('\u0009'.repeat(32))}`],
])('a request signed with %s', (_scheme, keys, secret, other) => {
  it('is believed where it is whole, on time and of a known key', async () => {
    expect(await reasonOf(await signed({ body: HELLO, keys: keys() }), [secret])).toBe('ok');
  });

  it('is refused under another key', async () => {
    expect(await reasonOf(await signed({ body: HELLO, keys: keys() }), [other])).toBe('no-match');
  });

  it('is refused where its body was changed', async () => {
    const request = await signed({ body: HELLO, keys: keys() });
    expect(await reasonOf({ ...request, body: HELLO.replace('world', 'World') }, [secret])).toBe('no-match');
  });

  it.each([
    [-301, 'too-old'],
    [-300, 'ok'],
    [300, 'ok'],
    [301, 'too-new'],
    [-86_400, 'too-old'],
  ])('%d s from now is %s', async (offset, reason) => {
    const request = await signed({ body: HELLO, keys: keys(), atMs: NOW_MS + offset * 1000 });
    expect(await reasonOf(request, [secret])).toBe(reason);
  });

  it.each(['webhook-id', 'webhook-timestamp', 'webhook-signature'])('is refused without %s', async (header) => {
    const { headers, body } = await signed({ body: HELLO, keys: keys() });
    const { [header]: _, ...rest } = headers;
    expect(await verify({ headers: rest, body }, { secrets: [secret], nowMs: NOW_MS })).toEqual({
      ok: false,
      error: { reason: 'missing-header', header },
    });
  });

  it('is refused with a signature header that is none', async () => {
    const request = await signed({
      body: HELLO,
      keys: keys(),
      headers: { 'webhook-signature': 'no-signature-at-all' },
    });
    expect(await reasonOf(request, [secret])).toBe('malformed-header');
  });
});

describe('several secrets', () => {
  it('are each enough, and one that has left the list is not', async () => {
    const request = await signed({ keys: [OTHER_KEY] });
    expect(await reasonOf(request, [SECRET, formatSecret(OTHER_KEY)])).toBe('ok');
    expect(await reasonOf(request, [SECRET, formatSecret(seed)])).toBe('no-match');
  });

  it('of both schemes find their own signature in one header', async () => {
    const request = await signed({ keys: [KEY, ed25519()] });
    for (const secrets of [[SECRET], [PUBLIC], [SECRET, PUBLIC]]) expect(await reasonOf(request, secrets)).toBe('ok');
    const swapped = request.headers['webhook-signature']?.replaceAll(/v1a?,/g, (one) =>
      one === 'v1,' ? 'v1a,' : 'v1,',
    );
    const forged = { ...request, headers: { ...request.headers, 'webhook-signature': swapped ?? '' } };
    expect(await reasonOf(forged, [SECRET, PUBLIC])).toBe('no-match');
  });

  it.each([
    ['whsec_', 'empty'],
    ['', 'empty'],
    ['whsec_!', 'not-base64'],
    ['whpk_AAAA', 'bad-length'],
  ])('that hold "%s" are a fault of the settings, told by its place', async (bad, fault) => {
    const result = await verify(await signed(), { secrets: [SECRET, bad], nowMs: NOW_MS });
    expect(result).toEqual({ ok: false, error: { reason: 'bad-secret', index: 1, fault } });
  });

  it('that are none believe nothing', async () => {
    expect(await reasonOf(await signed(), [])).toBe('no-secret');
  });
});

describe('the bytes that are signed', () => {
  it('are those that arrived: the same JSON written again is refused', async () => {
    const request = await signed({ body: '{ "type": "a", "n": 1.0 }' });
    expect(await reasonOf(request, [SECRET])).toBe('ok');
    expect(await reasonOf({ ...request, body: JSON.stringify(JSON.parse(request.body)) }, [SECRET])).toBe('no-match');
  });
});

describe('headers', () => {
  it('are found in Headers and in plain objects, whatever the case of their names', () => {
    expect(headerOf(new Headers({ 'Webhook-Id': 'a' }), 'webhook-id')).toBe('a');
    expect(headerOf({ 'Webhook-Id': ['a', 'b'] }, 'webhook-id')).toBe('a');
    expect(headerOf({ 'webhook-id': undefined, get: 'a header of this name' }, 'webhook-id')).toBe(null);
    expect(headerOf({}, 'webhook-id')).toBe(null);
  });
});
