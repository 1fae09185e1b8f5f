/**
 * Bindings (declared in wrangler.toml) and the vars parsed from them. The only place that reads raw
 * vars.
 */
import { z } from 'zod';
import { ALERT_TIMES, type AlertTimes } from './core/alert.ts';
import type {
  AccountRpc,
  CatalogueRpc,
  FanoutMessage,
  GateRpc,
  JobRpc,
  LimiterRpc,
  LiveRpc,
  ShardRpc,
} from './core/rpc.ts';
import { type Brand, parseTheme } from './core/brand.ts';
import { ACCOUNT_ID } from './core/ids.ts';
import type { LogMessage } from './core/log.ts';
import { fail, ok, type Result } from './core/result.ts';

type ObjectRpc<T> = DurableObjectNamespace<T & Rpc.DurableObjectBranded>;

export type Bindings = {
  SHARD: ObjectRpc<ShardRpc>;
  ACCOUNT: ObjectRpc<AccountRpc>;
  GATE: ObjectRpc<GateRpc>;
  CATALOGUE: ObjectRpc<CatalogueRpc>;
  JOB: ObjectRpc<JobRpc>;
  LIMITER: ObjectRpc<LimiterRpc>;
  LIVE: ObjectRpc<LiveRpc>;
  FANOUT: Queue<FanoutMessage>;
  SLOW: Queue<FanoutMessage>;
  LOG: Queue<LogMessage>;
  CONFIG: D1Database;
  LOG_DB: D1Database;
  VERSION: WorkerVersionMetadata;
  ADMIN_KEY?: string;
  /** Base64 of 32 bytes: seals. */
  MASTER_KEY?: string;
  /** Names MASTER_KEY in what it seals; a changed key needs a new name. */
  MASTER_KEY_ID?: string;
  /** `id:base64`, comma-separated: keys that still open. */
  MASTER_KEYS_OLD?: string;
  LOCAL_MODE?: string;
  ALLOW_PRIVATE_ENDPOINTS?: string;
  SERVICE_HOSTS?: string;
  /** Origins of pages that may read with portal and record tokens, comma-separated. */
  CORS_ORIGINS?: string;
  /** The operator's account in which alerts are published; none: they are only listed. */
  ALERT_ACCOUNT?: string;
  /** Origins whose pages may frame the customer's page, comma-separated. */
  FRAME_ORIGINS?: string;
  /**
   * Where spans are sent, as OpenTelemetry names it: `/v1/traces` is added. None: no spans are
   * made.
   */
  OTEL_EXPORTER_OTLP_ENDPOINT?: string;
  /** `name=value`, comma-separated: for the collector's authentication. */
  OTEL_EXPORTER_OTLP_HEADERS?: string;
  /** How the customer's pages look: see core/brand.ts. */
  PORTAL_NAME?: string;
  PORTAL_LOGO_URL?: string;
  PORTAL_THEME?: string;
  /**
   * Local mode only: `15,5,60` plays the rules of alerts with a window, a quiet time and a day of
   * so many seconds.
   */
  ALERT_SECONDS?: string;
};

type NamedKey = { keyId: string; key: string };

export type Vars = {
  adminKey: string;
  /**
   * `key` is base64 of 32 bytes; `keyId` is part of every sealed text, so that keys can be told
   * apart.
   */
  masterKey: NamedKey;
  /** They open what they sealed once, and seal nothing. */
  masterKeysOld: NamedKey[];
  localMode: boolean;
  allowPrivate: boolean;
  /** Lower case; an endpoint may not be on one of them. */
  serviceHosts: string[];
  /** Pages of these origins may read with portal and record tokens. */
  corsOrigins: string[];
  /** Null: alerts are only listed. */
  alertAccount: string | null;
  alertTimes: AlertTimes;
  /** Origins, as browsers write them. */
  frameOrigins: string[];
  /** Null: no spans are made. */
  collector: { url: string; headers: Record<string, string> } | null;
  /** Of the customer's pages. */
  brand: Brand;
};

