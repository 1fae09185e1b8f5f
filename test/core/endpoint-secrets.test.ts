import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { EndpointSecret } from '../../src/core/endpoint.ts';
import { liveSecrets, rotated, withoutSecret } from '../../src/core/endpoint-secrets.ts';

const NOW = 1_000_000;
const sealed = { key: 'k', sealed: 's' };
const hmac = (id: string, expiresAtMs: number | null = null): EndpointSecret => ({
  id,
  kind: 'hmac',
  secret: sealed,
  createdAtMs: 1,
  expiresAtMs,
});
const ed25519 = (id: string, expiresAtMs: number | null = null): EndpointSecret => ({
  ...hmac(id, expiresAtMs),
  kind: 'ed25519',
  publicKey: 'whpk_',
});
const ends = (secrets: EndpointSecret[]) => Object.fromEntries(secrets.map(({ id, expiresAtMs }) => [id, expiresAtMs]));

describe('a rotation', () => {
  test('ends those of its kind when the overlap does, and leaves the other kind alone', () => {
    const result = rotated([hmac('a'), ed25519('e')], hmac('b'), 60, NOW);
    expect(result.ok && ends(result.value)).toEqual({ a: NOW + 60_000, e: null, b: null });
  });

  test('never lengthens a life, and shortens one that would outlive it', () => {
    const result = rotated([hmac('soon', NOW + 1), hmac('late', NOW + 90_000)], hmac('b'), 60, NOW);
    expect(result.ok && ends(result.value)).toEqual({ soon: NOW + 1, late: NOW + 60_000, b: null });
  });

  test('without overlap leaves only the new one; what had expired is dropped', () => {
    const result = rotated([hmac('a'), hmac('old', NOW)], hmac('b'), 0, NOW);
    expect(result.ok && ends(result.value)).toEqual({ b: null });
  });

  test('is refused where eleven secrets would live, of both kinds together', () => {
    const nine = Array.from({ length: 9 }, (_, i) => hmac(`h${i}`, NOW + 1));
    expect(rotated([...nine, ed25519('e')], hmac('b'), 60, NOW)).toEqual({
      ok: false,
      error: { reason: 'full', most: 10 },
    });
    expect(rotated(nine, hmac('b'), 60, NOW).ok).toBe(true);
    expect(rotated([...nine, ed25519('e')], hmac('b'), 0, NOW).ok).toBe(true);
  });
});

describe('a removal', () => {
  test('takes what signs beside the current HMAC secret, and never that one', () => {
    const secrets = [hmac('old', NOW + 1), hmac('now'), ed25519('e')];
    for (const id of ['old', 'e']) {
      const result = withoutSecret(secrets, id, NOW);
      expect(result.ok && result.value.map((secret) => secret.id)).not.toContain(id);
      expect(result.ok && result.value).toHaveLength(2);
    }
    expect(withoutSecret(secrets, 'now', NOW)).toEqual({ ok: false, error: { reason: 'current-secret' } });
  });

  test('of what has expired or was never there is refused', () => {
    for (const id of ['old', 'x']) {
      expect(withoutSecret([hmac('old', NOW), hmac('now')], id, NOW)).toEqual({
        ok: false,
        error: { reason: 'unknown-secret' },
      });
    }
  });
});

test('whatever is done, one current HMAC secret stays and at most ten live', () => {
  const step = fc.record({
    kind: fc.constantFrom('hmac', 'ed25519', 'remove'),
    overlapSeconds: fc.integer({ min: 0, max: 20 }),
    pick: fc.nat(20),
    waitMs: fc.integer({ min: 0, max: 10_000 }),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
      let nowMs = NOW;
      let secrets: EndpointSecret[] = [hmac('first')];
      for (const [i, { kind, overlapSeconds, pick, waitMs }] of steps.entries()) {
        nowMs += waitMs;
        const fresh = kind === 'hmac' ? hmac(`h${i}`) : ed25519(`e${i}`);
        const result =
          kind === 'remove'
            ? withoutSecret(secrets, secrets[pick % secrets.length]?.id ?? '', nowMs)
            : rotated(secrets, fresh, overlapSeconds, nowMs);
        if (result.ok) secrets = result.value;
        const live = liveSecrets(secrets, nowMs);
        expect(live.length).toBeLessThanOrEqual(10);
        for (const [of, least] of [
          ['hmac', 1],
          ['ed25519', 0],
        ] as const) {
          const current = live.filter((secret) => secret.kind === of && secret.expiresAtMs === null);
          expect(current.length).toBeLessThanOrEqual(1);
          expect(current.length).toBeGreaterThanOrEqual(least);
        }
      }
    }),
  );
});
