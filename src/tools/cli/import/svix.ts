/**
 * From the shapes of Svix's API to what can come over (portable.ts), and the list of what cannot.
 * What would make an endpoint get other events than before (channels, transformations) is never
 * dropped in silence: such an endpoint comes over disabled.
 */
import { z } from 'zod';
import { EXIT, Failure } from '../exit.ts';
import { readJson } from '../json.ts';
import { faultsOf, type Left, type PortableEndpoint, type PortableEventType, type Source } from './portable.ts';

/**
 * Answers of Svix's API as they are; loose, because it gains fields. `eventTypes` is `filterTypes`
 * in the self-hosted server.
 */
const list = z.array(z.string()).nullish();
const endpointOut = z.looseObject({
  id: z.string(),
  url: z.string(),
  description: z.string().default(''),
  uid: z.string().nullish(),
  disabled: z.boolean().nullish(),
  eventTypes: list,
  filterTypes: list,
  channels: list,
  throttleRate: z.number().nullish(),
  rateLimit: z.number().nullish(),
  metadata: z.record(z.string(), z.string()).nullish(),
  /** Of `…/secret`, `…/headers` and `…/transformation`. */
  secret: z.looseObject({ key: z.string() }).nullish(),
  headers: z.looseObject({ headers: z.record(z.string(), z.string()), sensitive: z.array(z.string()) }).nullish(),
  transformation: z.looseObject({ enabled: z.boolean().nullish() }).nullish(),
});
const applicationOut = z.looseObject({
  id: z.string(),
  uid: z.string().nullish(),
  name: z.string(),
  throttleRate: z.number().nullish(),
  rateLimit: z.number().nullish(),
  metadata: z.record(z.string(), z.string()).nullish(),
  endpoints: z.array(endpointOut).default([]),
});
const eventTypeOut = z.looseObject({
  name: z.string(),
  description: z.string().default(''),
  archived: z.boolean().nullish(),
  deprecated: z.boolean().nullish(),
  schemas: z.record(z.string(), z.unknown()).nullish(),
  featureFlag: z.string().nullish(),
  featureFlags: list,
});
const exported = z.looseObject({
  applications: z.array(applicationOut).default([]),
  eventTypes: z.array(eventTypeOut).default([]),
});

export type SvixExport = z.infer<typeof exported>;
type Application = SvixExport['applications'][number];
type Endpoint = Application['endpoints'][number];

const ACCOUNT_ID = /^[A-Za-z0-9_-]{1,64}$/;
const EVENT_TYPE = /^[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+)*$/;
const RATE_MAX = 500;
const SECRET_BYTES = { least: 24, most: 64 };
/** Set by the service or the connection, or part of the signed contract. */
const OWN_HEADERS = /^(webhook-|content-|cf-|proxy-|x-forwarded-|host$|cookie$|user-agent$|connection$|te$|upgrade$)/i;

export function readSvixExport(text: string, path: string): SvixExport {
  return parseSvix(readJson(text, path), path);
}

export function parseSvix(value: unknown, source: string): SvixExport {
  const parsed = exported.safeParse(value);
  if (parsed.success) return parsed.data;
  throw new Failure(EXIT.usage, `${source} is not what Svix's API answers: ${faultsOf(parsed.error)}`);
}

export function fromSvix({ applications, eventTypes }: SvixExport): Source {
  const left: Left[] = [];
  const accounts = applications.map((application) => {
    const id = accountId(application, left);
    const leave = leaver(left, `account ${id}`);
    const rate = application.throttleRate ?? application.rateLimit ?? null;
    if (rate !== null) leave(`its throttle of ${rate} messages a second: set rateLimitPerSecond of its endpoints`);
    if (hasFields(application.metadata)) leave('its metadata: keep it in your own database');
    const endpoints = application.endpoints.map((endpoint) => endpointOf(endpoint, id, left));
    return { id, name: application.name, endpoints };
  });
  return { portable: { accounts, eventTypes: eventTypes.flatMap((type) => eventTypeOf(type, left)) }, left };
}

function leaver(left: Left[], where: string): (what: string) => void {
  return (what) => left.push({ where, what });
}

/** Its own id of it where that fits, as the publisher knows it by that. */
function accountId({ id, uid }: Application, left: Left[]): string {
  if (uid === null || uid === undefined) return id;
  if (ACCOUNT_ID.test(uid)) return uid;
  left.push({
    where: `account ${id}`,
    what: `its uid "${uid}": ids of accounts are 1 to 64 letters, digits, "_" or "-"`,
  });
  return id;
}

