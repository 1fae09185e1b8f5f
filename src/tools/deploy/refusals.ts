/** What is wrong before anything is touched, as sentences that say what to do. */
import { spawnSync } from 'node:child_process';
import type { Found } from './plan.ts';
import type { Wanted } from './wanted.ts';

/** Of wrangler.toml: each would make a deployment that is open, or that plays. */
const LOCAL_VARS = ['LOCAL_MODE', 'ALLOW_PRIVATE_ENDPOINTS', 'ALERT_SECONDS'];

export function templateFaults({ vars, unshared, environment }: Wanted): string[] {
  return [
    ...LOCAL_VARS.filter((name) => (vars[name] ?? '') !== '').map(
      (name) => `${name} is set in wrangler.toml: it is for a service on one machine. Empty it there.`,
    ),
    ...unshared.map(
      (section) =>
        `wrangler.toml has ${section}, which ${environment} must not share with production: ` +
        `set ${section} under [env.${environment}] too, empty where it has none.`,
    ),
  ];
}

/**
 * A deployment keeps one jurisdiction: that of the queues it has, which come first. Queues and
 * databases cannot be moved into another. `asked`: null where no option says.
 */
export function jurisdictionFault(asked: string | null, queues: Found['queues']): string | null {
  const other = [...queues].find(
    ([, { jurisdiction }]) => jurisdiction !== null && jurisdiction !== (asked ?? jurisdiction),
  );
  if (other === undefined) return null;
  const [name, { jurisdiction }] = other;
  return `--jurisdiction is ${asked}, but the queue ${name} is in ${jurisdiction}: what was made cannot be moved.`;
}

/** Cloudflare has one thing of a name, and would say so only once all else is done. */
export function nameFaults({ vars, requiredSecrets }: Wanted, secrets: readonly string[]): string[] {
  return Object.keys(vars)
    .filter((name) => secrets.includes(name) || requiredSecrets.includes(name))
    .map(
      (name) =>
        `${name} is a secret of the Worker and a variable of wrangler.toml, and Cloudflare takes one of them: ` +
        `remove it from [vars], or run \`npx wrangler secret delete ${name}\`.`,
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

/**
 * What is deployed must be what is committed: a release that nobody can find again cannot be rolled
 * back to.
 */
export function treeFaults(root: string): string[] {
  const status = spawnSync(
    'git',
    ['status', '--porcelain', '--', 'src', 'migrations', 'wrangler.toml', 'package-lock.json'],
    {
      cwd: root,
      encoding: 'utf8',
    },
  );
  // An unpacked archive has no history to compare with.
  if (status.status !== 0 || status.stdout.trim() === '') return [];
  const files = status.stdout.trim().split('\n');
  return [
    `${files.length} files of src, migrations or wrangler.toml are not committed: commit them, or pass --allow-dirty.`,
  ];
}
