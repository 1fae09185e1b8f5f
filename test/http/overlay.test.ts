import { describe, expect, test } from 'vitest';
import type { DeliveryStatus } from '../../src/core/delivery.ts';
import type { EndpointSettings } from '../../src/core/endpoint.ts';
import type { DeliveryView } from '../../src/core/view.ts';
import { overlay, presentOf } from '../../src/http/overlay.ts';
import { anAccount, anEndpoint } from '../support/settings.ts';

const ACCEPTED_MS = 1_000_000;
const NOW_MS = ACCEPTED_MS + 1_000;

function view(given: Partial<DeliveryView>): DeliveryView {
  return {
    id: 'dlv_1',
    account: 'acc',
    endpoint: 'ep_1',
    event: 'evt_1',
    eventType: 'a.b',
    record: 'r',
    sequence: 1,
    version: null,
    status: 'queued',
    attempts: 0,
    last: null,
    nextAttemptAtMs: null,
    blockedBy: null,
    supersededBy: null,
    replayOf: null,
    replayedBy: null,
    reason: null,
    acceptedAtMs: ACCEPTED_MS,
    endedAtMs: null,
    ...given,
  };
}

function endpoint(given: Partial<EndpointSettings>): EndpointSettings {
  return anEndpoint({ id: 'ep_1', url: 'https://crm.example:8443/hook', ...given });
}

function shown(given: Partial<DeliveryView>, endpoints: EndpointSettings[], nowMs = NOW_MS) {
  return overlay(view(given), presentOf(anAccount({ endpoints }), nowMs));
}

const before = { atMs: ACCEPTED_MS + 500, reason: 'endpoint-disabled: 410' };
const after = { atMs: ACCEPTED_MS - 1, reason: 'endpoint-disabled' };
const ENDPOINTS: Record<string, EndpointSettings[]> = {
  enabled: [endpoint({})],
  paused: [endpoint({ status: 'paused' })],
  disabled: [endpoint({ status: 'disabled', statusReason: '410', cutoff: before })],
  removed: [],
  'enabled again': [endpoint({ cutoff: before })],
  'enabled again, before the event': [endpoint({ cutoff: after })],
  'paused after a cutoff': [endpoint({ status: 'paused', cutoff: before })],
};

type Row = [status: DeliveryStatus, attempts: number, now: string, shown: DeliveryStatus, reason: string | null];

describe('E5: what a read shows of a delivery', () => {
  test.each<Row>([
    ['queued', 0, 'enabled', 'queued', null],
    ['queued', 0, 'paused', 'held', null],
    ['retrying', 2, 'paused', 'held', null],
    ['held', 0, 'paused', 'held', null],
    ['held', 0, 'enabled', 'queued', null],
    ['held', 2, 'enabled', 'retrying', null],
    ['queued', 0, 'disabled', 'cancelled', 'endpoint-disabled: 410'],
    ['retrying', 1, 'disabled', 'cancelled', 'endpoint-disabled: 410'],
    ['held', 0, 'disabled', 'cancelled', 'endpoint-disabled: 410'],
    ['queued', 0, 'removed', 'cancelled', 'endpoint-removed'],
    ['held', 0, 'removed', 'cancelled', 'endpoint-removed'],
    ['queued', 0, 'enabled again', 'cancelled', 'endpoint-disabled: 410'],
    ['queued', 0, 'paused after a cutoff', 'cancelled', 'endpoint-disabled: 410'],
    ['queued', 0, 'enabled again, before the event', 'queued', null],
    // Under way: it may still arrive.
    ['delivering', 0, 'paused', 'delivering', null],
    ['delivering', 0, 'removed', 'delivering', null],
    // What has ended stays as it ended.
    ['delivered', 1, 'removed', 'delivered', null],
    ['dead', 1, 'disabled', 'dead', null],
    ['superseded', 0, 'removed', 'superseded', null],
    ['cancelled', 0, 'paused', 'cancelled', null],
  ])('%s after %i attempts, endpoint %s: %s, reason %s', (status, attempts, now, expected, reason) => {
    expect(shown({ status, attempts }, ENDPOINTS[now] ?? [])).toMatchObject({ status: expected, reason });
  });

  test('the millisecond of the cutoff is still before it', () => {
    const at = { atMs: ACCEPTED_MS, reason: 'x' };
    expect(shown({}, [endpoint({ cutoff: at })]).status).toBe('cancelled');
    expect(shown({}, [endpoint({ cutoff: { ...at, atMs: ACCEPTED_MS - 1 } })]).status).toBe('queued');
  });

  test('a replay asked for after a cutoff is not cut off by the age of its event', () => {
    const id = `dlv_k${'a'.repeat(32)}000_1_${'0'.repeat(26)}_r1`;
    expect(shown({ id, replayOf: 'dlv_0' }, [endpoint({ cutoff: before })]).status).toBe('queued');
    expect(shown({ id }, [endpoint({ cutoff: before })]).status).toBe('queued');
  });

  test('what is held or cancelled has no next attempt and nobody ahead of it', () => {
    const waits = { status: 'retrying', nextAttemptAtMs: NOW_MS + 1, attempts: 1 } as const;
    expect(shown(waits, [endpoint({ status: 'paused' })]).nextAttemptAtMs).toBeNull();
    expect(shown({ ...waits, blockedBy: 'dlv_0' }, [])).toMatchObject({ nextAttemptAtMs: null, blockedBy: null });
  });

  test('late and the note are those of the new status', () => {
    const old = NOW_MS + 3_600_000;
    expect(shown({}, [endpoint({})], old).late).toBe(true);
    expect(shown({}, [], old)).toMatchObject({
      late: false,
      note: expect.stringContaining('the endpoint was removed'),
    });
    expect(shown({}, [endpoint({ status: 'paused', description: 'CRM' })]).note).toContain('CRM is resumed');
    expect(shown({}, [endpoint({})]).note).toContain('crm.example:8443');
  });
});

describe('what the log answers does not know of Gates, but the settings do', () => {
  const watched = [endpoint({ description: 'CRM', isWatched: true })];
  const sentence = (given: Partial<DeliveryView>, endpoints = watched) => shown(given, endpoints).note;

  test('an overdue delivery to an endpoint that is failing says what it waits for', () => {
    const turn = 'aiting for its turn: CRM is failing, or catching up';
    expect(sentence({})).toBe(`W${turn}`);
    expect(sentence({ status: 'retrying', attempts: 1, nextAttemptAtMs: NOW_MS })).toContain(`, w${turn}`);
    expect(sentence({ status: 'held' })).toContain(turn);
  });

  test('one with a retry to come, one behind another, and what a Record answered say what is their own', () => {
    for (const own of [
      { status: 'retrying', attempts: 1, nextAttemptAtMs: NOW_MS + 60_000 },
      { blockedBy: 'dlv_0' },
      { parked: null },
      { parked: 'circuit' },
    ] as const) {
      expect(sentence(own)).not.toContain('failing, or catching up');
    }
    expect(sentence({}, [endpoint({ description: 'CRM' })])).not.toContain('failing');
  });
});
