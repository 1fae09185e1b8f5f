/**
 * `npm run deploy` on an account in memory: what it does, refuses, and finds again after it was
 * killed.
 */
import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { type Around, deployWith, type Options } from '../../../src/tools/deploy/deployment.ts';
import { askHidden } from '../../../src/tools/deploy/ask.ts';
import { templateFaults } from '../../../src/tools/deploy/refusals.ts';
import { secretFaults } from '../../../src/tools/deploy/secrets.ts';
import { configFor, type Environment, readTemplate, wantedOf } from '../../../src/tools/deploy/wanted.ts';
import { WRANGLER, wranglerOf } from '../../../src/tools/deploy/wrangler.ts';
import { Account, Killed } from './account.ts';

const root = join(import.meta.dirname, '../../..');
const template = readTemplate(root);
/** A Worker of the free plan may weigh 3 MB, compressed (Cloudflare's limits). */
const FREE_PLAN_GZIP_KIB = 3_072;
const secretsFile = z.record(z.string(), z.string());

/** A repository with nothing but its migrations, and its folder of secrets. */
let folder: string;
let account: Account;
let health: Server;
let healthStatus: number;
/** How often the version before still answers. */
let oldAnswers: number;
let asked: number;
let url: string;
let printed: string[];

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'deploy-'));
  symlinkSync(join(root, 'migrations'), join(folder, 'migrations'));
  account = new Account();
  printed = [];
  healthStatus = 200;
  oldAnswers = 0;
  asked = 0;
  health = createServer((_, response) => {
    response.writeHead(healthStatus, { 'content-type': 'application/json' });
    asked += 1;
    const version = asked <= oldAnswers ? 'the-one-before' : account.version;
    const ready = JSON.stringify({ status: 'ready', version });
    response.end(healthStatus === 200 ? ready : '{"code":"misconfigured","detail":"set MASTER_KEY"}');
  }).listen(0, '127.0.0.1');
  await once(health, 'listening');
  const address = health.address();
  if (typeof address !== 'object' || address === null) throw new Error('no port');
  url = `http://127.0.0.1:${address.port}`;
});
afterEach(() => {
  health.close();
  rmSync(folder, { recursive: true });
});

type Given = Partial<Omit<Options, 'wanted'>> & { on?: Environment } & Pick<
    Partial<Around>,
    'environment' | 'ask' | 'patience'
  >;

const PATIENCE = { waitMs: 60_000, everyMs: 1 };
const NO_PATIENCE = { waitMs: 0, everyMs: 1 };

function deploy({
  on = 'production',
  environment = {},
  ask = null,
  patience = PATIENCE,
  ...options
}: Given = {}): Promise<void> {
  const wanted = wantedOf(template, on);
  return deployWith(
    { wanted, jurisdiction: null, url, isDryRun: false, ...options },
    { tool: account, root: folder, folder, environment, ask, print: (line) => printed.push(line), patience },
  );
}

const written = (name: string) => readFileSync(join(folder, name), 'utf8');
const secrets = () => secretsFile.parse(JSON.parse(written('production.secrets.json')));

