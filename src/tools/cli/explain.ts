/** `tubepost explain <event|delivery|attempt>`: its story in sentences (story.ts). */
import type { Command } from 'commander';
import { ofAnswer, type Schemas } from '../../client/client.ts';
import type { Act } from './act.ts';
import type { Context } from './connect.ts';
import { endpointNames, type EndpointName, isKnown } from './endpoint-names.ts';
import { EXIT, type ExitCode } from './exit.ts';
import { deliverySentences, eventSentences } from './story.ts';

/** Stories told of a wide event; the others are counted. Those that failed come first. */
const TOLD_MAX = 10;

type Status = Schemas['DeliveryStatus'];
const URGENCY: readonly Status[] = [
  'dead',
  'retrying',
  'held',
  'queued',
  'delivering',
  'cancelled',
  'superseded',
  'delivered',
];

export function addExplain(program: Command, act: Act): void {
  program
    .command('explain')
    .summary('the story of an event or a delivery, in sentences')
    .description(
      'Tells what happened to an event, a delivery or an attempt, and what to do. Ends with 1 where a delivery of it is dead.',
    )
    .argument('<id>', 'evt_…, dlv_…, att_…, or the id that you gave an event')
    .option('-r, --record <key>', 'its record: an event with an id of your own is then found at once')
    .option('-H, --headers', 'the URL and the headers of each attempt too')
    .action(act((context, id: string, asked: Asked) => explain(context, id, asked)));
}

type Asked = { record?: string; headers?: boolean };

async function explain(context: Context, id: string, asked: Asked): Promise<ExitCode> {
  const { record } = asked;
  const { client, print } = context;
  const account = context.account();
  if (id.startsWith('att_')) {
    const { delivery } = ofAnswer(await client.call('getAttempt', { path: { account, attempt: id } }));
    return explain(context, delivery, asked);
  }
  if (id.startsWith('dlv_')) {
    const delivery = await readDelivery(context, account, id);
    if (!print.isJson) tell(context, delivery, await endpointNames(context, account), asked);
    print.json(delivery);
    return isTrouble(delivery) ? EXIT.found : EXIT.ok;
  }
  const query = record === undefined ? {} : { record };
  const event = ofAnswer(await client.call('getEvent', { path: { account, event: id }, query }));
  const worst = event.deliveries.toSorted((a, b) => URGENCY.indexOf(a.status) - URGENCY.indexOf(b.status));
  const told: Schemas['DeliveryDetail'][] = [];
  for (const { id: delivery } of worst.slice(0, TOLD_MAX)) told.push(await readDelivery(context, account, delivery));
  print.json({ event, deliveries: told });
  if (!print.isJson) {
    for (const sentence of eventSentences(event, context.io.nowMs())) print.line(sentence);
    const names = told.length === 0 ? (endpoint: string) => endpoint : await endpointNames(context, account);
    for (const delivery of told) {
      print.line();
      tell(context, delivery, names, asked);
    }
    const left = event.deliveryCount - told.length;
    if (left > 0) print.line(`\n… and ${left} more, less urgent: tubepost explain <delivery>`);
  }
  return event.deliveries.some(isTrouble) ? EXIT.found : EXIT.ok;
}

async function readDelivery(
  { client }: Context,
  account: string,
  delivery: string,
): Promise<Schemas['DeliveryDetail']> {
  return ofAnswer(await client.call('getDelivery', { path: { account, delivery } }));
}

function tell(
  { print, io }: Context,
  delivery: Schemas['DeliveryDetail'],
  names: EndpointName,
  { headers }: Asked,
): void {
  const isThere = isKnown(names, delivery.endpoint);
  const name = isThere ? names(delivery.endpoint) : 'a removed endpoint';
  print.line(print.style('strong', `${name} · ${delivery.id}`));
  const told = { isThere, withRequests: headers === true };
  for (const sentence of deliverySentences(delivery, name, io.nowMs(), told)) print.line(`  ${sentence}`);
}

/** A dead letter that a replay has brought is no trouble any more. */
function isTrouble({ status, replayResolved }: Pick<Schemas['Delivery'], 'status' | 'replayResolved'>): boolean {
  return status === 'dead' && replayResolved !== true;
}
