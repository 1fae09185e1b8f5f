/**
 * What the reference says of an operation beyond its declaration: its name for clients, and the shape of its answers. By method and
 * path, so that a route file holds what it does and this what is told of it. A route without a row works: its name is made from its
 * path and its answers have no schema; test/http/reference/openapi.test.ts lists those.
 */
import type { z } from '@hono/zod-openapi';
import { capitalized } from '../../core/text.ts';
import * as account from './account-shapes.ts';
import * as audit from './audit-shapes.ts';
import * as alert from './alert-shapes.ts';
import * as delivery from './delivery-shapes.ts';
import * as endpoint from './endpoint-shapes.ts';
import * as type from './event-type-shapes.ts';
import * as event from './event-shapes.ts';
import * as health from './health-shapes.ts';
import * as job from './job-shapes.ts';
import * as key from './key-shapes.ts';
import * as plain from './plain-shapes.ts';
import * as search from './search-shapes.ts';
import * as replay from './replay-shapes.ts';

/** A name is a promise to clients: it is never changed. */
export type Operation = {
  id: string;
  /** By status; null: the answer has no body. */
  shows: Record<number, z.ZodType | null>;
};

const ofAccount = '/v1/accounts/{account}';
const ofEndpoint = `${ofAccount}/endpoints/{endpoint}`;
const ofSecret = `${ofEndpoint}/secrets`;
const ofDelivery = `${ofAccount}/deliveries/{delivery}`;
const ofReplay = `${ofAccount}/replays/{replay}`;
const ofRecord = `${ofAccount}/records/{record}`;
const ofType = '/v1/event-types/{type}';

