/**
 * `tubepost listen`: a receiver on this machine that shows what arrives and whether it is signed,
 * and fails as it is told. With an account it registers itself as an endpoint and removes it at the
 * end; with a secret it only listens.
 */
import type { Command } from 'commander';
import { ofAnswer } from '../../client/client.ts';
import type { VerifyKey } from '../../signature.ts';
import type { Act } from './act.ts';
import { type Answer, FINE, parseAnswers, sayAnswer } from './answers.ts';
import type { Context } from './connect.ts';
import { EXIT, type ExitCode } from './exit.ts';
import { type Arrival, openHook, verifyKeyOf } from './hook.ts';
import { parseExact } from '../../client/exact-json.ts';
import { formatJson } from './json.ts';
import { collect, wholeNumber } from './options.ts';
import type { Print } from './print.ts';
import { clock, plain } from './words.ts';

const PORT = 9_000;
const LOOK_EVERY_MS = 200;

type Options = {
  port: number;
  host: string;
  secret?: string[];
  answer?: Answer[];
  type?: string[];
  description: string;
  publicUrl?: string;
  keep?: boolean;
  body?: boolean;
  lines?: number;
};

export function addListen(program: Command, act: Act): void {
  program
    .command('listen')
    .summary('a local receiver that prints, verifies, and fails as told')
    .description(
      'Receives webhooks on this machine, verifies and shows them, until Ctrl+C. With an account it makes itself an endpoint there and removes it at the end. Ends with 1 where one was not signed by a secret that it knows.',
    )
    .option('-p, --port <n>', '0: any that is free', wholeNumber(0, 65_535), PORT)
    .option('--host <address>', 'to listen on', '127.0.0.1')
    .option('-s, --secret <whsec>', 'verify with it, and register nothing (repeatable; TUBEPOST_SECRET)', collect)
    .option(
      '--answer <answers>',
      'what to answer, in turn; the last one stays: 500,429/10s,slow:2s,hang,reset,200',
      parseAnswers,
    )
    .option('-t, --type <type>', 'register for this event type only (repeatable)', collect)
    .option('--description <name>', 'what to call the endpoint', 'tubepost listen')
    .option('--public-url <url>', 'register this URL, which leads here: for a service on another machine')
    .option('--keep', 'leave the endpoint there at the end')
    .option('--body', 'show the whole body')
    .option('-n, --lines <n>', 'end after so many', wholeNumber(1, 1_000_000))
    .action(act((context, options: Options) => listen(context, options)));
}

async function listen(context: Context, options: Options): Promise<ExitCode> {
  const { io, print } = context;
  const keys = secretsOf(context, options).map(verifyKeyOf);
  const script = [...(options.answer ?? [FINE])];
  let taken = 0;
  let forged = 0;
  const hook = await openHook({
    host: options.host,
    port: options.port,
    nowMs: io.nowMs,
    keys: () => keys,
    answer: () => (script.length > 1 ? script.shift() : script[0]) ?? FINE,
    take: (arrival) => {
      taken += 1;
      if (arrival.fault !== null && arrival.fault !== 'no-key') forged += 1;
      show(print, arrival, options.body === true);
    },
  });
  try {
    const registered = await register(context, options, hook.origin, keys);
    print.hint(`Listening on ${hook.origin}${registered === null ? '' : ` as ${registered}`}; Ctrl+C ends it.`);
    if (keys.length === 0) print.hint('Nothing is verified: give --secret, or --account to register.');
    try {
      while (!io.signal.aborted && taken < (options.lines ?? Number.POSITIVE_INFINITY)) await io.sleep(LOOK_EVERY_MS);
    } finally {
      if (registered !== null && options.keep !== true) await unregister(context, registered);
    }
  } finally {
    await hook.close();
  }
  return forged > 0 ? EXIT.found : EXIT.ok;
}

function secretsOf({ io }: Context, { secret }: Options): string[] {
  if (secret !== undefined) return secret;
  return io.env['TUBEPOST_SECRET'] ? [io.env['TUBEPOST_SECRET']] : [];
}

/**
 * The id of the endpoint that it made; null where it has secrets already, or no account. Adds the
 * endpoint's secret to `keys`.
 */
async function register(context: Context, options: Options, origin: string, keys: VerifyKey[]): Promise<string | null> {
  const account = context.accountIfAny();
  if (keys.length > 0 || account === null) return null;
  const made = ofAnswer(
    await context.client.call('createEndpoint', {
      path: { account },
      body: {
        url: options.publicUrl ?? `${origin}/`,
        description: options.description,
        ...(options.type === undefined ? {} : { eventTypes: options.type }),
      },
    }),
  );
  keys.push(verifyKeyOf(made.secret));
  context.print.hint(`Its secret: ${made.secret}`);
  return made.id;
}

/** Also after Ctrl+C, whose signal ends every other call. */
async function unregister(context: Context, endpoint: string): Promise<void> {
  ofAnswer(await context.lasting.call('deleteEndpoint', { path: { account: context.account(), endpoint } }));
  context.print.hint(`Removed ${endpoint}.`);
}

function show(print: Print, arrival: Arrival, isWhole: boolean): void {
  const { at, id, attempt, replay, fault, answer, path, body } = arrival;
  const text = body.toString('utf8');
  const event = eventOf(text);
  print.jsonLine({
    at,
    path,
    id,
    attempt,
    replay,
    previous: arrival.previous,
    verified: fault === null,
    fault,
    answer: sayAnswer(answer),
    event: event ?? text,
  });
  const seal =
    fault === null
      ? print.style('good', 'signed')
      : fault === 'no-key'
        ? print.style('warn', 'unverified')
        : print.style('bad', `NOT SIGNED: ${plain(fault)}`);
  const what =
    event === null
      ? 'no event'
      : `${textOf(event['type'])}  ${textOf(event['record'] ?? 'no record')}${placeOf(event)}`;
  const how = `${attempt === null || attempt === 1 ? '' : `  attempt ${attempt}`}${replay === null ? '' : '  replay'}`;
  print.line(`${clock(at)}  ${seal}  ${what}${how}  → ${sayAnswer(answer)}`);
  print.line(`              ${plain(id ?? 'no webhook-id', 130)}`);
  if (!isWhole) return;
  const lines = event === null ? [plain(text, 2_000)] : formatJson(event, 2).split('\n');
  for (const line of lines) print.line(`    ${line}`);
}

function placeOf(event: Record<string, unknown>): string {
  const sequence = event['sequence'] ?? null;
  const version = event['version'] ?? null;
  return `${sequence === null ? '' : `  #${textOf(sequence)}`}${version === null ? '' : ` v${textOf(version)}`}`;
}

/** Of a stranger: it may be anything that JSON can say. */
function textOf(value: unknown): string {
  return plain(typeof value === 'string' ? value : formatJson(value), 80);
}

/** Null where the body is no JSON object: shown as it is. */
function eventOf(text: string): Record<string, unknown> | null {
  try {
    const value = parseExact(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : null;
  } catch {
    return null;
  }
}