describe('a deploy', () => {
  it('makes what wrangler.toml names in an empty account, migrates before it deploys, and waits for /health', async () => {
    await deploy();
    expect(printed.at(-2)).toContain(`Tubepost is ready: ${url}`);
    expect(Object.keys(account.queues)).toEqual([
      'tubepost-fanout',
      'tubepost-fanout-dead',
      'tubepost-log',
      'tubepost-log-dead',
      'tubepost-slow',
    ]);
    expect(Object.keys(account.databases)).toEqual(template.d1_databases.map(({ database_name: name }) => name));
    expect(account.workers['tubepost']?.deploys).toBe(1);
    const lastMigration = account.calls.findLastIndex((call) => call.startsWith('d1 migrations'));
    expect(lastMigration).toBeLessThan(account.calls.findIndex((call) => call.startsWith('deploy')));
  });

  it('makes the secrets once, in a file for its owner alone, and never prints one', async () => {
    await deploy();
    expect(Buffer.from(secrets()['MASTER_KEY'] ?? '', 'base64').length).toBe(32);
    expect(account.workers['tubepost']?.secrets).toEqual(secrets());
    expect(statSync(join(folder, 'production.secrets.json')).mode & 0o077).toBe(0);
    for (const secret of Object.values(secrets())) expect(printed.join('\n')).not.toContain(secret);
  });

  it('changes nothing that is there, the second time, but deploys', async () => {
    await deploy();
    const made = structuredClone({ ...account.queues, ...account.databases });
    const kept = secrets();
    const calls = account.calls.length;
    rmSync(join(folder, 'production.secrets.json'));
    await deploy();
    expect({ ...account.queues, ...account.databases }).toEqual(made);
    expect(account.workers['tubepost']).toEqual({ secrets: kept, deploys: 2 });
    expect(account.calls.slice(calls).filter((call) => / create /.test(call))).toEqual([]);
    expect(existsSync(join(folder, 'production.secrets.json'))).toBe(false);
  });

  it('killed after any of its commands and run again, ends as one that was never killed', async () => {
    await deploy();
    const whole = account;
    for (let dieAfter = 1; dieAfter <= whole.calls.length; dieAfter += 1) {
      rmSync(join(folder, 'production.secrets.json'), { force: true });
      account = new Account();
      account.dieAfter = dieAfter;
      await expect(deploy()).rejects.toThrow(Killed);
      account.dieAfter = 0;
      await deploy();
      const names = ({ queues, databases, migrated }: Account) =>
        [queues, databases, migrated].map((of) => Object.keys(of));
      expect([dieAfter, names(account)]).toEqual([dieAfter, names(whole)]);
      // The Worker has the keys that the file has: a key of a run that broke off is not lost.
      expect(account.workers['tubepost']?.secrets).toEqual(secrets());
    }
  });

  it('gives staging names of its own, in the jurisdiction that was asked for', async () => {
    await deploy({ on: 'staging', jurisdiction: 'eu' });
    expect(account.queues['tubepost-staging-log-dead']?.jurisdiction).toBe('eu');
    expect(account.databases['tubepost-staging-config']?.jurisdiction).toBe('eu');
    expect(Object.keys(account.workers)).toEqual(['tubepost-staging']);
    const config = z.looseObject({ d1_databases: z.array(z.looseObject({ database_id: z.string() })) });
    const ids = config
      .parse(JSON.parse(written('wrangler.staging.json')))
      .d1_databases.map(({ database_id: id }) => id);
    expect(ids).toEqual(Object.values(account.databases).map(({ id }) => id));
  });

  it('waits for the version that it deployed, and not for the one before it, which was ready all along', async () => {
    await deploy();
    asked = 0;
    oldAnswers = 1;
    await deploy();
    expect(asked).toBe(2);
    oldAnswers = Number.POSITIVE_INFINITY;
    await expect(deploy({ patience: NO_PATIENCE })).rejects.toThrow(
      /does not say ready as version version-\d+\. .*"the-one-before"/,
    );
  });

  it('makes what is missing later in the jurisdiction of what is there', async () => {
    await deploy({ jurisdiction: 'eu' });
    delete account.databases['tubepost-log'];
    delete account.migrated['tubepost-log'];
    await deploy();
    expect(account.databases['tubepost-log']?.jurisdiction).toBe('eu');
    expect(printed).toContain('- create the database tubepost-log, in the jurisdiction eu');
  });

  it('says which queues it leaves where they are, where a jurisdiction comes too late', async () => {
    await deploy();
    await deploy({ jurisdiction: 'eu' });
    expect(printed.find((line) => line.includes('They stay as they are'))).toMatch(/^tubepost-fanout, /);
  });

  it('takes secrets of the environment, and asks for others where somebody is there', async () => {
    const masterKey = Buffer.alloc(32, 7).toString('base64');
    const answers = ['too short', 'an-admin-key-of-at-least-32-characters'];
    const ask = () => Promise.resolve(answers.shift() ?? '');
    await deploy({ environment: { MASTER_KEY: masterKey }, ask });
    expect(secrets()).toEqual({ MASTER_KEY: masterKey, ADMIN_KEY: 'an-admin-key-of-at-least-32-characters' });
  });

  it('says what /health said where it does not become ready', async () => {
    healthStatus = 503;
    await expect(deploy({ patience: NO_PATIENCE })).rejects.toThrow('"detail":"set MASTER_KEY"');
  });

  it('stops at a command that fails, with its words', async () => {
    const run = account.run.bind(account);
    const fault = { status: 1, stdout: '', stderr: 'Authentication error [code: 10000]' };
    account.run = (...args) => (args[1] === 'create' ? Promise.resolve(fault) : run(...args));
    await expect(deploy()).rejects.toThrow('Authentication error [code: 10000]');
  });
});

