/**
 * Lines that workerd writes beside the tests. An exception that leaves an object is logged by
 * workerd as uncaught, also where its caller catches it. Those that a test causes on purpose are
 * listed here with the test that asserts their effect; every other line is printed, so a line means
 * a fault.
 */

/** `text`: part of the message. `test` of test/worker causes it, where it says `where`. */
export const CAUSED: readonly { text: string; test: string; where: string }[] = [
  { text: 'the database did not answer', test: 'log-export', where: 'a database that fails half-way' },
  { text: 'no room: SQLITE_CONSTRAINT', test: 'secrets', where: "'no room'" },
  { text: 'killed by the test', test: 'record', where: "'killed by the test'" },
  { text: '"no JSON" is not valid JSON', test: 'shard', where: "'no JSON'" },
  { text: 'stack = Error: down', test: 'bad-days', where: "new Error('down')" },
  { text: 'the account of this Shard was removed', test: 'account-removal', where: "'was removed'" },
];

/** workerd's remark on an alarm that a test ran before its time. It has no effect. */
const ALARM_RUN_EARLY = /^NOSENTRY SQLite alarm (?:handler canceled|overdue)/;

/** Vite's remark on a package of others that was published without its sources. */
const MISSING_SOURCES = /^Sourcemap for ".*\/node_modules\/.*" points to missing source files/;

export function isExpected(message: string): boolean {
  if (ALARM_RUN_EARLY.test(message) || MISSING_SOURCES.test(message)) return true;
  return message.startsWith('uncaught exception') && CAUSED.some(({ text }) => message.includes(text));
}

const quieted = new WeakSet<object>();

/**
 * Leaves expected messages out of `stream`, from now on. Cloudflare's plugin writes each in one
 * call.
 */
export function quiet(stream: Pick<NodeJS.WriteStream, 'write'>): void {
  if (quieted.has(stream)) return;
  quieted.add(stream);
  const write = stream.write.bind(stream);
  stream.write = ((...args: Parameters<typeof write>) => {
    const [message] = args;
    return typeof message === 'string' && isExpected(message) ? true : write(...args);
  }) as typeof write;
}
