/** `tubepost dead`: what ended without success, counted by endpoint and listed. */
import type { Command } from 'commander';
import { ofAnswer } from '../../client/client.ts';
import type { Act } from './act.ts';
import type { Context } from './connect.ts';
import { endpointNames } from './endpoint-names.ts';
import { EXIT, type ExitCode } from './exit.ts';
import { collect, timeOf, timeOrAgo, type TimeOrAgo, wholeNumber } from './options.ts';
import { table } from './print.ts';
import { count, moment, plain, relative } from './words.ts';

type Options = {
  endpoint?: string[];
  type?: string[];
  code?: string[];
  from?: TimeOrAgo;
  to?: TimeOrAgo;
  lines: number;
  count?: boolean;
};

export function addDead(program: Command, act: Act): void {
  program
    .command('dead')
    .summary('dead letters, counted and listed')
    .description(
      'Counts the dead letters of each endpoint and lists the newest. Of all accounts where none is named. Ends with 1 where there are any.',
    )
    .option('-e, --endpoint <id>', 'only of this endpoint (repeatable)', collect)
    .option('-t, --type <type>', 'only this event type (repeatable)', collect)
    .option('--code <code>', 'only what ended with this code or class, like 401 or 5xx (repeatable)', collect)
    .option('--from <time>', 'accepted from then on: RFC 3339, or ago, like 2h', timeOrAgo)
    .option('--to <time>', 'accepted before then', timeOrAgo)
    .option('-n, --lines <n>', 'list so many', wholeNumber(0, 10_000), 20)
    .option('--count', 'count only')
    .action(act((context, options: Options) => dead(context, options)));
}

async function dead(context: Context, options: Options): Promise<ExitCode> {
  const { client, print, io } = context;
  const account = context.accountIfAny();
  const query = filterOf(options, io.nowMs());
  const summary = ofAnswer(
    account === null
      ? await client.call('countAllDeadLetters', { query })
      : await client.call('countDeadLetters', { path: { account }, query }),
  );
  const linesMax = options.count === true ? 0 : options.lines;
  const list =
    account === null
      ? client.list('listAllDeadLetters', { query: { ...query, limit: Math.min(200, Math.max(1, linesMax)) } })
      : client.list('listDeadLetters', {
          path: { account },
          query: { ...query, limit: Math.min(200, Math.max(1, linesMax)) },
        });
  const letters = await take(list, linesMax);
  const name = account === null ? (id: string) => id : await endpointNames(context, account);

  print.json({ ...summary, letters });
  const more = summary.isComplete ? '' : ' at least: there are too many to count';
  print.line(`${count(summary.total, 'dead letter')}${more}`);
  const groups = summary.data.map((group) => [
    `  ${account === null ? `${group.account}/` : ''}${name(group.endpoint)}`,
    String(group.count),
    relative(group.oldestAt, io.nowMs()),
    relative(group.newestAt, io.nowMs()),
    group.endpoint,
  ]);
  for (const line of table(['  endpoint', 'count', 'oldest', 'newest', 'id'], groups)) print.line(line);
  if (letters.length > 0) print.line();
  for (const { id, acceptedAt, eventType, record, endpoint, note } of letters) {
    print.line(`${moment(acceptedAt)}  ${eventType}  ${plain(record ?? 'no record', 60)}  ${name(endpoint)}`);
    print.line(`  ${plain(note, 300)}\n  ${id}`);
  }
  const [first] = summary.data;
  if (first !== undefined)
    print.hint(`Count what a replay would send: tubepost replay --dry-run --endpoint ${first.endpoint}`);
  return summary.total === 0 ? EXIT.ok : EXIT.found;
}

function filterOf({ endpoint, type, code, from, to }: Options, nowMs: number) {
  return {
    ...(endpoint === undefined ? {} : { endpoint }),
    ...(type === undefined ? {} : { eventType: type }),
    ...(code === undefined ? {} : { statusCode: code }),
    ...(from === undefined ? {} : { from: timeOf(from, nowMs) }),
    ...(to === undefined ? {} : { to: timeOf(to, nowMs) }),
  };
}

export async function take<T>(list: AsyncIterable<T>, most: number): Promise<T[]> {
  const taken: T[] = [];
  if (most <= 0) return taken;
  for await (const item of list) {
    taken.push(item);
    if (taken.length >= most) break;
  }
  return taken;
}
