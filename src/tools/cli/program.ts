/**
 * The command line as a tree of commands: shared options, help, completion, and the one place where
 * a failure becomes an exit code. A command is a file of its own that adds itself to the tree and
 * returns its exit code, or nothing where all is well.
 */
import tab from '@bomb.sh/tab/commander';
import { Command, CommanderError } from 'commander';
import { addAccounts } from './accounts.ts';
import type { Act } from './act.ts';
import { connect, LOCAL_URL } from './connect.ts';
import { addDead } from './dead.ts';
import { addEndpoints } from './endpoints.ts';
import { EXIT, type ExitCode, failureOf } from './exit.ts';
import { addExplain } from './explain.ts';
import { addImport } from './import/import.ts';
import type { Io } from './io.ts';
import { formatJson } from './json.ts';
import { addKeys } from './keys.ts';
import { addListen } from './listen.ts';
import { addPublish } from './publish.ts';
import { addRehearse } from './rehearse/rehearse.ts';
import { addReplay } from './replay.ts';
import { addReseal } from './reseal.ts';
import { addStatus } from './status.ts';
import { addTail } from './tail.ts';
import { addTest } from './test.ts';

const EPILOGUE = `
Exit codes: 0 fine · 1 looked at and not right · 2 wrong arguments · 3 refused by the service · 4 no answer or 5xx · 130 Ctrl+C`;

export async function run(argv: readonly string[], io: Io): Promise<ExitCode> {
  let code: ExitCode = EXIT.ok;
  const act: Act =
    (work) =>
    async (...args) => {
      const command = args.at(-1);
      if (!(command instanceof Command)) throw new Error('commander passes the command last');
      code = (await work(connect(io, command), ...(args.slice(0, -1) as never))) ?? EXIT.ok;
    };
  const program = createProgram(io, act);
  try {
    await program.parseAsync(argv, { from: 'user' });
    return io.signal.aborted && code === EXIT.ok ? EXIT.interrupted : code;
  } catch (error) {
    // Commander has said what is wrong; help and version end with 0.
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
    const failure = io.signal.aborted ? { code: EXIT.interrupted, message: 'interrupted' } : failureOf(error);
    if (argv.includes('--json')) io.err(`${formatJson({ error: failure.message, exit: failure.code })}\n`);
    else io.err(`tubepost: ${failure.message}\n`);
    return failure.code;
  }
}

export function createProgram(io: Io, act: Act): Command {
  const program = new Command('tubepost')
    .description('Webhooks, delivered in order per record: publish, watch, explain, replay and rehearse them.')
    .option('--url <origin>', `where the service is (TUBEPOST_URL; ${LOCAL_URL})`)
    .option('--key <key>', "an API key (TUBEPOST_KEY; the local service's own)")
    .option('-a, --account <id>', 'whose account (TUBEPOST_ACCOUNT)')
    .option('--json', 'JSON on standard output, for pipes')
    .configureHelp({ showGlobalOptions: true, helpWidth: Math.max(60, Math.min(100, io.columns())) })
    .configureOutput({ writeOut: io.out, writeErr: io.err })
    .showSuggestionAfterError()
    .exitOverride()
    .addHelpText('after', EPILOGUE);
  const commands = [
    addListen,
    addPublish,
    addTail,
    addStatus,
    addExplain,
    addReplay,
    addDead,
    addTest,
    addEndpoints,
    addAccounts,
    addKeys,
    addReseal,
    addImport,
    addRehearse,
  ];
  for (const add of commands) add(program, act);
  tab(program);
  return program;
}
