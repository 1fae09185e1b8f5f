/** wrangler's commands, and what is read of their output: the one place that knows their formats (wrangler 4.155). */
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

/** `command`: the program and its first arguments. */
export function wranglerOf(command: readonly string[], cwd: string, environment: NodeJS.ProcessEnv): Wrangler {
  return {
    async run(...args) {
      const [program = '', ...first] = command;
      // CI: it asks nothing, and takes what a person would confirm.
      const env = { ...environment, CI: '1', WRANGLER_SEND_METRICS: 'false', WRANGLER_LOG: 'log', NO_COLOR: '1' };
      const child = spawn(program, [...first, ...args], { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] });
      const ended = new Promise<number>((resolve, reject) => {
        child.once('error', reject);
        child.once('close', (status) => resolve(status ?? 1));
      });
      const [stdout, stderr, status] = await Promise.all([text(child.stdout), text(child.stderr), ended]);
      return { status, stdout, stderr };
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

export async function hasQueue(wrangler: Wrangler, name: string): Promise<boolean> {
  const args = ['queues', 'info', name];
  const ran = await wrangler.run(...args);
  if (ran.status === 0) return true;
  if (/does not exist/.test(ran.stdout + ran.stderr)) return false;
  throw new WranglerFailed(args, ran);
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
  await done(wrangler, 'queues', 'create', name, ...place);
}

export async function createDatabase(wrangler: Wrangler, name: string, place: string[]): Promise<void> {
  await done(wrangler, 'd1', 'create', name, ...place);
}

export async function migrate(wrangler: Wrangler, binding: string, config: string): Promise<string> {
  return done(wrangler, 'd1', 'migrations', 'apply', binding, '--remote', '--config', config);
}

/** The addresses that it is deployed to, as wrangler prints them. */
export async function deployWorker(wrangler: Wrangler, config: string, secretsFile: string | null): Promise<string[]> {
  const withSecrets = secretsFile === null ? [] : ['--secrets-file', secretsFile];
  const stdout = await done(wrangler, 'deploy', '--config', config, ...withSecrets);
  return [...stdout.matchAll(/^\s+(https:\/\/\S+)$/gm)].map(([, url = '']) => url);
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
