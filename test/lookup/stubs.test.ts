/**
 * Where an object is looked for. The Worker tests run on workerd, which knows no jurisdictions: so
 * here, against a namespace that does.
 */
import { beforeEach, expect, test } from 'vitest';
import type { Bindings } from '../../src/env.ts';
import { accountStub, gateStub, shardStub } from '../../src/lookup/stubs.ts';

const ENDPOINT = 'ep_00000000000000000000000001';
const PLACE = '0abc:0.3';
let asked: string[];

function namespace(where = 'anywhere'): unknown {
  return {
    getByName: (name: string) => asked.push(`${where}: ${name}`),
    jurisdiction: (jurisdiction: string) => namespace(jurisdiction),
  };
}
function env(given: object = {}): Bindings {
  return { SHARD: namespace(), GATE: namespace(), ACCOUNT: namespace(), ...given } as unknown as Bindings;
}

beforeEach(() => {
  asked = [];
});

test('a Shard and a Gate are looked for where their name says', () => {
  shardStub(env(), `v1.eu:acme:${PLACE}`);
  shardStub(env(), `v1.fedramp:acme:${PLACE}`);
  gateStub(env(), { account: 'acme', jurisdiction: 'eu' }, ENDPOINT);
  expect(asked).toEqual([`eu: v1.eu:acme:${PLACE}`, `fedramp: v1.fedramp:acme:${PLACE}`, `eu: v1.eu:acme:${ENDPOINT}`]);
});

test('those of an account without a jurisdiction are where they always were', () => {
  shardStub(env(), `v1:acme:${PLACE}`);
  gateStub(env(), { account: 'acme' }, ENDPOINT);
  gateStub(env(), { account: 'acme', jurisdiction: null }, ENDPOINT);
  expect(asked).toEqual([
    `anywhere: v1:acme:${PLACE}`,
    `anywhere: v1:acme:${ENDPOINT}`,
    `anywhere: v1:acme:${ENDPOINT}`,
  ]);
});

test('an Account is found from its id alone', () => {
  accountStub(env(), 'acme');
  expect(asked).toEqual(['anywhere: v1:acme']);
});

test('a machine of ones own leaves the restriction out, and only with LOCAL_MODE', () => {
  shardStub(env({ LOCAL_MODE: 'true' }), `v1.eu:acme:${PLACE}`);
  shardStub(env({ LOCAL_MODE: 'false' }), `v1.eu:acme:${PLACE}`);
  shardStub(env({ LOCAL_MODE: '' }), `v1.eu:acme:${PLACE}`);
  expect(asked.map((one) => one.split(':')[0])).toEqual(['anywhere', 'eu', 'eu']);
});
