/**
 * Which problems an operation may answer: what follows from its declaration, and what is its own. The worker tests hold every problem
 * that any of them is answered against this (test/support/documented.ts), so a code that is missing here fails there.
 */
import type { ProblemCode } from '../problem.ts';

export type Declared = {
  id: string;
  path: string;
  hasBody: boolean;
  /** Asks for no key. */
  isPublic: boolean;
  /** Knows the Idempotency-Key of api.ts. */
  isKeyed: boolean;
};

/** What an id that is not there, or is of another account, answers. */
const OF_PARAMETER: Readonly<Record<string, ProblemCode>> = {
  account: 'unknown-account',
  endpoint: 'unknown-endpoint',
  secret: 'unknown-secret',
  type: 'unknown-event-type',
  alert: 'unknown-alert',
  job: 'unknown-job',
  replay: 'unknown-job',
  key: 'unknown-key',
  event: 'not-found',
  record: 'not-found',
  delivery: 'not-found',
  attempt: 'not-found',
};

const OF_PUBLISHING: readonly ProblemCode[] = [
  'schema-violation',
  'event-conflict',
  'event-type-archived',
  'record-full',
  'record-storage-full',
  'overloaded',
  'quota-exceeded',
];

const OWN: Readonly<Record<string, readonly ProblemCode[]>> = {
  putAccount: ['fixed-field', 'account-removing'],
  createEndpoint: ['external-id-taken', 'endpoints-full', 'settings-full'],
  changeEndpoint: ['external-id-taken', 'settings-full'],
  testEndpoint: ['endpoint-disabled', 'too-many-tests'],
  rotateSecret: ['secrets-full', 'settings-full'],
  deleteSecret: ['current-secret'],
  publishEvent: OF_PUBLISHING,
  publishEvents: ['quota-exceeded'],
  broadcastEvent: ['schema-violation', 'event-conflict', 'event-type-archived'],
  getEvent: ['several-records'],
  erasePayload: ['several-records'],
  getRecordByKey: ['not-found'],
  watchRecord: ['upgrade-required', 'viewers-full'],
  watchRecords: ['upgrade-required', 'viewers-full'],
  replayDelivery: ['replay-refused', 'payload-erased', 'payload-expired', 'record-full', 'record-storage-full'],
  discardDelivery: ['discard-refused'],
  putEventType: ['breaking-change', 'event-types-full', 'versions-full'],
  putSchemaVersion: ['breaking-change', 'versions-full'],
  getSchemaVersion: ['not-found'],
  diffSchemaVersions: ['not-found'],
  startReplay: ['unknown-endpoint'],
  discardDeadLetters: ['unknown-endpoint'],
  ...forEach(
    ['pauseReplay', 'resumeReplay', 'cancelReplay', 'pauseJob', 'resumeJob', 'cancelJob'],
    ['job-ended', 'job-refused'],
  ),
};

export function problemsOf({ id, path, hasBody, isPublic, isKeyed }: Declared): ProblemCode[] {
  if (isPublic) return [...(OWN[id] ?? []), 'internal', 'misconfigured'];
  const parameters = [...path.matchAll(/\{(\w+)\}/g)].flatMap(([, name = '']) => OF_PARAMETER[name] ?? []);
  const codes: ProblemCode[] = [
    'invalid-request',
    ...(hasBody ? (['invalid-json', 'too-large', 'unsupported-media-type'] as const) : []),
    'unauthorized',
    'forbidden',
    'rate-limited',
    ...parameters,
    ...(isKeyed ? (['idempotency-conflict', 'idempotency-in-progress'] as const) : []),
    ...(OWN[id] ?? []),
    'internal',
    'unavailable',
    'misconfigured',
  ];
  return [...new Set(codes)];
}

function forEach<T>(ids: readonly string[], value: T): Record<string, T> {
  return Object.fromEntries(ids.map((id) => [id, value]));
}
