/** A replay of what an endpoint never had a delivery of (R2), at its Record. */
import { expect, test } from 'vitest';
import type { EndpointSettings } from '../../src/core/endpoint.ts';
import { readDelivery, readEvent, readRecord } from '../../src/shard/views.ts';
import { slackAnswer } from '../support/slack.ts';
import { Bench, endpointOf, FAILURE, SUCCESS, RECORD } from './bench.ts';

const NEW = endpointOf('new');
const BY = { key: 'key_1', reason: 'new here', force: false, job: 'job_1' };

function ask(
  bench: Bench,
  sequence: number,
  by: Partial<typeof BY> = {},
  endpoint: EndpointSettings | undefined = NEW,
) {
  return bench.ledger.replayMissing({ sequence, endpoint: NEW.id }, { ...BY, ...by }, endpoint, bench.at);
}

function view(bench: Bench, sequence: number, replay = 1) {
  return readDelivery(bench.ledger.memory, { sequence, endpoint: NEW.id, replay });
}

/** Published and delivered where somebody wants them. */
function published(...events: NonNullable<Parameters<Bench['publish']>[1]>[]): Bench {
  const bench = new Bench();
  for (const [n, event] of events.entries()) {
    const [run] = bench.publish(`evt_${n + 1}`, event).run;
    if (run !== undefined) bench.settle(run.claim, SUCCESS);
  }
  return bench;
}

/**
 * The request of the one attempt that these effects started, under the settings that the new
 * endpoint has.
 */
function request(bench: Bench, effects: ReturnType<typeof ask>['effects'], endpoint = NEW) {
  const [run] = effects.run;
  if (run === undefined) throw new Error('nothing was started');
  const settings = { ...bench.settings(), endpoints: [endpoint] };
  const { result } = bench.ledger.begin(run.claim, settings, bench.at);
  if (result.kind !== 'request') throw new Error(`begin answered ${result.kind}`);
  return result.request;
}

test('it is sent as a replay that repeats nothing, once for a job, and is still there after a crash', () => {
  const bench = published({}, { matches: [] });
  for (const sequence of [1, 2]) {
    const { result, effects } = ask(bench, sequence);
    expect(result).toMatchObject({ ok: true, value: { replayOf: null, id: expect.stringMatching(/_r1$/) } });
    expect(request(bench, effects)).toMatchObject({
      replay: result.ok ? result.value.id : '',
      eventId: `evt_${sequence}`,
    });
    bench.crash();
    expect(ask(bench, sequence)).toMatchObject({ result: { ok: true, value: { id: result.ok && result.value.id } } });
    bench.nowMs += 60_000;
    const [again] = bench.alarm().run;
    bench.settle(again?.claim, SUCCESS);
  }
  expect(view(bench, 2)).toMatchObject({
    delivery: { status: 'delivered', replayOf: null },
    replay: { isMissing: true, job: 'job_1', by: 'key_1', reason: 'new here' },
  });
  expect(readEvent(bench.ledger.memory, 'evt_2')).toMatchObject({
    deliveryCount: 0,
    deliveries: [{ endpoint: NEW.id }],
  });
  expect(readRecord(bench.ledger.memory)?.endpoints.map(({ endpoint }) => endpoint)).toContain(NEW.id);
});

test('two jobs do not double it, whether the first is under way or has ended', () => {
  const bench = published({});
  const [run] = ask(bench, 1).effects.run;
  expect(ask(bench, 1, { job: 'job_2' }).result).toMatchObject({ error: { reason: 'still-open' } });
  bench.settle(run?.claim, SUCCESS);
  expect(ask(bench, 1, { job: 'job_2' }).result).toMatchObject({ error: { reason: 'not-missing' } });
});

