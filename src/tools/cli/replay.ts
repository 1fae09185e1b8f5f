/**
 * `tubepost replay`: one delivery, or a range of an endpoint. A range is counted first, always; it
 * is sent after a person said yes, or with --yes. The job runs in the service: ending this program
 * does not end it.
 */
import { randomUUID } from 'node:crypto';
import type { Command } from 'commander';
import { ofAnswer, type Schemas } from '../../client/client.ts';
import type { Act } from './act.ts';
import type { Context } from './connect.ts';
import { endpointId } from './endpoint-names.ts';
import { EXIT, type ExitCode, Failure } from './exit.ts';
import { repeatable, collect, timeOf, timeOrAgo, type TimeOrAgo, wholeNumber } from './options.ts';
import { createProgress } from './progress.ts';
import { count, moment, plain } from './words.ts';

const LOOK_EVERY_MS = 500;
const JOB_PREFIX = 'job_';

type EndedStatus = 'dead' | 'delivered' | 'cancelled' | 'superseded';
type Options = {
  endpoint?: string;
  status?: string[];
  type?: string[];
  code?: string[];
  record?: string[];
  from?: TimeOrAgo;
  to?: TimeOrAgo;
  missing?: boolean;
  force?: boolean;
  pace?: number;
  limit?: number;
  reason?: string;
  dryRun?: boolean;
  yes?: boolean;
  detach?: boolean;
  pause?: boolean;
  resume?: boolean;
  cancel?: boolean;
};

export function addReplay(program: Command, act: Act): void {
  program
    .command('replay')
    .summary('send a delivery again, or a range of them')
    .description(
      'Sends a delivery again, or with --endpoint a range: counted first, then sent with its progress. A job_… is followed.',
    )
    .argument('[id]', 'dlv_… to send again, or job_… to follow or lead')
    .option('-e, --endpoint <name>', 'a range of this endpoint: its id or name')
    .option('--status <status>', 'dead (default), delivered, cancelled, superseded (repeatable)', collect)
    .option('-t, --type <type>', 'only this event type (repeatable)', collect)
    .option('--code <code>', 'only what ended with this code or class, like 401 or 5xx (repeatable)', collect)
    .option('-r, --record <key>', 'only this record (repeatable)', repeatable)
    .option('--from <time>', 'accepted from then on: RFC 3339, or ago, like 2h', timeOrAgo)
    .option('--to <time>', 'accepted before then', timeOrAgo)
    .option('--missing', 'what the endpoint was never sent')
    .option('--force', 'older versions over newer ones too')
    .option('--pace <n>', 'a second', wholeNumber(1, 500))
    .option('--limit <n>', 'refuse to send more', wholeNumber(1, 100_000))
    .option('--reason <text>', 'for the history')
    .option('-n, --dry-run', 'count, and send nothing')
    .option('-y, --yes', 'do not ask')
    .option('--detach', 'start it and do not wait')
    .option('--pause', 'pause the job')
    .option('--resume', 'resume the job')
    .option('--cancel', 'end the job; what was sent stays sent')
    .action(act((context, id: string | undefined, options: Options) => replay(context, id, options)));
}

async function replay(context: Context, id: string | undefined, options: Options): Promise<ExitCode> {
  if (id?.startsWith(JOB_PREFIX) === true) return lead(context, id, options);
  if (id !== undefined) return replayOne(context, id, options);
  if (options.endpoint === undefined) {
    throw new Failure(EXIT.usage, 'what to replay? Give a delivery (dlv_…), a job (job_…), or a range with --endpoint');
  }
  return replayRange(context, options.endpoint, options);
}

async function replayOne(context: Context, delivery: string, { force, reason }: Options): Promise<ExitCode> {
  const body = { ...(force === true ? { force } : {}), ...(reason === undefined ? {} : { reason }) };
  const made = ofAnswer(
    await context.client.call('replayDelivery', {
      path: { account: context.account(), delivery },
      body,
      idempotencyKey: randomUUID(),
    }),
  );
  context.print.json(made);
  context.print.line(`${made.id} replays ${delivery}: ${plain(made.note, 300)}`);
  context.print.hint(`How did it go? tubepost explain ${made.id}`);
  return EXIT.ok;
}

async function replayRange(context: Context, named: string, options: Options): Promise<ExitCode> {
  const { client, print, io } = context;
  const path = { account: context.account() };
  const endpoint = await endpointId(context, path.account, named);
  // One time for both, or the job would hold what came after the count.
  const body = rangeOf(endpoint, options, io.nowMs());
  const counted = ofAnswer(
    await client.call('startReplay', { path, body: { ...body, dryRun: true }, idempotencyKey: randomUUID() }),
  );
  if (!('count' in counted)) throw new Error('a dry run answered a job');
  showCount(context, counted);
  if (options.dryRun === true) {
    print.json(counted);
    return EXIT.ok;
  }
  if (counted.count === 0) {
    print.json(counted);
    return EXIT.ok;
  }
  if (!(await isWanted(context, counted, options))) return EXIT.ok;
  const fixed = { ...body, from: counted.from, to: counted.to };
  const started = ofAnswer(await client.call('startReplay', { path, body: fixed, idempotencyKey: randomUUID() }));
  if (!('id' in started)) throw new Error('a replay answered a count');
  if (options.detach !== true) return follow(context, started.id);
  print.json(started);
  print.line(`${started.id} is running. Follow it with: tubepost replay ${started.id}`);
  return EXIT.ok;
}

