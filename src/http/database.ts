/** Calls to D1: one that fails is storage that did not answer, never a bug of the caller. */
import { Problem } from './problem.ts';
import { logLine } from '../log-line.ts';

export async function fromDatabase<T>(query: Promise<T>): Promise<T> {
  try {
    return await query;
  } catch (error) {
    logLine('error', 'database failed', { error: String(error) });
    throw new Problem('unavailable', 'the database did not answer', { headers: { 'retry-after': '1' } });
  }
}
