/**
 * `tubepost status <record>`: where the newest event of a record is, endpoint by endpoint, as true
 * as the API is.
 */
import type { Command } from 'commander';
import { ofAnswer, type Schemas } from '../../client/client.ts';
import type { Act } from './act.ts';
import type { Context } from './connect.ts';
import { endpointNames, type EndpointName } from './endpoint-names.ts';
import { EXIT, type ExitCode } from './exit.ts';
import { spanMs } from './options.ts';
import { type Print, table } from './print.ts';
import { count, plain, relative } from './words.ts';

const LOOK_EVERY_MS = 300;
type Status = Schemas['DeliveryStatus'];
/** Statuses that wait for something still. */
const OPEN: readonly (Status | null)[] = ['queued', 'delivering', 'retrying', 'held'];

export function addStatus(program: Command, act: Act): void {
  program
    .command('status')
    .summary('where the newest event of a record is')
    .description(
      'Shows where the newest event of a record is, endpoint by endpoint. Ends with 1 where one of them is dead.',
    )
    .argument('<record>', 'record key, like subscription/sub_81')
    .option(
      '-w, --wait <span>',
      'wait until nothing is open any more, at most this long; then 1 unless all of it arrived',
      spanMs,
    )
    .action(
      act((context, record: string, { wait }: { wait?: number }) =>
        wait === undefined ? showRecord(context, record) : waitForRecord(context, record, wait, 0),
      ),
    );
}

async function showRecord(context: Context, key: string): Promise<ExitCode> {
  const account = context.account();
  const record = await readRecord(context, account, key);
  context.print.json(record);
  if (!context.print.isJson) render(context, record, await endpointNames(context, account));
  return record.status === 'dead' ? EXIT.found : EXIT.ok;
}

/**
 * Until the event `sequence`, or a later one, has ended everywhere. Shows what is there at the end
 * of the time.
 */
export async function waitForRecord(
  context: Context,
  key: string,
  waitMs: number,
  sequence: number,
): Promise<ExitCode> {
  const { io, print } = context;
  const account = context.account();
  const deadlineMs = io.nowMs() + waitMs;
  let record = await readRecord(context, account, key);
  while (
    (OPEN.includes(record.status) || record.sequence < sequence) &&
    io.nowMs() < deadlineMs &&
    !io.signal.aborted
  ) {
    await io.sleep(LOOK_EVERY_MS);
    record = await readRecord(context, account, key);
  }
  print.json(record);
  if (!print.isJson) render(context, record, await endpointNames(context, account));
  return OPEN.includes(record.status) || record.status === 'dead' ? EXIT.found : EXIT.ok;
}

async function readRecord({ client }: Context, account: string, key: string): Promise<Schemas['RecordStatus']> {
  return ofAnswer(await client.call('getRecordByKey', { path: { account }, query: { key } }));
}

function render({ print, io }: Context, record: Schemas['RecordStatus'], name: EndpointName): void {
  print.line(`${print.style('strong', plain(record.record))} · event ${record.sequence}`);
  print.line(
    `${statusWord(print, record.status)}${record.late ? print.style('warn', ' late') : ''}: ${plain(record.note, 400)}`,
  );
  const rows = record.endpoints.map(({ endpoint, delivery, waiting }) => [
    `  ${name(endpoint)}`,
    statusWord(print, delivery.status),
    delivery.attempts === 0 ? '' : count(delivery.attempts, 'attempt'),
    delivery.nextAttemptAt === null ? '' : `next ${relative(delivery.nextAttemptAt, io.nowMs())}`,
    waiting > 1 ? `${waiting} waiting` : '',
    delivery.id,
  ]);
  for (const line of table(['  endpoint', 'status', '', '', '', 'delivery'], rows)) print.line(line);
  const dead = record.endpoints.find(({ delivery }) => delivery.status === 'dead');
  if (dead !== undefined) print.hint(`Why? tubepost explain ${dead.delivery.id}`);
}

export function statusWord(print: Print, status: Status | null): string {
  if (status === null) return 'no delivery';
  if (status === 'delivered') return print.style('good', status);
  if (status === 'dead') return print.style('bad', status);
  return status === 'retrying' || status === 'held' ? print.style('warn', status) : status;
}