const PORTAL_NAME_CHARS_MAX = 60;
const MASTER_KEY_ID_DEFAULT = 'master-1';
const ALERT_SECONDS = /^([1-9]\d{0,4}),([1-9]\d{0,4}),([1-9]\d{0,4})$/;
const MASTER_KEY_NAME = /^[A-Za-z0-9._-]{1,64}$/;
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
  MASTER_KEY_ID: text.refine(
    (value) => value === undefined || MASTER_KEY_NAME.test(value),
    'set MASTER_KEY_ID to 1 to 64 letters, digits, ".", "_" and "-"',
  ),
  MASTER_KEYS_OLD: text.refine(
    (value) => oldKeys(value) !== null,
    'set MASTER_KEYS_OLD to a comma-separated list of id:key, each key the base64 of 32 bytes, no id twice',
  ),
  LOCAL_MODE: flag('LOCAL_MODE'),
  ALLOW_PRIVATE_ENDPOINTS: flag('ALLOW_PRIVATE_ENDPOINTS'),
  SERVICE_HOSTS: text,
  CORS_ORIGINS: text.refine(
    (value) => listOf(value).every(isOrigin),
    'set CORS_ORIGINS to a comma-separated list of origins, like https://app.example.com: no path, no "*"',
  ),
  FRAME_ORIGINS: text.refine(
    (value) => listOf(value).every(isOrigin),
    'set FRAME_ORIGINS to a comma-separated list of origins like https://app.example.com, without a path',
  ),
  OTEL_EXPORTER_OTLP_ENDPOINT: text.refine(
    (value) => value === undefined || /^https?:$/.test(URL.parse(value)?.protocol ?? ''),
    'set OTEL_EXPORTER_OTLP_ENDPOINT to the URL of a collector, like https://otel.example.com:4318',
  ),
  OTEL_EXPORTER_OTLP_HEADERS: text.refine(
    (value) => headersOf(value) !== null,
    'set OTEL_EXPORTER_OTLP_HEADERS to name=value, comma-separated, values percent-encoded',
  ),
  PORTAL_NAME: text.refine(
    (value) => value === undefined || value.length <= PORTAL_NAME_CHARS_MAX,
    `set PORTAL_NAME to at most ${PORTAL_NAME_CHARS_MAX} characters`,
  ),
  PORTAL_LOGO_URL: text.refine(
    (value) => value === undefined || URL.parse(value)?.protocol === 'https:',
    'set PORTAL_LOGO_URL to an https URL of a PNG, JPEG, WebP, GIF or SVG of at most 256 KiB',
  ),
  PORTAL_THEME: text.transform((value, context) => {
    const theme = parseTheme(value ?? '');
    if (theme.ok) return theme.value;
    context.addIssue(`set PORTAL_THEME right: ${theme.error}`);
    return z.NEVER;
  }),
  ALERT_ACCOUNT: text.refine(
    (value) => value === undefined || ACCOUNT_ID.test(value),
    'set ALERT_ACCOUNT to the id of an account: 1 to 64 letters, digits, "_" or "-"',
  ),
  ALERT_SECONDS: text.refine(
    (value) => value === undefined || ALERT_SECONDS.test(value),
    'set ALERT_SECONDS to three whole numbers of seconds, like 15,5,60: the window, the quiet time, and a day',
  ),
});

/**
 * S3: what must be set before this may serve, as sentences that name variables and never their
 * values. A deployment that nobody said is local refuses the published local keys and private
 * endpoints.
 */
export function parseVars(env: object): Result<Vars, string[]> {
  const parsed = rawVars.safeParse(env);
  if (!parsed.success) return fail(parsed.error.issues.map((issue) => issue.message));
  const {
    ADMIN_KEY,
    MASTER_KEY,
    MASTER_KEY_ID,
    MASTER_KEYS_OLD,
    LOCAL_MODE,
    ALLOW_PRIVATE_ENDPOINTS,
    SERVICE_HOSTS,
    CORS_ORIGINS,
    FRAME_ORIGINS,
    OTEL_EXPORTER_OTLP_ENDPOINT,
    OTEL_EXPORTER_OTLP_HEADERS,
    PORTAL_NAME,
    PORTAL_LOGO_URL,
    PORTAL_THEME,
    ALERT_ACCOUNT,
    ALERT_SECONDS: alertSeconds,
  } = parsed.data;
  const localMode = LOCAL_MODE === 'true';
  const allowPrivate = ALLOW_PRIVATE_ENDPOINTS === 'true';

  const keyId = MASTER_KEY_ID ?? MASTER_KEY_ID_DEFAULT;
  const masterKeysOld = oldKeys(MASTER_KEYS_OLD) ?? [];

  const missing: string[] = [];
  if (ADMIN_KEY === undefined) missing.push('set ADMIN_KEY: the operator key');
  if (MASTER_KEY === undefined) missing.push('set MASTER_KEY: base64 of 32 random bytes');
  if (masterKeysOld.some((old) => old.keyId === keyId)) {
    missing.push(
      `set MASTER_KEY_ID to a new name: MASTER_KEYS_OLD has "${keyId}" too, and an id must never name two keys`,
    );
  }
  if (!localMode) {
    if (ADMIN_KEY === LOCAL_ADMIN_KEY) missing.push('set ADMIN_KEY to a key of your own: this one is published');
    if (MASTER_KEY === LOCAL_MASTER_KEY) missing.push('set MASTER_KEY to a key of your own: this one is published');
    if (masterKeysOld.some((old) => old.key === LOCAL_MASTER_KEY))
      missing.push('remove the published key from MASTER_KEYS_OLD: anyone may hold it');
    if (allowPrivate) missing.push('remove ALLOW_PRIVATE_ENDPOINTS: it is for LOCAL_MODE only');
    if (alertSeconds !== undefined) missing.push('remove ALERT_SECONDS: it is for LOCAL_MODE only');
  }
  if (ADMIN_KEY === undefined || MASTER_KEY === undefined || missing.length > 0) return fail(missing);

  return ok({
    adminKey: ADMIN_KEY,
    masterKey: { keyId, key: MASTER_KEY },
    masterKeysOld,
    localMode,
    allowPrivate,
    serviceHosts: listOf(SERVICE_HOSTS).map((host) => host.toLowerCase()),
    frameOrigins: listOf(FRAME_ORIGINS),
    corsOrigins: listOf(CORS_ORIGINS),
    collector:
      OTEL_EXPORTER_OTLP_ENDPOINT === undefined
        ? null
        : { url: tracesUrl(OTEL_EXPORTER_OTLP_ENDPOINT), headers: headersOf(OTEL_EXPORTER_OTLP_HEADERS) ?? {} },
    brand: { name: PORTAL_NAME ?? null, logoUrl: PORTAL_LOGO_URL ?? null, theme: PORTAL_THEME },
    alertAccount: ALERT_ACCOUNT ?? null,
    alertTimes: timesOf(alertSeconds),
  });
}