test('what the endpoint does not want, cannot take or must not have is refused with the reason', () => {
  const bench = published({ version: 2, dataJson: '{"n":1}' }, { version: 1 });
  const filter = { field: 'data.n', equals: 2 };
  const reasonOf = (endpoint: EndpointSettings | undefined, sequence = 1) => {
    const { result } = ask(bench, sequence, {}, endpoint);
    return result.ok ? 'sent' : result.error.reason;
  };
  expect(reasonOf(NEW, 9)).toBe('not-found');
  expect(bench.ledger.replayMissing({ sequence: 1, endpoint: NEW.id }, BY, undefined, bench.at).result).toMatchObject({
    error: { reason: 'endpoint-removed' },
  });
  expect(reasonOf({ ...NEW, status: 'disabled' })).toBe('endpoint-disabled');
  expect(reasonOf({ ...NEW, eventTypes: ['other.*'] })).toBe('not-subscribed');
  expect(reasonOf({ ...NEW, filter })).toBe('filtered');
  expect(reasonOf({ ...NEW, filter: { ...filter, equals: 1 } })).toBe('sent');
  bench.settle({ record: RECORD, sequence: 1, endpoint: NEW.id, replay: 1, claim: 1 }, SUCCESS);
  expect(reasonOf(NEW, 2)).toBe('older-version');
  bench.ledger.erasePayload('evt_2', bench.at);
  expect(reasonOf(NEW, 2)).toBe('payload-erased');
});

test('it runs only when nothing live is due in its lane, and is marked where a newer event has gone before it', () => {
  const bench = published({});
  bench.endpoint = NEW;
  const [live] = bench.publish('evt_2').run;
  const { effects } = ask(bench, 1);
  expect(effects.run).toEqual([]);
  const after = bench.settle(live?.claim, FAILURE);
  // The live one waits for its retry: the replay may go meanwhile.
  expect(after.run.map(({ claim: { sequence, replay } }) => [sequence, replay])).toEqual([[1, 1]]);
  expect(view(bench, 1)?.delivery).toMatchObject({ isOutOfOrder: true });
});

test('an endpoint that pins an older form is sent that one', () => {
  const bench = published({
    schemaVersion: '2',
    forms: [{ schemaVersion: '1', dataJson: '{"old":true}', endpoints: [] }],
  });
  const pinning = { ...NEW, schemaVersions: { 'plan.updated': '1' } };
  const { effects } = ask(bench, 1, {}, pinning);
  expect(JSON.parse(request(bench, effects, pinning).body)).toMatchObject({ schemaVersion: '1', data: { old: true } });
});

test('what it overtakes names it, because there is no live delivery of it', () => {
  const latest: EndpointSettings = { ...NEW, ordering: 'latest' };
  const bench = published({ version: 2 });
  const [run] = ask(bench, 1, {}, latest).effects.run;
  bench.settle(run?.claim, SUCCESS);
  bench.endpoint = latest;
  bench.publish('evt_2', { version: 1 });
  expect(view(bench, 2, 0)?.delivery).toMatchObject({
    status: 'superseded',
    supersededBy: expect.stringMatching(/_1_\w+_r1$/),
  });
});

test('an alert to a Slack endpoint that was made later goes out in the form that Slack takes, the same in every attempt', () => {
  const type = 'tubepost.alert.resolved';
  const alert = { dataJson: '{"text":"Tubepost: dead-letters resolved for acme: <none> left","alert":{}}', type };
  const bench = published({ ...alert, matches: [] });
  const slack: EndpointSettings = { ...NEW, eventTypes: ['tubepost.alert.*'], payloadFormat: 'slack' };
  const { effects } = ask(bench, 1, {}, slack);
  const { body } = request(bench, effects, slack);
  expect(slackAnswer({ headers: { 'content-type': 'application/json' }, body })).toEqual({ status: 200, body: 'ok' });
  expect(JSON.parse(body)).toEqual({
    text: ':white_check_mark: Tubepost: dead-letters resolved for acme: &lt;none&gt; left',
  });
  bench.crash();
  expect(view(bench, 1)).toMatchObject({ body });
});

test('a Slack endpoint that missed an alert which another was sent is sent the same bytes', () => {
  const form = { schemaVersion: 'slack', dataJson: '{}', body: '{"text":"as it was told"}', endpoints: [] };
  const bench = published({ type: 'tubepost.alert.opened', forms: [form], matches: [] });
  const slack: EndpointSettings = { ...NEW, eventTypes: ['tubepost.alert.*'], payloadFormat: 'slack' };
  expect(request(bench, ask(bench, 1, {}, slack).effects, slack).body).toBe(form.body);
});
