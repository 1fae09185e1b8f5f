/**
 * Bindings (declared in wrangler.toml) and the vars parsed from them. The only place that reads raw vars.
 */
import { z } from 'zod';
import type { AccountRpc, FanoutMessage, GateRpc, RecordRpc } from './core/rpc.ts';
import type { LogMessage } from './core/log.ts';
import { fail, ok, type Result } from './core/result.ts';

type ObjectRpc<T> = DurableObjectNamespace<T & Rpc.DurableObjectBranded>;

export type Bindings = {
  RECORD: ObjectRpc<RecordRpc>;
  ACCOUNT: ObjectRpc<AccountRpc>;
  GATE: ObjectRpc<GateRpc>;
  FANOUT: Queue<FanoutMessage>;
  LOG: Queue<LogMessage>;
  CONFIG: D1Database;
  LOG_DB: D1Database;
  ADMIN_KEY?: string;
  /** Base64 of 32 bytes. */
  MASTER_KEY?: string;
  LOCAL_MODE?: string;
  ALLOW_PRIVATE_ENDPOINTS?: string;
  SERVICE_HOSTS?: string;
};

export type Vars = {
  adminKey: string;
  /** Base64 of 32 bytes. */
  masterKey: string;
  /** Names the key in every sealed text, so that a second one can be told from it. */
  masterKeyId: string;
  localMode: boolean;
  allowPrivate: boolean;
  /** Lower case; an endpoint may not be on one of them. */
  serviceHosts: string[];
};

/** There is one master key so far. */
const MASTER_KEY_ID = 'master-1';
/** Published in .dev.vars.example: anyone may hold them. */
const LOCAL_ADMIN_KEY = 'tubepost_local_admin_key';
const LOCAL_MASTER_KEY = 'dHViZXBvc3QtbG9jYWwtbWFzdGVyLWtleS0zMi1ieXQ=';

/** Empty is absent: both `.dev.vars` and dashboards leave empty values behind. */
const text = z
  .string()
  .transform((value) => value.trim())
  .transform((value) => (value === '' ? undefined : value))
  .optional();
const flag = (name: string) =>
  text.refine((value) => value === undefined || value === 'true' || value === 'false', `set ${name} to true or false`);

const rawVars = z.object({
  ADMIN_KEY: text,
  MASTER_KEY: text.refine(isMasterKey, 'set MASTER_KEY to the base64 of 32 random bytes: openssl rand -base64 32'),
  LOCAL_MODE: flag('LOCAL_MODE'),
  ALLOW_PRIVATE_ENDPOINTS: flag('ALLOW_PRIVATE_ENDPOINTS'),
  SERVICE_HOSTS: text,
});

/**
 * S3: what must be set before this may serve, as sentences that name variables and never their values. A deployment that
 * nobody said is local refuses the published local keys and private endpoints.
 */
export function parseVars(env: object): Result<Vars, string[]> {
  const parsed = rawVars.safeParse(env);
  if (!parsed.success) return fail(parsed.error.issues.map((issue) => issue.message));
  const { ADMIN_KEY, MASTER_KEY, LOCAL_MODE, ALLOW_PRIVATE_ENDPOINTS, SERVICE_HOSTS } = parsed.data;
  const localMode = LOCAL_MODE === 'true';
  const allowPrivate = ALLOW_PRIVATE_ENDPOINTS === 'true';

  const missing: string[] = [];
  if (ADMIN_KEY === undefined) missing.push('set ADMIN_KEY: the operator key');
  if (MASTER_KEY === undefined) missing.push('set MASTER_KEY: base64 of 32 random bytes');
  if (!localMode) {
    if (ADMIN_KEY === LOCAL_ADMIN_KEY) missing.push('set ADMIN_KEY to a key of your own: this one is published');
    if (MASTER_KEY === LOCAL_MASTER_KEY) missing.push('set MASTER_KEY to a key of your own: this one is published');
    if (allowPrivate) missing.push('remove ALLOW_PRIVATE_ENDPOINTS: it is for LOCAL_MODE only');
  }
  if (ADMIN_KEY === undefined || MASTER_KEY === undefined || missing.length > 0) return fail(missing);

  const hosts = (SERVICE_HOSTS ?? '').split(',').map((host) => host.trim().toLowerCase());
  return ok({
    adminKey: ADMIN_KEY,
    masterKey: MASTER_KEY,
    masterKeyId: MASTER_KEY_ID,
    localMode,
    allowPrivate,
    serviceHosts: hosts.filter((host) => host !== ''),
  });
}

/** For work that goes on without a request: throws what the API answers as `misconfigured`. */
export function requireVars(env: object): Vars {
  const vars = parseVars(env);
  if (!vars.ok) throw new Error(`misconfigured: ${vars.error.join('; ')}`);
  return vars.value;
}

function isMasterKey(value: string | undefined): boolean {
  if (value === undefined) return true;
  try {
    return atob(value).length === 32;
  } catch {
    // Not base64: the sentence of the check says what is wanted.
    return false;
  }
}
