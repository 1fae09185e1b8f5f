/** What is wrong before anything is touched, as sentences that say what to do. */
import { spawnSync } from 'node:child_process';
import type { Wanted } from './wanted.ts';

/** Of wrangler.toml: each would make a deployment that is open, or that plays. */
const LOCAL_VARS = ['LOCAL_MODE', 'ALLOW_PRIVATE_ENDPOINTS', 'ALERT_SECONDS'];

export function templateFaults({ vars }: Wanted): string[] {
  return LOCAL_VARS.filter((name) => (vars[name] ?? '') !== '').map(
    (name) => `${name} is set in wrangler.toml: it is for a service on one machine. Empty it there.`,
  );
}

/** `accounts`: null where nobody is logged in. */
export function loginFault(
  accounts: readonly { id: string; name: string }[] | null,
  environment: NodeJS.ProcessEnv,
): string | null {
  if (accounts === null) {
    return 'Nobody is logged in to Cloudflare: run `npx wrangler login`, or set CLOUDFLARE_API_TOKEN.';
  }
  if (accounts.length > 1 && (environment['CLOUDFLARE_ACCOUNT_ID'] ?? '') === '') {
    const listed = accounts.map(({ id, name }) => `${id} (${name})`).join(', ');
    return `The login has ${accounts.length} Cloudflare accounts: set CLOUDFLARE_ACCOUNT_ID to one of ${listed}.`;
  }
  return null;
}

/** What is deployed must be what is committed: a release that nobody can find again cannot be rolled back to. */
export function treeFault(root: string): string | null {
  const status = spawnSync(
    'git',
    ['status', '--porcelain', '--', 'src', 'migrations', 'wrangler.toml', 'package-lock.json'],
    {
      cwd: root,
      encoding: 'utf8',
    },
  );
  // An unpacked archive has no history to compare with.
  if (status.status !== 0 || status.stdout.trim() === '') return null;
  const files = status.stdout.trim().split('\n');
  return `${files.length} files of src, migrations or wrangler.toml are not committed: commit them, or pass --allow-dirty.`;
}
