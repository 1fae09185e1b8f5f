/**
 * `tubepost reseal`: after a change of the master key, every secret sealed again
 * (docs/operate.md). Can be stopped at any account and continued there.
 */
import type { Command } from 'commander';
import { ofAnswer, type Schemas } from '../../client/client.ts';
import type { Act } from './act.ts';
import type { Context } from './connect.ts';
import { EXIT, type ExitCode, Failure } from './exit.ts';
import { createProgress } from './progress.ts';
import { count } from './words.ts';

/**
 * One call takes 200 endpoints, an account has 10,000 at most: beyond this, something is resealed
 * again and again.
 */
const CALLS_PER_ACCOUNT_MAX = 100;

export function addReseal(program: Command, act: Act): void {
  program
    .command('reseal')
    .summary('seal all secrets under the new master key')
    .description(
      'Seals the secrets of the account, or with --all of every account, under the current master key. Ends with 1 where some do not open.',
    )
    .option('--all', 'every account')
    .action(act((context, { all }: { all?: boolean }) => reseal(context, all === true)));
}

type Sealed = { account: string; endpoints: number; secrets: number; headers: number; unreadable: string[] };

async function reseal(context: Context, isForAll: boolean): Promise<ExitCode> {
  const { client, print, io } = context;
  const accounts: string[] = [];
  if (isForAll) for await (const { account } of client.list('listAccounts', {})) accounts.push(account);
  else accounts.push(context.account());
  const progress = createProgress(io, print.isJson);
  const done: Sealed[] = [];
  for (const account of accounts) {
    if (io.signal.aborted) break;
    progress.show({ done: done.length, total: accounts.length, note: account });
    done.push(await resealOne(context, account));
  }
  progress.show({ done: done.length, total: accounts.length, note: '' });
  progress.end();
  print.json(done);
  const sum = (of: (sealed: Sealed) => number) => done.reduce((total, sealed) => total + of(sealed), 0);
  print.line(
    `${count(done.length, 'account')}: ${count(
      sum((one) => one.secrets),
      'secret',
    )} and ${count(
      sum((one) => one.headers),
      'header',
    )} of ${count(
      sum((one) => one.endpoints),
      'endpoint',
    )} sealed again.`,
  );
  for (const { account, unreadable } of done) {
    for (const endpoint of unreadable)
      print.line(`  ${account}/${endpoint} does not open with any key that the service knows`);
  }
  return done.some(({ unreadable }) => unreadable.length > 0) ? EXIT.found : EXIT.ok;
}

/** Until nothing of it is left under another key. */
async function resealOne({ client }: Context, account: string): Promise<Sealed> {
  const sealed: Sealed = { account, endpoints: 0, secrets: 0, headers: 0, unreadable: [] };
  for (let calls = 0; calls < CALLS_PER_ACCOUNT_MAX; calls += 1) {
    const answer: Schemas['Reseal'] = ofAnswer(await client.call('resealAccount', { path: { account } }));
    sealed.endpoints += answer.resealed.endpoints;
    sealed.secrets += answer.resealed.secrets;
    sealed.headers += answer.resealed.headers;
    sealed.unreadable = answer.unreadable.endpoints;
    if (answer.remaining === 0) return sealed;
  }
  throw new Failure(
    EXIT.unreachable,
    `${account} has still more to reseal after ${CALLS_PER_ACCOUNT_MAX} calls: do two programs reseal at once?`,
  );
}
