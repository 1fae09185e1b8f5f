/**
 * How a command is bound to commander: a type of its own, so that commands need not know the
 * program that holds them.
 */
import type { Command } from 'commander';
import type { Context } from './connect.ts';
import type { ExitCode } from './exit.ts';

/**
 * `act((context, id: string, options: Options) => …)` is what commander calls with the arguments,
 * the options and the command. What a command returns is what the program ends with; nothing is 0.
 */
export type Act = <A extends unknown[]>(
  work: (context: Context, ...args: A) => Promise<ExitCode | void>,
) => (...args: [...A, Command]) => Promise<void>;
