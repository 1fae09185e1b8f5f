/**
 * The API: middleware in order, then one file for each resource. `createApp()` holds no state of a
 * request.
 */
import type { ErrorHandler, MiddlewareHandler } from 'hono';
import { parseVars, type Vars } from '../env.ts';
import type { Result } from '../core/result.ts';
import { addAccounts } from './accounts.ts';
import { addAlerts } from './alerts.ts';
import { Api } from './api.ts';
import { addAttempts } from './attempts.ts';
import { addAudit } from './audit.ts';
import { requireKey } from './auth/auth.ts';
import { allowOrigins } from './auth/cors.ts';
import { addBroadcasts } from './publish/broadcasts.ts';
import type { AppEnv } from './context.ts';
import { addDeadLetters } from './dead-letters.ts';
import { addDeliveries } from './deliveries.ts';
import { addEndpointHealth } from './endpoint-health.ts';
import { addEndpoints } from './endpoints.ts';
import { addEndpointEventTypes } from './endpoint-event-types.ts';
import { addEndpointProbe } from './endpoint-probe.ts';
import { addElements } from './elements.ts';
import { addEndpointTest } from './endpoint-test.ts';
import { addErasure } from './erasure.ts';
import { addEvents } from './events.ts';
import { addEventTypes } from './event-types.ts';
import { addEventTypeVersions } from './event-type-versions.ts';
import { addHealth } from './health.ts';
import { addJobs } from './jobs.ts';
import { addLive } from './live/route.ts';
import { addOpenApi } from './openapi.ts';
import { addReplays } from './replays.ts';
import { addOperatorLists } from './operator.ts';
import { addMetrics } from './metrics.ts';
import { addOverview } from './overview.ts';
import { addKeys } from './keys.ts';
import { addPortalTokens } from './portal-tokens.ts';
import { Problem, problemOf } from './problem.ts';
import { addPublish } from './publish/publish.ts';
import { addRecordStatuses } from './record-statuses.ts';
import { addRecords } from './records.ts';
import { addReseal } from './reseal.ts';
import { addSearch } from './search/search.ts';
import { addSecrets } from './secrets.ts';
import { addSessions } from './sessions.ts';
import { addTraffic } from './traffic.ts';
import { logLine } from '../log-line.ts';

export function createApp() {
  const api = new Api();
  const { app } = api;
  app.onError(answerError);
  app.use(requireVars);
  app.use('/v1/accounts/*', allowOrigins);
  app.use('/v1/*', requireKey);
  app.use('/metrics', requireKey);
  addHealth(api);
  addMetrics(api);
  addOpenApi(api);
  addElements(api);

  addKeys(api);
  addPortalTokens(api);
  addSessions(api);
  addAccounts(api);
  addEndpoints(api);
  addSecrets(api);
  addReseal(api);
  addAudit(api);
  addEventTypes(api);
  addEventTypeVersions(api);
  addPublish(api);
  addEvents(api);
  addErasure(api);
  addRecords(api);
  addLive(api);
  addDeliveries(api);
  addDeadLetters(api);
  addAttempts(api);
  addOperatorLists(api);
  addBroadcasts(api);
  addJobs(api);
  addAlerts(api);
  addReplays(api);
  addEndpointTest(api);
  addEndpointProbe(api);
  addEndpointEventTypes(api);
  addEndpointHealth(api);
  addRecordStatuses(api);
  addOverview(api);
  addTraffic(api);
  addSearch(api);
  api.closePaths();
  return app;
}

const parsedVars = new WeakMap<object, Result<Vars, string[]>>();

/**
 * S3: a service that is not set up safely serves nothing. Said once in the log, and in every
 * answer.
 */
const requireVars: MiddlewareHandler<AppEnv> = async (c, next) => {
  let vars = parsedVars.get(c.env);
  if (vars === undefined) {
    vars = parseVars(c.env);
    parsedVars.set(c.env, vars);
    if (!vars.ok) logLine('error', 'misconfigured', { missing: vars.error });
  }
  if (!vars.ok) throw new Problem('misconfigured', vars.error.join('; '));
  c.set('vars', vars.value);
  await next();
};

const answerError: ErrorHandler<AppEnv> = (error, c) => {
  const problem = problemOf(error);
  if (problem !== null) return problem.toResponse();
  // The message may quote a value; the stack says where, and the answer says nothing.
  logLine('error', 'request failed', {
    method: c.req.method,
    path: c.req.routePath,
    error: error.stack ?? String(error),
  });
  return new Problem('internal', 'something broke here; it is in the log').toResponse();
};
