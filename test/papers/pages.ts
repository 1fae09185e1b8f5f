/**
 * The commands and programs of the pages that are no tutorial, from the top of each page to its
 * end: a `run` block must end with 0, and no answer in it be a problem; a `shows TEXT` block keeps
 * a connection, and is ended once it has printed that; an `install` block is a user's shell.
 */
import { spawn } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { createClient, ofAnswer } from '../../src/client/client.ts';
import type { Checks } from '../support/checks.ts';
import { type Block, blocksOf, RUNNERS, runnerOf } from './blocks.ts';

const ROOT = join(import.meta.dirname, '../..');
const WITHIN_MS = 120_000;
const SHOWN_ORIGINS = /https:\/\/tubepost\.example\.com|http:\/\/127\.0\.0\.1:8787/g;
const SHOWN_KEY = 'tubepost_local_admin_key';

type At = { url: string; key: string };

export async function runPages(at: At, folder: string, checks: Checks): Promise<void> {
  const token = await prepare(at);
  for (const paper of Object.keys(RUNNERS)) {
    const blocks = blocksOf(paper).filter((block) => runnerOf(block)?.file === 'test/papers/pages.ts');
    const faults: string[] = [];
    for (const block of blocks) faults.push(...(await faultsOf(block, at, token, folder)));
    if (blocks.length > 0) checks.check(`${paper}: what it shows runs`, blocks.length, faults);
  }
}

/** What the pages speak of as there already. Returns a token of the record. */
async function prepare({ url, key }: At): Promise<string> {
  const client = createClient({ origin: url, key });
  const path = { account: 'acme' };
  ofAnswer(await client.call('putAccount', { path, body: { name: 'Acme' } }));
  const event = (id: string, type: string, record: string) =>
    client.call('publishEvent', { path, body: { id, type, record, data: { plan: 'pro' } } });
  ofAnswer(await event('evt-81', 'user.changed', 'user/1'));
  ofAnswer(await event('evt-82', 'subscription.changed', 'subscription/sub_81'));
  return ofAnswer(await client.call('createPortalToken', { path, body: { record: 'subscription/sub_81' } })).token;
}

async function faultsOf(block: Block, at: At, token: string, folder: string): Promise<string[]> {
  const { language, marks, code } = block;
  const here = code
    .replaceAll(SHOWN_ORIGINS, at.url)
    .replaceAll('wss://tubepost.example.com', at.url.replace('http', 'ws'))
    .replaceAll(SHOWN_KEY, at.key);
  const until = marks[0] === 'shows' ? (marks[1] ?? '') : null;
  const { status, out } =
    language === 'js' ? await program(here, token, folder, until) : await script(here, at, folder, until);
  const problem = /"code": ?"([a-z-]+)"/.exec(out)?.[1];
  const isRight = until === null ? status === 0 && problem === undefined : out.includes(until);
  return isRight ? [] : [`${code.split('\n')[0]}: ended with ${status}: ${out.slice(0, 600)}`];
}

type Ended = { status: number | null; out: string };

/** A shell of a user at the root of the clone, with a global folder of npm that is thrown away. */
function script(code: string, { url, key }: At, folder: string, until: string | null): Promise<Ended> {
  const prefix = join(folder, 'global');
  mkdirSync(join(prefix, 'lib'), { recursive: true });
  const path = [join(prefix, 'bin'), dirname(process.execPath), process.env['PATH']].join(':');
  const { CLOUDFLARE_API_TOKEN: _, ...environment } = process.env;
  const env = { ...environment, TUBEPOST_URL: url, TUBEPOST_KEY: key, PATH: path, npm_config_prefix: prefix };
  return ended('bash', ['-euo', 'pipefail', '-c', code], env, until);
}

/** `token` is what the page calls so; the package is what it is built from. */
function program(code: string, token: string, folder: string, until: string | null): Promise<Ended> {
  const client = join(ROOT, 'src/client/watch.ts');
  const socket = code.includes('const socket')
    ? "\nsocket.addEventListener('message', ({ data }) => console.log(data));"
    : '';
  const file = join(folder, 'page.mjs');
  writeFileSync(
    file,
    `const token = ${JSON.stringify(token)};\n${code.replace('@tubepost/client/watch', client)}${socket}`,
  );
  return ended(process.execPath, [file], process.env, until);
}

function ended(command: string, args: string[], env: NodeJS.ProcessEnv, until: string | null): Promise<Ended> {
  const child = spawn(command, args, { cwd: ROOT, env, detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
  const end = () => {
    if (child.pid !== undefined && child.exitCode === null) process.kill(-child.pid, 'SIGKILL');
  };
  const timer = setTimeout(end, WITHIN_MS);
  let out = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (part: string) => {
      out += part;
      if (until !== null && out.includes(until)) end();
    });
  }
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (status) => {
      clearTimeout(timer);
      resolve({ status, out });
    });
  });
}
