/**
 * One receiver's account at the service, its endpoint, and what it takes to publish and to wait.
 */
import { generateKeyPairSync } from 'node:crypto';
import { createClient, ofAnswer } from '../../src/client/client.ts';
import { type Ed25519KeyPair, formatPublicKey, formatSigningKey } from '../../src/signature.ts';
import { until } from '../support/poll.ts';
import { type Books } from './books.ts';
import { type Door } from './door.ts';
import { type Running } from './process.ts';
import { newSecret } from './requests.ts';

/** What is broken on purpose comes again soon. */
const SCHEDULE_SECONDS = [1, 1, 1, 2, 2, 5, 5, 10, 10];
const LISTED_WITHIN_MS = 30_000;

/**
 * Of all that is published here: one record, so that no circuit opens where it fails on purpose.
 */
export const RECORD = 'subscription/sub_81';
/** Beyond 2^53: `JSON.parse` makes 9007199254740992 of it. */
export const SERIAL = '9007199254740993';

export type Stage = {
  name: string;
  running: Running;
  books: Books;
  door: Door;
  /** Where its database is; null for D1. */
  file: string | null;
  /** Of the service's endpoint: HMAC, and Ed25519. */
  secret: string;
  pair: Ed25519KeyPair;
  /** What no service knows: for requests that are made here. */
  ownSecret: string;
  ownPair: Ed25519KeyPair;
  publish: (version: number, more?: { data?: string; record?: string }) => Promise<string>;
  /** Sends again what was delivered, and answers the replay's id. */
  replay: (event: string) => Promise<string>;
};

type Given = Pick<Stage, 'name' | 'running' | 'books' | 'door' | 'file'>;

export async function openStage(at: { url: string; key: string }, given: Given): Promise<Stage> {
  const client = createClient({ origin: at.url, key: at.key });
  const path = { account: given.name };
  const pair = newPair();
  ofAnswer(await client.call('putAccount', { path, body: { name: given.name } }));
  const endpoint = ofAnswer(
    await client.call('createEndpoint', {
      path,
      body: {
        url: await given.door.listen(),
        description: given.name,
        retry: { scheduleSeconds: SCHEDULE_SECONDS, windowSeconds: 3_600 },
      },
    }),
  );
  ofAnswer(
    await client.call('rotateSecret', {
      path: { ...path, endpoint: endpoint.id },
      body: { secret: formatSigningKey(pair), algorithm: 'ed25519' },
    }),
  );

  async function publish(version: number, more: { data?: string; record?: string } = {}): Promise<string> {
    const { data = `{"plan":"plan ${version}","serial":${SERIAL}}`, record = RECORD } = more;
    const id = `${given.name}-${version}${record === RECORD ? '' : `-${record}`}`;
    const fields = { id, type: 'subscription.updated', record, version };
    const answer = await fetch(`${at.url}/v1/accounts/${given.name}/events`, {
      method: 'POST',
      headers: { authorization: `Bearer ${at.key}`, 'content-type': 'application/json' },
      // Not through JSON.stringify, which cannot write the number.
      body: `${JSON.stringify(fields).slice(0, -1)},"data":${data}}`,
    });
    if (!answer.ok) throw new Error(`the publish of ${id}: ${answer.status} ${await answer.text()}`);
    return id;
  }

  async function replay(event: string): Promise<string> {
    const [delivery] = await until(`${event} is delivered, says the service`, LISTED_WITHIN_MS, async () => {
      const { deliveries } = ofAnswer(
        await client.call('getEvent', { path: { ...path, event }, query: { record: RECORD } }),
      );
      return deliveries.every(({ status }) => status === 'delivered') ? deliveries : null;
    });
    if (delivery === undefined) throw new Error(`${event} has no delivery`);
    return ofAnswer(await client.call('replayDelivery', { path: { ...path, delivery: delivery.id } })).id;
  }

  return { ...given, secret: endpoint.secret, pair, ownSecret: newSecret(), ownPair: newPair(), publish, replay };
}

function newPair(): Ed25519KeyPair {
  const { d = '', x = '' } = generateKeyPairSync('ed25519').privateKey.export({ format: 'jwk' });
  const bytes = (text: string) => new Uint8Array(Buffer.from(text, 'base64url'));
  return { kind: 'ed25519', seed: bytes(d), publicKey: bytes(x) };
}

export function publicKeyOf(pair: Ed25519KeyPair): string {
  return formatPublicKey(pair);
}
