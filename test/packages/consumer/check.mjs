/** What a project does with the installed packages, on any runtime: exits 0 and prints `ok`. */
import { createClient } from '@tubepost/client';
import { createReceiver } from '@tubepost/receiver';
import { withBackoff } from '@tubepost/receiver/backoff';
import { memoryStore } from '@tubepost/receiver/memory';
import { parseSigningKey, sign } from '@tubepost/receiver/signature';
import { verify } from '@tubepost/receiver/verify';
import { fetchHandler } from '@tubepost/receiver/web';

// The vector of the Svix server's own test: v1a.
const secret = 'whsk_6Xb/dCcHpPea21PS1N9VY/NZW723CEc77N4rJCubMbfVKIDij2HKpMKkioLlX0dRqSKJp4AJ6p9lMicMFs6Kvg==';
const vector = {
  headers: {
    'webhook-id': 'msg_p5jXN8AQM9LWM0D4loKWxJek',
    'webhook-timestamp': '1614265330',
    'webhook-signature': 'v1a,hnO3f9T8Ytu9HwrXslvumlUpqtNVqkhqw/enGzPCXe5BdqzCInXqYXFymVJaA7AZdpXwVLPo3mNl8EM+m7TBAg==',
  },
  body: '{"test": 2432232314}',
};

function same(actual, expected, what) {
  const [a, b] = [JSON.stringify(actual), JSON.stringify(expected)];
  if (a !== b) throw new Error(`${what}: expected ${b}, got ${a}`);
}

export async function check() {
  same((await verify(vector, { secrets: [secret], nowMs: 1_614_265_330_000 })).ok, true, 'v1a');
  same((await verify(vector, { secrets: [secret] })).error.reason, 'too-old', 'an old one');

  const handled = [];
  const receiver = createReceiver({
    secrets: [secret],
    store: memoryStore(),
    handle: async ({ data }) => void handled.push(await withBackoff(async () => data)),
  });
  const handle = fetchHandler(receiver);
  const key = parseSigningKey(secret);
  const message = { id: 'evt_1', timestampSeconds: Math.floor(Date.now() / 1000), body: '{"type":"a","data":"grüße"}' };
  const headers = {
    'webhook-id': message.id,
    'webhook-timestamp': String(message.timestampSeconds),
    'webhook-signature': await sign(message, [key.value]),
  };
  const request = () => new Request('https://crm.example.com/hook', { method: 'POST', headers, body: message.body });
  const answers = [await handle(request()), await handle(request())];
  same(
    await Promise.all(answers.map((one) => one.json())),
    [{ outcome: 'handled' }, { outcome: 'duplicate' }],
    'answers',
  );
  same(handled, ['grüße'], 'handled');

  const tubepost = createClient({
    origin: 'https://tubepost.example.com',
    key: 'none',
    fetch: async (url) => Response.json({ data: [], next: null, url }),
  });
  same((await tubepost.call('listAccounts', {})).ok, true, 'the client');
  return 'ok';
}
