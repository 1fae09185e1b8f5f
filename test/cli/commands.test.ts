/**
 * K7: each command against a service of canned answers: what it asks, what it prints for people and
 * pipes, what it ends with.
 */
import { describe, expect, it } from 'vitest';
import { cli, delivery, endpoint, NOW_MS, page, problem } from './fake.ts';

const A = '/v1/accounts/acme';
const accepted = {
  id: 'evt_1',
  sequence: 1,
  duplicate: false,
  deliveryCount: 1,
  deliveries: [{ id: 'dlv_1', endpoint: 'ep_crm', status: 'delivering' }],
};
const endpoints = { [`GET ${A}/endpoints`]: page(endpoint('ep_crm', 'CRM')) };
const record = (status: string, more: object = {}) => ({
  record: 'ticket/1',
  account: 'acme',
  sequence: 1,
  status,
  late: false,
  note: 'CRM answered 500, retry in 7 s',
  endpoints: [{ endpoint: 'ep_crm', delivery: delivery({ status }), waiting: 1 }],
  ...more,
});

describe('where it asks', () => {
  it('asks the local service with its published key, unless told otherwise', async () => {
    const { run, sent } = cli({ 'GET /v1/accounts': page() });
    expect(await run('accounts')).toBe(0);
    expect(sent[0]?.route).toBe('GET /v1/accounts');
  });

  it.each([
    [['--url', 'https://at.example', 'accounts'], /which key\? Give --key/],
    [['--url', 'http://at.example', '--key', 'k', 'accounts'], /must be https for another machine/],
    [['--url', 'at.example', 'accounts'], /--url must be like/],
  ])('refuses %j before it sends anything', async (argv, message) => {
    const { run, sent, err } = cli({});
    expect(await run(...argv)).toBe(2);
    expect(err()).toMatch(message);
    expect(sent).toEqual([]);
  });

  it('asks which account where none is named', async () => {
    const { run, err } = cli({}, { env: {} });
    expect(await run('status', 'ticket/1')).toBe(2);
    expect(err()).toBe('tubepost: which account? Give --account <id>, or set TUBEPOST_ACCOUNT\n');
  });
});

describe('what it ends with', () => {
  it('is 3 where the service refuses, with the field, the rule and the value once', async () => {
    const fault = { field: 'record', message: 'must have 1 to 256 bytes; got ""' };
    const refusal = problem(400, 'invalid-request', 'record must have 1 to 256 bytes; got ""', [fault]);
    const { run, err } = cli({ [`POST ${A}/events`]: refusal });
    expect(await run('publish', 'ticket.created', '-r', '')).toBe(3);
    expect(err()).toBe('tubepost: record must have 1 to 256 bytes; got "" (400 invalid-request)\n');
  });

  it('is 4 where nothing answers, and where the service fails', async () => {
    const down = new TypeError('fetch failed', { cause: new Error('connect ECONNREFUSED') });
    const { run, err, sent } = cli({ 'GET /v1/accounts': down, 'GET /v1/keys': problem(503, 'unavailable', 'later') });
    expect(await run('accounts')).toBe(4);
    expect(err()).toBe('tubepost: the service did not answer: connect ECONNREFUSED\n');
    expect(sent).toHaveLength(3);
    expect(await run('keys')).toBe(4);
  });

  it('is 2 for a command or an option that is not there, and names the nearest', async () => {
    const { run, err } = cli({});
    expect(await run('staus', 'ticket/1')).toBe(2);
    expect(await run('status', 'ticket/1', '--wat')).toBe(2);
    expect(err()).toMatch(/Did you mean status\?[\s\S]*Did you mean --wait\?/);
  });

  it('is 0 for help, which names every command and every exit code', async () => {
    const { run, out } = cli({});
    expect(await run('--help')).toBe(0);
    for (const name of [
      'listen',
      'publish',
      'tail',
      'status',
      'explain',
      'replay',
      'dead',
      'test',
      'endpoints',
      'keys',
      'reseal',
    ]) {
      expect(out()).toContain(`  ${name}`);
    }
    expect(out()).toContain('Exit codes: 0 fine');
  });

  it('says a failure as JSON on standard error where JSON is asked for', async () => {
    const { run, out, err } = cli({ 'GET /v1/keys': problem(403, 'forbidden', 'needs manage') });
    expect(await run('keys', '--json')).toBe(3);
    expect(out()).toBe('');
    expect(JSON.parse(err())).toEqual({ error: 'needs manage (403 forbidden)', exit: 3 });
  });
});