/** For those who need to know nothing else, and so often that parsing would cost. */
export function isLocal({ LOCAL_MODE }: Pick<Bindings, 'LOCAL_MODE'>): boolean {
  return LOCAL_MODE?.trim() === 'true';
}

/** For work outside a request: throws what the API answers as `misconfigured`. */
export function requireVars(env: object): Vars {
  const vars = parseVars(env);
  if (!vars.ok) throw new Error(`misconfigured: ${vars.error.join('; ')}`);
  return vars.value;
}

/** Null where it is not such a list. Base64 has neither comma nor colon. */
function oldKeys(list: string | undefined): NamedKey[] | null {
  const keys: NamedKey[] = [];
  for (const entry of (list ?? '').split(',').map((part) => part.trim())) {
    if (entry === '') continue;
    const [keyId = '', key, ...rest] = entry.split(':');
    if (!MASTER_KEY_NAME.test(keyId) || key === undefined || !isMasterKey(key) || rest.length > 0) return null;
    if (keys.some((known) => known.keyId === keyId)) return null;
    keys.push({ keyId, key });
  }
  return keys;
}

function listOf(text: string | undefined): string[] {
  const parts = (text ?? '').split(',').map((part) => part.trim());
  return parts.filter((part) => part !== '');
}

/** As it would stand in a header: `https://app.example.com`, or http on this machine. */
function isOrigin(text: string): boolean {
  const url = URL.parse(text);
  if (url === null || url.origin !== text) return false;
  return url.protocol === 'https:' || /^(localhost|127\.0\.0\.1|\[::1\])$/.test(url.hostname);
}

function timesOf(seconds: string | undefined): AlertTimes {
  const [windowMs, resolveAfterMs, dayMs] = (seconds ?? '').split(',').map((part) => Number(part) * 1_000);
  if (!windowMs || resolveAfterMs === undefined || dayMs === undefined) return ALERT_TIMES;
  return { windowMs, resolveAfterMs, dayMs };
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

/** https://opentelemetry.io/docs/specs/otel/protocol/exporter/#endpoint-urls-for-otlphttp */
function tracesUrl(endpoint: string): string {
  return `${endpoint.replace(/\/+$/, '')}/v1/traces`;
}

/** As OpenTelemetry writes them: pairs with commas, values percent-encoded. Null: malformed. */
function headersOf(value: string | undefined): Record<string, string> | null {
  const headers: Record<string, string> = {};
  for (const pair of listOf(value)) {
    const [name = '', ...rest] = pair.split('=');
    const text = decoded(rest.join('=').trim());
    if (!/^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/.test(name.trim()) || text === null || !/^[\x20-\x7e]*$/.test(text))
      return null;
    headers[name.trim().toLowerCase()] = text;
  }
  return headers;
}

function decoded(text: string): string | null {
  try {
    return decodeURIComponent(text);
  } catch {
    // No percent-encoding.
    return null;
  }
}
