/** Request bodies that readers may copy, by operation. Tests send each of them to the running Worker. */
const SCHEMA = {
  type: 'object',
  properties: { number: { type: 'integer', minimum: 1 }, title: { type: 'string', maxLength: 200 } },
  required: ['number'],
};
const EVENT = {
  type: 'ticket.created',
  record: 'ticket/4211',
  version: 1,
  occurredAt: '2026-11-21T18:00:00.000Z',
  data: { number: 4211, title: 'The printer is on fire' },
};

export const EXAMPLES: Readonly<Record<string, unknown>> = {
  putAccount: {
    name: 'Acme Ltd',
    targets: { deliverWithinMs: 5_000, warnAfterMs: 60_000 },
    retention: { payloadDays: 30, logDays: 90 },
  },
  createEndpoint: {
    url: 'https://crm.example.com/hooks',
    description: 'CRM',
    eventTypes: ['ticket.*'],
    ordering: 'ordered',
    timeoutMs: 10_000,
  },
  changeEndpoint: { status: 'paused', statusReason: 'Their maintenance, until 18:00' },
  testEndpoint: {},
  probeEndpoint: {},
  rotateSecret: { overlapSeconds: 3_600 },
  publishEvent: EVENT,
  publishEvents: {
    events: [
      { ...EVENT, version: 2 },
      { type: 'ticket.closed', data: { number: 4212 } },
    ],
  },
  readRecordStatuses: { records: ['ticket/4211', 'ticket/none'] },
  replayDelivery: { reason: 'The CRM had lost it' },
  discardDelivery: { reason: 'Entered by hand' },
  startReplay: {
    endpoint: 'ep_01m7zwa195yxn0znmzves0kyvm',
    statuses: ['dead'],
    statusCodes: ['4xx'],
    pacePerSecond: 10,
    reason: 'Their key had expired',
  },
  pauseReplay: { reason: 'Their office opens at 9' },
  resumeReplay: {},
  cancelReplay: { reason: 'Sent by mistake' },
  discardDeadLetters: { endpoint: 'ep_01m7zwa195yxn0znmzves0kyvm', statusCodes: ['410'], reason: 'They have left' },
  putEventType: { description: 'A ticket was opened', schema: SCHEMA, example: { number: 4211 } },
  putSchemaVersion: { schema: { ...SCHEMA, required: ['number', 'title'] }, example: { number: 4211, title: 'Fire' } },
  createKey: { name: 'Billing', scopes: ['publish'], account: 'acme', rateLimitPerSecond: 100 },
  changeKey: { rateLimitPerSecond: 200 },
  createPortalToken: { scopes: ['read'], expiresInSeconds: 900 },
  broadcastEvent: { type: 'service.maintenance', data: { from: '2026-12-01T02:00:00Z' }, accounts: ['acme'] },
  acknowledgeAlert: { note: 'The CRM team knows' },
  putAlertRules: { rules: { 'failure-rate': { threshold: 5, minimum: 200 }, 'secret-age': { enabled: false } } },
  pauseJob: { reason: 'Not during the launch' },
  resumeJob: {},
  cancelJob: { reason: 'Sent by mistake' },
};