describe('publish', () => {
  it('keeps every digit of the data', async () => {
    let body = '';
    const { run } = cli(endpoints, {
      fetch: async (_, init) => {
        if (init.method === 'POST') body = String(init.body);
        return Response.json(init.method === 'POST' ? { ...accepted, deliveryCount: 0, deliveries: [] } : page());
      },
    });
    expect(await run('publish', 'ticket.created', '-d', '{"id":9007199254740993,"price":1.0}')).toBe(0);
    expect(body).toBe('{"type":"ticket.created","data":{"id":9007199254740993,"price":1.0}}');
  });

  it('names what it made, and where it goes', async () => {
    const { run, out, sent } = cli({ ...endpoints, [`POST ${A}/events`]: accepted });
    expect(await run('publish', 'ticket.created', '-r', 'ticket/1', '--version', '3', '--id', 'mine')).toBe(0);
    expect(sent[0]?.body).toEqual({ type: 'ticket.created', data: {}, record: 'ticket/1', version: 3, id: 'mine' });
    expect(out()).toBe('Accepted: evt_1, number 1 of ticket/1\n  delivering  CRM  dlv_1\n');
  });

  it('waits until it has ended, and ends with 1 where it is dead', async () => {
    const statuses = [record('delivering'), record('retrying'), record('dead')];
    const { run, sent } = cli({ ...endpoints, [`POST ${A}/events`]: accepted, [`GET ${A}/record`]: statuses });
    expect(await run('publish', 'ticket.created', '-r', 'ticket/1', '--wait', '30s')).toBe(1);
    expect(sent.filter(({ route }) => route === `GET ${A}/record`)).toHaveLength(3);
  });

  it('publishes a file in batches of 100, and names the lines that were refused', async () => {
    const lines = Array.from({ length: 101 }, (_, at) => JSON.stringify({ type: 'a.b', id: `e${at}`, data: {} }));
    const good = { status: 202, ...accepted };
    const bad = { type: 't', title: 't', status: 400, code: 'invalid-request', detail: 'type is wrong', errors: [] };
    const { run, out, sent } = cli(
      { [`POST ${A}/events/batch`]: [{ results: Array(100).fill(good) }, { results: [bad] }] },
      { files: { 'events.ndjson': `${lines.join('\n')}\n` } },
    );
    expect(await run('publish', '--file', 'events.ndjson')).toBe(1);
    expect(sent.map(({ body }) => (body as { events: unknown[] }).events.length)).toEqual([100, 1]);
    expect(out()).toBe('line 101: type is wrong (invalid-request)\n100 events accepted, 1 refused\n');
  });

  it('names the line that is no JSON, and sends nothing', async () => {
    const { run, err, sent } = cli({}, { files: { f: '{"type":"a"}\n{' } });
    expect(await run('publish', '--file', 'f')).toBe(2);
    expect(err()).toMatch(/^tubepost: line 2 of f must be JSON/);
    expect(sent).toEqual([]);
  });
});

describe('status', () => {
  it('shows the sentence and each endpoint', async () => {
    const { run, out } = cli({ ...endpoints, [`GET ${A}/record`]: record('retrying') });
    expect(await run('status', 'ticket/1')).toBe(0);
    expect(out()).toContain('retrying: CRM answered 500, retry in 7 s\n');
    expect(out()).toMatch(/ {2}CRM +retrying +1 attempt/);
  });

  it('ends with 1 where the time is over and it has not arrived', async () => {
    const { run } = cli({ ...endpoints, [`GET ${A}/record`]: record('retrying') });
    expect(await run('status', 'ticket/1', '--wait', '2s')).toBe(1);
  });

  it('prints the record as the API has it', async () => {
    const { run, out, err } = cli({ [`GET ${A}/record`]: record('dead') });
    expect(await run('status', 'ticket/1', '--json')).toBe(1);
    expect(JSON.parse(out())).toEqual(record('dead'));
    expect(err()).toBe('');
  });

  it('lets no text of strangers steer the terminal', async () => {
    const evil = record('dead', { note: 'CRM said \u001b]0;owned\u0007 and \u009b31m red' });
    const { run, out } = cli({ ...endpoints, [`GET ${A}/record`]: evil });
    await run('status', 'ticket/1');
    await run('status', 'ticket/1', '--json');
    expect(out().replaceAll('\n', '')).not.toMatch(/\p{Cc}/u);
  });
});