const OPERATIONS: Record<string, Operation> = {
  [`put ${ofAccount}`]: one('putAccount', { 200: account.changedAccountShape, 201: account.changedAccountShape }),
  [`get ${ofAccount}`]: one('getAccount', { 200: account.accountShape }),
  [`delete ${ofAccount}`]: one('deleteAccount', { 202: account.removedAccountShape }),
  'get /v1/accounts': one('listAccounts', { 200: account.accountsShape }),
  [`get ${ofAccount}/audit`]: one('listAuditEntries', { 200: audit.auditShape }),
  'get /v1/audit': one('listOperatorAuditEntries', { 200: audit.operatorAuditShape }),
  [`post ${ofAccount}/reseal`]: one('resealAccount', { 200: account.resealShape }),

  [`post ${ofAccount}/endpoints`]: one('createEndpoint', { 201: endpoint.createdEndpointShape }),
  [`get ${ofAccount}/endpoints`]: one('listEndpoints', { 200: endpoint.endpointsShape }),
  [`get ${ofEndpoint}`]: one('getEndpoint', { 200: endpoint.endpointNowShape }),
  [`patch ${ofEndpoint}`]: one('changeEndpoint', { 200: endpoint.changedEndpointShape }),
  [`delete ${ofEndpoint}`]: one('deleteEndpoint', { 200: endpoint.removedEndpointShape }),
  [`post ${ofEndpoint}/test`]: one('testEndpoint', { 200: delivery.attemptShape }),
  [`post ${ofEndpoint}/probe`]: one('probeEndpoint', { 200: endpoint.probedShape }),
  [`get ${ofEndpoint}/event-types`]: one('listSentEventTypes', { 200: endpoint.sentTypesShape }),
  [`post ${ofSecret}/rotate`]: one('rotateSecret', { 201: endpoint.rotatedSecretShape }),
  [`get ${ofSecret}/{secret}`]: one('getSecret', { 200: endpoint.secretTextShape }),
  [`delete ${ofSecret}/{secret}`]: one('deleteSecret', { 204: null }),

  [`post ${ofAccount}/events`]: one('publishEvent', { 202: event.acceptedShape }),
  [`post ${ofAccount}/events/batch`]: one('publishEvents', { 200: event.batchShape }),
  [`get ${ofAccount}/events`]: one('listEvents', { 200: event.listedEventsShape }),
  [`get ${ofAccount}/events/{event}`]: one('getEvent', { 200: event.eventDetailShape }),
  [`get ${ofRecord}`]: one('getRecord', { 200: event.recordShape }),
  [`get ${ofAccount}/record`]: one('getRecordByKey', { 200: event.recordShape }),
  [`get ${ofAccount}/records`]: one('listRecords', { 200: event.recordsShape }),
  [`get ${ofRecord}/live`]: one('watchRecord', { 101: null, 200: plain.textShape }),
  [`get ${ofAccount}/live`]: one('watchRecords', { 101: null, 200: plain.textShape }),
  [`get ${ofRecord}/events`]: one('listRecordEvents', { 200: event.recordEventsShape }),

  [`get ${ofAccount}/deliveries`]: one('listDeliveries', { 200: delivery.deliveriesShape }),
  [`get ${ofAccount}/dead-letters`]: one('listDeadLetters', { 200: delivery.deliveriesShape }),
  [`get ${ofAccount}/dead-letters/summary`]: one('countDeadLetters', { 200: delivery.deadLetterSummaryShape }),
  'get /v1/dead-letters': one('listAllDeadLetters', { 200: delivery.deliveriesShape }),
  'get /v1/dead-letters/summary': one('countAllDeadLetters', { 200: delivery.deadLetterSummaryShape }),
  [`get ${ofDelivery}`]: one('getDelivery', { 200: delivery.deliveryDetailShape }),
  [`post ${ofDelivery}/replay`]: one('replayDelivery', { 201: delivery.deliveryShape }),
  [`post ${ofDelivery}/discard`]: one('discardDelivery', { 200: delivery.deliveryShape }),
  [`get ${ofAccount}/attempts`]: one('listAttempts', { 200: delivery.attemptsShape }),
  [`get ${ofAccount}/attempts/{attempt}`]: one('getAttempt', { 200: delivery.attemptShape }),

  'get /v1/deliveries': one('listAllDeliveries', { 200: delivery.deliveriesShape }),
  'get /v1/attempts': one('listAllAttempts', { 200: delivery.accountAttemptsShape }),
  'get /v1/endpoints': one('listAllEndpoints', { 200: endpoint.listedEndpointsShape }),

  [`put ${ofType}`]: one('putEventType', { 200: type.changedEventTypeShape, 201: type.changedEventTypeShape }),
  [`get ${ofType}`]: one('getEventType', { 200: type.eventTypeShape }),
  'get /v1/event-types': one('listEventTypes', { 200: type.eventTypesShape }),
  [`put ${ofType}/versions/{version}`]: one('putSchemaVersion', {
    200: type.changedEventTypeShape,
    201: type.changedEventTypeShape,
  }),
  [`get ${ofType}/versions/{version}`]: one('getSchemaVersion', { 200: type.versionShape }),
  [`get ${ofType}/versions/{from}/diff/{to}`]: one('diffSchemaVersions', { 200: type.diffShape }),

  'post /v1/keys': one('createKey', { 201: key.createdKeyShape }),
  'get /v1/keys': one('listKeys', { 200: key.keysShape }),
  'get /v1/keys/{key}': one('getKey', { 200: key.keyShape }),
  'patch /v1/keys/{key}': one('changeKey', { 200: key.changedKeyShape }),
  'delete /v1/keys/{key}': one('revokeKey', { 204: null }),
  [`post ${ofAccount}/portal-tokens`]: one('createPortalToken', { 201: key.portalTokenShape }),
  'post /v1/sessions': one('openSession', { 201: key.sessionShape }),
  'get /v1/session': one('getCaller', { 200: key.callerShape }),

  'get /v1/alerts': one('listAllAlerts', { 200: alert.alertsShape }),
  'get /v1/alerts/{alert}': one('getAlert', { 200: alert.alertShape }),
  'post /v1/alerts/{alert}/acknowledge': one('acknowledgeAlert', { 200: alert.alertShape }),
  [`get ${ofAccount}/alerts/{alert}`]: one('getAlertOfAccount', { 200: alert.alertShape }),
  [`get ${ofAccount}/search`]: one('searchAccount', { 200: search.searchShape }),
  'get /v1/search': one('search', { 200: search.searchShape }),
  [`get ${ofAccount}/alerts`]: one('listAlerts', { 200: alert.alertsShape }),
  'get /v1/alert-rules': one('listAlertRules', { 200: alert.alertRulesShape }),
  'put /v1/alert-rules': one('putAlertRules', { 200: alert.alertRulesShape }),

  [`get ${ofEndpoint}/health`]: one('getEndpointHealth', { 200: health.endpointHealthShape }),
  [`get ${ofEndpoint}/history`]: one('getEndpointHistory', { 200: health.endpointHistoryShape }),
  [`get ${ofAccount}/overview`]: one('getOverview', { 200: health.overviewShape }),
  [`get ${ofAccount}/traffic`]: one('getTraffic', { 200: health.trafficShape }),
  'get /v1/traffic': one('getTrafficOfAll', { 200: health.trafficOfAllShape }),
  'get /v1/overview': one('getOverviewOfAll', { 200: health.overviewOfAllShape }),
  [`post ${ofAccount}/record-statuses`]: one('readRecordStatuses', { 200: health.recordStatusesShape }),
  [`delete ${ofAccount}/events/{event}/payload`]: one('erasePayload', { 200: event.eventShape }),

  [`post ${ofAccount}/replays`]: one('startReplay', { 200: replay.dryRunShape, 202: replay.replayShape }),
  [`get ${ofAccount}/replays`]: one('listReplays', { 200: job.jobsShape }),
  [`get ${ofReplay}`]: one('getReplay', { 200: replay.replayShape }),
  [`get ${ofReplay}/deliveries`]: one('listReplayedDeliveries', { 200: delivery.deliveriesShape }),
  [`post ${ofReplay}/pause`]: one('pauseReplay', { 200: replay.replayShape }),
  [`post ${ofReplay}/resume`]: one('resumeReplay', { 200: replay.replayShape }),
  [`post ${ofReplay}/cancel`]: one('cancelReplay', { 200: replay.replayShape }),
  [`post ${ofAccount}/dead-letters/discard`]: one('discardDeadLetters', {
    200: replay.dryRunShape,
    202: job.jobShape,
  }),

  'get /health': one('getHealth', { 200: plain.healthShape }),
  'get /metrics': one('getMetrics', { 200: plain.textShape }),
  'get /openapi.json': one('getOpenApi', { 200: plain.documentShape }),
  'get /docs': one('getDocs', { 200: plain.textShape }),

  'post /v1/broadcasts': one('broadcastEvent', { 202: job.jobShape }),
  'get /v1/jobs': one('listJobs', { 200: job.jobsShape }),
  'get /v1/jobs/{job}': one('getJob', { 200: job.jobShape }),
  'post /v1/jobs/{job}/pause': one('pauseJob', { 200: job.jobShape }),
  'post /v1/jobs/{job}/resume': one('resumeJob', { 200: job.jobShape }),
  'post /v1/jobs/{job}/cancel': one('cancelJob', { 200: job.jobShape }),
};

