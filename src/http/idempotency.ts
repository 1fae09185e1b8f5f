/**
 * Idempotency-Key of POSTs other than publishes: the Account remembers the answer, sealed because
 * it may hold a secret. Only answers that changed something (2xx) are remembered: after a refusal
 * or a failure of ours the same key may be tried again. A failed request may still have done
 * something, which its resource must bear: an endpoint's id comes from the key, and a second replay
 * is refused while the first is open.
 */
import { z } from 'zod';
import { IDEMPOTENCY_KEY_CHARS_MAX, IDEMPOTENT_ANSWER_CHARS_MAX } from '../core/limits.ts';
import { accountStub } from '../lookup/stubs.ts';
import { type AppContext, vaultOf } from './context.ts';
import { callObject, callObjectOnce } from '../lookup/objects.ts';
import { invalid, Problem } from './problem.ts';
import { logLine } from '../log-line.ts';
import { sha256 } from '../lookup/sha256.ts';

const sealedSchema = z.object({ key: z.string(), sealed: z.string() });

/** Visible ASCII; shown nowhere. */
const KEY = /^[\x21-\x7e]+$/;

export async function answerOnce(
  c: AppContext,
  account: string,
  text: string,
  run: () => Promise<Response>,
  repeated?: (c: AppContext, answer: unknown) => Promise<void>,
): Promise<Response> {
  const key = idempotencyKey(c);
  if (key === null) return run();
  const open = () => accountStub(c.env, account);
  const request = (await sha256(`${c.req.method}\n${new URL(c.req.url).pathname}\n${text}`)).toHex();

  const begun = await callObjectOnce(open, (stub) => stub.idempotencyBegin(key, request));
  switch (begun.kind) {
    case 'answer':
      return remembered(c, account, begun, repeated);
    case 'conflict':
      throw new Problem('idempotency-conflict', 'this Idempotency-Key was sent with another request; use a new one');
    case 'in-progress':
      throw new Problem(
        'idempotency-in-progress',
        'the first request with this Idempotency-Key has not been answered yet',
        {
          headers: { 'retry-after': '1' },
        },
      );
    case 'run':
      break;
  }

  let response: Response;
  try {
    response = await run();
  } catch (error) {
    await end(c, account, key, null);
    throw error;
  }
  const answer = await response.clone().text();
  if (answer.length > IDEMPOTENT_ANSWER_CHARS_MAX) {
    await end(c, account, key, null);
    return response;
  }
  const sealed = await vaultOf(c).seal(answer, place(account));
  await end(c, account, key, { status: response.status, sealed: JSON.stringify(sealed) });
  return response;
}

/** Where this fails, the request's own answer still stands, and the lock runs out by itself. */
async function end(
  c: AppContext,
  account: string,
  key: string,
  answer: { status: number; sealed: string } | null,
): Promise<void> {
  try {
    await callObject(
      () => accountStub(c.env, account),
      (stub) => stub.idempotencyEnd(key, answer),
    );
  } catch (error) {
    logLine('warn', 'an Idempotency-Key stays locked', { account, error: String(error) });
  }
}

/** Null when the request has none. */
export function idempotencyKey(c: AppContext): string | null {
  const key = c.req.header('idempotency-key');
  if (key === undefined) return null;
  if (key.length <= IDEMPOTENCY_KEY_CHARS_MAX && KEY.test(key)) return key;
  const message = `Idempotency-Key must be 1 to ${IDEMPOTENCY_KEY_CHARS_MAX} visible ASCII characters; it has ${key.length}`;
  throw invalid([{ field: 'Idempotency-Key', message }]);
}

async function remembered(
  c: AppContext,
  account: string,
  answer: { status: number; sealed: string },
  repeated?: (c: AppContext, answer: unknown) => Promise<void>,
): Promise<Response> {
  const opened = await vaultOf(c).open(sealedSchema.parse(JSON.parse(answer.sealed)), place(account));
  if (!opened.ok) {
    logLine('error', 'a remembered answer does not open', { account, error: opened.error.message });
    throw new Problem('unavailable', 'the answer to the first request with this Idempotency-Key cannot be read');
  }
  await repeated?.(c, JSON.parse(opened.value));
  return new Response(opened.value, {
    status: answer.status,
    // It may hold a secret.
    headers: { 'content-type': 'application/json', 'cache-control': 'no-store', 'idempotent-replayed': 'true' },
  });
}

function place(account: string) {
  return { account, endpoint: '', purpose: 'idempotent-answer' };
}
