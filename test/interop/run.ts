/**
 * `npm run test:interop`, outside CI: our signatures judged by the official libraries of npm, PyPI,
 * Go, crates and Maven, and theirs by our kit. Each is installed, pinned, in a folder of its own; a
 * language that is not here is skipped, by name.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { generateKeyPairSync, type JsonWebKey } from 'node:crypto';
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { verify } from '../../src/receiver/verify.ts';
import { formatSigningKey, parseSecret, parseSigningKey, sign } from '../../src/signature.ts';
import { run } from '../support/program.ts';

type Case = {
  name: string;
  id: string;
  seconds: number;
  secret: string;
  signature: string;
  body: string;
  isGood: boolean;
};
type Library = {
  name: string;
  needs: string[];
  /**
   * Shell lines in a folder that holds `programs/`; the last one reads cases.tsv and prints a line
   * for each.
   */
  steps: string[];
};

const LIBRARIES: readonly Library[] = [
  {
    name: 'npm standardwebhooks 1.1.1',
    needs: ['node'],
    steps: [
      'npm init -y >/dev/null && npm install --silent --no-audit --no-fund --save-exact standardwebhooks@1.1.1',
      'cp programs/node.mjs . && node node.mjs cases.tsv',
    ],
  },
  {
    name: 'npm svix 2.5.0',
    needs: ['node'],
    steps: [
      'npm init -y >/dev/null && npm install --silent --no-audit --no-fund --save-exact svix@2.5.0',
      "sed 's/standardwebhooks/svix/' programs/node.mjs > node.mjs && node node.mjs cases.tsv",
    ],
  },
  {
    name: 'PyPI standardwebhooks 1.1.0',
    needs: ['python3'],
    steps: [
      'python3 -m venv v && v/bin/pip install -q --disable-pip-version-check standardwebhooks==1.1.0',
      'v/bin/python programs/python.py cases.tsv',
    ],
  },
  {
    name: 'Go standard-webhooks v0.0.1',
    needs: ['go'],
    steps: [
      'cp programs/main.go . && go mod init interop 2>/dev/null && go get github.com/standard-webhooks/standard-webhooks/libraries@v0.0.1 2>/dev/null',
      'go run . cases.tsv',
    ],
  },
  {
    name: 'crate standardwebhooks 1.0.1',
    needs: ['cargo'],
    steps: ['cp -r programs/rust/. . && cargo build -q', 'target/debug/interop cases.tsv'],
  },
  {
    name: 'Maven com.standardwebhooks 1.1.0',
    needs: ['java', 'javac', 'mvn'],
    steps: [
      'cp programs/pom.xml . && mvn -q -B dependency:copy-dependencies -DoutputDirectory=jars',
      "java -cp 'jars/*' programs/Interop.java cases.tsv",
    ],
  },
];

const secret = `whsec_${Buffer.from('a secret of thirty-two bytes, so').toString('base64')}`;
const former = `whsec_${Buffer.alloc(32, 9).toString('base64')}`;
const signing = formatSigningKey(pairOf(generateKeyPairSync('ed25519').privateKey.export({ format: 'jwk' })));

function pairOf({ d = '', x = '' }: JsonWebKey) {
  const bytes = (text: string) => new Uint8Array(Buffer.from(text, 'base64url'));
  return { seed: bytes(d), publicKey: bytes(x) };
}

function keyOf(text: string) {
  const parsed = text.startsWith('whsk_') ? parseSigningKey(text) : parseSecret(text);
  if (!parsed.ok) throw new Error(parsed.error.reason);
  return parsed.value;
}

async function casesAt(seconds: number): Promise<Case[]> {
  const body = JSON.stringify({ id: 'evt_1', type: 'order.paid', data: { café: '€ 9007199254740993' } });
  const make = async (name: string, keys: string[], isGood: boolean, change: Partial<Case> = {}): Promise<Case> => {
    const of = { name, id: 'evt_1', seconds, secret, body, isGood, ...change };
    const signature = await sign({ id: of.id, timestampSeconds: of.seconds, body }, keys.map(keyOf));
    return { ...of, signature };
  };
  return [
    await make('one secret', [secret], true),
    await make('two secrets, while one is rotated', [former, secret], true),
    await make('v1a before v1', [signing, secret], true),
    await make('another secret', [former], false),
    await make('v1a alone, which it does not know', [signing], false),
    await make('a changed body', [secret], false, { body: `${body} ` }),
    await make('400 s old', [secret], false, { seconds: seconds - 400 }),
    await make('400 s early', [secret], false, { seconds: seconds + 400 }),
  ];
}

function isHere(command: string): boolean {
  return spawnSync('sh', ['-c', `command -v ${command}`], { stdio: 'ignore' }).status === 0;
}

await run({
  name: 'interop',
  work: async ({ checks }) => {
    for (const { name, needs, steps } of LIBRARIES) {
      const missing = needs.filter((command) => !isHere(command));
      if (missing.length > 0) {
        console.log(`  skipped  ${name}: no ${missing.join(', ')}`);
        continue;
      }
      const folder = mkdtempSync(join(tmpdir(), 'interop-'));
      try {
        mkdirSync(join(folder, 'programs'));
        cpSync(join(import.meta.dirname, 'programs'), join(folder, 'programs'), { recursive: true });
        const shell = (step: string) => execFileSync('sh', ['-c', step], { cwd: folder, encoding: 'utf8' });
        for (const step of steps.slice(0, -1)) shell(step);
        // Installing may take minutes: what is signed is signed now.
        const cases = await casesAt(Math.floor(Date.now() / 1_000));
        const lines = cases.map(({ id, seconds, secret: key, signature, body }) =>
          [id, seconds, key, signature, Buffer.from(body).toString('base64')].join('\t'),
        );
        writeFileSync(join(folder, 'cases.tsv'), `${lines.join('\n')}\n`);
        const answers = shell(steps.at(-1) ?? '')
          .trim()
          .split('\n')
          .map((line) => line.split('\t'));
        checks.check(
          `${name} takes what we signed, and refuses what is forged, late or early`,
          cases.length,
          cases.flatMap((one, n) => {
            const said = answers[n]?.[0];
            return said === (one.isGood ? 'ok' : 'no') ? [] : [`${one.name}: ${String(said)}`];
          }),
        );
        const faults: string[] = [];
        for (const [n, { id, seconds, body, secret: key }] of cases.entries()) {
          const headers = {
            'webhook-id': id,
            'webhook-timestamp': String(seconds),
            'webhook-signature': answers[n]?.[1] ?? '',
          };
          const result = await verify({ headers, body }, { secrets: [key], nowMs: seconds * 1_000 });
          if (!result.ok) faults.push(`${cases[n]?.name}: ${result.error.reason}`);
        }
        checks.check(`our kit takes what ${name} signed`, cases.length, faults);
      } finally {
        rmSync(folder, { recursive: true, force: true });
      }
    }
  },
});
