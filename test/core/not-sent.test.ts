/** V8: each endpoint that an event was not sent to has a true sentence of its own. */
import { describe, expect, test } from 'vitest';
import type { EndpointSettings } from '../../src/core/endpoint.ts';
import type { Filter } from '../../src/core/filter.ts';
import { filterable } from '../../src/core/filter.ts';
import { unmet } from '../../src/core/filter-why.ts';
import { type AskedEvent, whyNotSent } from '../../src/core/not-sent.ts';
import { anEndpoint } from '../support/settings.ts';

const AT = 1_000;
const data = { plan: 'free', amount: 12, tags: ['a'] };
const event: AskedEvent = {
  type: 'subscription.updated',
  record: 'subscription/sub_81',
  version: null,
  acceptedAtMs: AT,
  forms: [{ version: null, data }],
  sentTo: new Set(),
};

function ask(given: Partial<EndpointSettings>, asked: Partial<AskedEvent> = {}) {
  const settings = anEndpoint({ id: 'ep_crm', createdAtMs: 1, updatedAtMs: 1, ...given });
  return whyNotSent({ ...event, ...asked }, [{ settings, name: 'CRM' }]);
}

const pro: Filter = { field: 'data.plan', equals: 'pro' };

describe('an endpoint', () => {
  test.each<[string, Partial<EndpointSettings>, Partial<AskedEvent>, string, string]>([
    [
      'that asks for other types',
      { eventTypes: ['invoice.*'] },
      {},
      'not-subscribed',
      'CRM is not subscribed to subscription.updated',
    ],
    ['whose filter did not match', { filter: pro }, {}, 'filter', `CRM's filter did not match: data.plan is not "pro"`],
    [
      'whose filter has changed',
      { filter: pro, updatedAtMs: AT + 1 },
      {},
      'filter',
      `CRM's filter does not match: data.plan is not "pro"`,
    ],
    [
      'that came later',
      { createdAtMs: AT + 1, eventTypes: ['invoice.*'] },
      {},
      'added-later',
      'CRM was added after it',
    ],
    [
      'that would be sent it now',
      { updatedAtMs: AT + 1 },
      {},
      'changed-later',
      'CRM did not ask for it when it was accepted; its settings have changed since',
    ],
    [
      'whose filter cannot be asked',
      { filter: pro },
      { forms: null },
      'payload-gone',
      'CRM has a filter; whether it matched is not known, because the data is gone',
    ],
  ])('%s', (_, given, asked, reason, note) => {
    expect(ask(given, asked).notSent).toEqual([{ endpoint: 'ep_crm', reason, note }]);
  });

  test('that has a delivery of it, or is disabled, is not among them', () => {
    expect(ask({}, { sentTo: new Set(['ep_crm']) })).toEqual({ notSent: [], nowhere: null });
    expect(ask({ status: 'disabled' })).toEqual({
      notSent: [],
      nowhere: 'Sent to nobody: the account has no enabled endpoint',
    });
    expect(ask({ status: 'paused', eventTypes: ['invoice.*'] }).notSent).toHaveLength(1);
  });

  test('that pins an older form is judged by that form', () => {
    const forms = [
      { version: '2', data: { plan: 'free' } },
      { version: '1', data: { plan: 'basic' } },
    ] as const;
    const pinned = { schemaVersions: { 'subscription.updated': '1' }, filter: { field: 'data.plan', equals: 'free' } };
    expect(ask(pinned, { forms: [...forms] }).notSent[0]?.reason).toBe('filter');
    expect(ask({ filter: pinned.filter }, { forms: [...forms] }).notSent[0]?.reason).toBe('changed-later');
  });
});

describe('an event that went nowhere', () => {
  const all = (...given: Partial<EndpointSettings>[]) =>
    whyNotSent(
      event,
      given.map((settings, n) => ({
        settings: anEndpoint({ id: `ep_${n}`, createdAtMs: 1, updatedAtMs: 1, ...settings }),
        name: `E${n}`,
      })),
    ).nowhere;
  const other = { eventTypes: ['invoice.*'] };
  test.each<[string, Partial<EndpointSettings>[], string]>([
    ['no endpoints', [], 'Sent to nobody: the account has no enabled endpoint'],
    ['one', [other], 'Sent to nobody: E0 is not subscribed to subscription.updated'],
    ['none subscribed', [other, other], 'Sent to nobody: no endpoint is subscribed to subscription.updated'],
    ['all filtered', [{ filter: pro }, { filter: pro }], "Sent to nobody: no endpoint's filter matched"],
    [
      'all later',
      [{ createdAtMs: 2_000 }, { createdAtMs: 2_000 }],
      'Sent to nobody: all endpoints were added after it',
    ],
    [
      'several reasons',
      [other, { filter: pro }, other],
      'Sent to nobody: of 3 endpoints 1 by filter, 2 not subscribed',
    ],
  ])('%s', (_, given, note) => {
    expect(all(...given)).toBe(note);
  });
});

test.each<[Filter, string]>([
  [{ field: 'data.plan', in: ['a', 'b', 'c', 'd', 'e'] }, 'data.plan is none of "a", "b", "c" and 2 more values'],
  [{ field: 'data.amount', lessThan: 12 }, 'data.amount is not below 12'],
  [{ field: 'data.amount', greaterOrEqual: 13 }, 'data.amount is not at least 13'],
  [{ field: 'data.plan', prefix: 'pro' }, 'data.plan does not begin with "pro"'],
  [{ field: 'data.missing', exists: true }, 'data.missing is missing'],
  [{ field: 'data.plan', exists: false }, 'data.plan is there'],
  [{ not: { field: 'data.plan', equals: 'free' } }, 'data.plan is "free"'],
  [{ not: { not: pro } }, 'data.plan is not "pro"'],
  [
    {
      and: [
        { field: 'data.plan', equals: 'free' },
        { field: 'data.amount', equals: 1 },
      ],
    },
    'data.amount is not 1',
  ],
  [{ or: [pro, { field: 'data.amount', equals: 1 }] }, 'data.plan is not "pro", and no alternative holds'],
  [{ not: { or: [pro, { field: 'data.amount', equals: 12 }] } }, 'data.amount is 12'],
])('%j', (filter, sentence) => {
  expect(unmet(filter, filterable({ type: 'a', record: null, version: null, data }))).toBe(sentence);
});
