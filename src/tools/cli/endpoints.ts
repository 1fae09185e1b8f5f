/** `tubepost endpoints`: an account's endpoints, their health and their secrets. */
import type { Command } from 'commander';
import { ofAnswer, type Schemas } from '../../client/client.ts';
import type { Act } from './act.ts';
import { take } from './dead.ts';
import type { Context } from './connect.ts';
import { endpointId, nameOf } from './endpoint-names.ts';
import { collect, spanMs, wholeNumber } from './options.ts';
import { table } from './print.ts';
import { plain, relative, span } from './words.ts';

const LISTED_MAX = 10_000;

export function addEndpoints(program: Command, act: Act): void {
  const endpoints = program
    .command('endpoints')
    .description("An account's endpoints: who receives what, and how they do.");
  endpoints
    .command('list', { isDefault: true })
    .description('Lists the endpoints of the account, or of all where none is named.')
    .action(act((context) => list(context)));
  endpoints
    .command('show')
    .description('Shows an endpoint and its health.')
    .argument('<endpoint>', 'ep_… or its name')
    .action(act((context, endpoint: string) => show(context, endpoint)));
  endpoints
    .command('create')
    .description('Creates an endpoint. Its secret is shown once.')
    .argument('<url>', 'https://…')
    .option('--description <text>', 'what people call it')
    .option('-t, --type <type>', 'only this event type, or ticket.* (repeatable)', collect)
    .option('--ordering <how>', 'ordered (default), latest, unordered')
    .option('--timeout <ms>', 'how long it may take to answer', wholeNumber(1_000, 30_000))
    .option('--rate <n>', 'requests a second at most', wholeNumber(1, 500))
    .option('--secret <whsec>', 'a secret of your own')
    .action(act((context, url: string, options: CreateOptions) => create(context, url, options)));
  for (const [name, status, what] of [
    ['pause', 'paused', 'Holds what arrives, until it is resumed.'],
    ['resume', 'enabled', 'Sends what is held, in order; enables a disabled endpoint.'],
    ['disable', 'disabled', 'Cancels what waits, visibly; what arrives is cancelled too, and can be replayed.'],
  ] as const) {
    endpoints
      .command(name)
      .description(what)
      .argument('<endpoint>', 'ep_… or its name')
      .option('--reason <text>', 'shown wherever it matters')
      .action(
        act((context, endpoint: string, { reason }: { reason?: string }) =>
          setStatus(context, endpoint, status, reason),
        ),
      );
  }
  endpoints
    .command('remove')
    .description('Removes an endpoint; what waits is cancelled.')
    .argument('<endpoint>', 'ep_… or its name')
    .action(act((context, endpoint: string) => remove(context, endpoint)));
  endpoints
    .command('rotate')
    .description('Makes a new secret beside the old one, for an overlap.')
    .argument('<endpoint>', 'ep_… or its name')
    .option('--overlap <span>', 'how long the old secret still signs, 7d at most (24h)', spanMs)
    .option('--ed25519', 'an Ed25519 key (v1a) beside the HMAC secret')
    .action(act((context, endpoint: string, options: RotateOptions) => rotate(context, endpoint, options)));
  endpoints
    .command('secret')
    .description('Shows the current secret. This is in the audit log.')
    .argument('<endpoint>', 'ep_… or its name')
    .action(act((context, endpoint: string) => secret(context, endpoint)));
}

type CreateOptions = {
  description?: string;
  type?: string[];
  ordering?: string;
  timeout?: number;
  rate?: number;
  secret?: string;
};
type RotateOptions = { overlap?: number; ed25519?: boolean };

async function pathOf(context: Context, named: string): Promise<{ account: string; endpoint: string }> {
  const account = context.account();
  return { account, endpoint: await endpointId(context, account, named) };
}

async function list(context: Context): Promise<void> {
  const { client, print } = context;
  const account = context.accountIfAny();
  const endpoints =
    account === null
      ? await take(client.list('listAllEndpoints', {}), LISTED_MAX)
      : await take(client.list('listEndpoints', { path: { account } }), LISTED_MAX);
  print.json(endpoints);
  if (endpoints.length === 0) print.line('No endpoints. Make one: tubepost endpoints create https://…');
  const rows = endpoints.map((endpoint) => [
    account === null ? endpoint.account : '',
    nameOf(endpoint),
    print.style(endpoint.status === 'enabled' ? 'good' : 'warn', endpoint.status),
    endpoint.ordering,
    endpoint.eventTypes.length === 0 ? 'all types' : plain(endpoint.eventTypes.join(' '), 40),
    endpoint.id,
    plain(endpoint.url, 80),
  ]);
  const columns = account === null ? 0 : 1;
  const head = ['account', 'name', 'status', 'ordering', 'types', 'id', 'url'];
  for (const line of table(
    head.slice(columns),
    rows.map((row) => row.slice(columns)),
  ))
    print.line(line);
}

