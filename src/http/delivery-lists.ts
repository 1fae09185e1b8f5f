/**
 * Lists of deliveries, of one account and of all: what the log has, shown with the settings of this
 * instant.
 */
import type { AccountSettings, EndpointStatus } from '../core/endpoint.ts';
import { TARGET_DELIVER_MS_DEFAULT, TARGET_WARN_MS_DEFAULT } from '../core/limits.ts';
import type { DeliveryView } from '../core/view.ts';
import { logDatabase } from '../store/database.ts';
import { listDeliveries } from '../store/log/deliveries.ts';
import type { EventFilter, PresentEndpoints } from '../store/filter.ts';
import { settingsOf } from './account-settings.ts';
import { type AppContext, endpointCacheOf } from './context.ts';
import { answerLog } from './export.ts';
import { overlay, type Present, presentOf } from './overlay.ts';
import { filterOf, type LogQuery } from './params.ts';
import { ofRecord } from './record-events.ts';
import { presentFor } from './probes.ts';
import { showDelivery } from './render.ts';

/** `name` is the list's, `fixed` what it always asks for. */
export type DeliveryList = { name: string; fixed?: EventFilter };

const SHOWN = {
  columns: [
    'id account endpoint event eventType record sequence version status attempts',
    'lastAttempt.at lastAttempt.statusCode lastAttempt.error.kind lastAttempt.error.message lastAttempt.latencyMs',
    'nextAttemptAt blockedBy supersededBy replayOf replayedBy replayResolved outOfOrder reason note late acceptedAt endedAt',
  ].flatMap((line) => line.split(' ')),
  queriesPerPage: 1,
};

export async function answerDeliveries(
  c: AppContext,
  account: string,
  query: LogQuery,
  { name, fixed }: DeliveryList,
): Promise<Response> {
  const settings = await settingsOf(c, account);
  const asked = { ...filterOf(query), ...fixed };
  const filter = { ...asked, ...(await ofRecord(c, settings, asked)), account, present: presentEndpoints(settings) };
  return answerLog(c, query, {
    ...SHOWN,
    name,
    read: (page) => listDeliveries(logDatabase(account, c.env), filter, page),
    async show(views) {
      // A file is read later: when something is tried next says nothing there.
      const isPage = query.format === 'json';
      const present = isPage ? await presentFor(c.env, settings, views) : presentOf(settings, Date.now());
      return views.map((view) => showDelivery(overlay(view, present)));
    },
  });
}

/**
 * Of all accounts, or of one as the log alone knows it: what its endpoints are at this instant
 * changes what is shown, not what is found.
 */
export function answerDeliveriesOfAll(
  c: AppContext,
  { account: only, ...query }: LogQuery & { account?: string | undefined },
  { name, fixed }: DeliveryList,
): Promise<Response> {
  const account = only ?? null;
  const filter = { ...filterOf(query), ...fixed, account };
  return answerLog(c, query, {
    ...SHOWN,
    name,
    read: (page) => listDeliveries(logDatabase(account, c.env), filter, page),
    async show(views) {
      const presents = await presentsOf(c, views);
      return views.map((view) => showDelivery(overlay(view, presentIn(presents, view))));
    },
  });
}

function presentEndpoints({ endpoints }: AccountSettings): PresentEndpoints {
  const idsOf = (...statuses: EndpointStatus[]) =>
    endpoints.filter(({ status }) => statuses.includes(status)).map(({ id }) => id);
  return { paused: idsOf('paused'), live: idsOf('enabled', 'paused') };
}

/**
 * One read for each account of the page, at most its limit; what is remembered is fresh enough for
 * a list.
 */
async function presentsOf(c: AppContext, views: DeliveryView[]): Promise<Map<string, Present>> {
  const nowMs = Date.now();
  const ofAccount = [...Map.groupBy(views, (view) => view.account)];
  const known = await Promise.all(
    ofAccount.map(([account, shown]) => {
      const ids = shown.map(({ endpoint }) => endpoint);
      return endpointCacheOf(c.env).get(account, ids, nowMs);
    }),
  );
  return new Map(known.flatMap((found) => (found === null ? [] : [[found.account, presentOf(found, nowMs)]])));
}

/** Of an account that is gone, nothing is left to deliver to. */
function presentIn(presents: Map<string, Present>, { account }: DeliveryView): Present {
  return presents.get(account) ?? { endpoints: new Map(), targets: NO_TARGETS, nowMs: Date.now() };
}
const NO_TARGETS = { deliverWithinMs: TARGET_DELIVER_MS_DEFAULT, warnAfterMs: TARGET_WARN_MS_DEFAULT };
