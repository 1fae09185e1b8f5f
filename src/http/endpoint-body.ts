/** What a request may set of an endpoint (E1): the schemas of POST and PATCH. The rules are core/endpoint-rules.ts and its neighbours. */
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
  status: z.enum(['enabled', 'paused', 'disabled']).optional(),
  statusReason: ruled(z.string(), checkDescription).nullable().optional(),
};

const url = z.string().openapi(URL_FACTS);
export const createBody = z
  .strictObject({ url, ...fields, secret: ruled(z.string(), checkSecret).optional() })
  .openapi(FILTER_RULE);
export const changeBody = z.strictObject({ url: url.optional(), ...fields }).openapi(FILTER_RULE);
export type CreateBody = z.output<typeof createBody>;
export type ChangeBody = z.output<typeof changeBody>;

/** E3. Returns the URL as it will be requested. `ownHost` is where this request came in: SERVICE_HOSTS need not repeat it. */
export function checkedUrl(text: string, { allowPrivate, serviceHosts }: Vars, ownHost: string): string {
  const check = checkUrl(text, { allowPrivate, serviceHosts: [...serviceHosts, ownHost] });
  if (check.ok) return check.url.href;
  throw invalid([{ field: 'url', message: `url is refused (${check.rule}): ${check.message}` }]);
}