function one(id: string, shows: Operation['shows']): Operation {
  return { id, shows };
}

export function operationOf(method: string, path: string): Operation {
  return OPERATIONS[`${method} ${path}`] ?? { id: madeId(method, path), shows: {} };
}

/** `get /v1/accounts/{account}/alerts/{alert}` is getAccountsByAccountAlertsByAlert: ugly and unique. */
function madeId(method: string, path: string): string {
  const words = path.replace(/^\/v1\//, '').match(/\{?[A-Za-z0-9]+/g) ?? [];
  const named = words.map((word) => (word.startsWith('{') ? `By${capitalized(word.slice(1))}` : capitalized(word)));
  return `${method}${named.join('')}`;
}

/** The resource: the first name after the version and the account. */
export function tagOf(path: string): string {
  const [first = 'accounts'] = path.replace(/^(\/v1)?(\/accounts\/\{account\}(?=\/))?\//, '').split('/');
  const tag = TAGS[first] ?? first;
  return capitalized(tag.replaceAll('-', ' '));
}
const TAGS: Record<string, string> = {
  record: 'records',
  live: 'records',
  'dead-letters': 'deliveries',
  reseal: 'accounts',
  metrics: 'health',
  overview: 'health',
  traffic: 'health',
  'record-statuses': 'records',
  'alert-rules': 'alerts',
  'portal-tokens': 'keys',
  sessions: 'keys',
  session: 'keys',
  'openapi.json': 'reference',
  docs: 'reference',
};
