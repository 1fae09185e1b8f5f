/**
 * wrangler's commands, and what is read of their output: the one place that knows their formats
 * (wrangler 4.155).
 */
import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';
import { z } from 'zod';

export type Ran = { status: number; stdout: string; stderr: string };
export type Wrangler = {
  run: (...args: string[]) => Promise<Ran>;
};

/** A command of wrangler that failed: its own words, and which command. */
export class WranglerFailed extends Error {
  constructor(args: readonly string[], { stdout, stderr, status }: Ran) {
    const said = `${stdout}\n${stderr}`.trim().split('\n').slice(-12).join('\n');
    super(`\`wrangler ${args.join(' ')}\` ended with ${status}:\n${said}`);
  }
}

/**
 * wrangler itself, not `bin/wrangler.js`: that one starts it as its child, and answers 0 where the
 * child was killed.
 */
export const WRANGLER = 'node_modules/wrangler/wrangler-dist/cli.js';

/** Of one question or one creation. */
const QUICK_MS = 120_000;
/** Of a migration of a large database, and of a deploy. */
const LONG_MS = 900_000;

/** `command`: the program and its first arguments. `limitMs`: in place of the times above. */
export function wranglerOf(
  command: readonly string[],
  cwd: string,
  environment: NodeJS.ProcessEnv,
  limitMs?: number,
): Wrangler {
  return {
    async run(...args) {
      const [program = '', ...first] = command;
      // CI: it asks nothing, and takes what a person would confirm.
      const env = { ...environment, CI: '1', WRANGLER_SEND_METRICS: 'false', WRANGLER_LOG: 'log', NO_COLOR: '1' };
      const isLong = args[0] === 'deploy' || args[1] === 'migrations';
      const timeout = limitMs ?? (isLong ? LONG_MS : QUICK_MS);
      const child = spawn(program, [...first, ...args], {
        cwd,
        env,
        stdio: ['ignore', 'pipe', 'pipe'],
        timeout,
        killSignal: 'SIGKILL',
      });
      const ended = new Promise<{ status: number; killed: string }>((resolve, reject) => {
        child.once('error', reject);
        child.once('close', (status, signal) => {
          const killed = child.killed ? `\nit did not end within ${timeout / 1_000} s` : `\nkilled by ${signal}`;
          resolve({ status: status ?? 1, killed: signal === null ? '' : killed });
        });
      });
      const [stdout, stderr, { status, killed }] = await Promise.all([text(child.stdout), text(child.stderr), ended]);
      return { status, stdout, stderr: stderr + killed };
    },
  };
}

async function done(wrangler: Wrangler, ...args: string[]): Promise<string> {
  const ran = await wrangler.run(...args);
  if (ran.status !== 0) throw new WranglerFailed(args, ran);
  return ran.stdout;
}

const user = z.looseObject({
  loggedIn: z.boolean(),
  accounts: z.array(z.looseObject({ id: z.string(), name: z.string() })).optional(),
});

/** Null: nobody is logged in. */
export async function accountsOf(wrangler: Wrangler): Promise<{ id: string; name: string }[] | null> {
  const { stdout, status } = await wrangler.run('whoami', '--json');
  const said = user.safeParse(jsonIn(stdout));
  if (!said.success || !said.data.loggedIn || status !== 0) return null;
  return said.data.accounts ?? [];
}

const databases = z.array(z.looseObject({ uuid: z.string(), name: z.string() }));

/** Id by name. */
export async function databasesOf(wrangler: Wrangler): Promise<Map<string, string>> {
  const listed = databases.parse(jsonIn(await done(wrangler, 'd1', 'list', '--json')));
  return new Map(listed.map(({ uuid, name }) => [name, uuid]));
}

/**
 * Cloudflare's codes of an account without queues: of its plan, and where they were never switched
 * on.
 */
const NO_QUEUES = /\[code: (?:100129|11002)\]/;

/** The account may have no queues. They come before all else, so nothing was made. */
export class NoQueues extends Error {}

/** `jurisdiction`: null where wrangler names none. */
export type Queue = { jurisdiction: string | null };

/** Null: there is no such queue. */
export async function queueOf(wrangler: Wrangler, name: string): Promise<Queue | null> {
  const args = ['queues', 'info', name];
  const ran = await wrangler.run(...args);
  if (ran.status === 0) return { jurisdiction: /^Jurisdiction: (\S+)$/m.exec(ran.stdout)?.[1] ?? null };
  if (/does not exist/.test(ran.stdout + ran.stderr)) return null;
  throw queueFailure(args, ran);
}

function queueFailure(args: readonly string[], ran: Ran): Error {
  if (!NO_QUEUES.test(ran.stdout + ran.stderr)) return new WranglerFailed(args, ran);
  const said = (ran.stderr.trim() || ran.stdout.trim()).slice(0, 1_000);
  return new NoQueues(
    'This Cloudflare account has no Queues, which Tubepost needs: choose the paid Workers plan, or switch Queues on\n' +
      `in its dashboard, and run this again. Nothing was made. Cloudflare said:\n${said}`,
  );
}

const secrets = z.array(z.looseObject({ name: z.string() }));

/** Null: there is no such Worker. */
export async function secretsOf(wrangler: Wrangler, worker: string): Promise<string[] | null> {
  const args = ['secret', 'list', '--name', worker, '--format', 'json'];
  const ran = await wrangler.run(...args);
  if (ran.status === 0) return secrets.parse(jsonIn(ran.stdout)).map(({ name }) => name);
  if (/not found/.test(ran.stdout + ran.stderr)) return null;
  throw new WranglerFailed(args, ran);
}

export async function createQueue(wrangler: Wrangler, name: string, place: string[]): Promise<void> {
  const args = ['queues', 'create', name, ...place];
  const ran = await wrangler.run(...args);
  if (ran.status !== 0) throw queueFailure(args, ran);
}

export async function createDatabase(wrangler: Wrangler, name: string, place: string[]): Promise<void> {
  await done(wrangler, 'd1', 'create', name, ...place);
}

export async function migrate(wrangler: Wrangler, binding: string, config: string): Promise<string> {
  return done(wrangler, 'd1', 'migrations', 'apply', binding, '--remote', '--config', config);
}

/**
 * As wrangler prints it: the addresses that it is deployed to, and the version that answers there.
 */
export type Deployed = { urls: string[]; version: string | null };

export async function deployWorker(wrangler: Wrangler, config: string, secretsFile: string | null): Promise<Deployed> {
  const withSecrets = secretsFile === null ? [] : ['--secrets-file', secretsFile];
  const stdout = await done(wrangler, 'deploy', '--config', config, ...withSecrets);
  const urls = [...stdout.matchAll(/^\s+(https:\/\/\S+)$/gm)].map(([, url = '']) => url);
  return { urls, version: /^Current Version ID: (\S+)$/m.exec(stdout)?.[1] ?? null };
}

/** wrangler prints warnings around its JSON. Null where there is none. */
function jsonIn(stdout: string): unknown {
  const from = stdout.search(/^[[{]/m);
  if (from < 0) return null;
  const till = Math.max(stdout.lastIndexOf(']'), stdout.lastIndexOf('}'));
  try {
    return JSON.parse(stdout.slice(from, till + 1));
  } catch {
    return null;
  }
}
