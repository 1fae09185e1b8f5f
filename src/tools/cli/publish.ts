/** `tubepost publish`: one event from options, or many from NDJSON. */
import type { Command } from 'commander';
import { ofAnswer, type Schemas } from '../../client/client.ts';
import type { Act } from './act.ts';
import type { Context } from './connect.ts';
import { endpointNames } from './endpoint-names.ts';
import { EXIT, type ExitCode, Failure } from './exit.ts';
import type { Io } from './io.ts';
import { readJson } from './json.ts';
import { spanMs, wholeNumber } from './options.ts';
import { waitForRecord } from './status.ts';
import { count, plain } from './words.ts';

/** As many as the API takes at once. */
const BATCH_EVENTS_MAX = 100;

type Options = {
  record?: string;
  version?: number;
  id?: string;
  data: string;
  occurredAt?: string;
  file?: string;
  wait?: number;
};

export function addPublish(program: Command, act: Act): void {
  program
    .command('publish')
    .summary('publish an event, or many from a file')
    .description('Publishes one event, or with --file many: one JSON object a line, with the fields of the API.')
    .argument('[type]', 'event type, like subscription.updated')
    .option('-r, --record <key>', 'the record that it is about, like subscription/sub_81')
    .option('--version <n>', 'version of the record', wholeNumber(0, Number.MAX_SAFE_INTEGER))
    .option('--id <id>', 'your own id: publishing it again is then safe')
    .option('-d, --data <json>', 'JSON, @file, or - for standard input', '{}')
    .option('--occurred-at <time>', 'when it happened, RFC 3339')
    .option('-f, --file <path>', 'NDJSON of whole events, - for standard input')
    .option('-w, --wait <span>', 'wait until it is delivered, at most this long (with --record)', spanMs)
    .action(act((context, type: string | undefined, options: Options) => publish(context, type, options)));
}

async function publish(context: Context, type: string | undefined, options: Options): Promise<ExitCode | void> {
  if (options.file !== undefined) return publishFile(context, options.file);
  if (type === undefined)
    throw new Failure(EXIT.usage, 'which event type? Like: tubepost publish subscription.updated');
  if (options.wait !== undefined && options.record === undefined) {
    throw new Failure(EXIT.usage, '--wait watches a record: give --record');
  }
  const { client, print } = context;
  const account = context.account();
  const { record, version, id, occurredAt } = options;
  const accepted = ofAnswer(
    await client.call('publishEvent', {
      path: { account },
      body: {
        type,
        data: readJson(await textOf(context.io, options.data), '--data'),
        ...(record === undefined ? {} : { record }),
        ...(version === undefined ? {} : { version }),
        ...(id === undefined ? {} : { id }),
        ...(occurredAt === undefined ? {} : { occurredAt }),
      },
    }),
  );
  if (options.wait === undefined) print.json(accepted);
  await show(context, account, accepted, record ?? null);
  if (options.wait === undefined || record === undefined) return EXIT.ok;
  return waitForRecord(context, record, options.wait, accepted.sequence ?? 0);
}

async function show(
  context: Context,
  account: string,
  { id, sequence, duplicate, deliveryCount, deliveries }: Schemas['AcceptedEvent'],
  record: string | null,
): Promise<void> {
  const { print } = context;
  if (print.isJson) return;
  const place = record === null || sequence === null ? '' : `, number ${sequence} of ${plain(record)}`;
  print.line(`${duplicate ? 'Known already' : 'Accepted'}: ${id}${place}`);
  if (deliveryCount === 0) print.line('No endpoint wants it; it is logged, and can be replayed as missing.');
  const name = deliveryCount === 0 ? (endpoint: string) => endpoint : await endpointNames(context, account);
  for (const delivery of deliveries)
    print.line(`  ${delivery.status.padEnd(10)}  ${name(delivery.endpoint)}  ${delivery.id}`);
  if (deliveryCount > deliveries.length) print.line(`  … and ${deliveryCount - deliveries.length} more`);
  print.hint(`Where is it? tubepost explain ${id}`);
}

async function publishFile({ io, client, print, ...context }: Context, path: string): Promise<ExitCode> {
  const account = context.account();
  const text = path === '-' ? await io.readInput() : await io.readFile(path);
  const lines = text.split('\n').map((line, at) => ({ line: line.trim(), number: at + 1 }));
  const events = lines
    .filter(({ line }) => line !== '')
    .map(({ line, number }) => ({
      event: readJson(line, `line ${number} of ${path}`) as Schemas['EventToPublish'],
      number,
    }));
  if (events.length === 0) throw new Failure(EXIT.usage, `${path} holds no event`);
  let accepted = 0;
  for (let from = 0; from < events.length; from += BATCH_EVENTS_MAX) {
    const batch = events.slice(from, from + BATCH_EVENTS_MAX);
    const body = { events: batch.map(({ event }) => event) };
    const { results } = ofAnswer(await client.call('publishEvents', { path: { account }, body }));
    for (const [at, result] of results.entries()) {
      const line = batch[at]?.number ?? 0;
      print.jsonLine({ line, ...result });
      if ('deliveryCount' in result) accepted += 1;
      else print.line(`line ${line}: ${plain(result.detail, 400)} (${result.code})`);
    }
  }
  print.line(`${count(accepted, 'event')} accepted, ${events.length - accepted} refused`);
  return accepted === events.length ? EXIT.ok : EXIT.found;
}

async function textOf(io: Io, given: string): Promise<string> {
  if (given === '-') return io.readInput();
  return given.startsWith('@') ? io.readFile(given.slice(1)) : given;
}
