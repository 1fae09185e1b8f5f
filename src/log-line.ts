/**
 * The one writer of the log: a line of JSON for each thing worth telling an operator. `message` is
 * fixed text, by which lines are found; `facts` never hold a key, a secret or a payload.
 */
export type LogLevel = 'log' | 'warn' | 'error';

export function logLine(level: LogLevel, message: string, facts: Record<string, unknown> = {}): void {
  console[level](JSON.stringify({ message, ...facts }));
}
