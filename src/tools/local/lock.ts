/**
 * One service on a STATE_DIR: two would write the same files. Held as an open transaction on a file
 * of its own, which the operating system ends with the process, however that ends.
 */
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as wait } from 'node:timers/promises';

/** Written by the shell that becomes workerd (workerd.ts). */
export const WORKERD_PID = 'workerd.pid';
const WORKERD_ENDS_WITHIN_MS = 5_000;
const LOOK_MS = 100;

/** Throws where another holds it. The lock lives as long as what is returned. */
export async function lockState(stateDir: string): Promise<DatabaseSync> {
  mkdirSync(stateDir, { recursive: true });
  const lock = new DatabaseSync(join(stateDir, 'lock.sqlite'));
  try {
    lock.exec('PRAGMA journal_mode = DELETE; BEGIN EXCLUSIVE');
  } catch (cause) {
    lock.close();
    throw new Error(`another service uses ${stateDir}; stop it, or set STATE_DIR to another folder`, { cause });
  }
  await workerdEnded(stateDir);
  return lock;
}

/** A starter that was killed a moment ago: its workerd follows within a second. */
async function workerdEnded(stateDir: string): Promise<void> {
  const path = join(stateDir, WORKERD_PID);
  const pid = readPid(path);
  for (let waitedMs = 0; pid !== null && isRunning(pid); waitedMs += LOOK_MS) {
    // The id may have been given to another process since: then there is nothing to wait for.
    if (waitedMs >= WORKERD_ENDS_WITHIN_MS) break;
    await wait(LOOK_MS);
  }
  rmSync(path, { force: true });
}

function readPid(path: string): number | null {
  try {
    const pid = Number(readFileSync(path, 'utf8'));
    return Number.isSafeInteger(pid) && pid > 1 ? pid : null;
  } catch {
    // None was written: the last one ended in order, or never began.
    return null;
  }
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