function rangeOf(endpoint: string, options: Options, nowMs: number) {
  const { status, type, code, record, from, to, missing, force, pace, limit, reason } = options;
  return {
    endpoint,
    ...(status === undefined ? {} : { statuses: status as EndedStatus[] }),
    ...(type === undefined ? {} : { eventTypes: type }),
    ...(code === undefined ? {} : { statusCodes: code }),
    ...(record === undefined ? {} : { records: record }),
    ...(from === undefined ? {} : { from: timeOf(from, nowMs) }),
    ...(to === undefined ? {} : { to: timeOf(to, nowMs) }),
    ...(missing === undefined ? {} : { missing }),
    ...(force === undefined ? {} : { force }),
    ...(pace === undefined ? {} : { pacePerSecond: pace }),
    ...(limit === undefined ? {} : { limit }),
    ...(reason === undefined ? {} : { reason }),
  };
}

function showCount(
  { print }: Context,
  { count: deliveries, records, byStatus, byEventType, from, to, note }: Schemas['DryRun'],
): void {
  print.line(
    `${count(deliveries, 'delivery', 'deliveries')} of ${count(records, 'record')}, accepted from ${moment(from)} to ${moment(to)}`,
  );
  for (const [what, number] of [...Object.entries(byStatus), ...Object.entries(byEventType)])
    print.line(`  ${String(number).padStart(7)}  ${plain(what)}`);
  if (note !== '') print.line(plain(note, 400));
}

async function isWanted({ io, print }: Context, counted: Schemas['DryRun'], { yes }: Options): Promise<boolean> {
  if (yes === true) return true;
  if (!io.isTerminal.in) throw new Failure(EXIT.usage, 'this sends webhooks: say --yes, or --dry-run to count only');
  const answer = await io.ask(`Send ${count(counted.count, 'delivery', 'deliveries')} again? [y/N] `);
  if (/^y(es)?$/i.test(answer.trim())) return true;
  print.line('Nothing was sent.');
  return false;
}

async function lead(context: Context, replay: string, { pause, resume, cancel, reason }: Options): Promise<ExitCode> {
  const operation =
    cancel === true ? 'cancelReplay' : pause === true ? 'pauseReplay' : resume === true ? 'resumeReplay' : null;
  if (operation === null) return follow(context, replay);
  const body = reason === undefined ? {} : { reason };
  const job = ofAnswer(await context.client.call(operation, { path: { account: context.account(), replay }, body }));
  context.print.json(job);
  context.print.line(`${job.id} is ${job.status}: ${plain(job.note, 300)}`);
  return EXIT.ok;
}

/** Until it has ended, is paused, or Ctrl+C. */
async function follow(context: Context, replay: string): Promise<ExitCode> {
  const { client, print, io } = context;
  const path = { account: context.account(), replay };
  const progress = createProgress(io, print.isJson);
  let job = ofAnswer(await client.call('getReplay', { path }));
  while (job.status === 'running' && !io.signal.aborted) {
    progress.show(progressOf(job));
    await io.sleep(LOOK_EVERY_MS);
    if (!io.signal.aborted) job = ofAnswer(await client.call('getReplay', { path }));
  }
  if (job.status !== 'running') progress.show(progressOf(job));
  progress.end();
  print.json(job);
  if (job.status === 'running') {
    print.hint(`${replay} continues in the service. Follow it with: tubepost replay ${replay}; end it with --cancel.`);
    return EXIT.interrupted;
  }
  showEnd(context, job);
  return job.status === 'finished' && job.progress.failed === 0 ? EXIT.ok : EXIT.found;
}

function progressOf({ progress, note }: Schemas['Replay']): { done: number; total: number; note: string } {
  const { total, delivered, failed, skipped } = progress;
  const parts = [failed > 0 ? `${failed} failed` : '', skipped > 0 ? `${skipped} skipped` : '', plain(note, 60)];
  return { done: delivered + failed + skipped, total, note: parts.filter((part) => part !== '').join(', ') };
}

function showEnd({ print }: Context, { id, status, progress, skippedBy, failures }: Schemas['Replay']): void {
  print.line(
    `${id} is ${status}: ${progress.delivered} delivered, ${progress.failed} failed, ${progress.skipped} skipped.`,
  );
  for (const [why, number] of Object.entries(skippedBy))
    print.line(`  ${String(number).padStart(7)}  skipped: ${plain(why)}`);
  for (const { item, reason } of failures.slice(0, 5)) print.line(`  ${plain(item)}: ${plain(reason, 300)}`);
  if (progress.failed > 0) print.hint('What did not arrive: tubepost dead');
}
