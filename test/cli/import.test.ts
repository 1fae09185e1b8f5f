/**
 * K7: what an import takes over, what it says that it cannot, and that it changes nothing before it
 * is told to.
 */
import { mkdtempSync, readFileSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { cli, page, problem } from './fake.ts';
import { OLD_SECRET, SVIX_TOKEN, svixRoutes } from './svix-fake.ts';

const HOOK = 'https://crm.example';
const nobody = problem(404, 'unknown-account', 'there is no account');
const fresh = { 'GET /v1/accounts/initech/endpoints': nobody, 'GET /v1/accounts/app_2/endpoints': nobody };
const taken = {
  ...fresh,
  'PUT /v1/event-types/invoice.paid': {},
  'PUT /v1/event-types/invoice.paid/versions/1': {},
  'PUT /v1/event-types/invoice.draft': {},
  'PUT /v1/accounts/initech': {},
  'PUT /v1/accounts/app_2': {},
  'POST /v1/accounts/initech/endpoints': { id: 'ep_new' },
  'POST /v1/accounts/app_2/endpoints': { id: 'ep_new' },
};
const svix = (answers: object) => cli({ ...svixRoutes(HOOK), ...answers }, { env: { SVIX_TOKEN } });

describe('import svix', () => {
  it('says what it would do, and changes nothing', async () => {
    const { run, out, sent } = svix(fresh);
    expect(await run('import', 'svix')).toBe(0);
    expect(sent.filter(({ route }) => !route.startsWith('GET'))).toEqual([]);
    expect(out()).toMatch(/^From Svix: 2 accounts, 3 endpoints, 2 event types\n/);
    for (const left of [
      'header x-api-key, whose value Svix does not show',
      'its channels (eu)',
      'its transformation',
      'its uid "globex.eu"',
      'its throttle of 100 messages',
      'its metadata',
      'its feature flag beta',
    ]) {
      expect(out()).toContain(left);
    }
    expect(out()).toMatch(/\nNothing was changed\. Say --apply to do it\.\n$/);
  });

  it('asks the region that the token names, with the token and nobody else with it', async () => {
    const { run, sent } = svix(fresh);
    await run('import', 'svix');
    const asked = sent.filter(({ route }) => route.includes('/api/v1/'));
    expect(asked.every(({ route }) => route.endsWith(' at https://api.eu.svix.com'))).toBe(true);
    expect(sent.length - asked.length).toBe(2);
  });

  it('makes accounts, endpoints with their secrets, and event types with their schemas', async () => {
    const { run, sent } = svix(taken);
    expect(await run('import', 'svix', '--apply')).toBe(0);
    const made = sent.filter(({ route }) => !route.startsWith('GET')).map(({ route, body }) => [route, body]);
    const endpoint = { eventTypes: [], headers: {}, rateLimitPerSecond: null, description: '' };
    expect(made).toEqual([
      ['PUT /v1/event-types/invoice.paid', { description: 'An invoice was paid' }],
      [
        'PUT /v1/event-types/invoice.paid/versions/1',
        { schema: { type: 'object', properties: { amount: { type: 'integer' } } } },
      ],
      ['PUT /v1/event-types/invoice.draft', { description: '' }],
      ['PUT /v1/event-types/invoice.draft', { archived: true }],
      ['PUT /v1/accounts/initech', { name: 'Initech' }],
      [
        'POST /v1/accounts/initech/endpoints',
        {
          ...endpoint,
          url: `${HOOK}/crm`,
          description: 'CRM',
          externalId: 'ep_crm',
          eventTypes: ['invoice.paid'],
          headers: { 'x-team': 'billing' },
          rateLimitPerSecond: 25,
          secret: OLD_SECRET,
        },
      ],
      [
        'POST /v1/accounts/initech/endpoints',
        {
          ...endpoint,
          url: `${HOOK}/erp`,
          externalId: 'erp',
          secret: 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw',
          status: 'disabled',
          statusReason: 'imported without its channels (eu) and its transformation',
        },
      ],
      ['PUT /v1/accounts/app_2', { name: 'Globex' }],
      [
        'POST /v1/accounts/app_2/endpoints',
        {
          ...endpoint,
          url: `${HOOK}/off`,
          externalId: 'ep_off',
          secret: OLD_SECRET,
          status: 'disabled',
          statusReason: 'was disabled at Svix',
        },
      ],
    ]);
  });

  it('leaves what is there as it is, so that it can be repeated', async () => {
    const there = page({ id: 'ep_1', externalId: 'ep_crm' }, { id: 'ep_2', externalId: 'erp' });
    const { run, sent, out } = svix({ ...taken, 'GET /v1/accounts/initech/endpoints': there });
    expect(await run('import', 'svix', '--apply')).toBe(0);
    expect(sent.filter(({ route }) => route.includes('initech') && !route.startsWith('GET'))).toEqual([]);
    expect(out()).toContain(`${HOOK}/crm: is there, and stays as it is`);
  });

  it('says what the service refuses, continues, and ends with 1', async () => {
    const refusal = problem(400, 'invalid-request', 'url must be public; got "https://crm.example/crm"');
    const { run, out, sent } = svix({ ...taken, 'POST /v1/accounts/initech/endpoints': [refusal, { id: 'ep_new' }] });
    expect(await run('import', 'svix', '--apply')).toBe(1);
    expect(out()).toContain(`6 steps done, 1 refused.\n    ${HOOK}/crm: with its secret: url must be public`);
    expect(sent.at(-1)?.route).toBe('POST /v1/accounts/app_2/endpoints');
  });

  it('shows no secret, not even for pipes', async () => {
    const { run, out, err } = svix(fresh);
    await run('import', 'svix');
    await run('import', 'svix', '--json');
    expect(`${out()}${err()}`).not.toMatch(/whsec_|MfKQ9|billing/);
  });

  it('saves what it read for itself alone, and reads it again', async () => {
    const file = join(mkdtempSync(join(tmpdir(), 'tubepost-import-')), 'svix.json');
    const first = svix(fresh);
    expect(await first.run('import', 'svix', '--save', file)).toBe(0);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    const again = cli(fresh, { env: {}, files: { [file]: readFileSync(file, 'utf8') } });
    expect(await again.run('import', 'svix', '--file', file)).toBe(0);
    expect(again.out()).toBe(first.out());
  });

  it('keeps an Ed25519 key beside a new HMAC secret', async () => {
    const whsk = `whsk_${'A'.repeat(86)}==`;
    const file = {
      applications: [{ id: 'initech', name: 'A', endpoints: [{ id: 'e', url: HOOK, secret: { key: whsk } }] }],
    };
    const { run, sent } = cli(
      { ...taken, 'POST /v1/accounts/initech/endpoints/ep_new/secrets/rotate': {} },
      { files: { f: JSON.stringify(file) } },
    );
    expect(await run('import', 'svix', '--file', 'f', '--apply')).toBe(0);
    expect(sent.at(-1)?.body).toEqual({ secret: whsk, algorithm: 'ed25519' });
    expect(sent.at(-2)?.body).not.toHaveProperty('secret');
  });

  it.each([
    [['import', 'svix'], {}, /Set SVIX_TOKEN/],
    [['import', 'svix', '--from', 'http://svix.example'], { SVIX_TOKEN }, /must be an https URL/],
    [['import', 'svix', '--file', 'wrong'], {}, /wrong is not what Svix's API answers: applications\.0\.id/],
  ])('refuses %j with 2', async (argv, env, message) => {
    const { run, err } = cli({}, { env, files: { wrong: '{"applications":[{"name":"A"}]}' } });
    expect(await run(...argv)).toBe(2);
    expect(err()).toMatch(message);
  });
});

describe('import standard', () => {
  const secrets = ['whsec_BBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBB', 'whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA'];
  const file = { accounts: [{ id: 'initech', endpoints: [{ url: HOOK, secrets, ordering: 'latest' }] }] };

  it('keeps the secrets of a rotation that is under way', async () => {
    const { run, sent } = cli(
      { ...taken, 'POST /v1/accounts/initech/endpoints/ep_new/secrets/rotate': {} },
      { files: { f: JSON.stringify(file) } },
    );
    expect(await run('import', 'standard', '--file', 'f', '--apply')).toBe(0);
    expect(sent.map(({ body }) => body).slice(2)).toEqual([
      {
        url: HOOK,
        description: '',
        externalId: HOOK,
        eventTypes: [],
        headers: {},
        rateLimitPerSecond: null,
        ordering: 'latest',
        secret: secrets[1],
      },
      { secret: secrets[0], overlapSeconds: 604_800 },
    ]);
  });

  it('takes an endpoint back that it could not give all of its secrets', async () => {
    const refusal = problem(400, 'invalid-request', 'secret must be …');
    const { run, sent } = cli(
      {
        ...taken,
        'POST /v1/accounts/initech/endpoints/ep_new/secrets/rotate': refusal,
        'DELETE /v1/accounts/initech/endpoints/ep_new': {},
      },
      { files: { f: JSON.stringify(file) } },
    );
    expect(await run('import', 'standard', '--file', 'f', '--apply')).toBe(1);
    expect(sent.at(-1)?.route).toBe('DELETE /v1/accounts/initech/endpoints/ep_new');
  });

  it('names the field that it does not know', async () => {
    const { run, err } = cli({}, { files: { f: '{"accounts":[{"id":"a","endpoint":[]}]}' } });
    expect(await run('import', 'standard', '--file', 'f')).toBe(2);
    expect(err()).toMatch(/accounts\.0: Unrecognized key: "endpoint"/);
  });
});
