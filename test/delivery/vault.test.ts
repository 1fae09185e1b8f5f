import { describe, expect, it } from 'vitest';
import { createVault } from '../../src/delivery/vault.ts';

const keyOf = (fill: number) => Buffer.alloc(32, fill).toString('base64');
const vault = createVault({ keyId: 'k1', key: keyOf(1) });
const context = { account: 'acme', endpoint: 'ep_1', purpose: 'secret' };
const text = 'whsec_c2VjcmV0 grüße';

describe('vault', () => {
  it('opens what it sealed, and seals the same text differently each time', async () => {
    const [a, b] = [await vault.seal(text, context), await vault.seal(text, context)];
    expect(a.key).toBe('k1');
    expect(a.sealed).not.toBe(b.sealed);
    expect(await vault.open(a, context)).toEqual({ ok: true, value: text });
    expect(await vault.open(await vault.seal('', context), context)).toEqual({ ok: true, value: '' });
    const long = 'x'.repeat(300_000);
    expect(await vault.open(await vault.seal(long, context), context)).toEqual({ ok: true, value: long });
  });

  it.each([
    ['account', { ...context, account: 'acme2' }],
    ['endpoint', { ...context, endpoint: 'ep_2' }],
    ['purpose', { ...context, purpose: 'headers' }],
    ['border between the two', { account: 'acmee', endpoint: 'p_1', purpose: 'secret' }],
  ])('what was sealed for another %s does not open', async (_, other) => {
    const sealed = await vault.seal(text, context);
    expect(await vault.open(sealed, other)).toMatchObject({ ok: false, error: { reason: 'unreadable' } });
  });

  it('another master key does not open it, under another id or the same', async () => {
    const sealed = await vault.seal(text, context);
    const renamed = createVault({ keyId: 'k2', key: keyOf(1) });
    const changed = createVault({ keyId: 'k1', key: keyOf(2) });
    expect(await renamed.open(sealed, context)).toMatchObject({ ok: false, error: { reason: 'other-key' } });
    expect(await changed.open(sealed, context)).toMatchObject({ ok: false, error: { reason: 'unreadable' } });
    // The id is bound in: relabelling a sealed text does not help.
    expect((await renamed.open({ ...sealed, key: 'k2' }, context)).ok).toBe(false);
  });

  it('opens with an old key what that one sealed, and seals with the new one only', async () => {
    const before = createVault({ keyId: 'k1', key: keyOf(1) });
    const during = createVault({ keyId: 'k2', key: keyOf(2) }, [{ keyId: 'k1', key: keyOf(1) }]);
    const after = createVault({ keyId: 'k2', key: keyOf(2) });
    const sealed = await before.seal(text, context);
    expect(await during.open(sealed, context)).toEqual({ ok: true, value: text });
    const again = await during.seal(text, context);
    expect(again.key).toBe('k2');
    expect(await after.open(again, context)).toEqual({ ok: true, value: text });
    expect(await after.open(sealed, context)).toMatchObject({ ok: false, error: { reason: 'other-key' } });
    // Bound to its key's id: neither passes for the other's, and the place is bound under old keys
    // too.
    expect((await during.open({ ...sealed, key: 'k2' }, context)).ok).toBe(false);
    expect((await during.open(sealed, { ...context, endpoint: 'ep_2' })).ok).toBe(false);
  });

  it('names the keys that it knows where it lacks one, and an old key is checked like the new one', async () => {
    const vault = createVault({ keyId: 'k3', key: keyOf(3) }, [{ keyId: 'k2', key: keyOf(2) }]);
    const opened = await vault.open({ key: 'k1', sealed: 'AAAA' }, context);
    expect(opened.ok ? null : opened.error.message).toBe(
      'secret of ep_1 is sealed with the master key "k1", but this service has "k2", "k3"',
    );
    expect(() => createVault({ keyId: 'k3', key: keyOf(3) }, [{ keyId: 'k2', key: 'short' }])).toThrow(/32 bytes/);
  });

  it.each(['', 'AAAA', '!!!', Buffer.alloc(28).toString('base64')])(
    'damage (%s) is a value, not an exception',
    async (sealed) => {
      expect(await vault.open({ key: 'k1', sealed }, context)).toMatchObject({
        ok: false,
        error: { reason: 'unreadable' },
      });
    },
  );

  it('one flipped bit is noticed', async () => {
    const { key, sealed } = await vault.seal(text, context);
    const bytes = Buffer.from(sealed, 'base64');
    bytes[14] = (bytes[14] ?? 0) ^ 1;
    expect((await vault.open({ key, sealed: bytes.toString('base64') }, context)).ok).toBe(false);
  });

  it.each(['', 'short', '%%%%', Buffer.alloc(31).toString('base64'), Buffer.alloc(33).toString('base64')])(
    'the master key "%s" is refused without being quoted',
    (key) => {
      const refused = () => createVault({ keyId: 'k1', key });
      expect(refused).toThrow(/MASTER_KEY must be base64 of 32 bytes/);
      if (key !== '') expect(refused).not.toThrow(key);
    },
  );
});
