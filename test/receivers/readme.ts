/**
 * The README's first run, as it stands there: its requests while nobody listens, then its receiver,
 * at which the waiting event arrives.
 */
import { readFileSync } from 'node:fs';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { spawn } from 'node:child_process';
import { z } from 'zod';
import type { Checks } from '../support/checks.ts';
import { until } from '../support/poll.ts';
import { freePort } from '../support/service.ts';
import { shell } from '../generators/shell.ts';

const ROOT = join(import.meta.dirname, '../..');
const REQUEST = /```sh run\n([\s\S]*?)```/g;
const RECEIVER = /```sh receiver\n([\s\S]*?)```\s+```\n([\s\S]*?)```/;
const KEY_SHOWN = 'tubepost_local_admin_key';
/** It is retried after 10 s, and a loaded machine takes its time. */
const ARRIVES_WITHIN_MS = 60_000;

const created = z.object({ secret: z.string().startsWith('whsec_') });
const status = z.object({ status: z.string() });

export async function checkReadme(at: { url: string; key: string }, folder: string, checks: Checks): Promise<void> {
  const place = join(folder, 'readme');
  mkdirSync(place);
  const text = readFileSync(join(ROOT, 'README.md'), 'utf8');
  const port = await freePort();
  const here = (script: string) =>
    script
      .replaceAll('http://127.0.0.1:8787', at.url)
      .replaceAll('127.0.0.1:9000', `127.0.0.1:${port}`)
      .replaceAll(KEY_SHOWN, at.key);
  const requests = [...text.matchAll(REQUEST)].map(([, script = '']) => here(script));
  const [, command = '', shown = ''] = RECEIVER.exec(text) ?? [];
  const answers = requests.map((script) => shell(script, place, {}).output);
  const [endpoint = '', , asked = ''] = answers;
  const { secret } = created.parse(JSON.parse(endpoint));
  const receiver = spawn('bash', ['-c', `${command.trim().replace('whsec_…', secret)}`], {
    cwd: ROOT,
    detached: true,
    stdio: ['ignore', 'pipe', 'ignore'],
    env: {
      ...process.env,
      PORT: String(port),
      DATABASE: join(place, 'receiver.db'),
    },
  });
  const last = () => {
    if (receiver.pid !== undefined) process.kill(-receiver.pid, 'SIGKILL');
  };
  try {
    let printed = '';
    receiver.stdout.setEncoding('utf8').on('data', (part: string) => (printed += part));
    await until('the waiting event arrives', ARRIVES_WITHIN_MS, () => (printed.includes('\n') ? true : null));
    const is = await until('the status says so', ARRIVES_WITHIN_MS, () => {
      const now = status.parse(JSON.parse(shell(requests[2] ?? '', place, {}).output));
      return now.status === 'delivered' ? now : null;
    });
    checks.check("the README's first run: the waiting event arrives at its receiver", requests.length, [
      ...(status.parse(JSON.parse(asked)).status === 'retrying' ? [] : [`its status was ${asked}`]),
      ...(printed === shown ? [] : [`the README shows ${shown}, it printed ${printed}`]),
      ...(is.status === 'delivered' ? [] : [is.status]),
    ]);
  } finally {
    last();
  }
}
