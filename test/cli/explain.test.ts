/** K7: the story of a delivery in sentences, as someone of support reads it. */
import { describe, expect, it } from 'vitest';
import { cli, delivery, endpoint, page } from './fake.ts';

const A = '/v1/accounts/acme';
const attempt = (number: number, at: string, more: object) => ({
  id: `att_${number}`,
  delivery: 'dlv_1',
  endpoint: 'ep_crm',
  event: 'evt_1',
  number,
  trigger: number === 1 ? 'first' : 'retry',
  at,
  latencyMs: 12,
  statusCode: 200,
  error: null,
  request: { url: 'https://crm.example.com/hook', headers: { 'webhook-id': 'evt_1', 'x-api-key': '(hidden)' } },
  responseHeaders: null,
  responseBody: null,
  willRetry: false,
  nextAttemptAt: null,
  ...more,
});
const timeout = {
  statusCode: null,
  latencyMs: 15_000,
  error: { kind: 'timeout', message: 'No answer within 15 s' },
  willRetry: true,
};
const refused = {
  statusCode: 401,
  error: { kind: 'http-4xx', message: 'It answered 401.' },
  responseBody: 'bad\nsignature',
};

async function told(given: object, ...options: string[]): Promise<{ code: number; lines: string[] }> {
  const { run, out } = cli({
    [`GET ${A}/endpoints`]: page(endpoint('ep_crm', 'CRM')),
    [`GET ${A}/deliveries/dlv_1`]: delivery(given),
  });
  const code = await run('explain', 'dlv_1', ...options);
  return {
    code,
    lines: out()
      .trimEnd()
      .split('\n')
      .slice(1)
      .map((line) => line.trim()),
  };
}

describe('explain', () => {
  it('shows the URL and the headers of each attempt to who asks for them, and says where they are not known', async () => {
    const log = [
      attempt(1, '2026-11-30T21:59:00.100Z', { ...timeout, request: null }),
      attempt(2, '2026-11-30T21:59:25.000Z', {}),
    ];
    const { lines } = await told({ attempts: 2, attemptLog: log }, '--headers');
    expect(lines.filter((line) => !line.startsWith('Attempt')).slice(0, 4)).toEqual([
      '(what was sent is not known)',
      'POST https://crm.example.com/hook',
      'webhook-id: evt_1',
      'x-api-key: (hidden)',
    ]);
  });

  it('tells attempts in their order, and when it arrived', async () => {
    const log = [attempt(1, '2026-11-30T21:59:00.100Z', timeout), attempt(2, '2026-11-30T21:59:25.000Z', {})];
    expect(await told({ attempts: 2, attemptLog: log, endedAt: '2026-11-30T21:59:25.012Z' })).toEqual({
      code: 0,
      lines: [
        'Attempt 1 at 2026-11-30 21:59:00.100Z: failed after 15 s (timeout): No answer within 15 s.',
        'Attempt 2 at 2026-11-30 21:59:25.000Z, 25 s later: CRM answered 200 in 12 ms.',
        'So CRM has it, 25 s after it was accepted.',
      ],
    });
  });

  it('says what to do about a dead letter, by its cause, and ends with 1', async () => {
    const log = [attempt(1, '2026-11-30T21:59:00.100Z', refused)];
    const lastAttempt = { at: 'x', statusCode: 401, error: refused.error, latencyMs: 12 };
    const note = 'Not delivered: CRM answered 401, which is not retried';
    const { code, lines } = await told({ status: 'dead', attemptLog: log, lastAttempt, note });
    expect(code).toBe(1);
    expect(lines).toEqual([
      'Attempt 1 at 2026-11-30 21:59:00.100Z: CRM answered 401 in 12 ms and said "bad signature".',
      'Now it is dead: Not delivered: CRM answered 401, which is not retried.',
      expect.stringMatching(/^To do: CRM refuses us\. Compare its secret/),
      'Then send it again with: tubepost replay dlv_1',
    ]);
  });

  it.each([
    [
      { status: 'held', note: 'Paused; it will be sent when CRM is resumed' },
      'To do: resume the endpoint with: tubepost endpoints resume ep_crm',
    ],
    [
      { status: 'queued', note: 'Waiting behind an earlier event', blockedBy: 'dlv_0' },
      'The event before it in its record goes first: dlv_0.',
    ],
    [{ status: 'superseded', note: 'Not sent', supersededBy: 'dlv_2' }, 'What took its place is dlv_2.'],
    [{ status: 'retrying', note: 'Retry', nextAttemptAt: '2026-11-30T22:00:47.000Z' }, 'It is tried next in 47 s.'],
    [
      { status: 'dead', note: 'Not delivered', replayedBy: 'dlv_9', replayResolved: true },
      'It was sent again by dlv_9 and arrived.',
    ],
    [
      { status: 'dead', note: 'Not delivered', payloadExpiredAt: '2026-11-30T21:00:00.000Z' },
      'Its payload went with its retention at 2026-11-30 21:00:00.000Z.',
    ],
  ])('says of %j what it waits for', async (given, sentence) => {
    expect((await told(given)).lines).toContain(sentence);
  });

  it('does not call a dead letter trouble that a replay has brought', async () => {
    const { code, lines } = await told({ status: 'dead', replayedBy: 'dlv_9', replayResolved: true });
    expect(code).toBe(0);
    expect(lines.filter((line) => /^To do|send it again/.test(line))).toEqual([]);
  });

  it('asks for another replay where the first did not arrive either', async () => {
    const { code, lines } = await told({ status: 'dead', replayedBy: 'dlv_9', replayResolved: false });
    expect(code).toBe(1);
    expect(lines.at(-1)).toBe('Then send it again with: tubepost replay dlv_1');
  });

  it('tells of an event with no delivery why, and how an endpoint still gets it', async () => {
    const event = {
      ...delivery({ id: 'evt_1' }),
      type: 'ticket.created',
      occurredAt: null,
      deliveryCount: 0,
      deliveries: [],
    };
    const { run, out } = cli({ [`GET ${A}/events/evt_1`]: event });
    expect(await run('explain', 'evt_1')).toBe(0);
    expect(out()).toMatch(/No endpoint wanted it[\s\S]*tubepost replay --missing/);
  });

  it('tells of a wide event those first that need someone', async () => {
    const many = Array.from({ length: 12 }, (_, at) =>
      delivery({ id: `dlv_${at}`, status: at === 11 ? 'dead' : 'delivered' }),
    );
    const event = { ...delivery({ id: 'evt_1' }), type: 'a.b', occurredAt: null, deliveryCount: 12, deliveries: many };
    const { run, out, sent } = cli({
      [`GET ${A}/events/evt_1`]: event,
      [`GET ${A}/endpoints`]: page(endpoint('ep_crm', 'CRM')),
      ...Object.fromEntries(many.map((one, at) => [`GET ${A}/deliveries/dlv_${at}`, one])),
    });
    expect(await run('explain', 'evt_1')).toBe(1);
    expect(sent[1]?.route).toBe(`GET ${A}/deliveries/dlv_11`);
    expect(out()).toContain('… and 2 more');
  });
});
