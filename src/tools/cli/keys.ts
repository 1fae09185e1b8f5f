/** `tubepost keys`: API keys with their scopes, and tokens for a customer's page. */
import type { Command } from 'commander';
import { randomUUID } from 'node:crypto';
import { ofAnswer, type Schemas } from '../../client/client.ts';
import type { Act } from './act.ts';
import type { Context } from './connect.ts';
import { take } from './dead.ts';
import { collect, spanMs, wholeNumber } from './options.ts';
import { table } from './print.ts';
import { plain, relative } from './words.ts';

const LISTED_MAX = 10_000;
type Scope = Schemas['ApiKey']['scopes'][number];
type CreateOptions = { scope?: string[]; expires?: number; rate?: number };

export function addKeys(program: Command, act: Act): void {
  const keys = program.command('keys').description('API keys, and tokens for a page of a customer.');
  keys
    .command('list', { isDefault: true })
    .description('Lists the keys that are not revoked.')
    .option('--all', 'those that are revoked too')
    .action(act((context, { all }: { all?: boolean }) => list(context, all === true)));
  keys
    .command('create')
    .description(
      'Creates a key. It is shown once. With --account it is bound to that account, otherwise operator-wide.',
    )
    .argument('<name>', 'what it is for')
    .option('-s, --scope <scope>', 'publish, read, replay, manage (repeatable)', collect)
    .option('--expires <span>', 'ends after this long, like 90d', spanMs)
    .option('--rate <n>', 'requests a second at most', wholeNumber(1, 10_000))
    .action(act((context, name: string, options: CreateOptions) => create(context, name, options)));
  keys
    .command('revoke')
    .description('Revokes a key, everywhere within 5 s.')
    .argument('<key>', 'key_…, not the key itself')
    .action(act((context, key: string) => revoke(context, key)));
  keys
    .command('portal')
    .description('Makes a short-lived token for the page of the account.')
    .option('-s, --scope <scope>', 'read (default), replay, manage (repeatable)', collect)
    .option('--expires <span>', '1h at most (15m)', spanMs)
    .action(act((context, options: CreateOptions) => portal(context, options)));
}

async function list({ client, print, io }: Context, isWhole: boolean): Promise<void> {
  const all = await take(client.list('listKeys', {}), LISTED_MAX);
  const keys = all.filter(({ revokedAt }) => isWhole || revokedAt === null);
  print.json(keys);
  const rows = keys.map(({ id, name, scopes, account, expiresAt, revokedAt, lastUsedAt }) => [
    plain(name, 40),
    scopes.join(' '),
    account ?? 'all accounts',
    revokedAt !== null ? 'revoked' : expiresAt === null ? 'no end' : `ends ${relative(expiresAt, io.nowMs())}`,
    lastUsedAt === null ? 'never used' : `used ${relative(lastUsedAt, io.nowMs())}`,
    id,
  ]);
  for (const line of table(['name', 'scopes', 'account', 'ends', 'used', 'id'], rows)) print.line(line);
  if (keys.length === 0) print.line('No keys but ADMIN_KEY.');
}

async function create(
  context: Context,
  name: string,
  { scope = ['read'], expires, rate }: CreateOptions,
): Promise<void> {
  const { client, print, io } = context;
  const made = ofAnswer(
    await client.call('createKey', {
      body: {
        name,
        // The service names what is allowed.
        scopes: scope as Scope[],
        account: context.accountIfAny(),
        ...(expires === undefined ? {} : { expiresAt: new Date(io.nowMs() + expires).toISOString() }),
        ...(rate === undefined ? {} : { rateLimitPerSecond: rate }),
      },
      idempotencyKey: randomUUID(),
    }),
  );
  print.json(made);
  print.line(`${made.id} for ${made.account ?? 'all accounts'}, may ${made.scopes.join(', ')}. Shown once:`);
  print.line(made.key);
}

async function revoke({ client, print }: Context, key: string): Promise<void> {
  ofAnswer(await client.call('revokeKey', { path: { key } }));
  print.json({ id: key, revoked: true });
  print.line(`${key} is revoked, everywhere within 5 s.`);
}

async function portal(context: Context, { scope, expires }: CreateOptions): Promise<void> {
  const made = ofAnswer(
    await context.client.call('createPortalToken', {
      path: { account: context.account() },
      body: {
        ...(scope === undefined ? {} : { scopes: scope as Scope[] }),
        ...(expires === undefined ? {} : { expiresInSeconds: Math.round(expires / 1_000) }),
      },
    }),
  );
  context.print.json(made);
  context.print.line(`For ${made.account}, may ${made.scopes.join(', ')}, until ${made.expiresAt}:`);
  context.print.line(made.token);
}
