/**
 * `tubepost tail`: the log of attempts as it grows, each attempt once, and never less without
 * saying so.
 */
import type { Command } from 'commander';
import type { Act } from './act.ts';
import { type Attempt, AttemptLog, type Filter, type Look } from './attempt-log.ts';
import type { Context } from './connect.ts';
import { endpointNames, type EndpointName, isKnown } from './endpoint-names.ts';
import { EXIT, type ExitCode } from './exit.ts';
import { repeatable, collect, spanMs, wholeNumber } from './options.ts';
import type { Print } from './print.ts';
import { clock, plain, span } from './words.ts';

const LOOK_EVERY_MS = 1_000;

type Options = Filter & { since: number; lines?: number; follow: boolean };

export function addTail(program: Command, act: Act): void {
  program
    .command('tail')
    .summary('follow the log of attempts')
    .description(
      'Follows the log of attempts, until Ctrl+C. Of all accounts where no account is named and the key may.',
    )
    .option('-e, --endpoint <id>', 'only of this endpoint (repeatable)', collect)
    .option('-t, --type <type>', 'only of this event type (repeatable)', collect)
    .option('-r, --record <key>', 'only of this record (repeatable)', repeatable)
    .option('--code <code>', 'only with this code or class, like 503 or 4xx (repeatable)', collect)
    .option('--since <span>', 'begin this long ago', spanMs, 0)
    .option('-n, --lines <n>', 'end after so many attempts', wholeNumber(1, 1_000_000))
    .option('--no-follow', 'end with what is there')
    .action(act((context, options: Options) => tail(context, options)));
}

async function tail(context: Context, options: Options): Promise<ExitCode> {
  const { io, print } = context;
  const account = context.accountIfAny();
  let name: EndpointName = account === null ? (id) => id : await endpointNames(context, account);
  const log = new AttemptLog(context, account, options, io.nowMs() - options.since);
  let left = options.lines ?? Number.POSITIVE_INFINITY;
  let ending: ExitCode = EXIT.ok;
  if (options.follow) print.hint('Following the log; Ctrl+C ends it.');
  while (!io.signal.aborted) {
    const { fresh, leftOut } = await log.look();
    if (account !== null && fresh.some(({ endpoint }) => !isKnown(name, endpoint)))
      name = await endpointNames(context, account);
    if (leftOut !== null) {
      ending = EXIT.found;
      io.err(leftOutText(leftOut, account));
    }
    for (const attempt of fresh.slice(0, left)) {
      print.jsonLine(attempt);
      print.line(lineOf(attempt, name, print));
      left -= 1;
    }
    if (left <= 0 || !options.follow) return ending;
    await io.sleep(LOOK_EVERY_MS);
  }
  return ending;
}

/** On standard error also beside JSON: who reads the lines must not take them for all. */
function leftOutText({ from, to }: NonNullable<Look['leftOut']>, account: string | null): string {
  const path = account === null ? '/v1/attempts' : `/v1/accounts/${account}/attempts`;
  return (
    `tubepost: left out what was made from ${clock(from)} to ${clock(to)}, but for what is shown already: there are too many ` +
    `attempts to follow. The export has them: GET ${path}?format=ndjson&from=${from}&to=${to}\n`
  );
}

function lineOf(attempt: Attempt, name: EndpointName, print: Print): string {
  const { at, statusCode, error, number, trigger, event, endpoint, latencyMs, nextAttemptAt } = attempt;
  const answer = statusCode === null ? (error?.kind ?? 'no answer') : String(statusCode);
  const outcome = error === null ? print.style('good', answer.padEnd(8)) : print.style('bad', answer.padEnd(8));
  const whose = 'account' in attempt ? `${attempt.account}/` : '';
  const how = trigger === 'first' ? '' : trigger === 'retry' ? ` attempt ${number}` : ` ${trigger}`;
  const next = nextAttemptAt === null ? '' : `, again at ${clock(nextAttemptAt)}`;
  return `${clock(at)}  ${outcome}  ${span(latencyMs).padStart(7)}  ${whose}${name(endpoint)}  ${plain(event)}${how}${next}`;
}
