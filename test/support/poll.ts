/**
 * Waiting for something that will happen: polled with a deadline, because how long it takes is the
 * machine's affair.
 */
import { setTimeout as wait } from 'node:timers/promises';

const EVERY_MS = 150;

/** `look` answers null for "not yet". Throws a sentence when the time is over. */
export async function until<T>(what: string, withinMs: number, look: () => T | null | Promise<T | null>): Promise<T> {
  const deadlineMs = Date.now() + withinMs;
  for (;;) {
    const found = await look();
    if (found !== null) return found;
    if (Date.now() > deadlineMs) throw new Error(`waited ${withinMs / 1_000} s without result: ${what}`);
    await wait(EVERY_MS);
  }
}

/** The same, where what was there at the end is a fact to report and not a reason to stop. */
export async function eventually(withinMs: number, isThere: () => boolean | Promise<boolean>): Promise<boolean> {
  const deadlineMs = Date.now() + withinMs;
  for (;;) {
    if (await isThere()) return true;
    if (Date.now() > deadlineMs) return false;
    await wait(EVERY_MS);
  }
}
