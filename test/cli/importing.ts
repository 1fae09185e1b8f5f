/**
 * An import from Svix into the running service: what the official library reads of the fake is what
 * came over, and what the service then sends is verified by that library with the secret that the
 * receiver has had all along.
 */
import { once } from 'node:events';
import { createServer } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { Svix, Webhook } from 'svix';
import type { Checks } from '../support/checks.ts';
import { eventually } from '../support/poll.ts';
import type { Shell } from './shell.ts';
import { OLD_SECRET, SVIX_TOKEN } from './svix-fake.ts';

const ARRIVES_WITHIN_MS = 20_000;

/** Receivers of the endpoints that come over. */
export class OldReceivers {
  readonly verified: string[] = [];
  readonly faults: string[] = [];
  readonly #server = createServer((request, response) => {
    buffer(request).then((body) => {
      const headers = Object.fromEntries(Object.entries(request.headers).map(([name, value]) => [name, String(value)]));
      try {
        new Webhook(OLD_SECRET).verify(body, headers);
        this.verified.push(`${request.url} ${headers['x-team']}`);
      } catch (error) {
        this.faults.push(`${request.url}: ${String(error)}`);
      }
      response.writeHead(204).end();
    }, String);
  });

  async listen(): Promise<string> {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
    const address = this.#server.address();
    if (address === null || typeof address === 'string') throw new Error('the receivers have no port');
    return `http://127.0.0.1:${address.port}`;
  }

  close(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }
}

export async function checkImport(
  shell: Shell,
  svix: { origin: string },
  receivers: OldReceivers,
  checks: Checks,
): Promise<void> {
  checks.check("Svix's own library reads the fake", 1, await sdkFaults(svix.origin));
  const apply = `SVIX_TOKEN=${SVIX_TOKEN} tubepost import svix --from ${svix.origin} --apply`;
  for (const [what, expected] of [
    ['import svix --apply does all of it', 'done'],
    ['import svix --apply changes nothing the second time', 'there'],
  ] as const) {
    const { code, out, err } = await shell.run(`${apply} --json`);
    const { steps } = JSON.parse(out) as { steps: { kind: string; outcome: string }[] };
    const wrong = steps.filter(({ kind, outcome }) => kind !== 'event-type' && outcome !== expected);
    checks.check(
      what,
      steps.length,
      code === 0 ? wrong.map((step) => JSON.stringify(step)) : [`ended with ${code}: ${err}`],
    );
  }
  await shell.run('tubepost publish invoice.paid --account initech --data \'{"amount": 5}\'');
  const isThere = await eventually(ARRIVES_WITHIN_MS, () => receivers.verified.length > 0);
  checks.check(
    "an imported endpoint's receiver verifies with the secret and the library that it had",
    1,
    isThere && receivers.verified[0] === '/crm billing'
      ? receivers.faults
      : ['nothing arrived', ...receivers.verified, ...receivers.faults],
  );
}

/** What the models of the library make of it. */
async function sdkFaults(origin: string): Promise<string[]> {
  const sdk = new Svix(SVIX_TOKEN, { serverUrl: origin });
  const { data, iterator } = await sdk.application.list();
  const { key } = await sdk.endpoint.getSecret('app_1', 'ep_crm');
  const { headers, sensitive } = await sdk.endpoint.getHeaders('app_1', 'ep_crm');
  const [type] = (await sdk.eventType.list({ withContent: true })).data;
  const read = [
    data[0]?.uid,
    iterator,
    key,
    headers['x-team'],
    sensitive[0],
    type?.schemas === undefined ? null : 'schemas',
  ];
  const expected = ['initech', '1', OLD_SECRET, 'billing', 'x-api-key', 'schemas'];
  return read.join() === expected.join() ? [] : [`it reads ${read.join()}`];
}
