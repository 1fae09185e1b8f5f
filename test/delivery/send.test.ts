import { createPublicKey, verify as judge } from 'node:crypto';
import { Webhook } from 'standardwebhooks';
import { Webhook as SvixWebhook } from 'svix';
import { describe, expect, it } from 'vitest';
import type { EndpointSettings } from '../../src/core/endpoint.ts';
import type { AttemptRequest } from '../../src/core/rpc.ts';
import { packSent, unpackSent } from '../../src/core/sent.ts';
import { sentRequest } from '../../src/delivery/headers.ts';
import { PURPOSE_HEADERS, PURPOSE_SECRET, send, type SendDeps } from '../../src/delivery/send.ts';
import { factsOf, makeSecret } from '../../src/delivery/secrets.ts';
import { createVault } from '../../src/delivery/vault.ts';
import { formatSecret } from '../../src/signature.ts';
import { anEndpoint } from '../support/settings.ts';

// The official library checks the timestamp against the real clock.
const NOW = Date.now();
const ENDPOINT = 'ep_00000000000000000000000001';
const vault = createVault({ keyId: 'k1', key: Buffer.alloc(32, 1).toString('base64') });
const otherVault = createVault({ keyId: 'k1', key: Buffer.alloc(32, 2).toString('base64') });
const secret = (fill: number) => formatSecret(new Uint8Array(32).fill(fill));
const body = '{"id":"evt_1","data":{"name":"grüße 🚀"}}';

type Sent = { url: string; headers: Record<string, string>; body: unknown };

function world(over: Partial<SendDeps> = {}) {
  const sent: Sent[] = [];
  const deps: SendDeps = {
    vault,
    urlPolicy: { allowPrivate: false, serviceHosts: ['tubepost.dev'] },
    nowMs: () => NOW,
    fetch: (url, init) => {
      sent.push({ url, headers: Object.fromEntries(new Headers(init.headers)), body: init.body });
      return Promise.resolve(new Response('ok'));
    },
    ...over,
  };
  return { sent, deps };
}

async function sealedSecret(fill: number, expiresAtMs: number | null = null) {
  const context = { account: 'acme', endpoint: ENDPOINT, purpose: PURPOSE_SECRET };
  return {
    id: `sec_${fill}`,
    kind: 'hmac' as const,
    secret: await vault.seal(secret(fill), context),
    createdAtMs: NOW,
    expiresAtMs,
  };
}

const sealHeaders = (text: string) =>
  vault.seal(text, { account: 'acme', endpoint: ENDPOINT, purpose: PURPOSE_HEADERS });

async function requestWith(
  endpoint: Partial<EndpointSettings> = {},
  over: Partial<AttemptRequest> = {},
): Promise<AttemptRequest> {
  return {
    account: 'acme',
    claim: { record: 'k1', sequence: 4, endpoint: ENDPOINT, replay: 0, claim: 1 },
    delivery: 'dlv_x',
    eventId: 'evt_1',
    attempt: 2,
    previous: 3,
    replay: null,
    body,
    endpoint: anEndpoint({
      id: ENDPOINT,
      url: 'https://example.com/hook',
      secrets: [await sealedSecret(1)],
      ...endpoint,
    }),
    ...over,
  };
}

describe('what is sent', () => {
  it('is the exact body with the headers of the contract, and nothing else', async () => {
    const { sent, deps } = world();
    expect(await send(await requestWith(), deps)).toMatchObject({ statusCode: 200, error: null });
    expect(sent).toEqual([
      {
        url: 'https://example.com/hook',
        body,
        headers: {
          'content-type': 'application/json',
          'user-agent': 'Tubepost/1.0 (+https://tubepost.dev)',
          'webhook-attempt': '2',
          'webhook-id': 'evt_1',
          'webhook-previous': '3',
          'webhook-signature': expect.stringMatching(/^v1,[A-Za-z0-9+/]{43}=$/),
          'webhook-timestamp': String(Math.floor(NOW / 1000)),
        },
      },
    ]);
  });

  it('says `none` for the first of a lane, and names the replay', async () => {
    const { sent, deps } = world();
    await send(await requestWith({}, { previous: null, replay: 'dlv_x_r1' }), deps);
    expect(sent[0]?.headers).toMatchObject({ 'webhook-previous': 'none', 'webhook-replay': 'dlv_x_r1' });
  });

  it('verifies with each live secret by the official library, and with no expired one', async () => {
    const { sent, deps } = world();
    await send(
      await requestWith({
        secrets: [await sealedSecret(1, NOW + 1), await sealedSecret(2), await sealedSecret(3, NOW)],
      }),
      deps,
    );
    const headers = sent[0]?.headers ?? {};
    for (const fill of [1, 2]) expect(() => new Webhook(secret(fill)).verify(body, headers)).not.toThrow();
    expect(() => new Webhook(secret(3)).verify(body, headers)).toThrow();
    expect(headers['webhook-signature']?.split(' ')).toHaveLength(2);
  });

  it('is signed by HMAC and Ed25519 secrets side by side, which the official library and the public key verify', async () => {
    const { sent, deps } = world();
    const text = await makeSecret('ed25519');
    const facts = await factsOf('ed25519', text);
    if (facts?.kind !== 'ed25519') throw new Error('a made key is a pair');
    const context = { account: 'acme', endpoint: ENDPOINT, purpose: PURPOSE_SECRET };
    const times = { createdAtMs: NOW, expiresAtMs: null };
    const signing = { id: 'sec_ed', secret: await vault.seal(text, context), ...times, ...facts };
    await send(await requestWith({ secrets: [signing, await sealedSecret(1)] }), deps);

    const headers = sent[0]?.headers ?? {};
    const [v1a = '', v1 = '', ...more] = headers['webhook-signature']?.split(' ') ?? [];
    expect([v1a.slice(0, 4), v1.slice(0, 3), more]).toEqual(['v1a,', 'v1,', []]);
    for (const Judge of [Webhook, SvixWebhook]) {
      expect(() => new Judge(secret(1)).verify(body, headers)).not.toThrow();
      expect(() => new Judge(secret(2)).verify(body, headers)).toThrow();
    }
    const raw = Buffer.from(facts.publicKey.slice('whpk_'.length), 'base64').toString('base64url');
    const key = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x: raw }, format: 'jwk' });
    const content = Buffer.from(`evt_1.${headers['webhook-timestamp']}.${body}`);
    const signature = Buffer.from(v1a.slice(4), 'base64');
    expect(judge(null, content, key, signature)).toBe(true);
    expect(judge(null, Buffer.from(`${content} `), key, signature)).toBe(false);
  });

  it('carries custom headers, of which none replaces ours', async () => {
    const { sent, deps } = world();
    const pairs = [
      ['X-Api-Key', 's3cret'],
      ['Webhook-Id', 'evt_forged'],
      ['User-Agent', 'me'],
      ['CONTENT-TYPE', 'text/plain'],
    ];
    await send(await requestWith({ headers: await sealHeaders(JSON.stringify(pairs)) }), deps);
    expect(sent[0]?.headers).toMatchObject({
      'x-api-key': 's3cret',
      'webhook-id': 'evt_1',
      'user-agent': 'Tubepost/1.0 (+https://tubepost.dev)',
      'content-type': 'application/json',
    });
  });
});

