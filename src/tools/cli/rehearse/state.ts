/**
 * What the receiver holds of a record, where it offers that: the only way to see from outside that
 * a duplicate was not handled twice, or an older version not written over a newer one. A URL with
 * `{record}` in it, or a command that finds it in TUBEPOST_RECORD.
 */
import { exec } from 'node:child_process';
import { promisify } from 'node:util';
import { z } from 'zod';
import { EXIT, Failure } from '../exit.ts';
import type { Io } from '../io.ts';
import { plain } from '../words.ts';

/**
 * `handled`: how many events of the record it has acted on. `version`: of the record as it holds
 * it. Null where it does not say.
 */
export type State = { handled: number | null; version: number | null };
export type ReadState = (record: string) => Promise<State>;

const ANSWERS_WITHIN_MS = 10_000;
const CONTRACT = 'it must be JSON like {"handled": 1, "version": 3}, with one of the two at least';
const shape = z
  .looseObject({ handled: z.int().min(0).nullish(), version: z.int().nullish() })
  .refine(({ handled, version }) => handled !== undefined || version !== undefined);
const run = promisify(exec);

export function stateByUrl(io: Io, pattern: string): ReadState {
  if (!pattern.includes('{record}') || !URL.canParse(pattern.replace('{record}', 'x'))) {
    throw new Failure(EXIT.usage, `--state-url must be a URL with {record} in it; got "${pattern}"`);
  }
  return async (record) => {
    const url = pattern.replaceAll('{record}', encodeURIComponent(record));
    const answer = await io.fetch(url, {
      signal: AbortSignal.any([io.signal, AbortSignal.timeout(ANSWERS_WITHIN_MS)]),
    });
    const text = await answer.text();
    // It knows nothing of the record.
    if (answer.status === 404) return { handled: 0, version: null };
    if (!answer.ok) throw new Failure(EXIT.usage, `--state-url answered ${answer.status}: ${plain(text)}`);
    return parseState(text, '--state-url');
  };
}

export function stateByCommand(command: string): ReadState {
  return async (record) => {
    try {
      const { stdout } = await run(command, {
        env: { ...process.env, TUBEPOST_RECORD: record },
        timeout: ANSWERS_WITHIN_MS,
      });
      return parseState(stdout, '--state-command');
    } catch (error) {
      if (error instanceof Failure) throw error;
      throw new Failure(
        EXIT.usage,
        `--state-command failed: ${plain(error instanceof Error ? error.message : String(error))}`,
      );
    }
  };
}

function parseState(text: string, source: string): State {
  const parsed = shape.safeParse(jsonOf(text));
  if (!parsed.success) throw new Failure(EXIT.usage, `${source} answered "${plain(text, 120)}"; ${CONTRACT}`);
  return { handled: parsed.data.handled ?? null, version: parsed.data.version ?? null };
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