describe('dead', () => {
  const summary = {
    data: [
      {
        account: 'acme',
        endpoint: 'ep_crm',
        count: 2,
        oldestAt: '2026-11-30T20:00:00.000Z',
        newestAt: '2026-11-30T21:00:00.000Z',
      },
    ],
    total: 2,
    isComplete: true,
  };
  it('counts by endpoint, lists the newest, and ends with 1', async () => {
    const letter = delivery({ status: 'dead', note: 'Not delivered: CRM answered 401, which is not retried' });
    const { run, out, sent } = cli({
      ...endpoints,
      [`GET ${A}/dead-letters/summary`]: summary,
      [`GET ${A}/dead-letters`]: page(letter, letter),
    });
    expect(await run('dead', '-n', '1', '--code', '401', '--from', '2h')).toBe(1);
    expect(sent[0]?.query).toEqual({ statusCode: '401', from: '2026-11-30T20:00:00.000Z' });
    expect(out()).toContain('2 dead letters\n');
    expect(out().match(/CRM answered 401/g)).toHaveLength(1);
  });

  it('ends with 0 where there are none, over all accounts where none is named', async () => {
    const none = { data: [], total: 0, isComplete: true };
    const { run, sent } = cli({ 'GET /v1/dead-letters/summary': none, 'GET /v1/dead-letters': page() }, { env: {} });
    expect(await run('dead')).toBe(0);
    expect(sent.map(({ route }) => route)).toEqual(['GET /v1/dead-letters/summary', 'GET /v1/dead-letters']);
  });
});

