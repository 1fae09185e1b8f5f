/**
 * The keys that an isolate remembers (S1), for KEY_REMEMBERED_MS: by hash for who asks, by id for
 * whose portal token asks. Only keys that are there, so that a new key works at once. A store that
 * does not answer is a 503.
 */
import { KEY_REMEMBERED_MS, KEY_STORE_MS, KEY_USED_MS, KEYS_REMEMBERED_MAX } from '../../core/limits.ts';
import { withTimeout } from '../../lookup/with-timeout.ts';
import type { Bindings } from '../../env.ts';
import { findKey, keyByHash, type KeyRow, markKeyUsed } from '../../store/config/keys.ts';
import type { AppContext } from '../context.ts';
import { fromDatabase } from '../database.ts';
import { logLine } from '../../log-line.ts';

type Remembered = { row: KeyRow; readAtMs: number };
type Memory = { byHash: Map<string, Remembered>; byId: Map<string, Remembered>; usedAtMs: Map<string, number> };
const memories = new WeakMap<Bindings, Memory>();

export function knownByHash(env: Bindings, hash: string): Promise<KeyRow | null> {
  return remembered(memoryOf(env).byHash, hash, () => keyByHash(env.CONFIG, hash));
}

export function knownById(env: Bindings, id: string): Promise<KeyRow | null> {
  return remembered(memoryOf(env).byId, id, () => findKey(env.CONFIG, id));
}

/** Why the key opens nothing; null: it does. */
export function endOf({ revokedAtMs, expiresAtMs }: KeyRow, nowMs: number): 'revoked' | 'expired' | null {
  if (revokedAtMs !== null) return 'revoked';
  return expiresAtMs !== null && expiresAtMs <= nowMs ? 'expired' : null;
}

/** After the answer, at most once a minute; a loss costs a minute of precision. */
export function noteUse(c: AppContext, id: string): void {
  const { usedAtMs } = memoryOf(c.env);
  const nowMs = Date.now();
  if (nowMs - (usedAtMs.get(id) ?? 0) < KEY_USED_MS) return;
  if (usedAtMs.size >= KEYS_REMEMBERED_MAX) usedAtMs.clear();
  usedAtMs.set(id, nowMs);
  const written = markKeyUsed(c.env.CONFIG, id, nowMs).catch((error: unknown) => {
    logLine('warn', 'use of a key not written', { key: id, error: String(error) });
  });
  c.executionCtx.waitUntil(written);
}

async function remembered(
  known: Map<string, Remembered>,
  name: string,
  read: () => Promise<KeyRow | null>,
): Promise<KeyRow | null> {
  const nowMs = Date.now();
  const before = known.get(name);
  if (before !== undefined && Math.abs(nowMs - before.readAtMs) < KEY_REMEMBERED_MS) return before.row;
  known.delete(name);
  const row = await fromDatabase(withTimeout(KEY_STORE_MS, read()));
  if (row === null) return null;
  const [oldest] = known.keys();
  if (known.size >= KEYS_REMEMBERED_MAX && oldest !== undefined) known.delete(oldest);
  known.set(name, { row, readAtMs: nowMs });
  return row;
}

function memoryOf(env: Bindings): Memory {
  const memory = memories.get(env) ?? { byHash: new Map(), byId: new Map(), usedAtMs: new Map() };
  memories.set(env, memory);
  return memory;
}
