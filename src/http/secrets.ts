/**
 * E2: rotation, reading and removal of an endpoint's secrets. Each is a row in the account's audit
 * log.
 */
import { z } from '@hono/zod-openapi';
import { checkOverlapSeconds, checkSecret, checkSigningKey } from '../core/endpoint-rules.ts';
import { isEndpointId } from '../core/ids.ts';
import { EFFECTIVE_WITHIN_MS, IDEMPOTENCY_MS, OVERLAP_SECONDS_DEFAULT } from '../core/limits.ts';
import type { SecretKind } from '../delivery/secrets.ts';
import { accountStub } from '../lookup/stubs.ts';
import { settingsFull } from './account-settings.ts';
import type { Api } from './api.ts';
import { type AppContext, noteChange } from './context.ts';
import { ruled } from './fields.ts';
import { callObject } from '../lookup/objects.ts';
import { accountId } from './params.ts';
import { Problem } from './problem.ts';
import { showSecret } from './render.ts';
import {
  auditedSecret,
  auditRepeated,
  newSecret,
  type SecretPlace,
  storedText,
  unknownEndpoint,
  unknownSecret,
} from './secret-text.ts';
import { rotatedSecretShape, secretTextShape } from './shapes/endpoint-shapes.ts';

const path = '/v1/accounts/{account}/endpoints/{endpoint}/secrets';
const endpointParams = z.strictObject({ account: accountId, endpoint: z.string() });
const secretParams = z.strictObject({ ...endpointParams.shape, secret: z.string() });

const rotateBody = z
  .strictObject({
    secret: z.string().optional(),
    overlapSeconds: ruled(z.number(), checkOverlapSeconds).optional(),
    algorithm: z.enum(['hmac', 'ed25519']).optional(),
  })
  .superRefine(({ secret, algorithm }, context) => {
    const fault = secret === undefined ? null : checkGiven(secret, algorithm);
    if (fault !== null) context.addIssue({ code: 'custom', path: ['secret'], message: fault });
  });
type RotateBody = z.output<typeof rotateBody>;

export function addSecrets(api: Api): void {
  api.route(
    {
      method: 'post',
      path: `${path}/rotate`,
      id: 'rotateSecret',
      summary: 'Make a new secret; the ones before it sign beside it until the overlap ends',
      params: endpointParams,
      body: {
        schema: rotateBody,
        words: {
          secret: 'Your own new secret, `whsec_…` or `whsk_…`, of the `algorithm`; one is made where not given',
          overlapSeconds: 'Seconds for which the secrets before it still sign; a day where not given',
          algorithm: '`hmac` (v1) or `ed25519` (v1a)',
        },
        example: { overlapSeconds: 3_600 },
        optional: true,
      },
      answers: { 201: { description: 'The new secret, with its text', schema: rotatedSecretShape } },
      problems: ['secrets-full', 'settings-full'],
      repeated: repeatSecret,
    },
    ({ c, params, body }) => rotate(c, params, body),
  );

  api.route(
    {
      method: 'get',
      path: `${path}/{secret}`,
      scope: 'manage',
      id: 'getSecret',
      summary: 'One secret with its text: the read is in the audit log',
      params: secretParams,
      answers: { 200: { description: 'The secret, with its text', schema: secretTextShape } },
    },
    async ({ c, params: { secret: id, ...place } }) => {
      if (!isEndpointId(place.endpoint)) throw unknownEndpoint(place.endpoint);
      const { secret, text } = await auditedSecret(c, place, id);
      return c.json({ ...showSecret(secret), ...place, secret: text }, 200, NOT_STORED);
    },
  );

  api.route(
    {
      method: 'delete',
      path: `${path}/{secret}`,
      id: 'deleteSecret',
      summary: 'End a secret at once',
      params: secretParams,
      answers: { 204: { description: 'Ended; the header effective-within-ms says how soon everywhere', schema: null } },
      problems: ['current-secret'],
    },
    async ({ c, params: { secret, ...place } }) => {
      await remove(c, place, secret);
      return c.body(null, 204, { 'effective-within-ms': String(EFFECTIVE_WITHIN_MS) });
    },
  );
}

/** No cache between here and the caller may keep a secret. */
const NOT_STORED = { 'cache-control': 'no-store' };

async function rotate(c: AppContext, place: SecretPlace, body: RotateBody): Promise<Response> {
  const { account, endpoint } = place;
  if (!isEndpointId(endpoint)) throw unknownEndpoint(endpoint);
  const made = await newSecret(c, place, body.algorithm ?? kindOf(body.secret), body.secret);
  const overlapSeconds = body.overlapSeconds ?? OVERLAP_SECONDS_DEFAULT;
  const rotated = await callObject(
    () => accountStub(c.env, account),
    (stub) => stub.rotateSecret(endpoint, made.secret, overlapSeconds, c.get('keyName')),
  );
  if (!rotated.ok) {
    if (rotated.error.reason === 'not-found') throw unknownEndpoint(endpoint);
    if (rotated.error.reason === 'settings-full') throw settingsFull(account, rotated.error);
    const rule = `an endpoint may have at most ${rotated.error.most} live secrets`;
    throw new Problem('secrets-full', `${rule}: remove one, or rotate with a shorter overlapSeconds`, {
      field: 'overlapSeconds',
    });
  }
  await noteChange(c, account);
  const { secrets } = rotated.value;
  const stored = secrets.find(({ id }) => id === made.secret.id) ?? made.secret;
  if (stored.createdAtMs < Date.now() - IDEMPOTENCY_MS) {
    throw new Problem('idempotency-conflict', 'this Idempotency-Key made a secret more than 7 days ago; use a new one');
  }
  const text = await storedText(c, place, made, secrets);
  const answer = {
    ...showSecret(stored),
    ...place,
    secret: text,
    secrets: secrets.map(showSecret),
    effectiveWithinMs: EFFECTIVE_WITHIN_MS,
  };
  return c.json(answer, 201, NOT_STORED);
}

async function remove(c: AppContext, { account, endpoint }: SecretPlace, secret: string): Promise<void> {
  if (!isEndpointId(endpoint)) throw unknownEndpoint(endpoint);
  const removed = await callObject(
    () => accountStub(c.env, account),
    (stub) => stub.removeSecret(endpoint, secret, c.get('keyName')),
  );
  if (!removed.ok) {
    switch (removed.error.reason) {
      case 'not-found':
        throw unknownEndpoint(endpoint);
      case 'unknown-secret':
        throw unknownSecret(secret);
      case 'current-secret':
        throw new Problem(
          'current-secret',
          'the current HMAC secret is not removed but rotated: with overlapSeconds 0 it ends at once',
          { field: 'secret' },
        );
    }
  }
  await noteChange(c, account);
}

const repeatedAnswer = z.object({ account: z.string(), endpoint: z.string(), id: z.string() });

async function repeatSecret(c: AppContext, answer: unknown): Promise<void> {
  const { account, endpoint, id } = repeatedAnswer.parse(answer);
  await auditRepeated(c, { account, endpoint }, id);
}

function kindOf(secret: string | undefined): SecretKind {
  return secret?.startsWith('whsk_') === true ? 'ed25519' : 'hmac';
}

function checkGiven(secret: string, algorithm: SecretKind | undefined): string | null {
  return (algorithm ?? kindOf(secret)) === 'hmac' ? checkSecret(secret) : checkSigningKey(secret);
}
