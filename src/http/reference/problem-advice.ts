/**
 * What to do about each problem, for the reference: one sentence to whoever wrote the request. A
 * code without one does not typecheck.
 */
import type { ProblemCode } from '../problem.ts';

export const PROBLEM_ADVICE: Readonly<Record<ProblemCode, string>> = {
  'invalid-json': 'Send JSON in UTF-8; `detail` says where it breaks off.',
  'invalid-request':
    'Mend the fields that `errors` names; each message has the rule and the value. Do not repeat it as it is.',
  'schema-violation': "Mend the data, or the event type's schema; `errors` points into the data.",
  unauthorized: 'Send `Authorization: Bearer` and a key that is known, not revoked and not expired.',
  forbidden: 'Use a key with the scope that `detail` names; some operations are for operator-wide keys only.',
  'not-found':
    'Look at the id and the account. The log is seconds late: an event id of your own needs `?record=` until then.',
  'unknown-account': 'Create the account first, or look at its id: the account of another key answers the same.',
  'unknown-endpoint': 'Look at the endpoint id, or create the endpoint; removed ones are gone.',
  'unknown-secret': 'List the secrets with the endpoint: one that ended is gone.',
  'unknown-event-type': 'Create the event type first.',
  'unknown-alert': 'Look at the alert id.',
  'unknown-job': 'Look at the job id; jobs are forgotten 90 days after they ended.',
  'unknown-key': 'Look at the key id; it is not the key itself.',
  'method-not-allowed': 'Use a method that the `Allow` header names.',
  'event-conflict': 'The id belongs to other content: publish under a new id.',
  'several-records': 'Say which record is meant with `?record=`; `records` names them.',
  'event-type-archived': 'Publish another type, or take this one out of the archive.',
  'breaking-change': 'Publish the schema as a new version; `errors` names what would break.',
  'account-removing': 'Wait until the job that `job` names has ended.',
  'fixed-field': 'Leave the field out, or create another account.',
  'external-id-taken': 'Change the endpoint that has this `externalId`, or use another.',
  'current-secret': 'Rotate first: an endpoint always has a current secret.',
  'secrets-full': 'Remove an old secret, or rotate with a shorter `overlapSeconds`.',
  'idempotency-conflict': 'Use a new key for a new request.',
  'idempotency-in-progress': 'Repeat the same request after `Retry-After`.',
  'replay-refused': '`reason` says why; for an older version, `force` sends it anyway.',
  'payload-erased': 'Nothing is left to send: publish the event anew.',
  'payload-expired':
    'Nothing is left to send: publish the event anew, or keep payloads longer (`retention.payloadDays`).',
  'discard-refused': '`reason` says why; after an attempt that is under way, try again.',
  'endpoint-disabled': 'Enable the endpoint first.',
  'job-ended': 'Start a new one.',
  'job-refused': 'This kind of job knows no such action.',
  'too-large': 'Send less: `detail` names the limit.',
  'unsupported-media-type': 'Send `Content-Type: application/json`.',
  'record-full': "Wait until the record's deliveries arrive, and publish again with the same id after `Retry-After`.",
  'record-storage-full':
    'Publish under another record key, or again with the same id once the retention of its events has made room.',
  'quota-exceeded': 'Publish again with the same ids after `Retry-After`, or raise the quota.',
  'endpoints-full': 'Remove endpoints, or raise `endpointsMax`.',
  'settings-full': 'Remove endpoints, or shorten their event types, filters and headers.',
  'event-types-full': 'Archive does not help: reuse a type, or ask for a greater limit.',
  'versions-full': 'Begin a new event type.',
  'rate-limited': 'Ask again after `Retry-After`; publishes go in batches of 100.',
  'upgrade-required': 'Open a WebSocket, send `Accept: text/event-stream`, or read the status without `/live`.',
  'viewers-full': 'Close connections that nobody looks at, or connect again after `Retry-After`.',
  'too-many-tests': 'Test again after `Retry-After`.',
  internal: 'A bug of ours. Publish again with the same id; all else may be repeated when read first.',
  unavailable: 'Repeat after `Retry-After`; a publish with the same id, which is in `id`.',
  overloaded: 'Nothing was stored. Publish again with the same id after `Retry-After`.',
  misconfigured: '`detail` names the settings that the operator must mend.',
};
