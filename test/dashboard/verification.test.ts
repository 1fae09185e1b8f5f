/**
 * What customers are given to paste: each is run as it stands, where its language is installed,
 * with good and forged requests.
 */
import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Webhook } from 'standardwebhooks';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { snippetsFor, variableOf } from '../../src/client/verification.ts';

const SECRET = `whsec_${Buffer.from('a secret of thirty-two bytes, so').toString('base64')}`;
const VARIABLE = 'CRM_WEBHOOK_SECRET';
const BODY = JSON.stringify({ id: 'evt_1', type: 'order.paid', record: 'order/1', data: { café: '€' } });

/** How a snippet is run; null: its language, or what it imports, is not on this machine. */
type Start = (folder: string, code: string) => [command: string, args: string[]] | null;

const has = (command: string, ...args: string[]) => spawnSync(command, args, { stdio: 'ignore' }).status === 0;

const STARTS: Record<string, Start> = {
  Node(folder, code) {
    mkdirSync(join(folder, 'node_modules'));
    symlinkSync(
      join(import.meta.dirname, '../../node_modules/standardwebhooks'),
      join(folder, 'node_modules/standardwebhooks'),
    );
    writeFileSync(join(folder, 'receiver.mjs'), code);
    return [process.execPath, [join(folder, 'receiver.mjs')]];
  },
  Python(folder, code) {
    if (!has('python3', '-c', 'import standardwebhooks')) return null;
    writeFileSync(join(folder, 'receiver.py'), code);
    return ['python3', [join(folder, 'receiver.py')]];
  },
  Java(folder, code) {
    if (!has('javac', '-version')) return null;
    writeFileSync(join(folder, 'Receiver.java'), code);
    execFileSync('javac', ['-d', folder, join(folder, 'Receiver.java')]);
    return ['java', ['-cp', folder, 'Receiver']];
  },
  PHP(folder, code) {
    if (!has('php', '--version')) return null;
    writeFileSync(join(folder, 'receiver.php'), code);
    return ['sh', ['-c', `exec php -S "127.0.0.1:$PORT" ${join(folder, 'receiver.php')}`]];
  },
};

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  await new Promise((closed) => server.close(closed));
  if (typeof address !== 'object' || address === null) throw new Error('no port');
  return address.port;
}

async function answered(port: number, headers: Record<string, string>, body = BODY): Promise<number> {
  for (let tries = 0; ; tries += 1) {
    try {
      const { status } = await fetch(`http://127.0.0.1:${port}/hooks/crm`, { method: 'POST', headers, body });
      return status;
    } catch (error) {
      // The program is still starting.
      if (tries > 100) throw error;
      await new Promise((later) => setTimeout(later, 100));
    }
  }
}

function signed(date = new Date(), secret = SECRET): Record<string, string> {
  return {
    'content-type': 'application/json',
    'webhook-id': 'evt_1',
    'webhook-timestamp': String(Math.floor(date.getTime() / 1_000)),
    'webhook-signature': `v1a,AAAA ${new Webhook(secret).sign('evt_1', date, BODY)}`,
  };
}

let folder: string;
let program: ChildProcess | null = null;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'snippet-'));
});
afterEach(() => {
  program?.kill('SIGKILL');
  program = null;
  rmSync(folder, { recursive: true });
});

describe('code that verifies', () => {
  const snippets = snippetsFor({ variable: VARIABLE, path: '/hooks/crm' });

  it.each(Object.keys(STARTS))(
    'takes what is signed and refuses what is not: %s',
    async (language) => {
      const code = snippets.find((snippet) => snippet.language === language)?.code ?? '';
      const start = STARTS[language]?.(folder, code);
      if (start === null || start === undefined) {
        expect(language).not.toBe('Node');
        return;
      }
      const port = await freePort();
      program = spawn(start[0], start[1], {
        env: { ...process.env, PORT: String(port), [VARIABLE]: SECRET },
        stdio: 'ignore',
      });
      expect(await answered(port, signed())).toBe(204);
      expect(await answered(port, signed(), `${BODY} `)).toBe(401);
      expect(await answered(port, signed(new Date(Date.now() - 400_000)))).toBe(401);
      expect(await answered(port, signed(new Date(), `whsec_${Buffer.alloc(32).toString('base64')}`))).toBe(401);
      expect(await answered(port, { 'content-type': 'application/json' })).toBe(401);
    },
    60_000,
  );

  it('Ruby takes what is signed and refuses what is not, as a Rack application', () => {
    if (!has('ruby', '--version')) return;
    const code = snippets.find(({ language }) => language === 'Ruby')?.code ?? '';
    const headers = (from: Record<string, string>) =>
      ['id', 'timestamp', 'signature'].map((name) => from[`webhook-${name}`] ?? '');
    const asks = [signed(), signed(new Date(Date.now() - 400_000))].map(headers);
    writeFileSync(
      join(folder, 'receiver.rb'),
      `${code}
require "stringio"
asks = JSON.parse(${JSON.stringify(JSON.stringify(asks))})
bodies = [${JSON.stringify(BODY)}, ${JSON.stringify(`${BODY} `)}]
answers = asks.product(bodies).map do |(id, time, signature), body|
  env = { "HTTP_WEBHOOK_ID" => id, "HTTP_WEBHOOK_TIMESTAMP" => time, "HTTP_WEBHOOK_SIGNATURE" => signature, "rack.input" => StringIO.new(body.b) }
  RECEIVER.call(env).first
end
answers << RECEIVER.call({ "rack.input" => StringIO.new("{}") }).first
STDERR.puts answers.inspect
`,
    );
    const ran = spawnSync('ruby', [join(folder, 'receiver.rb')], {
      env: { ...process.env, [VARIABLE]: SECRET },
      encoding: 'utf8',
    });
    expect(ran.stderr.trim().split('\n').at(-1)).toBe('[204, 401, 401, 401, 401]');
  });

  it.each([
    ['CRM', 'CRM_WEBHOOK_SECRET'],
    ['Shop (Berlin)', 'SHOP_BERLIN_WEBHOOK_SECRET'],
    ['hooks.example.com', 'HOOKS_EXAMPLE_COM_WEBHOOK_SECRET'],
    ['2nd', 'WEBHOOK_SECRET'],
    ['倉庫', 'WEBHOOK_SECRET'],
  ])('%s keeps its secret in %s', (name, variable) => {
    expect(variableOf(name)).toBe(variable);
  });

  it('fits any path that an address can have, without leaving its text', () => {
    const path = new URL(`https://a.example/x'";</script>`).pathname;
    for (const { code } of snippetsFor({ variable: VARIABLE, path })) {
      expect(code).not.toMatch(/x'|x%27"|<\/script>/);
    }
  });
});
