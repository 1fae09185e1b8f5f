/**
 * A2: an alert as a person reads it in Slack; whatever people call their things, Slack takes it and
 * nothing in it is markup.
 */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Alert } from '../../src/core/alert.ts';
import { namesOf, slackBody, slackTestBody, withSlackForm } from '../../src/core/alert-slack.ts';
import type { AccountSettings, EndpointSettings } from '../../src/core/endpoint.ts';
import { checkPayloadFormat } from '../../src/core/endpoint-rules.ts';
import { slackAnswer } from '../support/slack.ts';

const AT = Date.UTC(2026, 10, 24, 6, 40);
const alert: Alert = {
  id: 'alr_1',
  rule: 'dead-letter',
  account: 'acc_1',
  endpoint: 'ep_1',
  value: 3,
  threshold: 1,
  detail: '3 dead letters in 15 minutes',
  openedAtMs: AT,
  updatedAtMs: AT,
  falseSinceMs: null,
  resolvedAtMs: null,
  revision: 1,
  toldRevision: 0,
};
const names = { account: 'Acme', endpoint: { description: 'CRM sync', host: 'crm.example.com' } };

function text(of: Alert, called: Parameters<typeof slackBody>[1] = names): string {
  const { text: shown, ...others } = JSON.parse(slackBody(of, called)) as { text: string };
  expect(others).toEqual({});
  return shown;
}

describe('an alert for Slack', () => {
  test('says what, where, how much and since when', () => {
    expect(text(alert)).toBe(
      [
        ':red_circle: *dead-letter opened*: 3 dead letters in 15 minutes',
        'Account Acme, `acc_1`',
        'Endpoint CRM sync, `ep_1`, at `crm.example.com`',
        'Value 3, threshold 1 (dead letters in 15 minutes)',
        'Since 2026-11-24T06:40:00.000Z',
        'Alert `alr_1`',
      ].join('\n'),
    );
  });

  test('says after how long it was over', () => {
    const over = { ...alert, revision: 2, resolvedAtMs: AT + 83 * 60_000 };
    const lines = text(over).split('\n');
    expect([lines[0], lines[4]]).toEqual([
      ':white_check_mark: *dead-letter resolved*: 3 dead letters in 15 minutes',
      'From 2026-11-24T06:40:00.000Z to 2026-11-24T08:03:00.000Z: 1 h 23 min',
    ]);
  });

  test('about all accounts, about an account, and about one that did not answer, names what there is', () => {
    expect(text({ ...alert, account: null, endpoint: null }, null).split('\n')[1]).toBe('About the whole service');
    expect(
      text({ ...alert, endpoint: null })
        .split('\n')
        .slice(1, 3),
    ).toEqual([
      'Account Acme, `acc_1`',
      'Value 3, threshold 1 (endpoints beyond the 20 of the account with an alert of their own)',
    ]);
    expect(text(alert, null).split('\n').slice(1, 3)).toEqual(['Account `acc_1`', 'Endpoint `ep_1`']);
  });

  test('shows of an endpoint its host, and never the path, which may be its secret', () => {
    const endpoint = { id: 'ep_1', description: 'ops', url: 'https://hooks.slack.com/services/T0/B0/topsecret' };
    const settings = { name: 'Acme', endpoints: [endpoint] } as unknown as AccountSettings;
    expect(namesOf(settings, alert)).toEqual({
      account: 'Acme',
      endpoint: { description: 'ops', host: 'hooks.slack.com' },
    });
    expect(slackBody(alert, namesOf(settings, alert))).not.toContain('topsecret');
  });

  test('is taken by Slack and stays short, whatever the names are', () => {
    const word = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.string({ unit: fc.constantFrom('&', '<', '>', '`') }),
      fc.constant('<!channel>&'.repeat(500)),
    );
    fc.assert(
      fc.property(word, word, word, (detail, account, description) => {
        const body = slackBody({ ...alert, detail }, { account, endpoint: { description, host: 'crm.example.com' } });
        expect(slackAnswer({ headers: { 'content-type': 'application/json' }, body })).toEqual({
          status: 200,
          body: 'ok',
        });
        expect((JSON.parse(body) as { text: string }).text.length).toBeLessThan(4_000);
      }),
    );
  });

  test('a test send is one that Slack takes too', () => {
    const headers = { 'content-type': 'application/json' };
    expect(slackAnswer({ headers, body: slackTestBody('A test & nothing else') }).status).toBe(200);
  });

  test('is the body of who asked for it, and of nobody else', () => {
    const event = { id: 'e', matches: ['ep_a', 'ep_b'], dataJson: '{}' };
    const request = { events: [event] } as unknown as Parameters<typeof withSlackForm>[0];
    const of = (id: string, payloadFormat: string) => ({ id, payloadFormat }) as unknown as EndpointSettings;
    const both = [of('ep_a', 'standard'), of('ep_b', 'slack'), of('ep_c', 'slack')];
    expect(withSlackForm(request, both, '{"text":"x"}').events[0]?.forms).toEqual([
      { schemaVersion: 'slack', dataJson: '{}', body: '{"text":"x"}', endpoints: ['ep_b'] },
    ]);
    expect(withSlackForm(request, [of('ep_a', 'standard')], '{}').events[0]).toBe(event);
  });
});

describe('the form for Slack', () => {
  test.each([
    [['tubepost.alert.*'], null],
    [['tubepost.alert.opened', 'tubepost.alert.resolved'], null],
    [[], '"slack" for all event types'],
    [['tubepost.alert.*', 'plan.updated'], '"slack" for "plan.updated"'],
    [['tubepost.*'], '"slack" for "tubepost.*"'],
  ])('with event types %j: %s', (eventTypes, fault) => {
    const found = checkPayloadFormat({ payloadFormat: 'slack', eventTypes });
    expect(found).toEqual(fault === null ? null : expect.stringContaining(fault));
    expect(checkPayloadFormat({ eventTypes })).toBeNull();
  });
});
