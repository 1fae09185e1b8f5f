/**
 * `tubepost rehearse <url>`: every bad day of a receiver before its launch, signed with its secret
 * and played by this machine; the service has no part in it. `--sender` is the other direction
 * (sender.ts).
 */
import type { Command } from 'commander';
import { parseSecret, parseSigningKey, type SigningKey } from '../../../signature.ts';
import type { Act } from '../act.ts';
import type { Context } from '../connect.ts';
import { EXIT, type ExitCode, Failure } from '../exit.ts';
import { readJson } from '../json.ts';
import { repeatable, collect, spanMs, wholeNumber } from '../options.ts';
import { CHECKS, playChecks } from './checks.ts';
import { endWith, showResult } from './report.ts';
import { rehearseSender } from './sender.ts';
import { createStage } from './stage.ts';
import { type ReadState, stateByCommand, stateByUrl } from './state.ts';

/** The endpoint's own default. */
const TIMEOUT_MS = 15_000;
const LATENCY_MS_MAX = 200;
const BURST = 40;

type Options = {
  secret?: string[];
  type: string;
  data: string;
  stateUrl?: string;
  stateCommand?: string;
  only?: string[];
  timeout: number;
  maxLatency: number;
  burst: number;
  junit?: string;
  sender?: boolean;
  port: number;
  host: string;
  publicUrl?: string;
};

export function addRehearse(program: Command, act: Act): void {
  program
    .command('rehearse')
    .summary('launch checks for a receiver')
    .description(
      `Plays a receiver's bad days against it and says what would go wrong in production, and the mend. It sends real events of made-up records (rehearsal/…): use a receiver that may be written to. Checks: ${CHECKS.map(({ check }) => check).join(', ')}. Ends with 1 where one fails.`,
    )
    .argument('[url]', 'the receiver')
    .option(
      '-s, --secret <whsec>',
      "the receiver's secret; twice: the new and the old one of a rotation (TUBEPOST_SECRET)",
      repeatable,
    )
    .option('-t, --type <type>', 'an event type that it knows', 'rehearsal.updated')
    .option('-d, --data <json>', 'data that it knows for that type: JSON or @file', '{"rehearsal":true}')
    .option('--state-url <url>', 'with {record} in it: answers {"handled": times, "version": newest} of that record')
    .option('--state-command <command>', 'prints the same for the record in $TUBEPOST_RECORD')
    .option('--only <check>', 'only this check, and the first (repeatable)', collect)
    .option('--timeout <span>', 'for one request', spanMs, TIMEOUT_MS)
    .option('--max-latency <ms>', 'slower is a fault', wholeNumber(1, 60_000), LATENCY_MS_MAX)
    .option('--burst <n>', 'events of the burst', wholeNumber(1, 1_000), BURST)
    .option('--junit <file>', 'write the results as JUnit XML')
    .option('--sender', 'rehearse the service instead: receivers here that fail, hang, are slow, break off and recover')
    .option('-p, --port <n>', 'of those receivers; 0: any that is free', wholeNumber(0, 65_535), 0)
    .option('--host <address>', 'to listen on', '127.0.0.1')
    .option('--public-url <url>', 'where the service reaches them, if it is on another machine')
    .action(
      act((context, url: string | undefined, options: Options) =>
        options.sender === true ? rehearseSender(context, options) : rehearse(context, url, options),
      ),
    );
}

async function rehearse(context: Context, url: string | undefined, options: Options): Promise<ExitCode> {
  const { io, print } = context;
  if (url === undefined) throw new Failure(EXIT.usage, 'which receiver? Give its URL, or --sender');
  if (!URL.canParse(url) || !/^https?:$/.test(new URL(url).protocol)) {
    throw new Failure(EXIT.usage, `the receiver must be a URL like https://example.com/hook; got "${url}"`);
  }
  const stage = createStage(
    io,
    {
      url,
      keys: keysOf(context, options),
      type: options.type,
      data: readJson(options.data.startsWith('@') ? await io.readFile(options.data.slice(1)) : options.data, '--data'),
      timeoutMs: options.timeout,
      latencyMsMax: options.maxLatency,
      burst: options.burst,
    },
    stateOf(context, options),
  );
  const results = await playChecks(stage, onlyOf(options), (result) => showResult(print, result));
  if (stage.state === null) {
    print.hint('What it did inside was not seen. Offer --state-url or --state-command, and it is judged too.');
  }
  return endWith(context, 'tubepost rehearse', results, options.junit);
}

function keysOf({ io }: Context, { secret }: Options): SigningKey[] {
  const texts = secret ?? (io.env['TUBEPOST_SECRET'] ? [io.env['TUBEPOST_SECRET']] : []);
  if (texts.length === 0)
    throw new Failure(EXIT.usage, 'which secret does the receiver have? Give --secret whsec_…, or set TUBEPOST_SECRET');
  return texts.map((text) => {
    const parsed = text.startsWith('whsk_') ? parseSigningKey(text) : parseSecret(text);
    if (parsed.ok) return parsed.value;
    throw new Failure(
      EXIT.usage,
      `a secret must be "whsec_" or "whsk_" and padded base64; the one given is not (${parsed.error.reason})`,
    );
  });
}

function stateOf({ io }: Context, { stateUrl, stateCommand }: Options): ReadState | null {
  if (stateUrl !== undefined && stateCommand !== undefined) {
    throw new Failure(EXIT.usage, 'give --state-url or --state-command, not both');
  }
  if (stateUrl !== undefined) return stateByUrl(io, stateUrl);
  return stateCommand === undefined ? null : stateByCommand(stateCommand);
}

function onlyOf({ only = [] }: Options): string[] {
  const wrong = only.find((name) => !CHECKS.some(({ check }) => check === name));
  if (wrong === undefined) return only;
  throw new Failure(
    EXIT.usage,
    `there is no check "${wrong}"; there are ${CHECKS.map(({ check }) => check).join(', ')}`,
  );
}
