import { describe, expect, it } from 'vitest';
import {
  STREAMS_PER_ACCOUNT_MAX,
  VIEWED_RECORDS_MAX,
  VIEWERS_PER_ACCOUNT_MAX,
  VIEWERS_PER_KEY_MAX,
  VIEWERS_PER_RECORD_MAX,
} from '../../../src/core/limits.ts';
import type { ViewerFacts } from '../../../src/core/live.ts';
import { StreamViewer } from '../../../src/http/live/stream.ts';
import type { Viewer } from '../../../src/http/live/viewer.ts';
import { Viewers } from '../../../src/http/live/viewers.ts';

function facts(records: string[], key: string | null = null): ViewerFacts {
  return { records, key, endsAtMs: 1, endReason: 'renew', accountCreatedAtMs: 1, isRecordToken: false };
}

function viewer(records: string[], key: string | null = null): Viewer {
  return { facts: facts(records, key), lookAtMs: null, show: () => true, close: () => undefined };
}

/** Records are their own ids here. */
function filled(count: number, of: (index: number) => Viewer): Viewers {
  const viewers = new Viewers();
  for (let index = 0; index < count; index += 1) {
    const one = of(index);
    viewers.add(one, one.facts.records);
  }
  return viewers;
}

describe('viewers', () => {
  it('are refused over the bound of a record, and let in once one has left', () => {
    const first = viewer(['a']);
    const viewers = filled(VIEWERS_PER_RECORD_MAX, (index) => (index === 0 ? first : viewer(['a'], `key_${index}`)));
    expect(viewers.full(facts(['b', 'a']), ['b', 'a'], false)).toEqual({
      of: 'record',
      most: VIEWERS_PER_RECORD_MAX,
      record: 'a',
    });
    expect(viewers.full(facts(['b']), ['b'], false)).toBeNull();
    viewers.delete(first);
    expect(viewers.full(facts(['a']), ['a'], false)).toBeNull();
  });

  it('are refused over the bound of a key, and another key is not', () => {
    const viewers = filled(VIEWERS_PER_KEY_MAX, (index) => viewer([`r${index}`], 'key_1'));
    expect(viewers.full(facts(['a'], 'key_1'), ['a'], false)).toEqual({ of: 'key', most: VIEWERS_PER_KEY_MAX });
    expect(viewers.full(facts(['a'], 'key_2'), ['a'], false)).toBeNull();
  });

  it('are refused over the bound of an account', () => {
    const viewers = filled(VIEWERS_PER_ACCOUNT_MAX, (index) => viewer([`r${index}`], `key_${index}`));
    expect(viewers.full(facts(['a'], 'k'), ['a'], false)).toEqual({ of: 'account', most: VIEWERS_PER_ACCOUNT_MAX });
  });

  it('are refused where they would look at too many records together', () => {
    const fifty = (index: number) => Array.from({ length: 50 }, (_, i) => `r${index * 50 + i}`);
    const viewers = filled(VIEWED_RECORDS_MAX / 50, (index) => viewer(fifty(index)));
    expect(viewers.full(facts(['r1']), ['r1'], false)).toBeNull();
    expect(viewers.full(facts(['a']), ['a'], false)).toEqual({ of: 'records', most: VIEWED_RECORDS_MAX });
  });

  it('by stream are few, and then a socket is still let in', () => {
    const on = { ready: () => undefined, left: () => undefined };
    const streams = Array.from({ length: STREAMS_PER_ACCOUNT_MAX }, () => new StreamViewer(facts(['a']), 0, on));
    const viewers = filled(streams.length, (index) => streams[index] ?? viewer([]));
    expect(viewers.full(facts(['a']), ['a'], true)).toEqual({ of: 'streams', most: STREAMS_PER_ACCOUNT_MAX });
    expect(viewers.full(facts(['a']), ['a'], false)).toBeNull();
    for (const stream of streams) stream.close('renew');
  });

  it('know what was shown last, until nobody looks any more', () => {
    const one = viewer(['a']);
    const viewers = filled(1, () => one);
    expect(viewers.noteShown('a', 'x', null)).toBe(true);
    expect(viewers.noteShown('a', 'x', null)).toBe(false);
    expect(viewers.noteShown('a', null, null)).toBe(true);
    viewers.delete(one);
    expect(viewers.has('a')).toBe(false);
    expect(viewers.noteShown('a', 'x', null)).toBe(false);
  });
});
