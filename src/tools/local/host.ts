/** Where the local service listens, and what must hold before other machines can reach it. */
import { isIP } from 'node:net';

export const HOST_DEFAULT = '127.0.0.1';

/** HOST: an address of this machine, or 0.0.0.0 or :: for all of them. */
export function parseHost(text: string): string {
  if (text === 'localhost') return HOST_DEFAULT;
  if (isIP(text) !== 0) return text;
  throw new Error(`HOST must be an IP address, like 127.0.0.1 or 0.0.0.0, but is "${text}"`);
}

export function isLoopback(host: string): boolean {
  return /^127\./.test(host) || host === '::1';
}

/**
 * The keys of .dev.vars.example are published: who can reach the service holds them. Names
 * variables, never their values.
 */
export function refuseOpenHost(
  host: string,
  vars: Readonly<Record<string, string>>,
  published: Readonly<Record<string, string | undefined>>,
): void {
  if (isLoopback(host)) return;
  const open = ['ADMIN_KEY', 'MASTER_KEY'].filter((name) => vars[name] === undefined || vars[name] === published[name]);
  if (open.length === 0) return;
  throw new Error(
    `HOST ${host} lets other machines in, and ${open.join(' and ')} ${open.length === 1 ? 'is' : 'are'} the published one of ` +
      '.dev.vars.example: set keys of your own in .dev.vars or in the environment',
  );
}

export const OPEN_HOST_NOTE =
  'Other machines can reach it: put TLS before it, and set ALLOW_PRIVATE_ENDPOINTS=false unless those who hold keys may reach your network.';
