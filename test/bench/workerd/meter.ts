/**
 * Counts what Cloudflare bills, where it arises: rows written by objects and D1, alarms, calls to
 * objects, queue messages. It wraps the runtime's own methods, so it counts the code that runs in
 * production and nothing that was estimated.
 */
import { runInDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';

export type Unit =
  | 'shardRows'
  | 'otherObjectRows'
  | 'alarms'
  | 'shardCalls'
  | 'accountCalls'
  | 'gateCalls'
  | 'logMessages'
  | 'fanoutMessages'
  | 'd1Rows';

export type Counts = Record<Unit, number>;

export const counts: Counts = {
  shardRows: 0,
  otherObjectRows: 0,
  alarms: 0,
  shardCalls: 0,
  accountCalls: 0,
  gateCalls: 0,
  logMessages: 0,
  fanoutMessages: 0,
  d1Rows: 0,
};

// oxlint-disable-next-line typescript/no-explicit-any -- wraps methods of any runtime class
type Method = (this: any, ...args: any[]) => any;

/** Replaces a method of a runtime class by one that counts and calls it. */
function wrap(prototype: object, name: string, count: (result: unknown, args: unknown[]) => void): void {
  const methods = prototype as Record<string, Method>;
  const method = methods[name];
  if (method === undefined) throw new Error(`there is no method ${name} to count`);
  methods[name] = function (...args) {
    const result = method.apply(this, args);
    count(result, args);
    return result;
  };
}

function rowsOf(cursor: unknown): number {
  return (cursor as { rowsWritten: number }).rowsWritten;
}

/** `shard`: any Shard, of which nothing else is asked. */
export async function startCounting(shard: DurableObjectStub, classes: Record<'Shard' | 'Account' | 'Gate', object>) {
  await runInDurableObject(shard, (_, state) => {
    wrap(Object.getPrototypeOf(state.storage.sql), 'exec', (cursor, [query]) => {
      const isShard = / (event|wide|attempt|form|watch|due|past|shard)\b/.test(String(query));
      counts[isShard ? 'shardRows' : 'otherObjectRows'] += rowsOf(cursor);
    });
    const storage = Object.getPrototypeOf(state.storage);
    wrap(storage, 'setAlarm', () => (counts.alarms += 1));
    wrap(storage, 'deleteAlarm', () => (counts.alarms += 1));
  });
  const calls: [keyof typeof classes, Unit, string[]][] = [
    ['Shard', 'shardCalls', ['accept', 'begin', 'settle', 'confirm', 'wake', 'alarm']],
    ['Account', 'accountCalls', ['settings', 'settingsSince', 'changeEndpoint', 'disableEndpoint', 'alarm']],
    ['Gate', 'gateCalls', ['admit', 'report', 'changed', 'alarm']],
  ];
  for (const [name, unit, methods] of calls) {
    for (const method of methods) {
      wrap((classes[name] as { prototype: object }).prototype, method, () => (counts[unit] += 1));
    }
  }
  const queue = Object.getPrototypeOf(env.LOG);
  wrap(queue, 'send', () => (counts.logMessages += 1));
  wrap(queue, 'sendBatch', (_, [messages]) => (counts.fanoutMessages += [...(messages as unknown[])].length));
  wrap(Object.getPrototypeOf(env.LOG_DB), 'batch', (result) => {
    void (result as Promise<{ meta: { rows_written: number } }[]>).then((list) => {
      for (const { meta } of list) counts.d1Rows += meta.rows_written;
    });
  });
}
