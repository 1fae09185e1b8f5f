/** `tubepost accounts`: whose events there are. */
import type { Command } from 'commander';
import { ofAnswer } from '../../client/client.ts';
import type { Act } from './act.ts';
import type { Context } from './connect.ts';
import { take } from './dead.ts';
import { table } from './print.ts';
import { moment, plain } from './words.ts';

const LISTED_MAX = 100_000;

export function addAccounts(program: Command, act: Act): void {
  const accounts = program.command('accounts').description('The accounts that there are.');
  accounts
    .command('list', { isDefault: true })
    .description('Lists all accounts.')
    .action(act((context) => list(context)));
  accounts
    .command('create')
    .description('Creates an account, or changes its name.')
    .argument('<id>', '1 to 64 letters, digits, "_" or "-"')
    .option('--name <text>', 'what people call it')
    .action(act((context, id: string, { name }: { name?: string }) => create(context, id, name)));
}

async function list({ client, print }: Context): Promise<void> {
  const accounts = await take(client.list('listAccounts', {}), LISTED_MAX);
  print.json(accounts);
  const rows = accounts.map(({ account, name, createdAt }) => [account, plain(name, 60), moment(createdAt)]);
  for (const line of table(['account', 'name', 'created'], rows)) print.line(line);
  if (accounts.length === 0) print.line('No accounts. Make one: tubepost accounts create acme');
}

async function create({ client, print }: Context, account: string, name: string | undefined): Promise<void> {
  const made = ofAnswer(
    await client.call('putAccount', { path: { account }, body: name === undefined ? {} : { name } }),
  );
  print.json(made);
  print.line(`Account ${made.account} is there.`);
}