describe('what is kept of a request', () => {
  it.each([
    ['of a first attempt', { attempt: 1, previous: null }],
    ['of a replay', { attempt: 3, previous: 7, replay: 'dlv_x_r1' }],
  ])('says every header as it was sent, and of the own ones the names alone: %s', async (_, over) => {
    const { sent, deps } = world();
    const headers = await sealHeaders('[["X-Api-Key","s3cret"],["Webhook-Id","evt_forged"]]');
    const request = await requestWith({ headers, url: 'https://example.com/hook?from=us' }, over);
    const outcome = await send(request, deps);
    if (outcome.sent === undefined) throw new Error('nothing was kept');
    expect(JSON.stringify(outcome)).not.toContain('s3cret');
    const { url, headers: left = {} } = sent[0] ?? {};
    const read = sentRequest(unpackSent(packSent(outcome.sent)), request);
    expect(read).toEqual({ url, headers: { ...left, 'x-api-key': '(hidden)' } });
  });

  it('is kept also where nobody answered, and not where nothing left', async () => {
    const refused = world({ fetch: () => Promise.reject(new TypeError('Network connection lost.')) });
    expect((await send(await requestWith(), refused.deps)).sent).toMatchObject({ url: 'https://example.com/hook' });
    expect(await send(await requestWith(), world({ vault: otherVault }).deps)).not.toHaveProperty('sent');
  });
});

describe('what is not sent', () => {
  it.each([
    ['https://169.254.169.254/', 'metadata-address'],
    ['http://example.com/', 'url-scheme'],
    ['https://tubepost.dev/', 'service-host'],
  ])('a request to %s: the refusal names %s', async (url, rule) => {
    const { sent, deps } = world();
    const outcome = await send(await requestWith({ url }), deps);
    expect(outcome).toMatchObject({ statusCode: null, error: { kind: 'refused-address' } });
    expect(outcome.error?.message).toContain(rule);
    expect(sent).toEqual([]);
  });

  it('a request whose secret does not open: it is retried, and the message names the cause and no secret', async () => {
    const { sent, deps } = world({ vault: otherVault });
    const outcome = await send(await requestWith(), deps);
    expect(outcome).toMatchObject({ statusCode: null, error: { kind: 'not-sent' } });
    expect(outcome.error?.message).toBe(
      `Not sent: the secret of ${ENDPOINT} does not open with the master key "k1": another key, or not sealed for this place (sec_1).`,
    );
    expect(sent).toEqual([]);
  });

  it('a request of which one of two secrets does not open: half the signatures might be the wrong half', async () => {
    const { sent, deps } = world();
    const broken = { ...(await sealedSecret(2)), secret: { key: 'k0', sealed: 'AAAA' } };
    const outcome = await send(await requestWith({ secrets: [await sealedSecret(1), broken] }), deps);
    expect(outcome.error?.message).toContain('"k0"');
    expect(sent).toEqual([]);
  });

  it('an unsigned request', async () => {
    const { sent, deps } = world();
    for (const secrets of [[], [await sealedSecret(1, NOW)]]) {
      expect((await send(await requestWith({ secrets }), deps)).error?.kind).toBe('not-sent');
    }
    expect(sent).toEqual([]);
  });

  it('a request with the secret of another endpoint', async () => {
    const { sent, deps } = world();
    const moved = await vault.seal(secret(1), { account: 'acme', endpoint: 'ep_other', purpose: PURPOSE_SECRET });
    const secrets = [{ id: 'sec_1', kind: 'hmac' as const, secret: moved, createdAtMs: NOW, expiresAtMs: null }];
    expect((await send(await requestWith({ secrets }), deps)).error?.kind).toBe('not-sent');
    expect(sent).toEqual([]);
  });

  it.each(['not json', '{}', '[["a"]]', '[[1,2]]', 'null'])('a request with headers sealed as %s', async (text) => {
    const { sent, deps } = world();
    const outcome = await send(await requestWith({ headers: await sealHeaders(text) }), deps);
    expect(outcome.error).toEqual({ kind: 'not-sent', message: `Not sent: the headers of ${ENDPOINT} are malformed.` });
    expect(sent).toEqual([]);
  });
});
