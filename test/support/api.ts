/** Requests to the real app in workerd, as a publisher sends them. What comes back must be what the document tells of it. */
import { exports } from 'cloudflare:workers';
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
  const answer = await response.text();
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
