/**
 * `tubepost import svix|standard`: accounts, endpoints, secrets and event types of another
 * provider. Without `--apply` it only says what it would do and what cannot come over.
 */
import { writeFile } from 'node:fs/promises';
import type { Command } from 'commander';
import type { Act } from '../act.ts';
import type { Context } from '../connect.ts';
import { EXIT, type ExitCode, Failure } from '../exit.ts';
import { formatJson } from '../json.ts';
import { createProgress } from '../progress.ts';
import { count, plain } from '../words.ts';
import { applyStep, type Done, planOf, type Step } from './apply.ts';
import { readStandard, type Source } from './portable.ts';
import { fromSvix, readSvixExport } from './svix.ts';
import { readSvixApi, svixOrigin } from './svix-api.ts';

type Options = { file?: string; from?: string; save?: string; apply?: boolean };

/** Accounts: reading takes four requests for each endpoint. */
const TOLD_EVERY = 100;

/** Holds for every endpoint of Svix, whatever its settings. */
const SVIX_CHANGES: readonly string[] = [
  'Headers are called webhook-id, webhook-timestamp and webhook-signature. Standard Webhooks libraries and the current Svix ones read them; code that reads svix-id by hand does not.',
  'The body is an envelope (id, type, timestamp, record, …) with what you publish in data; Svix sent the payload alone.',
  'Old secrets within a rotation are not shown by Svix: a receiver that has only the old one must be given the new one first.',
  'Messages, attempts and their history stay at Svix: publish to both until the receivers are done.',
];

export function addImport(program: Command, act: Act): void {
  const group = program
    .command('import')
    .description(
      'Brings accounts, endpoints, secrets and event types over. First says what it would do; --apply does it.',
    );
  group
    .command('svix')
    .description("From Svix's API (with its token in SVIX_TOKEN), or from a file that --save wrote.")
    .option('--from <url>', 'where its API is; found by the token unless given')
    .option('--file <path>', 'read this instead of the API')
    .option('--save <path>', 'write what was read, secrets included, for --file')
    .option('--apply', 'do it')
    .action(act((context, options: Options) => importFrom(context, 'Svix', options, readSvix)));
  group
    .command('standard')
    .description('From a JSON file, for any provider that signs by Standard Webhooks (docs/cli.md has its format).')
    .requiredOption('--file <path>', 'the file')
    .option('--apply', 'do it')
    .action(act((context, options: Options) => importFrom(context, 'the file', options, readFile)));
}

type Read = (context: Context, options: Options) => Promise<Source>;

const readFile: Read = async ({ io }, { file = '' }) => readStandard(await io.readFile(file), file);

const readSvix: Read = async ({ io, print }, { file, from, save }) => {
  if (file !== undefined) return fromSvix(readSvixExport(await io.readFile(file), file));
  const token = io.env['SVIX_TOKEN'];
  if (!token) throw new Failure(EXIT.usage, 'which Svix? Set SVIX_TOKEN to a token of its API, or give --file');
  const origin = originOf(from ?? svixOrigin(token));
  const exported = await readSvixApi(io, origin, token, (accounts) => {
    if (accounts % TOLD_EVERY === 0) print.hint(`${accounts} accounts read`);
  });
  if (save !== undefined) {
    // It holds secrets: nobody else may read it.
    await writeFile(save, formatJson(exported, 2), { mode: 0o600, flag: 'wx' });
    print.hint(`Saved to ${save}, with all secrets: delete it when you are done.`);
  }
  return fromSvix(exported);
};

/** The token travels with each request. */
function originOf(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : null;
  const isSafe =
    url?.protocol === 'https:' ||
    (url?.protocol === 'http:' && ['127.0.0.1', 'localhost', '[::1]'].includes(url.hostname));
  if (url !== null && isSafe) return url.origin;
  throw new Failure(EXIT.usage, `--from must be an https URL, because the token travels with it; got "${text}"`);
}

async function importFrom(context: Context, source: string, options: Options, read: Read): Promise<ExitCode> {
  const { print, client, io } = context;
  const { portable, left } = await read(context, options);
  const steps = await planOf(client, portable);
  const changes = source === 'Svix' ? SVIX_CHANGES : [];
  showPlan(context, source, steps);
  showLeft(context, left, changes);
  if (options.apply !== true) {
    print.json({ applied: false, steps: steps.map(shownStep), left, changes });
    print.line('\nNothing was changed. Say --apply to do it.');
    return EXIT.ok;
  }
  const progress = createProgress(io, print.isJson);
  const done: Done[] = [];
  for (const step of steps) {
    if (io.signal.aborted) break;
    done.push(await applyStep(client, step));
    progress.show({ done: done.length, total: steps.length, note: '' });
  }
  progress.end();
  const failed = done.filter(({ outcome }) => outcome === 'failed');
  print.json({
    applied: true,
    steps: done.map(({ step, outcome, message }) => ({ ...shownStep(step), outcome, message })),
    left,
    changes,
  });
  print.line(`\n${count(done.length - failed.length, 'step')} done, ${failed.length} refused.`);
  for (const { step, message } of failed) print.line(`  ${sayStep(step)}: ${message ?? ''}`);
  return failed.length === 0 ? EXIT.ok : EXIT.found;
}

function showPlan({ print }: Context, source: string, steps: readonly Step[]): void {
  const of = (kind: Step['kind']) => steps.filter((step) => step.kind === kind).length;
  print.line(
    `From ${source}: ${count(of('account'), 'account')}, ${count(of('endpoint'), 'endpoint')}, ${count(of('event-type'), 'event type')}`,
  );
  for (const step of steps) print.line(`  ${sayStep(step)}`);
}

function sayStep(step: Step): string {
  switch (step.kind) {
    case 'event-type': {
      const versions = Object.keys(step.eventType.schemas).length;
      return `event type ${plain(step.eventType.name)}${versions === 0 ? '' : `, ${count(versions, 'schema')}`}${step.eventType.archived ? ', archived' : ''}`;
    }
    case 'account':
      return `account ${plain(step.account.id)}${step.isThere ? ' (is there)' : ''}`;
    case 'endpoint': {
      const { url, secrets, disabledBecause } = step.endpoint;
      if (step.isThere) return `  ${plain(url)}: is there, and stays as it is`;
      const secret =
        secrets.length === 0 ? 'a new secret' : secrets.length === 1 ? 'its secret' : `its ${secrets.length} secrets`;
      return `  ${plain(url)}: with ${secret}${disabledBecause === null ? '' : `; disabled: ${plain(disabledBecause)}`}`;
    }
  }
}

function showLeft({ print }: Context, left: Source['left'], changes: readonly string[]): void {
  if (left.length > 0) print.line('\nCannot come over:');
  for (const { where, what } of left) print.line(`  ${plain(where)}: ${plain(what, 400)}`);
  if (changes.length > 0) print.line('\nChanges for every receiver:');
  for (const change of changes) print.line(`  ${change}`);
}

/** Without secrets and header values, which are nobody's business in a log of CI. */
function shownStep(step: Step): object {
  if (step.kind === 'event-type')
    return { kind: step.kind, name: step.eventType.name, versions: Object.keys(step.eventType.schemas) };
  if (step.kind === 'account') return { kind: step.kind, account: step.account.id, isThere: step.isThere };
  const { url, secrets, headers, disabledBecause } = step.endpoint;
  return {
    kind: step.kind,
    account: step.account,
    url,
    isThere: step.isThere,
    secrets: secrets.length,
    headers: Object.keys(headers),
    disabledBecause,
  };
}
