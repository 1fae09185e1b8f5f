/**
 * Deliveries (V2, V3, R1): lists from the log, one delivery from its Shard, replay and discard by
 * its Shard.
 */
import { z } from '@hono/zod-openapi';
import type { AccountSettings } from '../core/endpoint.ts';
import { checkDescription } from '../core/endpoint-rules.ts';
import { type DeliveryLocator, parseDeliveryId, recordName } from '../core/ids.ts';
import { addressIn } from '../lookup/address.ts';
import type { DeliveryDetail } from '../core/view.ts';
import { accountOf } from './account-settings.ts';
import type { Api } from './api.ts';
import { recordStub } from '../lookup/stubs.ts';
import { auditInAccount } from './audit-trail.ts';
import type { AppContext } from './context.ts';
import { answerDeliveries } from './delivery-lists.ts';
import { discardRefused, replayRefused } from './delivery-refusals.ts';
import { ruled } from './fields.ts';
import { callObject, callObjectOnce } from '../lookup/objects.ts';
import { overlay, presentOf } from './overlay.ts';
import { accountId, accountParams, logQuery } from './params.ts';
import { presentFor, probeNow } from './probes.ts';
import { Problem } from './problem.ts';
import { showDelivery, showDetail } from './render.ts';
import { deliveriesShape, deliveryDetailShape, deliveryShape } from './shapes/delivery-shapes.ts';

const path = '/v1/accounts/{account}/deliveries';
const deliveryParams = z.strictObject({ account: accountId, delivery: z.string() });
const reason = ruled(z.string(), checkDescription).nullish();

export function addDeliveries(api: Api): void {
  api.route(
    {
      method: 'get',
      path,
      id: 'listDeliveries',
      summary: 'Deliveries in the log, newest first',
      params: accountParams,
      query: z.strictObject(logQuery),
      answers: { 200: { description: 'A page of deliveries', schema: deliveriesShape } },
    },
    ({ c, params, query }) => answerDeliveries(c, params.account, query, { name: 'deliveries' }),
  );

  api.route(
    {
      method: 'get',
      path: `${path}/{delivery}`,
      id: 'getDelivery',
      summary: 'One delivery with its attempts and payload, exact at this instant',
      params: deliveryParams,
      answers: { 200: { description: 'The delivery', schema: deliveryDetailShape } },
    },
    async ({ c, params }) => {
      const at = locate(params.delivery);
      const settings = await accountOf(c, params.account, [at.endpoint]);
      const detail = await readDelivery(c, settings, at);
      if (detail === null) throw unknownDelivery(params.delivery);
      return c.json(showDetail(detail, await presentFor(c.env, settings, [detail.delivery])));
    },
  );

  api.route(
    {
      method: 'post',
      path: `${path}/{delivery}/replay`,
      scope: 'replay',
      id: 'replayDelivery',
      summary: 'Send a delivery again, as a new delivery with the same event and bytes',
      params: deliveryParams,
      body: {
        schema: z.strictObject({ reason, force: z.boolean().optional() }),
        words: { reason: 'Why, for the history', force: 'Send it even if a newer version of the record was sent' },
        example: { reason: 'The CRM had lost it' },
        optional: true,
      },
      answers: { 201: { description: 'The new delivery', schema: deliveryShape } },
      problems: ['replay-refused', 'payload-erased', 'payload-expired', 'record-full', 'record-storage-full'],
    },
    async ({ c, params: { account, delivery }, body }) => {
      const at = locate(delivery);
      const settings = await accountOf(c, account, [at.endpoint]);
      const by = { key: c.get('keyName'), reason: body.reason ?? null, force: body.force ?? false };
      const act = { endpoint: at.endpoint, target: delivery, detail: by.reason };
      await auditInAccount(c, account, { action: 'delivery.replayed', ...act });
      // Once: a second run would meet its own replay and refuse.
      const replayed = await callObjectOnce(
        () => recordOf(c, settings, at),
        (stub) => stub.replay(refOf(at), by),
      );
      if (!replayed.ok) throw replayRefused(delivery, replayed.error);
      probeNow(c, settings, at.endpoint);
      return c.json(showDelivery(overlay(replayed.value, presentOf(settings, Date.now()))), 201);
    },
  );

  api.route(
    {
      method: 'post',
      path: `${path}/{delivery}/discard`,
      scope: 'replay',
      id: 'discardDelivery',
      summary: 'Give up a waiting delivery or a dead letter',
      params: deliveryParams,
      body: {
        schema: z.strictObject({ reason }),
        words: { reason: 'Why, for the history' },
        example: { reason: 'Entered by hand' },
        optional: true,
      },
      answers: { 200: { description: 'The delivery, cancelled', schema: deliveryShape } },
      problems: ['discard-refused'],
    },
    async ({ c, params: { account, delivery }, body }) => {
      const at = locate(delivery);
      const settings = await accountOf(c, account, [at.endpoint]);
      const by = { key: c.get('keyName'), reason: body.reason ?? null };
      const act = { endpoint: at.endpoint, target: delivery, detail: by.reason };
      await auditInAccount(c, account, { action: 'delivery.discarded', ...act });
      const discarded = await callObjectOnce(
        () => recordOf(c, settings, at),
        (stub) => stub.discard(refOf(at), by),
      );
      if (!discarded.ok) throw discardRefused(delivery, discarded.error);
      return c.json(showDelivery(overlay(discarded.value, presentOf(settings, Date.now()))));
    },
  );
}

/**
 * Null where the account's Shard of this id has no such delivery: ids of other accounts lead to a
 * Shard that is not there.
 */
export function readDelivery(
  c: AppContext,
  settings: AccountSettings,
  at: DeliveryLocator,
): Promise<DeliveryDetail | null> {
  return callObject(
    () => recordOf(c, settings, at),
    (stub) => stub.readDelivery(refOf(at)),
  );
}

function recordOf(c: AppContext, settings: AccountSettings, at: DeliveryLocator) {
  return recordStub(c.env, recordName(addressIn(settings, at)));
}

function locate(id: string): DeliveryLocator {
  const at = parseDeliveryId(id);
  if (at === null) throw unknownDelivery(id);
  return at;
}

function refOf({ sequence, endpoint, replay }: DeliveryLocator) {
  return { sequence, endpoint, replay };
}

export function unknownDelivery(id: string): Problem {
  return new Problem('not-found', `there is no delivery "${id.slice(0, 128)}" in this account`);
}