describe('replay', () => {
  const counted = {
    count: 3,
    records: 2,
    byStatus: { dead: 3 },
    byEventType: { 'ticket.created': 3 },
    oldestAt: null,
    newestAt: null,
    from: '2026-11-30T20:00:00.000Z',
    to: '2026-11-30T22:00:00.000Z',
    note: '',
  };
  const job = (status: string, delivered: number, failed = 0) => ({
    id: 'job_1',
    status,
    progress: { total: 3, delivered, done: delivered + failed, failed, skipped: 0, waiting: 0 },
    note: '',
    skippedBy: {},
    skips: [],
    waitingFor: {},
    failures: [],
    history: [],
  });

  it('counts, and sends nothing in a dry run', async () => {
    const { run, out, sent } = cli({ [`POST ${A}/replays`]: counted });
    expect(await run('replay', '-e', 'ep_crm', '--dry-run', '--from', '2h', '--status', 'dead,cancelled')).toBe(0);
    expect(sent.map(({ body }) => body)).toEqual([
      { endpoint: 'ep_crm', statuses: ['dead', 'cancelled'], from: '2026-11-30T20:00:00.000Z', dryRun: true },
    ]);
    expect(out()).toContain('3 deliveries of 2 records');
  });

  it('sends the range that it counted, and no more that has come since', async () => {
    const { run, sent, err, out } = cli({
      [`POST ${A}/replays`]: [counted, job('running', 0)],
      [`GET ${A}/replays/job_1`]: [job('running', 1), job('running', 2), job('finished', 3)],
    });
    expect(await run('replay', '-e', 'ep_crm', '--yes')).toBe(0);
    expect(sent[1]?.body).toEqual({ endpoint: 'ep_crm', from: counted.from, to: counted.to });
    expect(sent[1]?.key).not.toBe(sent[0]?.key);
    expect(err()).toContain('[########----------------]  33% 1/3\n');
    expect(out()).toContain('job_1 is finished: 3 delivered, 0 failed, 0 skipped.\n');
  });

  it('ends with 1 where some did not arrive', async () => {
    const { run } = cli({
      [`POST ${A}/replays`]: [counted, job('running', 0)],
      [`GET ${A}/replays/job_1`]: job('finished', 2, 1),
    });
    expect(await run('replay', '-e', 'ep_crm', '--yes')).toBe(1);
  });

  it('asks a person, and a script for --yes', async () => {
    const script = cli({ [`POST ${A}/replays`]: counted });
    expect(await script.run('replay', '-e', 'ep_crm')).toBe(2);
    expect(script.err()).toContain('say --yes, or --dry-run');
    const person = cli(
      { [`POST ${A}/replays`]: counted },
      { isTerminal: { in: true, out: false, err: false }, typed: 'n' },
    );
    expect(await person.run('replay', '-e', 'ep_crm')).toBe(0);
    expect(person.out()).toContain('Nothing was sent.');
    for (const { sent } of [script, person]) expect(sent).toHaveLength(1);
  });

  it('leads a job that runs', async () => {
    const { run, sent, out } = cli({ [`POST ${A}/replays/job_1/cancel`]: job('cancelled', 1) });
    expect(await run('replay', 'job_1', '--cancel', '--reason', 'wrong range')).toBe(0);
    expect(sent[0]?.body).toEqual({ reason: 'wrong range' });
    expect(out()).toContain('job_1 is cancelled');
  });

  it('sends one delivery again', async () => {
    const { run, out } = cli({
      [`POST ${A}/deliveries/dlv_1/replay`]: delivery({ id: 'dlv_2', note: 'Waiting to be sent to CRM' }),
    });
    expect(await run('replay', 'dlv_1')).toBe(0);
    expect(out()).toBe('dlv_2 replays dlv_1: Waiting to be sent to CRM\n');
  });
});