async function show(context: Context, endpoint: string): Promise<void> {
  const { client, print } = context;
  const path = await pathOf(context, endpoint);
  const settings = ofAnswer(await client.call('getEndpoint', { path }));
  const health = ofAnswer(await client.call('getEndpointHealth', { path }));
  print.json({ ...settings, health });
  print.line(`${print.style('strong', nameOf(settings))} · ${settings.id}`);
  print.line(`  ${plain(settings.url, 300)}`);
  const reason = settings.statusReason === null ? '' : `: ${plain(settings.statusReason, 300)}`;
  print.line(
    `  ${settings.status}${reason}; ${settings.ordering}; ${settings.eventTypes.length === 0 ? 'all event types' : plain(settings.eventTypes.join(' '), 300)}`,
  );
  for (const sentence of healthSentences(health, context.io.nowMs())) print.line(`  ${sentence}`);
}

function healthSentences(
  { lastSuccessAt, lastFailureAt, nextRetryAt, waiting, windows, circuit }: Schemas['EndpointHealth'],
  nowMs: number,
): string[] {
  const { last15Minutes, last24Hours } = windows;
  return [
    `last success ${lastSuccessAt === null ? 'never' : relative(lastSuccessAt, nowMs)}, last failure ${lastFailureAt === null ? 'never' : relative(lastFailureAt, nowMs)}`,
    `15 min: ${windowOf(last15Minutes)} · 24 h: ${windowOf(last24Hours)}`,
    `waiting: ${waiting.count}${waiting.isComplete ? '' : ' at least'}${waiting.oldestAcceptedAt === null ? '' : `, the oldest since ${relative(waiting.oldestAcceptedAt, nowMs)}`}`,
    ...(nextRetryAt === null ? [] : [`next retry ${relative(nextRetryAt, nowMs)}`]),
    ...(circuit === null || circuit.state === 'closed'
      ? []
      : [`circuit ${circuit.state}: ${circuit.waitingRecords} records wait`]),
  ];
}

function windowOf({ attempts, successRate, latencyMs }: Schemas['HealthWindow']): string {
  if (attempts === 0) return 'no attempts';
  const rate = successRate === null ? '' : `, ${Number((successRate * 100).toFixed(1))} % good`;
  return `${attempts} attempts${rate}${latencyMs.p95 === null ? '' : `, p95 ${span(latencyMs.p95)}`}`;
}

async function create(context: Context, url: string, options: CreateOptions): Promise<void> {
  const { client, print } = context;
  const { description, type, ordering, timeout, rate, secret: own } = options;
  const made = ofAnswer(
    await client.call('createEndpoint', {
      path: { account: context.account() },
      body: {
        url,
        ...(description === undefined ? {} : { description }),
        ...(type === undefined ? {} : { eventTypes: type }),
        // The service names what is allowed.
        ...(ordering === undefined ? {} : { ordering: ordering as Schemas['Endpoint']['ordering'] }),
        ...(timeout === undefined ? {} : { timeoutMs: timeout }),
        ...(rate === undefined ? {} : { rateLimitPerSecond: rate }),
        ...(own === undefined ? {} : { secret: own }),
      },
    }),
  );
  print.json(made);
  print.line(`Created ${made.id}: ${plain(made.url, 300)}`);
  print.line(`Its secret: ${made.secret}`);
  print.hint(`Try it: tubepost test ${made.id}`);
}

async function setStatus(
  context: Context,
  endpoint: string,
  status: 'enabled' | 'paused' | 'disabled',
  reason: string | undefined,
): Promise<void> {
  const body = { status, ...(reason === undefined ? {} : { statusReason: reason }) };
  const changed = ofAnswer(
    await context.client.call('changeEndpoint', { path: await pathOf(context, endpoint), body }),
  );
  context.print.json(changed);
  context.print.line(
    `${nameOf(changed)} is ${changed.status}; in force everywhere within ${span(changed.effectiveWithinMs)}.`,
  );
}

async function remove(context: Context, endpoint: string): Promise<void> {
  const removed = ofAnswer(await context.client.call('deleteEndpoint', { path: await pathOf(context, endpoint) }));
  context.print.json(removed);
  context.print.line(`Removed ${removed.id}; what waits is cancelled by ${removed.job}.`);
}

async function rotate(context: Context, endpoint: string, { overlap, ed25519 }: RotateOptions): Promise<void> {
  const body = {
    ...(overlap === undefined ? {} : { overlapSeconds: Math.round(overlap / 1_000) }),
    ...(ed25519 === true ? { algorithm: 'ed25519' as const } : {}),
  };
  const made = ofAnswer(await context.client.call('rotateSecret', { path: await pathOf(context, endpoint), body }));
  context.print.json(made);
  context.print.line(
    `The new secret: ${made.publicKey === undefined ? made.secret : `${made.publicKey} (the public key, for the receiver)`}`,
  );
  for (const { id, expiresAt } of made.secrets)
    if (expiresAt !== null) context.print.line(`  ${id} still signs until ${expiresAt}`);
}

async function secret(context: Context, endpoint: string): Promise<void> {
  const path = await pathOf(context, endpoint);
  const { secrets } = ofAnswer(await context.client.call('getEndpoint', { path }));
  const current = secrets.find(({ kind, expiresAt }) => kind === 'hmac' && expiresAt === null);
  if (current === undefined) throw new Error(`${endpoint} has no current secret`);
  const read = ofAnswer(await context.client.call('getSecret', { path: { ...path, secret: current.id } }));
  context.print.json(read);
  context.print.line(read.secret);
}
