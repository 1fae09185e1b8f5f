/**
 * Requests to the real app in workerd, as a publisher sends them. What comes back must be what the
 * document tells of it.
 */
import { exports } from 'cloudflare:workers';
import { RETRY_AFTER_SECONDS_MAX } from '../../src/core/limits.ts';
import { holdToDocument } from './documented.ts';

export const KEY = 'tubepost_test_admin_key';

// oxlint-disable-next-line typescript/no-explicit-any -- tests read answers freely; a wrong shape fails the assertion
export type Answer = { status: number; headers: Headers; body: any; text: string };

export async function call(
  method: string,
  path: string,
  body?: unknown,
  headers: Record<string, string> = {},
): Promise<Answer> {
  const text = body === undefined || typeof body === 'string' ? body : JSON.stringify(body);
  const response = await exports.default.fetch(`https://tubepost.test${path}`, {
    method,
    headers: {
      authorization: `Bearer ${KEY}`,
      ...(text === undefined ? {} : { 'content-type': 'application/json' }),
      ...headers,
    },
    ...(text === undefined ? {} : { body: text }),
  });
  // Not `text()`: workerd warns of a body whose type is not text, such as the NDJSON of an export.
  const answer = new TextDecoder().decode(await response.arrayBuffer());
  requireShortWait(response.headers.get('retry-after'));
  const isJson = /[/+]json/.test(response.headers.get('content-type') ?? '');
  const { status, headers: answered } = response;
  const made = { status, headers: answered, text: answer, body: isJson ? JSON.parse(answer) : null };
  await holdToDocument(method, path, made);
  return made;
}

let accounts = 0;
/** A new account: storage is shared within a test file. */
export async function newAccount(settings: object = {}): Promise<string> {
  accounts += 1;
  const account = `acc_${accounts}`;
  await call('PUT', `/v1/accounts/${account}`, settings);
  return account;
}

/** Every client understands it: whole seconds, and no more than any of them waits. */
function requireShortWait(retryAfter: string | null): void {
  if (retryAfter === null || (/^[1-9][0-9]?$/.test(retryAfter) && Number(retryAfter) <= RETRY_AFTER_SECONDS_MAX))
    return;
  throw new Error(`Retry-After must be a whole number from 1 to ${RETRY_AFTER_SECONDS_MAX}; it is ${retryAfter}`);
}