describe('the configuration that it writes', () => {
  it('keeps every section of wrangler.toml, also those that deploy does not know', () => {
    const given = { ...template, limits: { cpu_ms: 100 }, workers_dev: false, routes: ['hooks.example.com/*'] };
    const made = configFor(wantedOf(given, 'production'), new Map([['tubepost-log', 'id-1']]));
    const { d1_databases: databases, ...kept } = made;
    const { d1_databases: _, ...all } = given;
    expect(kept).toEqual({ ...all, minify: true, keep_names: true });
    expect(databases[1]).toEqual({ ...template.d1_databases[1], database_id: 'id-1' });
  });

  it('lets [env.staging] say what staging has in place of a section of production', () => {
    const own = { routes: ['staging.example.com/*'], vars: { SERVICE_HOSTS: 'staging.example.com' } };
    const given = { ...template, routes: ['hooks.example.com/*'], env: { staging: own } };
    expect(configFor(wantedOf(given, 'staging'), new Map())).toMatchObject({ ...own, name: 'tubepost-staging' });
    expect(configFor(wantedOf(given, 'production'), new Map())).toMatchObject({ routes: ['hooks.example.com/*'] });
    expect(configFor(wantedOf(given, 'production'), new Map())).not.toHaveProperty('env');
  });
});

it('lets a change of the master key set its three names as secrets: none of them is a variable', () => {
  const { vars } = wantedOf(template, 'production');
  const names = ['MASTER_KEY', 'MASTER_KEY_ID', 'MASTER_KEYS_OLD'];
  expect(names.filter((name) => name in vars)).toEqual([]);
});

describe('a question for a secret', () => {
  const terminal = () => {
    const [input, output] = [new PassThrough(), new PassThrough({ encoding: 'utf8' })];
    return { input, output, answer: askHidden(input, output, 'ADMIN_KEY: ') };
  };

  it('shows nothing of what is typed', async () => {
    const { input, output, answer } = terminal();
    input.write('not for the scrollback\r');
    expect(await answer).toBe('not for the scrollback');
    expect(output.read()).toBe('ADMIN_KEY: \n');
  });

  it('ends with Ctrl+C', async () => {
    const { input, answer } = terminal();
    input.write('half\u0003');
    await expect(answer).rejects.toThrow('stopped: nothing was answered');
  });
});

describe("wrangler's process", () => {
  const tool = (script: string, limitMs?: number) =>
    wranglerOf([process.execPath, '-e', script, '--'], root, process.env, limitMs);

  it('that hangs is ended, and its failure says so', async () => {
    const { status, stderr } = await tool('setInterval(() => {}, 1_000)', 200).run('whoami');
    expect([status, stderr]).toEqual([1, expect.stringContaining('it did not end within 0.2 s')]);
  });

  it('that is killed by another has failed', async () => {
    const { status, stderr } = await tool('process.kill(process.pid, "SIGTERM")').run('whoami');
    expect([status, stderr]).toEqual([1, expect.stringContaining('killed by SIGTERM')]);
  });
});

describe('a dry run', () => {
  it('prints the steps and does none', async () => {
    await deploy({ isDryRun: true });
    expect(printed).toContain('- create the queue tubepost-fanout-dead');
    expect(printed).toContain('- apply what is missing of the migrations to tubepost-log');
    expect(printed.at(-1)).toBe('- wait until /health says ready');
    expect([account.queues, account.databases, account.workers]).toEqual([{}, {}, {}]);
    expect(existsSync(join(folder, 'wrangler.production.json'))).toBe(false);
  });

  it('prints the steps for an empty account where nobody is logged in', async () => {
    account.login = null;
    await deploy({ isDryRun: true });
    expect(printed[0]).toContain('npx wrangler login');
    expect(printed).toContain('- create the database tubepost-config');
  });
});