function endpointOf(endpoint: Endpoint, account: string, left: Left[]): PortableEndpoint {
  const leave = leaver(left, `${account} ${endpoint.url}`);
  const rate = endpoint.throttleRate ?? endpoint.rateLimit ?? null;
  if (rate !== null && rate > RATE_MAX) leave(`its throttle of ${rate} a second: ${RATE_MAX} is the highest`);
  if (hasFields(endpoint.metadata)) leave('its metadata');
  return {
    url: endpoint.url,
    description: endpoint.description,
    externalId: endpoint.uid ?? endpoint.id,
    eventTypes: endpoint.eventTypes ?? endpoint.filterTypes ?? [],
    secrets: secretsOf(endpoint, leave),
    headers: headersOf(endpoint, leave),
    rateLimitPerSecond: rate === null ? null : Math.max(1, Math.min(RATE_MAX, Math.round(rate))),
    disabledBecause: disabledBecause(endpoint, leave),
  };
}

function disabledBecause(
  { disabled, channels, transformation }: Endpoint,
  leave: (what: string) => void,
): string | null {
  const missing: string[] = [];
  if (channels !== null && channels !== undefined && channels.length > 0) {
    missing.push(`its channels (${channels.join(', ')})`);
    leave(
      `its channels (${channels.join(', ')}): set a filter on a field of the event, then enable it; until then it comes over disabled`,
    );
  }
  if (transformation?.enabled === true) {
    missing.push('its transformation');
    leave(
      'its transformation: there are none here; it comes over disabled, enable it when its receiver takes the event as it is',
    );
  }
  if (missing.length > 0) return `imported without ${missing.join(' and ')}`;
  return disabled === true ? 'was disabled at Svix' : null;
}

function secretsOf({ secret }: Endpoint, leave: (what: string) => void): string[] {
  if (secret === null || secret === undefined) {
    leave('its secret, which was not read: it gets a new one, to be given to its receiver');
    return [];
  }
  const { key } = secret;
  if (key.startsWith('whsk_')) {
    leave('its secret is an Ed25519 key: that is kept and signs v1a, with a new HMAC secret (v1) beside it');
    return [key];
  }
  const bytes = Buffer.from(key.replace(/^whsec_/, ''), 'base64');
  if (bytes.length >= SECRET_BYTES.least && bytes.length <= SECRET_BYTES.most)
    return [`whsec_${bytes.toString('base64')}`];
  leave(
    `its secret of ${bytes.length} bytes: they have ${SECRET_BYTES.least} to ${SECRET_BYTES.most} here; it gets a new one, to be given to its receiver`,
  );
  return [];
}

function headersOf({ headers }: Endpoint, leave: (what: string) => void): Record<string, string> {
  if (headers === null || headers === undefined) return {};
  for (const name of headers.sensitive) leave(`its header ${name}, whose value Svix does not show: set it again`);
  const own = Object.keys(headers.headers).filter((name) => OWN_HEADERS.test(name));
  for (const name of own) leave(`its header ${name}: Tubepost or the connection sets it`);
  return Object.fromEntries(Object.entries(headers.headers).filter(([name]) => !own.includes(name)));
}

function eventTypeOf(type: SvixExport['eventTypes'][number], left: Left[]): PortableEventType[] {
  const { name, description, archived, deprecated, schemas, featureFlag, featureFlags } = type;
  const leave = leaver(left, `event type ${name}`);
  if (!EVENT_TYPE.test(name) || name.startsWith('tubepost.')) {
    leave('its name: dotted names of letters, digits, "_" and "-", and not of tubepost itself');
    return [];
  }
  if (featureFlag !== null && featureFlag !== undefined) leave(`its feature flag ${featureFlag}`);
  else if ((featureFlags ?? []).length > 0) leave(`its feature flags ${(featureFlags ?? []).join(', ')}`);
  if (deprecated === true && archived !== true)
    leave('that it is deprecated: say so in its description, or archive it');
  const objects = Object.entries(schemas ?? {}).filter((entry): entry is [string, Record<string, unknown>] =>
    isObject(entry[1]),
  );
  return [{ name, description, schemas: Object.fromEntries(objects), archived: archived === true }];
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function hasFields(metadata: Record<string, string> | null | undefined): boolean {
  return Object.keys(metadata ?? {}).length > 0;
}
