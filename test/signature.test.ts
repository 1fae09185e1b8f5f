import fc from 'fast-check';
import { Webhook as StandardWebhook } from 'standardwebhooks';
import { Webhook as SvixWebhook } from 'svix';
import { describe, expect, it } from 'vitest';
import {
  formatPublicKey,
  formatSecret,
  formatSigningKey,
  parsePublicKey,
  parseSecret,
  parseSigningKey,
  sign,
  TOLERANCE_SECONDS,
  verify,
} from '../src/signature.ts';

const bytes = (fill: number, length = 32) => new Uint8Array(length).fill(fill);
const nowMs = 1_790_000_000_000;
const timestampSeconds = nowMs / 1000;
const body = '{"id":"evt_1","data":"grüße 🚀"}';

async function signed(
  secrets: Uint8Array[],
  over: Partial<{ id: string; timestampSeconds: number; body: string }> = {},
) {
  const message = { id: 'evt_1', timestampSeconds, body, ...over };
  const signature = await sign(message, secrets);
  return {
    id: message.id,
    timestamp: String(message.timestampSeconds),
    signature,
    body: message.body as string | Uint8Array,
  };
}

describe('official libraries', () => {
  it('verify what we sign, whichever of two secrets they hold and whatever the body', async () => {
    const body = fc.oneof(
      fc.json(),
      fc.string({ unit: 'grapheme' }).map((text) => JSON.stringify({ text })),
    );
    const secret = fc.uint8Array({ minLength: 24, maxLength: 64 });
    await fc.assert(
      fc.asyncProperty(body, secret, secret, async (body, first, second) => {
        const seconds = Math.floor(Date.now() / 1000);
        const signature = await sign({ id: 'evt_1', timestampSeconds: seconds, body }, [first, second]);
        const headers = { 'webhook-id': 'evt_1', 'webhook-timestamp': String(seconds), 'webhook-signature': signature };
        const other = formatSecret(new Uint8Array(24).fill(7));
        expect(() => new StandardWebhook(other).verify(body, headers)).toThrow();
        expect(() => new SvixWebhook(other).verify(body, headers)).toThrow();
        for (const key of [first, second]) {
          expect(() => new StandardWebhook(formatSecret(key)).verify(body, headers)).not.toThrow();
          expect(() => new SvixWebhook(formatSecret(key)).verify(body, headers)).not.toThrow();
        }
      }),
      { numRuns: 50 },
    );
  });

  it('sign what we verify', async () => {
    const signature = new StandardWebhook(formatSecret(bytes(1))).sign('evt_1', new Date(nowMs), body);
    const result = await verify({ id: 'evt_1', timestamp: String(timestampSeconds), signature, body }, [bytes(1)], {
      nowMs,
    });
    expect(result).toEqual({ ok: true, value: { id: 'evt_1', timestampSeconds } });
  });
});

describe('secrets', () => {
  it('survive being written and read', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 64 }), (key) => {
        expect(parseSecret(formatSecret(key))).toEqual({ ok: true, value: key });
      }),
    );
  });

  it.each([
    ['AAAA', 'no-prefix'],
    ['whsk_AAAA', 'no-prefix'],
    ['whsec_', 'empty'],
    ['whsec_AAA', 'not-base64'],
    ['whsec_AA A', 'not-base64'],
    ['whsec_AA-_', 'not-base64'],
  ])('%s is refused as %s', (text, reason) => {
    expect(parseSecret(text)).toEqual({ ok: false, error: { reason } });
  });
});

