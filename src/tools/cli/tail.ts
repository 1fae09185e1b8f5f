/**
 * `tubepost tail`: the log of attempts as it grows. The log is seconds behind the records, and a
 * crash of the service may bring attempts a minute late: each look goes back that far and shows
 * what it has not shown yet, so none is missed and none comes twice.
 */
import type { Command } from 'commander';
import type { Item } from '../../client/client.ts';
import type { Act } from './act.ts';
import type { Context } from './connect.ts';
import { endpointNames, type EndpointName, isKnown } from './endpoint-names.ts';
import { EXIT, type ExitCode } from './exit.ts';
import { append, collect, spanMs, wholeNumber } from './options.ts';
import type { Print } from './print.ts';
import { clock, plain, span } from './words.ts';

const LOOK_EVERY_MS = 1_000;
/** How late the log may hear of an attempt: its confirmation is asked for again after a minute. */
const LATE_MS = 90_000;
/** Attempts of one look: whoever makes more than that a second reads the export instead. */
const SHOWN_PER_LOOK_MAX = 2_000;

type Attempt = Item<'listAllAttempts'> | Item<'listAttempts'>;
type Options = {
  endpoint?: string[];
  type?: string[];
  record?: string[];
  code?: string[];
  since: number;
  lines?: number;
  follow: boolean;
};

export function addTail(program: Command, act: Act): void {
  program
    .command('tail')
    .summary('follow the log of attempts')
    .description(
      'Follows the log of attempts, until Ctrl+C. Of all accounts where no account is named and the key may.',
    )
    .option('-e, --endpoint <id>', 'only of this endpoint (repeatable)', collect)
    .option('-t, --type <type>', 'only of this event type (repeatable)', collect)
    .option('-r, --record <key>', 'only of this record (repeatable)', append)
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
  const startMs = io.nowMs() - options.since;
  const shown = new Map<string, number>();
  let left = options.lines ?? Number.POSITIVE_INFINITY;
  if (options.follow) print.hint('Following the log; Ctrl+C ends it.');
  while (!io.signal.aborted) {
    const fromMs = Math.max(startMs, io.nowMs() - LATE_MS - LOOK_EVERY_MS);
    const found = await readSince(context, account, shown.size === 0 ? startMs : fromMs, options);
    const fresh = found.filter(({ id }) => !shown.has(id)).reverse();
    if (account !== null && fresh.some(({ endpoint }) => !isKnown(name, endpoint)))
      name = await endpointNames(context, account);
    for (const attempt of fresh.slice(0, left)) {
      print.jsonLine(attempt);
      print.line(lineOf(attempt, name, print));
      shown.set(attempt.id, Date.parse(attempt.at));
      left -= 1;
    }
    for (const [id, atMs] of shown) if (atMs < fromMs) shown.delete(id);
    if (left <= 0 || !options.follow) return EXIT.ok;
    await io.sleep(LOOK_EVERY_MS);
  }
  return EXIT.ok;
}

/** Newest first. */
async function readSince(
  { client }: Context,
  account: string | null,
  fromMs: number,
  options: Options,
): Promise<Attempt[]> {
  const query = {
    from: new Date(fromMs).toISOString(),
    limit: 200,
    ...(options.endpoint === undefined ? {} : { endpoint: options.endpoint }),
    ...(options.type === undefined ? {} : { eventType: options.type }),
    ...(options.record === undefined ? {} : { record: options.record }),
    ...(options.code === undefined ? {} : { statusCode: options.code }),
  };
  const found: Attempt[] = [];
  const list =
    account === null
      ? client.list('listAllAttempts', { query })
      : client.list('listAttempts', { path: { account }, query });
  for await (const attempt of list) {
    found.push(attempt);
    if (found.length >= SHOWN_PER_LOOK_MAX) break;
  }
  return found;
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
