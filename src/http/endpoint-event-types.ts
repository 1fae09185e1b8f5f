/**
 * E6: what an endpoint was sent, type by type, so that its owner can unsubscribe from what nobody
 * reads. From the log: seconds late.
 */
import { z } from '@hono/zod-openapi';
import { rfc3339 } from '../core/body.ts';
import { SENT_TYPES_DAYS_MAX, DAY_MS } from '../core/limits.ts';
import { logDatabase } from '../store/database.ts';
import { countSentTypes } from '../store/log/sent-types.ts';
import { accountOf } from './account-settings.ts';
import type { Api } from './api.ts';
import { fromDatabase } from './database.ts';
import { wholeText } from './fields.ts';
import { accountId } from './params.ts';
import { unknownEndpoint } from './secret-text.ts';
import { sentTypesShape } from './shapes/endpoint-shapes.ts';

export function addEndpointEventTypes(api: Api): void {
  api.route(
    {
      method: 'get',
      path: '/v1/accounts/{account}/endpoints/{endpoint}/event-types',
      id: 'listSentEventTypes',
      summary: 'How many events of each type this endpoint was sent, most first',
      params: z.strictObject({ account: accountId, endpoint: z.string() }),
      query: z.strictObject({
        days: wholeText(1, SENT_TYPES_DAYS_MAX).default(SENT_TYPES_DAYS_MAX),
      }),
      answers: {
        200: { description: 'The types, since when they are counted, and whether that is all', schema: sentTypesShape },
      },
    },
    async ({ c, params: { account, endpoint }, query: { days } }) => {
      const [known] = (await accountOf(c, account, [endpoint])).endpoints;
      if (known === undefined) throw unknownEndpoint(endpoint);
      const fromMs = Date.now() - days * DAY_MS;
      const sent = await fromDatabase(countSentTypes(logDatabase(account, c.env), account, endpoint, fromMs));
      return c.json({
        endpoint,
        eventTypes: known.eventTypes,
        from: rfc3339(sent.fromMs),
        complete: sent.isComplete,
        data: sent.types.map(({ lastSentAtMs, ...type }) => ({ ...type, lastSentAt: rfc3339(lastSentAtMs) })),
      });
    },
  );
}
