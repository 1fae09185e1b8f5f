import { describe, expect, it } from 'vitest';
import type { RecordStatus, Watched } from '../../src/client/watch.ts';
import { say, sentenceOf, TEXTS } from '../../src/element/sentence.ts';

const NOW_MS = Date.parse('2026-12-01T12:00:00.000Z');

function endpoint(name: string, status: string, more: object = {}): RecordStatus['endpoints'][number] {
  const delivery = { status, note: '', late: false, nextAttemptAt: null, ...more };
  return { endpoint: 'ep', name, waiting: 0, delivery } as unknown as RecordStatus['endpoints'][number];
}

function watched(status: string | null, endpoints: RecordStatus['endpoints'], late = false): Watched {
  const record = { status, late, endpoints } as unknown as RecordStatus;
  return { state: 'live', status: record, hasStatus: true, offsetMs: 0, reason: null };
}

const in47 = { nextAttemptAt: '2026-12-01T12:00:46.100Z' };

describe('beside "Saved" stands', () => {
  it.each([
    ['queued', watched('queued', [endpoint('CRM', 'queued')]), 'Saved · waiting to be sent to CRM'],
    ['queued', watched('delivering', [endpoint('CRM', 'delivering')]), 'Saved · being sent to CRM'],
    ['sent', watched('delivered', [endpoint('CRM', 'delivered')]), 'Saved · sent'],
    ['retrying', watched('retrying', [endpoint('CRM', 'retrying', in47)]), 'Saved · CRM is retrying, next try in 47 s'],
    ['retrying', watched('retrying', [endpoint('CRM', 'retrying')]), 'Saved · CRM is retrying'],
    ['failed', watched('dead', [endpoint('A', 'delivered'), endpoint('CRM', 'dead')]), 'Saved · CRM did not get it'],
    ['held', watched('held', [endpoint('CRM', 'held')], true), 'Saved · CRM is paused · late'],
    ['nowhere', watched(null, []), 'Saved · nobody is to get it'],
  ])('%s', (state, given, text) => {
    expect(say(given, TEXTS, NOW_MS)).toMatchObject({ state, text });
  });

  it('the endpoint that is late, of several that are as bad', () => {
    const both = [endpoint('A', 'retrying'), endpoint('B', 'retrying', { late: true })];
    expect(say(watched('retrying', both, true), TEXTS, NOW_MS).text).toBe('Saved · B is retrying · late');
  });

  it('the same each second for those who listen, and the words of the page', () => {
    const given = watched('retrying', [endpoint('CRM', 'retrying', in47)]);
    const quiet = [0, 1_000, 2_000].map((ms) => say(given, TEXTS, NOW_MS + ms).quiet);
    expect(new Set(quiet)).toEqual(new Set(['Saved · CRM is retrying']));
    const texts = { ...TEXTS, saved: 'Gespeichert', retrying: '{name} versucht es erneut', nextTry: ', in {time}' };
    expect(say(given, texts, NOW_MS).text).toBe('Gespeichert · CRM versucht es erneut, in 47 s');
  });
});

describe('the sentence of an endpoint', () => {
  it('counts on, and is left alone where nothing is counted', () => {
    const counted = endpoint('CRM', 'retrying', { ...in47, note: 'CRM timed out, retry in 60 s' });
    expect(sentenceOf(counted, NOW_MS)).toBe('CRM timed out, retry in 47 s');
    const done = endpoint('CRM', 'delivered', { note: 'Delivered to CRM in 2 s' });
    expect(sentenceOf(done, NOW_MS)).toBe('Delivered to CRM in 2 s');
  });
});
