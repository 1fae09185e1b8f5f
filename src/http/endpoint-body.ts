/**
 * What a request may set of an endpoint (E1): the schemas of POST and PATCH. The rules are
 * core/endpoint-rules.ts and its neighbours.
 */
import { z } from '@hono/zod-openapi';
import { PAYLOAD_FORMATS } from '../core/endpoint.ts';
import {
  checkAlsoRetry,
  checkDescription,
  checkEventTypes,
  checkExternalId,
  checkRateLimit,
  checkScheduleSeconds,
  checkSecret,
  checkTimeoutMs,
  checkWindowSeconds,
} from '../core/endpoint-rules.ts';
import { checkPinnedVersions } from '../core/event-type-rules.ts';
import type { Filter } from '../core/filter.ts';
import { HEADERS_BYTES_MAX, TIMEOUT_MS_DEFAULT, URL_BYTES_MAX } from '../core/limits.ts';
import { parseFilter } from '../core/filter-rules.ts';
import { checkHeaders } from '../core/header-rules.ts';
import { checkUrl } from '../delivery/url-guard.ts';
import type { Vars } from '../env.ts';
import { byName, ruled } from './fields.ts';
import { URL_FACTS } from './reference/openapi-facts.ts';
import { FILTER_RULE } from './reference/openapi-filter.ts';
import { invalid } from './problem.ts';

const retry = z.strictObject({
  scheduleSeconds: ruled(z.array(z.number()), checkScheduleSeconds).optional(),
  windowSeconds: ruled(z.number(), checkWindowSeconds).optional(),
  alsoRetry: ruled(z.array(z.number()), checkAlsoRetry).optional(),
});

const filter = z
  .unknown()
  .openapi({ type: ['object', 'null'], additionalProperties: {} })
  .transform((input, context): Filter => {
    const parsed = parseFilter(input);
    if (parsed.ok) return parsed.value;
    for (const { pointer, message } of parsed.error) {
      context.addIssue({ code: 'custom', message, params: { pointer } });
    }
    return z.NEVER;
  });

const fields = {
  description: ruled(z.string(), checkDescription).optional(),
  eventTypes: ruled(z.array(z.string()), checkEventTypes).optional(),
  filter: filter.nullable().optional(),
  schemaVersions: ruled(byName(z.string()), checkPinnedVersions).optional(),
  payloadFormat: z.enum(PAYLOAD_FORMATS).optional(),
  headers: ruled(byName(z.string()), (headers) => checkHeaders(Object.entries(headers))).optional(),
  externalId: ruled(z.string(), checkExternalId).nullable().optional(),
  ordering: z.enum(['ordered', 'latest', 'unordered']).optional(),
  timeoutMs: ruled(z.number(), checkTimeoutMs).optional(),
  retry: retry.optional(),
  rateLimitPerSecond: ruled(z.number(), checkRateLimit).nullable().optional(),
  traceContext: z.boolean().optional(),
  status: z.enum(['enabled', 'paused', 'disabled']).optional(),
  statusReason: ruled(z.string(), checkDescription).nullable().optional(),
};

const url = z.string().openapi(URL_FACTS);
export const createBody = z
  .strictObject({ url, ...fields, secret: ruled(z.string(), checkSecret).optional() })
  .openapi(FILTER_RULE);
export const changeBody = z.strictObject({ url: url.optional(), ...fields }).openapi(FILTER_RULE);
/** Of both bodies, for the reference. */
export const ENDPOINT_WORDS = {
  url: `HTTPS, at most ${URL_BYTES_MAX} bytes, without credentials or fragment, no private address`,
  description: 'What it is, for people: it names the endpoint in sentences',
  eventTypes: 'Types that it gets: exact names or `prefix.*`; empty: all',
  filter: 'Condition that an event must meet (docs/filters.md); null: none',
  schemaVersions: 'Schema version by event type; of those that are not named, the newest',
  payloadFormat: '`slack`: alerts as Slack takes them, for endpoints of `tubepost.alert.*` types only (docs/alerts.md)',
  headers: `Own headers of every request: ${HEADERS_BYTES_MAX} bytes at most, names and values together; never read back`,
  externalId: 'An id of yours, unique in the account; null: none',
  ordering: '`ordered`: each after the one before; `latest`: newer replaces what waits; `unordered`',
  timeoutMs: `How long an attempt may take, in ms; ${TIMEOUT_MS_DEFAULT} where not given`,
  retry: 'When failures are tried again',
  'retry.scheduleSeconds': 'Seconds before retry 1, 2, …; empty: one attempt and no retry',
  'retry.windowSeconds': 'Nothing is retried later than so many seconds after the first attempt',
  'retry.alsoRetry': 'HTTP statuses to retry although they are final; not 410',
  rateLimitPerSecond: 'Requests that it gets in a second at most; null: no limit',
  traceContext:
    'Requests carry `traceparent`: the trace of the publish, with a span for each attempt (docs/tracing.md)',
  status: '`paused`: events wait for it; `disabled`: it gets none',
  statusReason: 'Why it has this status, for people',
  secret: 'Your own signing secret: `whsec_` and base64 of 24 to 64 bytes; one is made where not given',
};
export type CreateBody = z.output<typeof createBody>;
export type ChangeBody = z.output<typeof changeBody>;

/**
 * E3. Returns the URL as it will be requested. `ownHost` is where this request came in:
 * SERVICE_HOSTS need not repeat it.
 */
export function checkedUrl(text: string, { allowPrivate, serviceHosts }: Vars, ownHost: string): string {
  const check = checkUrl(text, { allowPrivate, serviceHosts: [...serviceHosts, ownHost] });
  if (check.ok) return check.url.href;
  throw invalid([{ field: 'url', message: `url is refused (${check.rule}): ${check.message}` }]);
}
