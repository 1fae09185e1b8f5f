/**
 * O5: the program of docs/api.md against the running Worker. test/docs/api.test.ts compares the
 * two, tsc checks it.
 */
import { exports } from 'cloudflare:workers';
import { expect, test, vi } from 'vitest';
import { call, KEY } from '../support/api.ts';

test('the program of docs/api.md prints the sequence, what waits, the status of the record, and the first column', async () => {
  vi.stubGlobal('fetch', (url: string, init?: RequestInit) =>
    url.startsWith('http://127.0.0.1:8787/')
      ? exports.default.fetch(url, { ...init, headers: { ...init?.headers, authorization: `Bearer ${KEY}` } })
      : Promise.resolve(new Response('no', { status: 500 })),
  );
  const printed = vi.spyOn(console, 'log').mockImplementation(() => {});
  await import('../docs/api-example.ts');
  // Among the service's own lines, which are JSON.
  const said = printed.mock.calls.flat().filter((one) => typeof one !== 'string' || !one.startsWith('{'));
  expect(said[0]).toBe(1);
  expect(said.slice(-2)).toEqual([expect.stringMatching(/^(delivering|retrying)$/), 'id']);
  expect((await call('GET', '/v1/accounts/acme')).body.name).toBe('Acme');
});