describe('verify', () => {
  it('accepts any live secret of a rotation, and raw bytes as well as text', async () => {
    const request = await signed([bytes(1), bytes(2)]);
    for (const secrets of [[bytes(1)], [bytes(2)], [bytes(9), bytes(2)]]) {
      expect((await verify(request, secrets, { nowMs })).ok).toBe(true);
      expect((await verify({ ...request, body: new TextEncoder().encode(body) }, secrets, { nowMs })).ok).toBe(true);
    }
  });

  it('refuses a changed id, timestamp or body, and another secret', async () => {
    const request = await signed([bytes(1)]);
    for (const changed of [{ id: 'evt_2' }, { timestamp: String(timestampSeconds + 1) }, { body: `${body} ` }]) {
      const result = await verify({ ...request, ...changed }, [bytes(1)], { nowMs });
      expect(result).toEqual({ ok: false, error: { reason: 'no-match' } });
    }
    expect(await verify(request, [bytes(2)], { nowMs })).toEqual({ ok: false, error: { reason: 'no-match' } });
  });

  it('takes a timestamp at the edge of the tolerance and none beyond it, on both sides', async () => {
    const at = (offset: number) => signed([bytes(1)], { timestampSeconds: timestampSeconds + offset });
    const reason = async (offset: number) => {
      const result = await verify(await at(offset), [bytes(1)], { nowMs });
      return result.ok ? 'ok' : result.error.reason;
    };
    expect(await reason(-TOLERANCE_SECONDS)).toBe('ok');
    expect(await reason(TOLERANCE_SECONDS)).toBe('ok');
    expect(await reason(-TOLERANCE_SECONDS - 1)).toBe('too-old');
    expect(await reason(TOLERANCE_SECONDS + 1)).toBe('too-new');
  });

  it.each(['', '1e9', '-5', ' 1790000000', '1790000000.5', '9'.repeat(16)])(
    'the timestamp "%s" is refused',
    async (timestamp) => {
      const request = { ...(await signed([bytes(1)])), timestamp };
      expect(await verify(request, [bytes(1)], { nowMs })).toMatchObject({
        ok: false,
        error: { reason: 'bad-timestamp' },
      });
    },
  );

  it('names the header that is missing', async () => {
    const request = await signed([bytes(1)]);
    for (const [field, header] of [
      ['id', 'webhook-id'],
      ['timestamp', 'webhook-timestamp'],
      ['signature', 'webhook-signature'],
    ] as const) {
      const result = await verify({ ...request, [field]: null }, [bytes(1)], { nowMs });
      expect(result).toEqual({ ok: false, error: { reason: 'missing-header', header } });
    }
  });

  it('passes over unknown schemes and rubbish, and never reports a match for them', async () => {
    const request = await signed([bytes(1)]);
    const rubbish = ['v1a,AAAA', 'v1', 'v1,', 'v1,!!!', 'v2,AAAA', '', ','].join(' ');
    expect((await verify({ ...request, signature: `${rubbish} ${request.signature}` }, [bytes(1)], { nowMs })).ok).toBe(
      true,
    );
    expect((await verify({ ...request, signature: rubbish }, [bytes(1)], { nowMs })).ok).toBe(false);
  });

  it('looks at a bounded number of signatures', async () => {
    const request = await signed([bytes(1)]);
    const flood = `${'v1,AAAA '.repeat(20)}${request.signature}`;
    expect((await verify({ ...request, signature: flood }, [bytes(1)], { nowMs })).ok).toBe(false);
  });

  it('without a secret nothing is true', async () => {
    expect(await verify(await signed([bytes(1)]), [], { nowMs })).toEqual({
      ok: false,
      error: { reason: 'no-secret' },
    });
  });
});

describe('Ed25519 (v1a)', () => {
  // The vector of the Svix server's own test, which defines what the specification leaves open
  // (seed + public key).
  const KEY = 'whsk_6Xb/dCcHpPea21PS1N9VY/NZW723CEc77N4rJCubMbfVKIDij2HKpMKkioLlX0dRqSKJp4AJ6p9lMicMFs6Kvg==';
  const PUBLIC = 'whpk_1SiA4o9hyqTCpIqC5V9HUakiiaeACeqfZTInDBbOir4=';
  const SIGNATURE = 'v1a,hnO3f9T8Ytu9HwrXslvumlUpqtNVqkhqw/enGzPCXe5BdqzCInXqYXFymVJaA7AZdpXwVLPo3mNl8EM+m7TBAg==';
  const message = { id: 'msg_p5jXN8AQM9LWM0D4loKWxJek', timestampSeconds: 1_614_265_330, body: '{"test": 2432232314}' };
  const request = { id: message.id, timestamp: '1614265330', signature: SIGNATURE, body: message.body };
  const clock = { nowMs: message.timestampSeconds * 1000 };

  const pair = () => {
    const parsed = parseSigningKey(KEY);
    if (!parsed.ok) throw new Error(parsed.error.reason);
    return parsed.value;
  };
  const publicKey = () => {
    const parsed = parsePublicKey(PUBLIC);
    if (!parsed.ok) throw new Error(parsed.error.reason);
    return parsed.value;
  };

  it('signs and verifies the vector of Svix, and keys survive being written', async () => {
    expect(await sign(message, [pair()])).toBe(SIGNATURE);
    expect((await verify(request, [publicKey()], clock)).ok).toBe(true);
    expect([formatSigningKey(pair()), formatPublicKey(pair())]).toEqual([KEY, PUBLIC]);
  });

  it('refuses a changed id, timestamp or body, and another key', async () => {
    for (const changed of [{ id: 'msg_2' }, { timestamp: '1614265331' }, { body: '{}' }]) {
      expect((await verify({ ...request, ...changed }, [publicKey()], clock)).ok).toBe(false);
    }
    const other = { ...publicKey(), publicKey: bytes(9) };
    expect((await verify(request, [other], clock)).ok).toBe(false);
  });

  it('stands beside HMAC in one header: each key finds its own scheme, and none that of another', async () => {
    const both = { ...request, signature: await sign(message, [bytes(1), pair()]) };
    expect(both.signature.split(' ')).toHaveLength(2);
    for (const key of [bytes(1), publicKey(), pair()]) expect((await verify(both, [key], clock)).ok).toBe(true);
    const swapped = both.signature.replaceAll(/v1a?,/g, (scheme) => (scheme === 'v1,' ? 'v1a,' : 'v1,'));
    for (const key of [bytes(1), publicKey()]) {
      expect((await verify({ ...both, signature: swapped }, [key], clock)).ok).toBe(false);
    }
  });

  it.each([
    ['whsec_AAAA', 'no-prefix'],
    [PUBLIC, 'no-prefix'],
    ['whsk_AAA', 'not-base64'],
    ['whsk_AAAA', 'bad-length'],
    [KEY.slice(0, -2), 'not-base64'],
  ])('%s is refused as %s', (text, reason) => {
    expect(parseSigningKey(text)).toMatchObject({ ok: false, error: { reason } });
  });
});
