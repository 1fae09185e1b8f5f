/**
 * DELETE events/{event}/payload (O4). The Account writes first who asks for it, then the Shard
 * erases: a call that is cut off in between is repeated, and leaves one audit row too many rather
 * than an erasure that nobody asked for. The log follows the Shard.
 */
import { z } from '@hono/zod-openapi';
import { checkDescription } from '../core/endpoint-rules.ts';
import { recordName } from '../core/ids.ts';
import { shown } from '../core/text.ts';
import type { EventView } from '../core/view.ts';
import { accountStub, recordStub } from '../lookup/stubs.ts';
import { accountOf, unknownAccount } from './account-settings.ts';
import type { Api } from './api.ts';
import { locateEvent } from './event-lookup.ts';
import { ruled } from './fields.ts';
import { callObject } from '../lookup/objects.ts';
import { presentOf } from './overlay.ts';
import { accountId, eventId, recordKey } from './params.ts';
import { Problem } from './problem.ts';
import { showEvent } from './render.ts';
import { eventShape } from './shapes/event-shapes.ts';

export function addErasure(api: Api): void {
  api.route(
    {
      method: 'delete',
      path: '/v1/accounts/{account}/events/{event}/payload',
      id: 'erasePayload',
      summary: 'Erase the data of one event, and what receivers answered to it; what still waits of it is cancelled',
      params: z.strictObject({ account: accountId, event: eventId }),
      query: z.strictObject({
        record: recordKey.optional(),
        reason: ruled(z.string(), checkDescription).optional(),
      }),
      words: {
        reason: 'Why, for the audit log',
        record: 'Key of its record: finds an event of your own id before the log has it',
      },
      answers: {
        200: { description: 'The event without its data; erasing again answers the same', schema: eventShape },
      },
      problems: ['several-records'],
    },
    async ({ c, params: { account, event: id }, query }) => {
      const settings = await accountOf(c, account);
      const found = await locateEvent(c, settings, id, query.record);
      if (found === null) throw unknownEvent(id);
      const { address, event } = found;
      let erased: EventView | null = event;
      if (event.erasedAtMs === undefined) {
        const detail = describe(event, query.reason);
        const isAudited = await callObject(
          () => accountStub(c.env, account),
          (stub) => stub.auditErasure(c.get('keyName'), detail),
        );
        if (!isAudited) throw unknownAccount(account);
        erased = await callObject(
          () => recordStub(c.env, recordName(address)),
          (stub) => stub.erasePayload(id),
        );
      }
      if (erased === null) throw unknownEvent(id);
      return c.json(showEvent(erased, presentOf(settings, Date.now())));
    },
  );
}

function describe({ id, record }: EventView, reason: string | undefined): string {
  const where = record === null ? '' : ` of record ${shown(record)}`;
  return `event ${id}${where}${reason === undefined ? '' : `: ${reason}`}`;
}

function unknownEvent(id: string): Problem {
  return new Problem('not-found', `there is no event "${id}" here, or not yet in the log`);
}