describe('it refuses, before anything is touched,', () => {
  it('a login of several accounts of which none is chosen', async () => {
    account.login = [
      { id: '0a', name: 'Ours' },
      { id: '0b', name: 'Theirs' },
    ];
    await expect(deploy()).rejects.toThrow('set CLOUDFLARE_ACCOUNT_ID to one of 0a (Ours), 0b (Theirs)');
    expect(account.calls).toEqual(['whoami --json']);
  });

  it('an account whose plan has no Queues', async () => {
    account.hasQueues = false;
    await expect(deploy()).rejects.toThrow(/has no Queues, .* Nothing was made\. .*\[code: 100129\]/s);
    expect([account.queues, account.databases, account.workers]).toEqual([{}, {}, {}]);
  });

  it('another jurisdiction than that of what is there', async () => {
    await deploy({ jurisdiction: 'eu' });
    await expect(deploy({ jurisdiction: 'fedramp' })).rejects.toThrow(
      '--jurisdiction is fedramp, but the queue tubepost-fanout is in eu: what was made cannot be moved.',
    );
  });

  it('a variable of the name of a secret', async () => {
    await deploy();
    Object.assign(account.workers['tubepost']?.secrets ?? {}, { SERVICE_HOSTS: 'hooks.example.com' });
    await expect(deploy()).rejects.toThrow(
      'SERVICE_HOSTS is a secret of the Worker and a variable of wrangler.toml, and Cloudflare takes one of them: ' +
        'remove it from [vars], or run `npx wrangler secret delete SERVICE_HOSTS`.',
    );
  });

  it('what staging would share with production', () => {
    const given = { ...template, routes: ['hooks.example.com/*'] };
    expect(templateFaults(wantedOf(given, 'production'))).toEqual([]);
    expect(templateFaults(wantedOf(given, 'staging'))).toEqual([
      'wrangler.toml has routes, which staging must not share with production: ' +
        'set routes under [env.staging] too, empty where it has none.',
    ]);
  });

  it.each([
    [{ MASTER_KEY: 'c2hvcnQ=' }, 'MASTER_KEY must be the base64 of 32 random bytes: openssl rand -base64 32'],
    [{ ADMIN_KEY: 'guess' }, 'ADMIN_KEY must have at least 32 visible ASCII characters'],
  ])('secrets that cannot be: %j', (environment, fault) => {
    expect(secretFaults(template.secrets.required, environment)).toEqual([fault]);
  });

  it('what is for one machine only', () => {
    const wanted = wantedOf({ ...template, vars: { ...template.vars, LOCAL_MODE: 'true' } }, 'production');
    expect(templateFaults(wanted)).toEqual([
      'LOCAL_MODE is set in wrangler.toml: it is for a service on one machine. Empty it there.',
    ]);
  });

  it.each([
    [['--env', 'prod'], '--env must be production or staging, not prod'],
    [['--jurisdiction', 'mars'], '--jurisdiction must be eu or fedramp, not mars'],
    [['--url', 'hooks.example.com'], '--url must be an address like https://hooks.example.com, not hooks.example.com'],
    [['--force'], "Unknown option '--force'"],
  ])('an option that is wrong: %j', (args, said) => {
    const program = join(root, 'src/tools/deploy/main.ts');
    const { status, stderr } = spawnSync(process.execPath, [program, ...args], { encoding: 'utf8' });
    expect(status).toBe(2);
    expect(stderr).toContain(said);
  });
});

it('wrangler itself bundles the Worker from the configuration that is written', () => {
  const config = join(root, 'wrangler.test.json');
  const out = mkdtempSync(join(tmpdir(), 'bundle-'));
  try {
    writeFileSync(config, JSON.stringify(configFor(wantedOf(template, 'staging'), new Map())));
    const args = [join(root, WRANGLER), 'deploy', '--dry-run', '--config', config, '--outdir', out];
    const env = { ...process.env, CI: '1', WRANGLER_SEND_METRICS: 'false', WRANGLER_LOG: 'log' };
    const { status, stdout, stderr } = spawnSync(process.execPath, args, { cwd: root, env, encoding: 'utf8' });
    expect([status, stderr]).toEqual([0, expect.not.stringContaining('ERROR')]);
    expect(stdout).toMatch(/env\.LOG_DB \(tubepost-staging-log\)/);
    const gzipKib = Number(/gzip: ([\d.]+) KiB/.exec(stdout)?.[1]);
    console.log(`the bundle weighs ${gzipKib} KiB, gzip`);
    expect(gzipKib).toBeLessThan(FREE_PLAN_GZIP_KIB);
  } finally {
    rmSync(config, { force: true });
    rmSync(out, { recursive: true });
  }
}, 120_000);
