import { describe, expect, test } from 'vitest';
import { call, newAccount } from '../support/api.ts';

describe('publishing', () => {
  test('an endpoint created and an event published right after it meet, although "no endpoint" was just answered', async () => {
    const account = await newAccount();
    const before = await call('POST', `/v1/accounts/${account}/events`, { type: 'a.b', record: 'r/1', data: {} });
    expect(before.status).toBe(202);
    expect(before.body.deliveryCount).toBe(0);
    const endpoint = await call('POST', `/v1/accounts/${account}/endpoints`, { url: 'https://example.com/' });
    expect(endpoint.status).toBe(201);
    const after = await call('POST', `/v1/accounts/${account}/events`, { type: 'a.b', record: 'r/1', data: {} });
    expect(after.body).toMatchObject({ sequence: 2, deliveryCount: 1 });
  });
});
