import { DatabaseSync } from 'node:sqlite';
import { beforeEach, describe, expect, it } from 'vitest';
import { VIEWED_RECORDS_MAX, VIEWER_LIFE_MS, VIEWERS_TRIES_MAX } from '../../src/core/limits.ts';
import { Viewed } from '../../src/shard/viewed.ts';
import type { Sql } from '../../src/core/sql.ts';

let sql: Sql;
let written: number;
let nowMs: number;
let told: string[][];
let answer: (records: string[]) => Promise<string[]>;
let running: Promise<void>;

beforeEach(() => {
  const database = new DatabaseSync(':memory:');
  written = 0;
  sql = {
    exec: (query, ...bindings) => {
      if (/^(INSERT|DELETE)/.test(query)) written += 1;
      const rows = database.prepare(query).all(...(bindings as string[]));
      return { toArray: () => rows } as ReturnType<Sql['exec']>;
    },
    transaction: (work) => work(),
  };
  nowMs = 1_000;
  told = [];
  answer = () => Promise.resolve([]);
  running = Promise.resolve();
});

function viewed(): Viewed {
  return new Viewed(sql, {
    nowMs: () => nowMs,
    wait: () => Promise.resolve(),
    notifyViewers: (records) => {
      told.push(records);
      return answer(records);
    },
    keep: (work) => {
      running = work;
    },
    failed: () => undefined,
  });
}

describe('what a Shard tells of records that somebody views', () => {
  it('is nothing of those that nobody asked for, and costs no row', () => {
    viewed().changed('a');
    expect(told).toEqual([]);
    expect(written).toBe(0);
  });

  it('is each change, gathered, also by the next instance', async () => {
    const first = viewed();
    await first.view(['a', 'b']);
    first.changed('a');
    first.changed('a');
    first.changed('b');
    first.changed('c');
    await running;
    expect(told).toEqual([['a', 'b']]);
    const next = viewed();
    next.changed((record) => record === 'b');
    await running;
    expect(told.at(-1)).toEqual(['b']);
  });

  it('ends with the answer that nobody views it, unless somebody came while it was on its way', async () => {
    const one = viewed();
    await one.view(['a', 'b']);
    answer = async (records) => {
      await one.view(['a']);
      return records;
    };
    one.changed(() => true);
    await running;
    told = [];
    one.changed('b');
    one.changed('a');
    await running;
    expect(told).toEqual([['a']]);
  });

  it('costs a row for each record once in a day, whoever comes', async () => {
    const one = viewed();
    await one.view(['a']);
    await one.view(['a']);
    expect(written).toBe(1);
    nowMs += VIEWER_LIFE_MS + 1;
    await one.view(['a']);
    expect(written).toBe(2);
  });

  it('is told again where nothing answers, some times, and then with the next change', async () => {
    const one = viewed();
    await one.view(['a']);
    answer = () => Promise.reject(new Error('down'));
    one.changed('a');
    await running;
    expect(told).toHaveLength(VIEWERS_TRIES_MAX);
    answer = () => Promise.resolve([]);
    await one.view(['b']);
    one.changed('b');
    await running;
    expect(told.at(-1)?.toSorted()).toEqual(['a', 'b']);
  });

  it('makes room by asking which of them are viewed, and refuses beyond that', async () => {
    const one = viewed();
    const names = Array.from({ length: VIEWED_RECORDS_MAX }, (_, i) => `r${i}`);
    await one.view(names);
    await expect(one.view(['a'])).rejects.toThrow('10000 records live');
    answer = (records) => Promise.resolve(records.slice(1));
    await one.view(['a']);
    told = [];
    one.changed(() => true);
    await running;
    expect(told).toEqual([['r0', 'a']]);
  });
});