describe('tail', () => {
  const attempt = (id: string, at: string, more: object = {}) => ({
    id,
    delivery: 'dlv_1',
    endpoint: 'ep_crm',
    event: 'evt_1',
    number: 1,
    trigger: 'first',
    at,
    latencyMs: 12,
    statusCode: 200,
    error: null,
    request: null,
    responseHeaders: null,
    responseBody: null,
    willRetry: false,
    nextAttemptAt: null,
    ...more,
  });

  it('shows each attempt once, in order, also one that the log hears of late', async () => {
    const [one, two, late] = [
      attempt('att_1', '2026-11-30T22:00:01.000Z'),
      attempt('att_2', '2026-11-30T22:00:02.000Z'),
      attempt('att_3', '2026-11-30T22:00:01.500Z'),
    ];
    const { run, out } = cli({
      ...endpoints,
      [`GET ${A}/attempts`]: [page(one), page(two, one), page(two, late, one)],
    });
    expect(await run('tail', '-n', '3', '--json')).toBe(0);
    expect(
      out()
        .trim()
        .split('\n')
        .map((line) => (JSON.parse(line) as { id: string }).id),
    ).toEqual(['att_1', 'att_2', 'att_3']);
  });

  /** A log of so many attempts, one each 10 ms, the newest at the time that the test begins at. */
  function pagesOf(count: number) {
    const at = (age: number) => new Date(NOW_MS - age * 10).toISOString();
    const all = Array.from({ length: count }, (_, age) => attempt(`att_${count - age}`, at(age)));
    return (query: Record<string, string>) => {
      const from = Number(query['cursor'] ?? 0);
      const data = all.slice(from, from + 200).filter(({ at: when }) => when >= (query['from'] ?? ''));
      return { data, next: data.length === 200 && from + 200 < count ? String(from + 200) : null };
    };
  }

  it('follows thousands of attempts without losing one', async () => {
    const log = pagesOf(9_000);
    const { run, out, err } = cli({ ...endpoints, [`GET ${A}/attempts`]: log });
    expect(await run('tail', '--no-follow', '--since', '10m', '--json')).toBe(0);
    expect(out().trim().split('\n')).toHaveLength(9_000);
    expect(err()).toBe('');
  });

  it('says what it left out where there are too many to follow, and ends with 1', async () => {
    const log = pagesOf(20_400);
    const { run, out, err } = cli({ ...endpoints, [`GET ${A}/attempts`]: log });
    expect(await run('tail', '--no-follow', '--since', '10m', '--json')).toBe(1);
    expect(out().trim().split('\n')).toHaveLength(20_000);
    const [, from = '', to = ''] = /format=ndjson&from=(\S+)&to=(\S+)/.exec(err()) ?? [];
    expect([from, to]).toEqual(['2026-11-30T21:50:00.000Z', new Date(NOW_MS - 200_000).toISOString()]);
  });

  it('reads no further than what it knows, but each quarter of a minute', async () => {
    const old = pagesOf(3_000);
    const { run, sent } = cli({ ...endpoints, [`GET ${A}/attempts`]: old }, { signal: AbortSignal.abort() });
    expect(await run('tail')).toBe(130);
    expect(sent.filter(({ route }) => route.endsWith('/attempts'))).toEqual([]);
    const looks: number[] = [];
    const following = new AbortController();
    const service = cli(
      { ...endpoints, [`GET ${A}/attempts`]: old },
      {
        signal: following.signal,
        nowMs: () => NOW_MS + looks.length * 5_000,
        sleep: async () => {
          looks.push(service.sent.filter(({ route }) => route.endsWith('/attempts')).length);
          if (looks.length === 4) following.abort();
        },
      },
    );
    expect(await service.run('tail', '--since', '10m')).toBe(130);
    expect(looks).toEqual([15, 17, 19, 34]);
  });

  it('says when it is tried again', async () => {
    const failed = attempt('att_1', '2026-11-30T21:59:59.000Z', {
      statusCode: 503,
      error: { kind: 'http-5xx', message: 'm' },
      willRetry: true,
      nextAttemptAt: '2026-11-30T22:00:09.000Z',
    });
    const { run, out } = cli({ ...endpoints, [`GET ${A}/attempts`]: page(failed) });
    expect(await run('tail', '--no-follow', '--since', '1m')).toBe(0);
    expect(out()).toBe('21:59:59.000  503         12 ms  CRM  evt_1, again at 22:00:09.000\n');
  });
});

describe('reseal', () => {
  it('calls until nothing is left, and names what does not open', async () => {
    const answer = (secrets: number, remaining: number, unreadable: string[] = []) => ({
      account: 'acme',
      key: 'master-2',
      resealed: { endpoints: secrets, secrets, headers: 0 },
      remaining,
      unreadable: { count: unreadable.length, endpoints: unreadable },
    });
    const { run, out } = cli({ [`POST ${A}/reseal`]: [answer(200, 5), answer(5, 0, ['ep_lost'])] });
    expect(await run('reseal')).toBe(1);
    expect(out()).toContain(
      '1 account: 205 secrets and 0 headers of 205 endpoints sealed again.\n  acme/ep_lost does not open',
    );
  });
});

describe('test', () => {
  it('ends with 1 where the endpoint does not take it, and shows what it said', async () => {
    const { run, out } = cli({
      [`POST ${A}/endpoints/ep_crm/test`]: {
        statusCode: 401,
        latencyMs: 30,
        error: { kind: 'http-4xx', message: 'It answered 401.' },
        responseBody: 'bad signature',
      },
    });
    expect(await run('test', 'ep_crm')).toBe(1);
    expect(out()).toBe('401 in 30 ms: It answered 401.\nIt said: bad signature\n');
  });
});

describe('completion', () => {
  it('completes commands, their commands and their options', async () => {
    const { run } = cli({});
    const lines: string[] = [];
    const log = console.log;
    console.log = (line: string) => void lines.push(line);
    try {
      await run('complete', '--', 'endpoints', '');
      await run('complete', '--', 'replay', '--dr');
    } finally {
      console.log = log;
    }
    expect(lines.join('\n')).toMatch(/pause\t[\s\S]*--dry-run\t/);
  });
});
