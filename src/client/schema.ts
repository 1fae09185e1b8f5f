/** Made by `npm run client:generate` from the OpenAPI document: do not edit. */

export type Schemas = {
  Problem: {
    type: string;
    title: string;
    status: number;
    detail: string;
    code: "invalid-json" | "invalid-request" | "schema-violation" | "unauthorized" | "forbidden" | "not-found" | "unknown-account" | "unknown-endpoint" | "unknown-secret" | "unknown-event-type" | "unknown-alert" | "unknown-job" | "method-not-allowed" | "event-conflict" | "several-records" | "event-type-archived" | "breaking-change" | "account-removing" | "fixed-field" | "external-id-taken" | "current-secret" | "secrets-full" | "idempotency-conflict" | "idempotency-in-progress" | "replay-refused" | "payload-erased" | "payload-expired" | "discard-refused" | "endpoint-disabled" | "job-ended" | "job-refused" | "too-large" | "unsupported-media-type" | "upgrade-required" | "record-full" | "quota-exceeded" | "endpoints-full" | "settings-full" | "event-types-full" | "versions-full" | "rate-limited" | "viewers-full" | "too-many-tests" | "unknown-key" | "internal" | "unavailable" | "overloaded" | "record-storage-full" | "misconfigured";
    errors: (Schemas['FieldProblem'])[];
    [member: string]: unknown;
  };
  FieldProblem: {
    field: string;
    message: string;
  };
  ServiceHealth: {
    status: "ready";
    version: string;
  };
  CreatedApiKey: {
    id: string;
    name: string;
    scopes: ("publish" | "read" | "replay" | "manage")[];
    account: string | null;
    rateLimitPerSecond: number | null;
    createdBy: string;
    createdAt: string;
    expiresAt: string | null;
    revokedAt: string | null;
    lastUsedAt: string | null;
    key: string;
  };
  ApiKeyPage: {
    data: (Schemas['ApiKey'])[];
    next: string | null;
  };
  ApiKey: {
    id: string;
    name: string;
    scopes: ("publish" | "read" | "replay" | "manage")[];
    account: string | null;
    rateLimitPerSecond: number | null;
    createdBy: string;
    createdAt: string;
    expiresAt: string | null;
    revokedAt: string | null;
    lastUsedAt: string | null;
  };
  ChangedApiKey: {
    id: string;
    name: string;
    scopes: ("publish" | "read" | "replay" | "manage")[];
    account: string | null;
    rateLimitPerSecond: number | null;
    createdBy: string;
    createdAt: string;
    expiresAt: string | null;
    revokedAt: string | null;
    lastUsedAt: string | null;
    effectiveWithinMs: number;
  };
  PortalToken: {
    token: string;
    account: string;
    record: string | null;
    scopes: ("publish" | "read" | "replay" | "manage")[];
    expiresAt: string;
  };
  Session: {
    token: string;
    by: string;
    account: string | null;
    record: string | null;
    scopes: ("publish" | "read" | "replay" | "manage")[];
    portal: boolean;
    endsAt: string | null;
  };
  Caller: {
    by: string;
    account: string | null;
    record: string | null;
    scopes: ("publish" | "read" | "replay" | "manage")[];
    portal: boolean;
    endsAt: string | null;
  };
  ChangedAccount: {
    account: string;
    name: string;
    jurisdiction: "eu" | "fedramp" | null;
    shards: number;
    targets: Schemas['Targets'];
    retention: Schemas['Retention'];
    quota: Schemas['Quota'];
    endpointCount: number;
    createdAt: string;
    effectiveWithinMs: number;
  };
  Targets: {
    deliverWithinMs: number;
    warnAfterMs: number;
  };
  Retention: {
    payloadDays: number;
    logDays: number;
  };
  Quota: {
    eventsPerSecond: number | null;
    endpointsMax: number;
  };
  Account: {
    account: string;
    name: string;
    jurisdiction: "eu" | "fedramp" | null;
    shards: number;
    targets: Schemas['Targets'];
    retention: Schemas['Retention'];
    quota: Schemas['Quota'];
    endpointCount: number;
    createdAt: string;
  };
  RemovedAccount: {
    account: string;
    job: string;
    effectiveWithinMs: number;
  };
  AccountPage: {
    data: (Schemas['ListedAccount'])[];
    next: string | null;
  };
  ListedAccount: {
    account: string;
    name: string;
    retention: Schemas['Retention'];
    createdAt: string;
  };
  CreatedEndpoint: {
    id: string;
    account: string;
    url: string;
    description: string;
    eventTypes: (string)[];
    externalId: string | null;
    ordering: "ordered" | "latest" | "unordered";
    status: "enabled" | "paused" | "disabled";
    statusReason: string | null;
    createdAt: string;
    updatedAt: string;
    filter: Record<string, unknown> | null;
    schemaVersions: Record<string, string>;
    payloadFormat: "standard" | "slack";
    headerNames: (string)[];
    timeoutMs: number;
    retry: Schemas['RetryPolicy'];
    rateLimitPerSecond: number | null;
    traceContext: boolean;
    secrets: (Schemas['EndpointSecret'])[];
    secret: string;
    effectiveWithinMs: number;
  };
  RetryPolicy: {
    scheduleSeconds: (number)[];
    windowSeconds: number;
    alsoRetry: (number)[];
  };
  EndpointSecret: {
    id: string;
    kind: "hmac" | "ed25519";
    publicKey?: string | undefined;
    createdAt: string;
    expiresAt: string | null;
  };
  EndpointPage: {
    data: (Schemas['Endpoint'])[];
    next: string | null;
  };
  Endpoint: {
    id: string;
    account: string;
    url: string;
    description: string;
    eventTypes: (string)[];
    externalId: string | null;
    ordering: "ordered" | "latest" | "unordered";
    status: "enabled" | "paused" | "disabled";
    statusReason: string | null;
    createdAt: string;
    updatedAt: string;
    filter: Record<string, unknown> | null;
    schemaVersions: Record<string, string>;
    payloadFormat: "standard" | "slack";
    headerNames: (string)[];
    timeoutMs: number;
    retry: Schemas['RetryPolicy'];
    rateLimitPerSecond: number | null;
    traceContext: boolean;
    secrets: (Schemas['EndpointSecret'])[];
  };
  EndpointNow: {
    id: string;
    account: string;
    url: string;
    description: string;
    eventTypes: (string)[];
    externalId: string | null;
    ordering: "ordered" | "latest" | "unordered";
    status: "enabled" | "paused" | "disabled";
    statusReason: string | null;
    createdAt: string;
    updatedAt: string;
    filter: Record<string, unknown> | null;
    schemaVersions: Record<string, string>;
    payloadFormat: "standard" | "slack";
    headerNames: (string)[];
    timeoutMs: number;
    retry: Schemas['RetryPolicy'];
    rateLimitPerSecond: number | null;
    traceContext: boolean;
    secrets: (Schemas['EndpointSecret'])[];
    circuit: Schemas['Circuit'];
  };
  Circuit: {
    state: "closed" | "open" | "half-open";
    since: string | null;
    nextProbeAt: string | null;
    perSecond: number | null;
    waitingRecords: number;
  } | null;
  ChangedEndpoint: {
    id: string;
    account: string;
    url: string;
    description: string;
    eventTypes: (string)[];
    externalId: string | null;
    ordering: "ordered" | "latest" | "unordered";
    status: "enabled" | "paused" | "disabled";
    statusReason: string | null;
    createdAt: string;
    updatedAt: string;
    filter: Record<string, unknown> | null;
    schemaVersions: Record<string, string>;
    payloadFormat: "standard" | "slack";
    headerNames: (string)[];
    timeoutMs: number;
    retry: Schemas['RetryPolicy'];
    rateLimitPerSecond: number | null;
    traceContext: boolean;
    secrets: (Schemas['EndpointSecret'])[];
    effectiveWithinMs: number;
    job?: string | undefined;
  };
  RemovedEndpoint: {
    id: string;
    job: string;
    effectiveWithinMs: number;
  };
  RotatedSecret: {
    id: string;
    kind: "hmac" | "ed25519";
    publicKey?: string | undefined;
    createdAt: string;
    expiresAt: string | null;
    account: string;
    endpoint: string;
    secret: string;
    secrets: (Schemas['EndpointSecret'])[];
    effectiveWithinMs: number;
  };
  SecretText: {
    id: string;
    kind: "hmac" | "ed25519";
    publicKey?: string | undefined;
    createdAt: string;
    expiresAt: string | null;
    account: string;
    endpoint: string;
    secret: string;
  };
  Reseal: {
    account: string;
    key: string;
    resealed: Schemas['Resealed'];
    remaining: number;
    unreadable: Schemas['Unreadable'];
  };
  Resealed: {
    endpoints: number;
    secrets: number;
    headers: number;
  };
  Unreadable: {
    count: number;
    endpoints: (string)[];
  };
  AuditPage: {
    data: (Schemas['AuditEntry'])[];
    next: string | null;
  };
  AuditEntry: {
    id: string;
    at: string;
    by: string;
    action: string;
    target: string | null;
    detail: string | null;
    changes: (Schemas['AuditChange'])[];
    account: string;
    endpoint: string | null;
    secret: string | null;
  };
  AuditChange: {
    field: string;
    from?: unknown | undefined;
    to?: unknown | undefined;
  };
  OperatorAuditPage: {
    data: (Schemas['OperatorAuditEntry'])[];
    next: string | null;
  };
  OperatorAuditEntry: {
    id: string;
    at: string;
    by: string;
    action: string;
    target: string | null;
    detail: string | null;
    changes: (Schemas['AuditChange'])[];
    account: string | null;
  };
  ChangedEventType: {
    name: string;
    description: string;
    example: unknown;
    strict: boolean;
    retryWindowSeconds: number | null;
    expireAfterSeconds: number | null;
    latestGroup: string | null;
    latestOnly: boolean;
    dataVersion: string | null;
    archived: boolean;
    createdAt: string;
    updatedAt: string;
    schema: Record<string, unknown> | null;
    versions: (Schemas['EventTypeVersion'])[];
    effectiveWithinMs: number;
  };
  EventTypeVersion: {
    version: string;
    createdAt: string;
    updatedAt: string;
  };
  EventType: {
    name: string;
    description: string;
    example: unknown;
    strict: boolean;
    retryWindowSeconds: number | null;
    expireAfterSeconds: number | null;
    latestGroup: string | null;
    latestOnly: boolean;
    dataVersion: string | null;
    archived: boolean;
    createdAt: string;
    updatedAt: string;
    schema: Record<string, unknown> | null;
    versions: (Schemas['EventTypeVersion'])[];
  };
  EventTypePage: {
    data: (Schemas['ListedEventType'])[];
    next: string | null;
  };
  ListedEventType: {
    name: string;
    description: string;
    example: unknown;
    strict: boolean;
    retryWindowSeconds: number | null;
    expireAfterSeconds: number | null;
    latestGroup: string | null;
    latestOnly: boolean;
    dataVersion: string | null;
    archived: boolean;
    createdAt: string;
    updatedAt: string;
  };
  SchemaVersion: {
    type: string;
    version: string;
    schema: Record<string, unknown>;
    createdAt: string;
    updatedAt: string;
  };
  SchemaDiff: {
    type: string;
    from: string;
    to: string;
    breaks: boolean;
    changes: (Schemas['SchemaChange'])[];
    text: string;
  };
  SchemaChange: {
    pointer: string;
    breaks: boolean;
    message: string;
  };
  AcceptedEvent: {
    id: string;
    sequence: number | null;
    duplicate: boolean;
    deliveryCount: number;
    deliveries: (Schemas['AcceptedDelivery'])[];
  };
  AcceptedDelivery: {
    id: string;
    endpoint: string;
    status: Schemas['DeliveryStatus'];
  };
  DeliveryStatus: "queued" | "retrying" | "held" | "delivering" | "delivered" | "dead" | "superseded" | "cancelled";
  EventToPublish: {
    id?: string | null | undefined;
    type: string;
    record?: string | null | undefined;
    version?: number | null | undefined;
    occurredAt?: string | null | undefined;
    data?: unknown | undefined;
    forms?: Record<string, unknown> | null | undefined;
  };
  PublishResults: {
    results: (Schemas['PublishResult'])[];
  };
  PublishResult: Schemas['AcceptedResult'] | Schemas['RefusedEvent'];
  AcceptedResult: {
    outcome: "accepted";
    status: number;
    id: string;
    sequence: number | null;
    duplicate: boolean;
    deliveryCount: number;
    deliveries: (Schemas['AcceptedDelivery'])[];
  };
  RefusedEvent: {
    outcome: "refused";
    type: string;
    title: string;
    status: number;
    detail: string;
    code: "invalid-json" | "invalid-request" | "schema-violation" | "unauthorized" | "forbidden" | "not-found" | "unknown-account" | "unknown-endpoint" | "unknown-secret" | "unknown-event-type" | "unknown-alert" | "unknown-job" | "method-not-allowed" | "event-conflict" | "several-records" | "event-type-archived" | "breaking-change" | "account-removing" | "fixed-field" | "external-id-taken" | "current-secret" | "secrets-full" | "idempotency-conflict" | "idempotency-in-progress" | "replay-refused" | "payload-erased" | "payload-expired" | "discard-refused" | "endpoint-disabled" | "job-ended" | "job-refused" | "too-large" | "unsupported-media-type" | "upgrade-required" | "record-full" | "quota-exceeded" | "endpoints-full" | "settings-full" | "event-types-full" | "versions-full" | "rate-limited" | "viewers-full" | "too-many-tests" | "unknown-key" | "internal" | "unavailable" | "overloaded" | "record-storage-full" | "misconfigured";
    errors: (Schemas['FieldProblem'])[];
    [member: string]: unknown;
  };
  ListedEventPage: {
    data: (Schemas['ListedEvent'])[];
    next: string | null;
    searchedTo: string | null;
  };
  ListedEvent: {
    id: string;
    type: string;
    record: string | null;
    sequence: number | null;
    version: number | null;
    occurredAt: string | null;
    acceptedAt: string;
    deliveryCount: number;
    deliveries: (Schemas['Delivery'])[];
  };
  Delivery: {
    id: string;
    account: string;
    endpoint: string;
    event: string;
    eventType: string;
    record: string | null;
    sequence: number | null;
    version: number | null;
    status: Schemas['DeliveryStatus'];
    attempts: number;
    lastAttempt: Schemas['LastAttempt'];
    nextAttemptAt: string | null;
    blockedBy: string | null;
    supersededBy: string | null;
    replayOf: string | null;
    replayedBy: string | null;
    replayResolved: boolean | null;
    outOfOrder: boolean;
    reason: string | null;
    note: string;
    late: boolean;
    acceptedAt: string;
    endedAt: string | null;
  };
  LastAttempt: {
    at: string;
    statusCode: number | null;
    error: Schemas['AttemptError'];
    latencyMs: number;
  } | null;
  AttemptError: {
    kind: "timeout" | "dns" | "connect" | "tls" | "reset" | "refused-address" | "redirect" | "http-4xx" | "http-5xx" | "lost" | "not-sent";
    message: string;
  } | null;
  EventDetail: {
    id: string;
    type: string;
    record: string | null;
    sequence: number | null;
    version: number | null;
    occurredAt: string | null;
    acceptedAt: string;
    deliveryCount: number;
    deliveries: (Schemas['Delivery'])[];
    schemaVersion: string | null;
    data: unknown;
    forms?: Record<string, unknown> | undefined;
    traceparent: string | null;
    erasedAt: string | null;
    payloadExpiredAt: string | null;
    notSent: (Schemas['NotSent'])[];
    note: string | null;
  };
  NotSent: {
    endpoint: string;
    reason: "filter" | "changed-later" | "payload-gone" | "added-later" | "not-subscribed";
    note: string;
  };
  PublishedEvent: {
    id: string;
    type: string;
    record: string | null;
    sequence: number | null;
    version: number | null;
    occurredAt: string | null;
    acceptedAt: string;
    deliveryCount: number;
    deliveries: (Schemas['Delivery'])[];
    schemaVersion: string | null;
    data: unknown;
    forms?: Record<string, unknown> | undefined;
    traceparent: string | null;
    erasedAt: string | null;
    payloadExpiredAt: string | null;
  };
  RecordStatus: {
    record: string;
    account: string;
    sequence: number;
    status: "queued" | "retrying" | "held" | "delivering" | "delivered" | "dead" | "superseded" | "cancelled" | null;
    late: boolean;
    note: string;
    endpoints: (Schemas['RecordAtEndpoint'])[];
    notSent: (Schemas['NotSent'])[];
  };
  RecordAtEndpoint: {
    endpoint: string;
    name: string;
    delivery: Schemas['Delivery'];
    waiting: number;
  };
  ListedRecordPage: {
    data: (Schemas['ListedRecord'])[];
    next: string | null;
    searchedTo: string | null;
  };
  ListedRecord: {
    record: string;
    lastEventType: string;
    lastAcceptedAt: string;
  };
  RecordEventPage: {
    data: (Schemas['PublishedEvent'])[];
    next: string | null;
    completeFrom: number;
  };
  DeliveryPage: {
    data: (Schemas['Delivery'])[];
    next: string | null;
    searchedTo: string | null;
  };
  DeliveryDetail: {
    id: string;
    account: string;
    endpoint: string;
    event: string;
    eventType: string;
    record: string | null;
    sequence: number | null;
    version: number | null;
    status: Schemas['DeliveryStatus'];
    attempts: number;
    lastAttempt: Schemas['LastAttempt'];
    nextAttemptAt: string | null;
    blockedBy: string | null;
    supersededBy: string | null;
    replayOf: string | null;
    replayedBy: string | null;
    replayResolved: boolean | null;
    outOfOrder: boolean;
    reason: string | null;
    note: string;
    late: boolean;
    acceptedAt: string;
    endedAt: string | null;
    replay: Schemas['ReplayFacts'];
    attemptLog: (Schemas['Attempt'])[];
    schemaVersion: string | null;
    data: unknown;
    body: string | null;
    erasedAt: string | null;
    payloadExpiredAt: string | null;
  };
  ReplayFacts: {
    by: string;
    reason: string | null;
    at: string;
    job: string | null;
    missing: boolean;
  } | null;
  Attempt: {
    id: string;
    delivery: string;
    endpoint: string;
    event: string;
    number: number;
    trigger: "first" | "retry" | "replay" | "test";
    at: string;
    latencyMs: number;
    statusCode: number | null;
    error: Schemas['AttemptError'];
    request: Schemas['SentRequest'];
    responseHeaders: Record<string, string> | null;
    responseBody: string | null;
    willRetry: boolean;
    nextAttemptAt: string | null;
  };
  SentRequest: {
    url: string;
    headers: Record<string, string>;
  } | null;
  DeadLetterSummary: {
    data: (Schemas['DeadLettersOfEndpoint'])[];
    total: number;
    isComplete: boolean;
  };
  DeadLettersOfEndpoint: {
    account: string;
    endpoint: string;
    count: number;
    oldestAt: string;
    newestAt: string;
  };
  AttemptPage: {
    data: (Schemas['Attempt'])[];
    next: string | null;
    searchedTo: string | null;
  };
  AccountAttemptPage: {
    data: (Schemas['AccountAttempt'])[];
    next: string | null;
    searchedTo: string | null;
  };
  AccountAttempt: {
    id: string;
    delivery: string;
    endpoint: string;
    event: string;
    number: number;
    trigger: "first" | "retry" | "replay" | "test";
    at: string;
    latencyMs: number;
    statusCode: number | null;
    error: Schemas['AttemptError'];
    request: Schemas['SentRequest'];
    responseHeaders: Record<string, string> | null;
    responseBody: string | null;
    willRetry: boolean;
    nextAttemptAt: string | null;
    account: string;
  };
  ListedEndpointPage: {
    data: (Schemas['ListedEndpoint'])[];
    next: string | null;
  };
  ListedEndpoint: {
    id: string;
    account: string;
    url: string;
    description: string;
    eventTypes: (string)[];
    externalId: string | null;
    ordering: "ordered" | "latest" | "unordered";
    status: "enabled" | "paused" | "disabled";
    statusReason: string | null;
    createdAt: string;
    updatedAt: string;
  };
  Job: {
    id: string;
    kind: "broadcast" | "sweep" | "account-removal" | "replay" | "discard";
    account: string | null;
    endpoint: string | null;
    event: string | null;
    status: "running" | "paused" | "finished" | "cancelled";
    progress: Schemas['JobProgress'];
    by: string;
    reason: string | null;
    createdAt: string;
    updatedAt: string;
    endedAt: string | null;
    note: string;
    pacePerSecond: number;
    skippedBy: Record<string, number>;
    skips: (Schemas['JobItem'])[];
    waitingFor: Record<string, number>;
    failures: (Schemas['JobItem'])[];
    history: (Schemas['JobStep'])[];
  };
  JobProgress: {
    total: number;
    done: number;
    failed: number;
    skipped: number;
  };
  JobItem: {
    item: string;
    reason: string;
  };
  JobStep: {
    at: string;
    by: string;
    action: "started" | "paused" | "resumed" | "cancelled" | "finished";
    reason: string | null;
  };
  EventToBroadcast: {
    id?: string | null | undefined;
    type: string;
    record?: string | null | undefined;
    version?: number | null | undefined;
    occurredAt?: string | null | undefined;
    data: unknown;
    accounts?: (string)[] | null | undefined;
  };
  JobPage: {
    data: (Schemas['ListedJob'])[];
    next: string | null;
  };
  ListedJob: {
    id: string;
    kind: "broadcast" | "sweep" | "account-removal" | "replay" | "discard";
    account: string | null;
    endpoint: string | null;
    event: string | null;
    status: "running" | "paused" | "finished" | "cancelled";
    progress: Schemas['JobProgress'];
    by: string;
    reason: string | null;
    createdAt: string;
    updatedAt: string;
    endedAt: string | null;
  };
  AlertPage: {
    data: (Schemas['Alert'])[];
    next: string | null;
  };
  Alert: {
    id: string;
    rule: "failure-rate" | "dead-letter" | "backlog-growing" | "oldest-waiting" | "endpoint-no-success" | "accounts-no-success" | "circuit-open" | "endpoint-disabled" | "secret-age" | "retry-spike" | "record-storage" | "poison-message" | "not-sent";
    account: string | null;
    endpoint: string | null;
    status: "open" | "resolved";
    value: number;
    threshold: number;
    unit: string;
    detail: string;
    openedAt: string;
    updatedAt: string;
    resolvedAt: string | null;
    acknowledged: Schemas['Acknowledgement'];
  };
  Acknowledgement: {
    at: string;
    by: string;
    note: string | null;
  } | null;
  AlertRules: {
    rules: Record<string, Schemas['AlertRule']>;
  };
  AlertRule: {
    enabled: boolean;
    threshold: number;
    minimum: number | null;
    unit: string;
    minimumOf: string | null;
  };
  AlertRuleToSet: {
    enabled?: boolean | undefined;
    threshold?: number | undefined;
    minimum?: number | null | undefined;
    unit?: unknown | undefined;
    minimumOf?: unknown | undefined;
  };
  DryRun: {
    count: number;
    records: number;
    byStatus: Record<string, number>;
    byEventType: Record<string, number>;
    oldestAt: string | null;
    newestAt: string | null;
    from: string;
    to: string;
    note: string;
  };
  Replay: {
    id: string;
    kind: "broadcast" | "sweep" | "account-removal" | "replay" | "discard";
    account: string | null;
    endpoint: string | null;
    event: string | null;
    status: "running" | "paused" | "finished" | "cancelled";
    progress: Schemas['ReplayProgress'];
    by: string;
    reason: string | null;
    createdAt: string;
    updatedAt: string;
    endedAt: string | null;
    note: string;
    pacePerSecond: number;
    skippedBy: Record<string, number>;
    skips: (Schemas['JobItem'])[];
    waitingFor: Record<string, number>;
    failures: (Schemas['JobItem'])[];
    history: (Schemas['JobStep'])[];
  };
  ReplayProgress: {
    total: number;
    delivered: number;
    done: number;
    failed: number;
    skipped: number;
    waiting: number;
  };
  ProbedEndpoint: {
    endpoint: string;
    outcome: "probing" | "under-way" | "nothing-waits" | "not-needed" | "paused" | "disabled";
    note: string;
    circuit: Schemas['Circuit'];
  };
  SentEventTypes: {
    endpoint: string;
    eventTypes: (string)[];
    from: string;
    complete: boolean;
    data: (Schemas['SentEventType'])[];
  };
  SentEventType: {
    eventType: string;
    events: number;
    lastSentAt: string;
  };
  EndpointHistory: {
    endpoint: string;
    account: string;
    data: (Schemas['HourOfEndpoint'])[];
    since: string;
    isComplete: boolean;
  };
  HourOfEndpoint: {
    hour: string;
    attempts: number;
    succeeded: number;
    failed: number;
    lost: number;
    notSent: number;
    latencyMs: Schemas['LatencyMs'];
  };
  LatencyMs: {
    p50: number | null;
    p95: number | null;
    p99: number | null;
  };
  EndpointHealth: {
    endpoint: string;
    account: string;
    status: "enabled" | "paused" | "disabled";
    statusReason: string | null;
    at: string;
    lastSuccessAt: string | null;
    lastFailureAt: string | null;
    nextRetryAt: string | null;
    waiting: Schemas['WaitingDeliveries'];
    windows: Schemas['HealthWindows'];
    circuit: Schemas['Circuit'];
  };
  WaitingDeliveries: {
    count: number;
    oldestAcceptedAt: string | null;
    isComplete: boolean;
  };
  HealthWindows: {
    last15Minutes: Schemas['HealthWindow'];
    last24Hours: Schemas['HealthWindow'];
  };
  HealthWindow: {
    since: string;
    isComplete: boolean;
    attempts: number;
    succeeded: number;
    failed: number;
    lost: number;
    notSent: number;
    successRate: number | null;
    latencyMs: Schemas['LatencyMs'];
    statusCodes: Record<string, number>;
    errors: Record<string, number>;
  };
  RecordStatusResults: {
    data: (Schemas['RecordStatusResult'])[];
  };
  RecordStatusResult: Schemas['RecordFound'] | Schemas['RecordNotFound'] | Schemas['RecordUnavailable'];
  RecordFound: {
    outcome: "found";
    record: string;
    status: Schemas['RecordStatus'];
  };
  RecordNotFound: {
    outcome: "not-found";
    record: string;
  };
  RecordUnavailable: {
    outcome: "unavailable";
    record: string;
    error: Schemas['RecordError'];
  };
  RecordError: {
    code: string;
    message: string;
  };
  Overview: {
    account: string;
    from: string;
    to: string;
    since: string;
    isComplete: boolean;
    failures: (Schemas['FailureGroup'])[];
    backlogs: (Schemas['Backlog'])[];
    noRecentSuccess: (Schemas['EndpointWithoutSuccess'])[];
  };
  FailureGroup: {
    account: string;
    endpoint: string;
    statusCode: number | null;
    error: "timeout" | "dns" | "connect" | "tls" | "reset" | "refused-address" | "redirect" | "http-4xx" | "http-5xx" | "lost" | "not-sent";
    count: number;
    lastAt: string;
  };
  Backlog: {
    account: string;
    endpoint: string;
    waiting: number;
    oldestAcceptedAt: string;
    growth: number;
    isGrowing: boolean;
  };
  EndpointWithoutSuccess: {
    account: string;
    endpoint: string;
    failed: number;
    waiting: number;
  };
  OverviewOfAll: {
    from: string;
    to: string;
    since: string;
    isComplete: boolean;
    failures: (Schemas['FailureGroup'])[];
    backlogs: (Schemas['Backlog'])[];
    noRecentSuccess: (Schemas['EndpointWithoutSuccess'])[];
    accountsRead: number;
    next: string | null;
  };
  Traffic: {
    account: string;
    data: (Schemas['MinuteOfTraffic'])[];
    since: string;
    isComplete: boolean;
  };
  MinuteOfTraffic: {
    minute: string;
    attempts: number;
    succeeded: number;
    failed: number;
    lost: number;
    notSent: number;
    latencyMs: Schemas['LatencyMs'];
  };
  TrafficOfAll: {
    data: (Schemas['MinuteOfTraffic'])[];
    since: string;
    isComplete: boolean;
  };
  SearchHits: {
    data: (Schemas['SearchHit'])[];
    isComplete: boolean;
  };
  SearchHit: {
    type: "event" | "record" | "delivery" | "attempt" | "account" | "endpoint" | "job" | "replay" | "alert";
    id: string;
    account: string | null;
    name: string | null;
    detail: string | null;
    path: string;
  };
  Filter: {
    field?: string | undefined;
    in?: (unknown)[] | undefined;
    lessThan?: unknown | undefined;
    lessOrEqual?: unknown | undefined;
    greaterThan?: unknown | undefined;
    greaterOrEqual?: unknown | undefined;
    prefix?: string | undefined;
    exists?: boolean | undefined;
    and?: (Schemas['FilterPart'])[] | undefined;
    or?: (Schemas['FilterPart'])[] | undefined;
    not?: Schemas['FilterPart'] | undefined;
  } | null;
  FilterPart: {
    field?: string | undefined;
    in?: (unknown)[] | undefined;
    lessThan?: unknown | undefined;
    lessOrEqual?: unknown | undefined;
    greaterThan?: unknown | undefined;
    greaterOrEqual?: unknown | undefined;
    prefix?: string | undefined;
    exists?: boolean | undefined;
    and?: (Schemas['FilterPart'])[] | undefined;
    or?: (Schemas['FilterPart'])[] | undefined;
    not?: Schemas['FilterPart'] | undefined;
  };
};

export type Operations = {
  getHealth: {
    path: Record<never, never>;
    query: Record<never, never>;
    body: undefined | undefined;
    answer: Schemas['ServiceHealth'];
    exports: never;
    problem: "internal" | "misconfigured";
  };
  getMetrics: {
    path: Record<never, never>;
    query: Record<never, never>;
    body: undefined | undefined;
    answer: string;
    exports: never;
    problem: "invalid-request" | "unauthorized" | "forbidden" | "rate-limited" | "internal" | "unavailable" | "misconfigured";
  };
  getOpenApi: {
    path: Record<never, never>;
    query: Record<never, never>;
    body: undefined | undefined;
    answer: {
      openapi: string;
      [member: string]: unknown;
    };
    exports: never;
    problem: "internal" | "misconfigured";
  };
  getDocs: {
    path: Record<never, never>;
    query: Record<never, never>;
    body: undefined | undefined;
    answer: string;
    exports: never;
    problem: "internal" | "misconfigured";
  };
  createKey: {
    path: Record<never, never>;
    query: Record<never, never>;
    body: {
      name: string;
      scopes: ("publish" | "read" | "replay" | "manage")[];
      account?: string | null | undefined;
      expiresAt?: string | null | undefined;
      rateLimitPerSecond?: number | null | undefined;
    };
    answer: Schemas['CreatedApiKey'];
    exports: never;
    problem: "invalid-request" | "invalid-json" | "unauthorized" | "forbidden" | "idempotency-conflict" | "idempotency-in-progress" | "too-large" | "unsupported-media-type" | "rate-limited" | "internal" | "unavailable" | "misconfigured";
  };
  listKeys: {
    path: Record<never, never>;
    query: { limit?: number; cursor?: string };
    body: undefined | undefined;
    answer: Schemas['ApiKeyPage'];
    exports: never;
    problem: "invalid-request" | "unauthorized" | "forbidden" | "rate-limited" | "internal" | "unavailable" | "misconfigured";
  };
  getKey: {
    path: { key: string };
    query: Record<never, never>;
    body: undefined | undefined;
    answer: Schemas['ApiKey'];
    exports: never;
    problem: "invalid-request" | "unauthorized" | "forbidden" | "unknown-key" | "rate-limited" | "internal" | "unavailable" | "misconfigured";
  };
  changeKey: {
    path: { key: string };
    query: Record<never, never>;
    body: {
      name?: string | undefined;
      rateLimitPerSecond?: number | null | undefined;
    };
    answer: Schemas['ChangedApiKey'];
    exports: never;
    problem: "invalid-request" | "invalid-json" | "unauthorized" | "forbidden" | "unknown-key" | "too-large" | "unsupported-media-type" | "rate-limited" | "internal" | "unavailable" | "misconfigured";
  };
  revokeKey: {
    path: { key: string };
    query: Record<never, never>;
    body: undefined | undefined;
    answer: null;
    exports: never;
    problem: "invalid-request" | "unauthorized" | "forbidden" | "unknown-key" | "rate-limited" | "internal" | "unavailable" | "misconfigured";
  };
  createPortalToken: {
    path: { account: string };
    query: Record<never, never>;
    body: {
      record?: string | undefined;
      scopes?: ("publish" | "read" | "replay" | "manage")[] | undefined;
      expiresInSeconds?: number | undefined;
    } | undefined;
    answer: Schemas['PortalToken'];
    exports: never;
    problem: "invalid-request" | "invalid-json" | "unauthorized" | "forbidden" | "unknown-account" | "idempotency-conflict" | "idempotency-in-progress" | "too-large" | "unsupported-media-type" | "rate-limited" | "internal" | "unavailable" | "misconfigured";
  };
  openSession: {
    path: Record<never, never>;
    query: Record<never, never>;
    body: undefined | undefined;
    answer: Schemas['Session'];
    exports: never;
    problem: "invalid-request" | "unauthorized" | "forbidden" | "rate-limited" | "internal" | "unavailable" | "misconfigured";
  };
  getCaller: {
    path: Record<never, never>;
    query: Record<never, never>;
    body: undefined | undefined;
    answer: Schemas['Caller'];
    exports: never;
    problem: "invalid-request" | "unauthorized" | "forbidden" | "rate-limited" | "internal" | "unavailable" | "misconfigured";
  };
  putAccount: {
    path: { account: string };
    query: Record<never, never>;
    body: {
      name?: string | undefined;
      targets?: {
        deliverWithinMs: number;
        warnAfterMs: number;
      } | undefined;
      retention?: {
        payloadDays: number;
        logDays: number;
      } | undefined;
      quota?: {
        eventsPerSecond: number | null;
        endpointsMax: number;
      } | undefined;
      shards?: number | undefined;
      jurisdiction?: string | null | undefined;
    } | undefined;
    answer: Schemas['ChangedAccount'];
    exports: never;
    problem: "invalid-request" | "invalid-json" | "unauthorized" | "forbidden" | "unknown-account" | "fixed-field" | "account-removing" | "too-large" | "unsupported-media-type" | "rate-limited" | "internal" | "unavailable" | "misconfigured";
  };
  getAccount: {
    path: { account: string };
    query: Record<never, never>;
    body: undefined | undefined;
    answer: Schemas['Account'];
    exports: never;
    problem: "invalid-request" | "unauthorized" | "forbidden" | "unknown-account" | "rate-limited" | "internal" | "unavailable" | "misconfigured";
  };
  deleteAccount: {
    path: { account: string };
    query: { reason?: string };
    body: undefined | undefined;
    answer: Schemas['RemovedAccount'];
    exports: never;
    problem: "invalid-request" | "unauthorized" | "forbidden" | "unknown-account" | "rate-limited" | "internal" | "unavailable" | "misconfigured";
  };
  listAccounts: {
    path: Record<never, never>;
    query: { limit?: number; cursor?: string; search?: string };
    body: undefined | undefined;
    answer: Schemas['AccountPage'];
    exports: never;
    problem: "invalid-request" | "unauthorized" | "forbidden" | "rate-limited" | "internal" | "unavailable" | "misconfigured";
  };
  createEndpoint: {
    path: { account: string };
    query: Record<never, never>;
    body: {
      url: string;
      description?: string | undefined;
      eventTypes?: (string)[] | undefined;
      filter?: Record<string, unknown> | null | undefined;
      schemaVersions?: Record<string, string> | undefined;
      payloadFormat?: "standard" | "slack" | undefined;
      headers?: Record<string, string> | undefined;
      externalId?: string | null | undefined;
      ordering?: "ordered" | "latest" | "unordered" | undefined;
      timeoutMs?: number | undefined;
      retry?: {
        scheduleSeconds?: (number)[] | undefined;
        windowSeconds?: number | undefined;
        alsoRetry?: (number)[] | undefined;
      } | undefined;
      rateLimitPerSecond?: number | null | undefined;
      traceContext?: boolean | undefined;
      status?: "enabled" | "paused" | "disabled" | undefined;
      statusReason?: string | null | undefined;
      secret?: string | undefined;
    };
    answer: Schemas['CreatedEndpoint'];
    exports: never;
    problem: "invalid-request" | "invalid-json" | "unauthorized" | "forbidden" | "unknown-account" | "idempotency-conflict" | "idempotency-in-progress" | "external-id-taken" | "too-large" | "unsupported-media-type" | "rate-limited" | "endpoints-full" | "settings-full" | "internal" | "unavailable" | "misconfigured";
  };
  listEndpoints: {
    path: { account: string };
    query: { limit?: number; cursor?: string; search?: string };
    body: undefined | undefined;
    answer: Schemas['EndpointPage'];
    exports: never;
    problem: "invalid-request" | "unauthorized" | "forbidden" | "unknown-account" | "rate-limited" | "internal" | "unavailable" | "misconfigured";
  };
  getEndpoint: {
    path: { account: string; endpoint: string };
    query: Record<never, never>;
    body: undefined | undefined;
    answer: Schemas['EndpointNow'];
    exports: never;
    problem: "invalid-request" | "unauthorized" | "forbidden" | "unknown-account" | "unknown-endpoint" | "rate-limited" | "internal" | "unavailable" | "misconfigured";
  };
  changeEndpoint: {
    path: { account: string; endpoint: string };
    query: Record<never, never>;
    body: {
      url?: string | undefined;
      description?: string | undefined;
      eventTypes?: (string)[] | undefined;
      filter?: Record<string, unknown> | null | undefined;
      schemaVersions?: Record<string, string> | undefined;
      payloadFormat?: "standard" | "slack" | undefined;
      headers?: Record<string, string> | undefined;
      externalId?: string | null | undefined;
      ordering?: "ordered" | "latest" | "unordered" | undefined;
      timeoutMs?: number | undefined;
      retry?: {
        scheduleSeconds?: (number)[] | undefined;
        windowSeconds?: number | undefined;
        alsoRetry?: (number)[] | undefined;
      } | undefined;
      rateLimitPerSecond?: number | null | undefined;
      traceContext?: boolean | undefined;
      status?: "enabled" | "paused" | "disabled" | undefined;
      statusReason?: string | null | undefined;
    };
    answer: Schemas['ChangedEndpoint'];
    exports: never;
    problem: "invalid-request" | "invalid-json" | "unauthorized" | "forbidden" | "unknown-account" | "unknown-endpoint" | "external-id-taken" | "too-large" | "unsupported-media-type" | "rate-limited" | "settings-full" | "internal" | "unavailable" | "misconfigured";
  };
  deleteEndpoint: {
    path: { account: string; endpoint: string };
    query: Record<never, never>;
    body: undefined | undefined;
    answer: Schemas['RemovedEndpoint'];
    exports: never;
    problem: "invalid-request" | "unauthorized" | "forbidden" | "unknown-account" | "unknown-endpoint" | "rate-limited" | "internal" | "unavailable" | "misconfigured";
  };
  rotateSecret: {
    path: { account: string; endpoint: string };
    query: Record<never, never>;
    body: {
      secret?: string | undefined;
      overlapSeconds?: number | undefined;
      algorithm?: "hmac" | "ed25519" | undefined;
    } | undefined;
    answer: Schemas['RotatedSecret'];
    exports: never;
    problem: "invalid-request" | "invalid-json" | "unauthorized" | "forbidden" | "unknown-account" | "unknown-endpoint" | "idempotency-conflict" | "idempotency-in-progress" | "secrets-full" | "too-large" | "unsupported-media-type" | "rate-limited" | "settings-full" | "internal" | "unavailable" | "misconfigured";
  };
  getSecret: {
    path: { account: string; endpoint: string; secret: string };
    query: Record<never, never>;
    body: undefined | undefined;
    answer: Schemas['SecretText'];
    exports: never;
    problem: "invalid-request" | "unauthorized" | "forbidden" | "unknown-account" | "unknown-endpoint" | "unknown-secret" | "rate-limited" | "internal" | "unavailable" | "misconfigured";
  };
  deleteSecret: {
    path: { account: string; endpoint: string; secret: string };
    query: Record<never, never>;
    body: undefined | undefined;
    answer: null;
    exports: never;
    problem: "invalid-request" | "unauthorized" | "forbidden" | "unknown-account" | "unknown-endpoint" | "unknown-secret" | "current-secret" | "rate-limited" | "internal" | "unavailable" | "misconfigured";
  };
  resealAccount: {
    path: { account: string };
    query: Record<never, never>;
    body: undefined | undefined;
    answer: Schemas['Reseal'];
    exports: never;
    problem: "invalid-request" | "unauthorized" | "forbidden" | "unknown-account" | "rate-limited" | "internal" | "unavailable" | "misconfigured";
  };
  listAuditEntries: {
    path: { account: string };
    query: { limit?: number; cursor?: string; action?: string | (string)[]; from?: string; to?: string };
    body: undefined | undefined;
    answer: Schemas['AuditPage'];
    exports: never;
    problem: "invalid-request" | "unauthorized" | "forbidden" | "unknown-account" | "rate-limited" | "internal" | "unavailable" | "misconfigured";
  };
  listOperatorAuditEntries: {
    path: Record<never, never>;
    query: { limit?: number; cursor?: string; action?: string | (string)[]; from?: string; to?: string; account?: string | (string)[] };
    body: undefined | undefined;
    answer: Schemas['OperatorAuditPage'];
    exports: never;
    problem: "invalid-request" | "unauthorized" | "forbidden" | "rate-limited" | "internal" | "unavailable" | "misconfigured";
  };
  putEventType: {
    path: { type: string };
    query: Record<never, never>;
    body: {
      description?: string | undefined;
      example?: unknown | undefined;
      schema?: Record<string, unknown> | null | undefined;
      strict?: boolean | undefined;
      retryWindowSeconds?: number | null | undefined;
      expireAfterSeconds?: number | null | undefined;
      latestGroup?: string | null | undefined;
      latestOnly?: boolean | undefined;
      dataVersion?: string | null | undefined;
      archived?: boolean | undefined;
      name?: string | undefined;
      versions?: unknown | undefined;
      createdAt?: unknown | undefined;
      updatedAt?: unknown | undefined;
      effectiveWithinMs?: unknown | undefined;
    } | undefined;
    answer: Schemas['ChangedEventType'];
    exports: never;
    problem: "invalid-request" | "invalid-json" | "unauthorized" | "forbidden" | "unknown-event-type" | "breaking-change" | "too-large" | "unsupported-media-type" | "rate-limited" | "event-types-full" | "versions-full" | "internal" | "unavailable" | "misconfigured";
  };
  getEventType: {
    path: { type: string };
    query: Record<never, never>;
    body: undefined | undefined;
    answer: Schemas['EventType'];
    exports: never;
    problem: "invalid-request" | "unauthorized" | "forbidden" | "unknown-event-type" | "rate-limited" | "internal" | "unavailable" | "misconfigured";
  };
  listEventTypes: {
    path: Record<never, never>;
    query: { limit?: number; cursor?: string; archived?: "true" | "false" };
    body: undefined | undefined;
    answer: Schemas['EventTypePage'];
    exports: never;
    problem: "invalid-request" | "unauthorized" | "forbidden" | "rate-limited" | "internal" | "unavailable" | "misconfigured";
  };
  putSchemaVersion: {
    path: { type: string; version: string };
    query: Record<never, never>;
    body: {
      schema: Record<string, unknown>;
      example?: unknown | undefined;
      type?: string | undefined;
      version?: string | undefined;
      createdAt?: unknown | undefined;
      updatedAt?: unknown | undefined;
      effectiveWithinMs?: unknown | undefined;
    };
    answer: Schemas['ChangedEventType'];
    exports: never;
    problem: "invalid-request" | "invalid-json" | "unauthorized" | "forbidden" | "unknown-event-type" | "breaking-change" | "too-large" | "unsupported-media-type" | "rate-limited" | "versions-full" | "internal" | "unavailable" | "misconfigured";
  };
  getSchemaVersion: {
    path: { type: string; version: string };
    query: Record<never, never>;
    body: undefined | undefined;
    answer: Schemas['SchemaVersion'];
    exports: never;
    problem: "invalid-request" | "unauthorized" | "forbidden" | "unknown-event-type" | "not-found" | "rate-limited" | "internal" | "unavailable" | "misconfigured";
  };
  diffSchemaVersions: {
    path: { type: string; from: string; to: string };
    query: Record<never, never>;
    body: undefined | undefined;
    answer: Schemas['SchemaDiff'];
    exports: never;
    problem: "invalid-request" | "unauthorized" | "forbidden" | "unknown-event-type" | "not-found" | "rate-limited" | "internal" | "unavailable" | "misconfigured";
  };
  publishEvent: {
    path: { account: string };
    query: Record<never, never>;
    body: Schemas['EventToPublish'];
    answer: Schemas['AcceptedEvent'];
    exports: never;
    problem: "invalid-request" | "invalid-json" | "schema-violation" | "unauthorized" | "forbidden" | "unknown-account" | "event-conflict" | "event-type-archived" | "too-large" | "unsupported-media-type" | "rate-limited" | "record-full" | "quota-exceeded" | "internal" | "overloaded" | "unavailable" | "misconfigured" | "record-storage-full";
  };
  listEvents: {
    path: { account: string };
    query: { endpoint?: string | (string)[]; eventType?: string | (string)[]; record?: string | (string)[]; event?: string | (string)[]; status?: "queued" | "retrying" | "held" | "delivering" | "delivered" | "dead" | "superseded" | "cancelled" | ("queued" | "retrying" | "held" | "delivering" | "delivered" | "dead" | "superseded" | "cancelled")[]; statusCode?: string | (string)[]; trigger?: "first" | "retry" | "replay" | "test" | ("first" | "retry" | "replay" | "test")[]; from?: string; to?: string; limit?: number; cursor?: string };
    body: undefined | undefined;
    answer: Schemas['ListedEventPage'];
    exports: "ndjson" | "csv";
    problem: "invalid-request" | "unauthorized" | "forbidden" | "unknown-account" | "rate-limited" | "internal" | "unavailable" | "misconfigured";
  };
  publishEvents: {
    path: { account: string };
    query: Record<never, never>;
    body: {
      events: (Schemas['EventToPublish'])[];
    };
    answer: Schemas['PublishResults'];
    exports: never;
    problem: "invalid-request" | "invalid-json" | "unauthorized" | "forbidden" | "unknown-account" | "too-large" | "unsupported-media-type" | "rate-limited" | "quota-exceeded" | "internal" | "overloaded" | "unavailable" | "misconfigured";
  };
  getEvent: {
    path: { account: string; event: string };
    query: { record?: string };
    body: undefined | undefined;
    answer: Schemas['EventDetail'];
    exports: never;
    problem: "invalid-request" | "unauthorized" | "forbidden" | "unknown-account" | "not-found" | "several-records" | "rate-limited" | "internal" | "unavailable" | "misconfigured";
  };
  erasePayload: {
    path: { account: string; event: string };
    query: { record?: string; reason?: string };
    body: undefined | undefined;
    answer: Schemas['PublishedEvent'];
    exports: never;
    problem: "invalid-request" | "unauthorized" | "forbidden" | "unknown-account" | "not-found" | "several-records" | "rate-limited" | "internal" | "unavailable" | "misconfigured";
  };
  getRecord: {
    path: { account: string; record: string };
    query: Record<never, never>;
    body: undefined | undefined;
    answer: Schemas['RecordStatus'];
    exports: never;
    problem: "invalid-request" | "unauthorized" | "forbidden" | "unknown-account" | "not-found" | "rate-limited" | "internal" | "unavailable" | "misconfigured";
  };
  listRecords: {
    path: { account: string };
    query: { limit?: number; cursor?: string; prefix: string };
    body: undefined | undefined;
    answer: Schemas['ListedRecordPage'];
    exports: never;
    problem: "invalid-request" | "unauthorized" | "forbidden" | "unknown-account" | "rate-limited" | "internal" | "unavailable" | "misconfigured";
  };
  getRecordByKey: {
    path: { account: string };
    query: { key: string };
    body: undefined | undefined;
    answer: Schemas['RecordStatus'];
    exports: never;
    problem: "invalid-request" | "unauthorized" | "forbidden" | "unknown-account" | "not-found" | "rate-limited" | "internal" | "unavailable" | "misconfigured";
  };
  listRecordEvents: {
    path: { account: string; record: string };
    query: { after?: number; limit?: number };
    body: undefined | undefined;
    answer: Schemas['RecordEventPage'];
    exports: never;
    problem: "invalid-request" | "unauthorized" | "forbidden" | "unknown-account" | "not-found" | "rate-limited" | "internal" | "unavailable" | "misconfigured";
  };
  watchRecord: {
    path: { account: string; record: string };
    query: Record<never, never>;
    body: undefined | undefined;
    answer: string;
    exports: never;
    problem: "invalid-request" | "unauthorized" | "forbidden" | "unknown-account" | "not-found" | "upgrade-required" | "rate-limited" | "viewers-full" | "internal" | "unavailable" | "misconfigured";
  };
  watchRecords: {
    path: { account: string };
    query: { record: string | (string)[] };
    body: undefined | undefined;
    answer: string;
    exports: never;
    problem: "invalid-request" | "unauthorized" | "forbidden" | "unknown-account" | "upgrade-required" | "rate-limited" | "viewers-full" | "internal" | "unavailable" | "misconfigured";
  };
  listDeliveries: {
    path: { account: string };
    query: { endpoint?: string | (string)[]; eventType?: string | (string)[]; record?: string | (string)[]; event?: string | (string)[]; status?: "queued" | "retrying" | "held" | "delivering" | "delivered" | "dead" | "superseded" | "cancelled" | ("queued" | "retrying" | "held" | "delivering" | "delivered" | "dead" | "superseded" | "cancelled")[]; statusCode?: string | (string)[]; trigger?: "first" | "retry" | "replay" | "test" | ("first" | "retry" | "replay" | "test")[]; from?: string; to?: string; limit?: number; cursor?: string };
    body: undefined | undefined;
    answer: Schemas['DeliveryPage'];
    exports: "ndjson" | "csv";
    problem: "invalid-request" | "unauthorized" | "forbidden" | "unknown-account" | "rate-limited" | "internal" | "unavailable" | "misconfigured";
  };
  getDelivery: {
    path: { account: string; delivery: string };
    query: Record<never, never>;
    body: undefined | undefined;
    answer: Schemas['DeliveryDetail'];
    exports: never;
    problem: "invalid-request" | "unauthorized" | "forbidden" | "unknown-account" | "not-found" | "rate-limited" | "internal" | "unavailable" | "misconfigured";
  };
  replayDelivery: {
    path: { account: string; delivery: string };
    query: Record<never, never>;
    body: {
      reason?: string | null | undefined;
      force?: boolean | undefined;
    } | undefined;
    answer: Schemas['Delivery'];
    exports: never;
    problem: "invalid-request" | "invalid-json" | "unauthorized" | "forbidden" | "unknown-account" | "not-found" | "idempotency-conflict" | "idempotency-in-progress" | "replay-refused" | "payload-erased" | "payload-expired" | "too-large" | "unsupported-media-type" | "rate-limited" | "record-full" | "internal" | "unavailable" | "misconfigured" | "record-storage-full";
  };
  discardDelivery: {
    path: { account: string; delivery: string };
    query: Record<never, never>;
    body: {
      reason?: string | null | undefined;
    } | undefined;
    answer: Schemas['Delivery'];
    exports: never;
    problem: "invalid-request" | "invalid-json" | "unauthorized" | "forbidden" | "unknown-account" | "not-found" | "idempotency-conflict" | "idempotency-in-progress" | "discard-refused" | "too-large" | "unsupported-media-type" | "rate-limited" | "internal" | "unavailable" | "misconfigured";
  };
  listDeadLetters: {
    path: { account: string };
    query: { endpoint?: string | (string)[]; eventType?: string | (string)[]; record?: string | (string)[]; event?: string | (string)[]; statusCode?: string | (string)[]; trigger?: "first" | "retry" | "replay" | "test" | ("first" | "retry" | "replay" | "test")[]; from?: string; to?: string; limit?: number; cursor?: string };
    body: undefined | undefined;
    answer: Schemas['DeliveryPage'];
    exports: "ndjson" | "csv";
    problem: "invalid-request" | "unauthorized" | "forbidden" | "unknown-account" | "rate-limited" | "internal" | "unavailable" | "misconfigured";
  };
  countDeadLetters: {
    path: { account: string };
    query: { endpoint?: string | (string)[]; eventType?: string | (string)[]; record?: string | (string)[]; event?: string | (string)[]; statusCode?: string | (string)[]; trigger?: "first" | "retry" | "replay" | "test" | ("first" | "retry" | "replay" | "test")[]; from?: string; to?: string };
    body: undefined | undefined;
    answer: Schemas['DeadLetterSummary'];
    exports: never;
    problem: "invalid-request" | "unauthorized" | "forbidden" | "unknown-account" | "rate-limited" | "internal" | "unavailable" | "misconfigured";
  };
  listAllDeadLetters: {
    path: Record<never, never>;
    query: { endpoint?: string | (string)[]; eventType?: string | (string)[]; record?: string | (string)[]; event?: string | (string)[]; statusCode?: string | (string)[]; trigger?: "first" | "retry" | "replay" | "test" | ("first" | "retry" | "replay" | "test")[]; from?: string; to?: string; limit?: number; cursor?: string; account?: string };
    body: undefined | undefined;
    answer: Schemas['DeliveryPage'];
    exports: "ndjson" | "csv";
    problem: "invalid-request" | "unauthorized" | "forbidden" | "rate-limited" | "internal" | "unavailable" | "misconfigured";
  };
  countAllDeadLetters: {
    path: Record<never, never>;
    query: { endpoint?: string | (string)[]; eventType?: string | (string)[]; record?: string | (string)[]; event?: string | (string)[]; statusCode?: string | (string)[]; trigger?: "first" | "retry" | "replay" | "test" | ("first" | "retry" | "replay" | "test")[]; from?: string; to?: string; account?: string };
    body: undefined | undefined;
    answer: Schemas['DeadLetterSummary'];
    exports: never;
    problem: "invalid-request" | "unauthorized" | "forbidden" | "rate-limited" | "internal" | "unavailable" | "misconfigured";
  };
  listAttempts: {
    path: { account: string };
    query: { endpoint?: string | (string)[]; eventType?: string | (string)[]; record?: string | (string)[]; event?: string | (string)[]; status?: "queued" | "retrying" | "held" | "delivering" | "delivered" | "dead" | "superseded" | "cancelled" | ("queued" | "retrying" | "held" | "delivering" | "delivered" | "dead" | "superseded" | "cancelled")[]; statusCode?: string | (string)[]; trigger?: "first" | "retry" | "replay" | "test" | ("first" | "retry" | "replay" | "test")[]; from?: string; to?: string; limit?: number; cursor?: string };
    body: undefined | undefined;
    answer: Schemas['AttemptPage'];
    exports: "ndjson" | "csv";
    problem: "invalid-request" | "unauthorized" | "forbidden" | "unknown-account" | "rate-limited" | "internal" | "unavailable" | "misconfigured";
  };
  getAttempt: {
    path: { account: string; attempt: string };
    query: Record<never, never>;
    body: undefined | undefined;
    answer: Schemas['Attempt'];
    exports: never;
    problem: "invalid-request" | "unauthorized" | "forbidden" | "unknown-account" | "not-found" | "rate-limited" | "internal" | "unavailable" | "misconfigured";
  };
  listAllDeliveries: {
    path: Record<never, never>;
    query: { endpoint?: string | (string)[]; eventType?: string | (string)[]; record?: string | (string)[]; event?: string | (string)[]; status?: "queued" | "retrying" | "held" | "delivering" | "delivered" | "dead" | "superseded" | "cancelled" | ("queued" | "retrying" | "held" | "delivering" | "delivered" | "dead" | "superseded" | "cancelled")[]; statusCode?: string | (string)[]; trigger?: "first" | "retry" | "replay" | "test" | ("first" | "retry" | "replay" | "test")[]; from?: string; to?: string; limit?: number; cursor?: string; account?: string };
    body: undefined | undefined;
    answer: Schemas['DeliveryPage'];
    exports: "ndjson" | "csv";
    problem: "invalid-request" | "unauthorized" | "forbidden" | "rate-limited" | "internal" | "unavailable" | "misconfigured";
  };
  listAllAttempts: {
    path: Record<never, never>;
    query: { endpoint?: string | (string)[]; eventType?: string | (string)[]; record?: string | (string)[]; event?: string | (string)[]; status?: "queued" | "retrying" | "held" | "delivering" | "delivered" | "dead" | "superseded" | "cancelled" | ("queued" | "retrying" | "held" | "delivering" | "delivered" | "dead" | "superseded" | "cancelled")[]; statusCode?: string | (string)[]; trigger?: "first" | "retry" | "replay" | "test" | ("first" | "retry" | "replay" | "test")[]; from?: string; to?: string; limit?: number; cursor?: string; account?: string };
    body: undefined | undefined;
    answer: Schemas['AccountAttemptPage'];
    exports: "ndjson" | "csv";
    problem: "invalid-request" | "unauthorized" | "forbidden" | "rate-limited" | "internal" | "unavailable" | "misconfigured";
  };
  listAllEndpoints: {
    path: Record<never, never>;
    query: { limit?: number; cursor?: string; account?: string | (string)[]; status?: "enabled" | "paused" | "disabled" | ("enabled" | "paused" | "disabled")[]; search?: string };
    body: undefined | undefined;
    answer: Schemas['ListedEndpointPage'];
    exports: never;
    problem: "invalid-request" | "unauthorized" | "forbidden" | "rate-limited" | "internal" | "unavailable" | "misconfigured";
  };
  broadcastEvent: {
    path: Record<never, never>;
    query: Record<never, never>;
    body: Schemas['EventToBroadcast'];
    answer: Schemas['Job'];
    exports: never;
    problem: "invalid-request" | "invalid-json" | "schema-violation" | "unauthorized" | "forbidden" | "event-conflict" | "event-type-archived" | "too-large" | "unsupported-media-type" | "rate-limited" | "internal" | "unavailable" | "misconfigured";
  };
  listJobs: {
    path: Record<never, never>;
    query: { limit?: number; cursor?: string; account?: string | (string)[]; kind?: "broadcast" | "sweep" | "account-removal" | "replay" | "discard" | ("broadcast" | "sweep" | "account-removal" | "replay" | "discard")[]; status?: "running" | "paused" | "finished" | "cancelled" | ("running" | "paused" | "finished" | "cancelled")[] };
    body: undefined | undefined;
    answer: Schemas['JobPage'];
    exports: never;
    problem: "invalid-request" | "unauthorized" | "forbidden" | "rate-limited" | "internal" | "unavailable" | "misconfigured";
  };
  getJob: {
    path: { job: string };
    query: Record<never, never>;
    body: undefined | undefined;
    answer: Schemas['Job'];
    exports: never;
    problem: "invalid-request" | "unauthorized" | "forbidden" | "unknown-job" | "rate-limited" | "internal" | "unavailable" | "misconfigured";
  };
  pauseJob: {
    path: { job: string };
    query: Record<never, never>;
    body: {
      reason?: string | null | undefined;
    } | undefined;
    answer: Schemas['Job'];
    exports: never;
    problem: "invalid-request" | "invalid-json" | "unauthorized" | "forbidden" | "unknown-job" | "job-ended" | "job-refused" | "too-large" | "unsupported-media-type" | "rate-limited" | "internal" | "unavailable" | "misconfigured";
  };
  resumeJob: {
    path: { job: string };
    query: Record<never, never>;
    body: {
      reason?: string | null | undefined;
    } | undefined;
    answer: Schemas['Job'];
    exports: never;
    problem: "invalid-request" | "invalid-json" | "unauthorized" | "forbidden" | "unknown-job" | "job-ended" | "job-refused" | "too-large" | "unsupported-media-type" | "rate-limited" | "internal" | "unavailable" | "misconfigured";
  };
  cancelJob: {
    path: { job: string };
    query: Record<never, never>;
    body: {
      reason?: string | null | undefined;
    } | undefined;
    answer: Schemas['Job'];
    exports: never;
    problem: "invalid-request" | "invalid-json" | "unauthorized" | "forbidden" | "unknown-job" | "job-ended" | "job-refused" | "too-large" | "unsupported-media-type" | "rate-limited" | "internal" | "unavailable" | "misconfigured";
  };
  listAllAlerts: {
    path: Record<never, never>;
    query: { limit?: number; cursor?: string; status?: "open" | "resolved"; rule?: "failure-rate" | "dead-letter" | "backlog-growing" | "oldest-waiting" | "endpoint-no-success" | "accounts-no-success" | "circuit-open" | "endpoint-disabled" | "secret-age" | "retry-spike" | "record-storage" | "poison-message" | "not-sent" | ("failure-rate" | "dead-letter" | "backlog-growing" | "oldest-waiting" | "endpoint-no-success" | "accounts-no-success" | "circuit-open" | "endpoint-disabled" | "secret-age" | "retry-spike" | "record-storage" | "poison-message" | "not-sent")[]; endpoint?: string | (string)[]; account?: string | (string)[] };
    body: undefined | undefined;
    answer: Schemas['AlertPage'];
    exports: never;
    problem: "invalid-request" | "unauthorized" | "forbidden" | "rate-limited" | "internal" | "unavailable" | "misconfigured";
  };
  listAlerts: {
    path: { account: string };
    query: { limit?: number; cursor?: string; status?: "open" | "resolved"; rule?: "failure-rate" | "dead-letter" | "backlog-growing" | "oldest-waiting" | "endpoint-no-success" | "accounts-no-success" | "circuit-open" | "endpoint-disabled" | "secret-age" | "retry-spike" | "record-storage" | "poison-message" | "not-sent" | ("failure-rate" | "dead-letter" | "backlog-growing" | "oldest-waiting" | "endpoint-no-success" | "accounts-no-success" | "circuit-open" | "endpoint-disabled" | "secret-age" | "retry-spike" | "record-storage" | "poison-message" | "not-sent")[]; endpoint?: string | (string)[] };
    body: undefined | undefined;
    answer: Schemas['AlertPage'];
    exports: never;
    problem: "invalid-request" | "unauthorized" | "forbidden" | "unknown-account" | "rate-limited" | "internal" | "unavailable" | "misconfigured";
  };
  getAlertOfAccount: {
    path: { account: string; alert: string };
    query: Record<never, never>;
    body: undefined | undefined;
    answer: Schemas['Alert'];
    exports: never;
    problem: "invalid-request" | "unauthorized" | "forbidden" | "unknown-account" | "unknown-alert" | "rate-limited" | "internal" | "unavailable" | "misconfigured";
  };
  getAlert: {
    path: { alert: string };
    query: Record<never, never>;
    body: undefined | undefined;
    answer: Schemas['Alert'];
    exports: never;
    problem: "invalid-request" | "unauthorized" | "forbidden" | "unknown-alert" | "rate-limited" | "internal" | "unavailable" | "misconfigured";
  };
  acknowledgeAlert: {
    path: { alert: string };
    query: Record<never, never>;
    body: {
      note?: string | null | undefined;
    } | undefined;
    answer: Schemas['Alert'];
    exports: never;
    problem: "invalid-request" | "invalid-json" | "unauthorized" | "forbidden" | "unknown-alert" | "too-large" | "unsupported-media-type" | "rate-limited" | "internal" | "unavailable" | "misconfigured";
  };
  listAlertRules: {
    path: Record<never, never>;
    query: Record<never, never>;
    body: undefined | undefined;
    answer: Schemas['AlertRules'];
    exports: never;
    problem: "invalid-request" | "unauthorized" | "forbidden" | "rate-limited" | "internal" | "unavailable" | "misconfigured";
  };
  putAlertRules: {
    path: Record<never, never>;
    query: Record<never, never>;
    body: {
      rules: {
        "failure-rate"?: Schemas['AlertRuleToSet'] | undefined;
        "dead-letter"?: Schemas['AlertRuleToSet'] | undefined;
        "backlog-growing"?: Schemas['AlertRuleToSet'] | undefined;
        "oldest-waiting"?: Schemas['AlertRuleToSet'] | undefined;
        "endpoint-no-success"?: Schemas['AlertRuleToSet'] | undefined;
        "accounts-no-success"?: Schemas['AlertRuleToSet'] | undefined;
        "circuit-open"?: Schemas['AlertRuleToSet'] | undefined;
        "endpoint-disabled"?: Schemas['AlertRuleToSet'] | undefined;
        "secret-age"?: Schemas['AlertRuleToSet'] | undefined;
        "retry-spike"?: Schemas['AlertRuleToSet'] | undefined;
        "record-storage"?: Schemas['AlertRuleToSet'] | undefined;
        "poison-message"?: Schemas['AlertRuleToSet'] | undefined;
        "not-sent"?: Schemas['AlertRuleToSet'] | undefined;
      };
    };
    answer: Schemas['AlertRules'];
    exports: never;
    problem: "invalid-request" | "invalid-json" | "unauthorized" | "forbidden" | "too-large" | "unsupported-media-type" | "rate-limited" | "internal" | "unavailable" | "misconfigured";
  };
  startReplay: {
    path: { account: string };
    query: Record<never, never>;
    body: {
      endpoint: string;
      eventTypes?: (string)[] | undefined;
      statusCodes?: (string)[] | undefined;
      records?: (string)[] | undefined;
      from?: string | undefined;
      to?: string | undefined;
      limit?: number | undefined;
      dryRun?: boolean | undefined;
      reason?: string | null | undefined;
      statuses?: ("dead" | "delivered" | "cancelled" | "superseded")[] | undefined;
      missing?: boolean | undefined;
      force?: boolean | undefined;
      pacePerSecond?: number | undefined;
    };
    answer: Schemas['DryRun'] | Schemas['Replay'];
    exports: never;
    problem: "invalid-request" | "invalid-json" | "unauthorized" | "forbidden" | "unknown-account" | "unknown-endpoint" | "idempotency-conflict" | "idempotency-in-progress" | "too-large" | "unsupported-media-type" | "rate-limited" | "internal" | "unavailable" | "misconfigured";
  };
  listReplays: {
    path: { account: string };
    query: { limit?: number; cursor?: string };
    body: undefined | undefined;
    answer: Schemas['JobPage'];
    exports: never;
    problem: "invalid-request" | "unauthorized" | "forbidden" | "unknown-account" | "rate-limited" | "internal" | "unavailable" | "misconfigured";
  };
  discardDeadLetters: {
    path: { account: string };
    query: Record<never, never>;
    body: {
      endpoint: string;
      eventTypes?: (string)[] | undefined;
      statusCodes?: (string)[] | undefined;
      records?: (string)[] | undefined;
      from?: string | undefined;
      to?: string | undefined;
      limit?: number | undefined;
      dryRun?: boolean | undefined;
      reason?: string | null | undefined;
    };
    answer: Schemas['DryRun'] | Schemas['Job'];
    exports: never;
    problem: "invalid-request" | "invalid-json" | "unauthorized" | "forbidden" | "unknown-account" | "unknown-endpoint" | "idempotency-conflict" | "idempotency-in-progress" | "too-large" | "unsupported-media-type" | "rate-limited" | "internal" | "unavailable" | "misconfigured";
  };
  getReplay: {
    path: { account: string; replay: string };
    query: Record<never, never>;
    body: undefined | undefined;
    answer: Schemas['Replay'];
    exports: never;
    problem: "invalid-request" | "unauthorized" | "forbidden" | "unknown-account" | "unknown-job" | "rate-limited" | "internal" | "unavailable" | "misconfigured";
  };
  listReplayedDeliveries: {
    path: { account: string; replay: string };
    query: { endpoint?: string | (string)[]; eventType?: string | (string)[]; record?: string | (string)[]; event?: string | (string)[]; status?: "queued" | "retrying" | "held" | "delivering" | "delivered" | "dead" | "superseded" | "cancelled" | ("queued" | "retrying" | "held" | "delivering" | "delivered" | "dead" | "superseded" | "cancelled")[]; statusCode?: string | (string)[]; trigger?: "first" | "retry" | "replay" | "test" | ("first" | "retry" | "replay" | "test")[]; from?: string; to?: string; limit?: number; cursor?: string };
    body: undefined | undefined;
    answer: Schemas['DeliveryPage'];
    exports: "ndjson" | "csv";
    problem: "invalid-request" | "unauthorized" | "forbidden" | "unknown-account" | "unknown-job" | "rate-limited" | "internal" | "unavailable" | "misconfigured";
  };
  pauseReplay: {
    path: { account: string; replay: string };
    query: Record<never, never>;
    body: {
      reason?: string | null | undefined;
    } | undefined;
    answer: Schemas['Replay'];
    exports: never;
    problem: "invalid-request" | "invalid-json" | "unauthorized" | "forbidden" | "unknown-account" | "unknown-job" | "job-ended" | "job-refused" | "too-large" | "unsupported-media-type" | "rate-limited" | "internal" | "unavailable" | "misconfigured";
  };
  resumeReplay: {
    path: { account: string; replay: string };
    query: Record<never, never>;
    body: {
      reason?: string | null | undefined;
    } | undefined;
    answer: Schemas['Replay'];
    exports: never;
    problem: "invalid-request" | "invalid-json" | "unauthorized" | "forbidden" | "unknown-account" | "unknown-job" | "job-ended" | "job-refused" | "too-large" | "unsupported-media-type" | "rate-limited" | "internal" | "unavailable" | "misconfigured";
  };
  cancelReplay: {
    path: { account: string; replay: string };
    query: Record<never, never>;
    body: {
      reason?: string | null | undefined;
    } | undefined;
    answer: Schemas['Replay'];
    exports: never;
    problem: "invalid-request" | "invalid-json" | "unauthorized" | "forbidden" | "unknown-account" | "unknown-job" | "job-ended" | "job-refused" | "too-large" | "unsupported-media-type" | "rate-limited" | "internal" | "unavailable" | "misconfigured";
  };
  testEndpoint: {
    path: { account: string; endpoint: string };
    query: Record<never, never>;
    body: Record<string, never> | undefined;
    answer: Schemas['Attempt'];
    exports: never;
    problem: "invalid-request" | "invalid-json" | "unauthorized" | "forbidden" | "unknown-account" | "unknown-endpoint" | "idempotency-conflict" | "idempotency-in-progress" | "endpoint-disabled" | "too-large" | "unsupported-media-type" | "rate-limited" | "too-many-tests" | "internal" | "unavailable" | "misconfigured";
  };
  probeEndpoint: {
    path: { account: string; endpoint: string };
    query: Record<never, never>;
    body: Record<string, never> | undefined;
    answer: Schemas['ProbedEndpoint'];
    exports: never;
    problem: "invalid-request" | "invalid-json" | "unauthorized" | "forbidden" | "unknown-account" | "unknown-endpoint" | "too-large" | "unsupported-media-type" | "rate-limited" | "internal" | "unavailable" | "misconfigured";
  };
  listSentEventTypes: {
    path: { account: string; endpoint: string };
    query: { days?: number };
    body: undefined | undefined;
    answer: Schemas['SentEventTypes'];
    exports: never;
    problem: "invalid-request" | "unauthorized" | "forbidden" | "unknown-account" | "unknown-endpoint" | "rate-limited" | "internal" | "unavailable" | "misconfigured";
  };
  getEndpointHistory: {
    path: { account: string; endpoint: string };
    query: { hours?: number };
    body: undefined | undefined;
    answer: Schemas['EndpointHistory'];
    exports: never;
    problem: "invalid-request" | "unauthorized" | "forbidden" | "unknown-account" | "unknown-endpoint" | "rate-limited" | "internal" | "unavailable" | "misconfigured";
  };
  getEndpointHealth: {
    path: { account: string; endpoint: string };
    query: Record<never, never>;
    body: undefined | undefined;
    answer: Schemas['EndpointHealth'];
    exports: never;
    problem: "invalid-request" | "unauthorized" | "forbidden" | "unknown-account" | "unknown-endpoint" | "rate-limited" | "internal" | "unavailable" | "misconfigured";
  };
  readRecordStatuses: {
    path: { account: string };
    query: Record<never, never>;
    body: {
      records: (string)[];
    };
    answer: Schemas['RecordStatusResults'];
    exports: never;
    problem: "invalid-request" | "invalid-json" | "unauthorized" | "forbidden" | "unknown-account" | "too-large" | "unsupported-media-type" | "rate-limited" | "internal" | "unavailable" | "misconfigured";
  };
  getOverview: {
    path: { account: string };
    query: { minutes?: number; from?: string; to?: string };
    body: undefined | undefined;
    answer: Schemas['Overview'];
    exports: never;
    problem: "invalid-request" | "unauthorized" | "forbidden" | "unknown-account" | "rate-limited" | "internal" | "unavailable" | "misconfigured";
  };
  getOverviewOfAll: {
    path: Record<never, never>;
    query: { minutes?: number; from?: string; to?: string; after?: string };
    body: undefined | undefined;
    answer: Schemas['OverviewOfAll'];
    exports: never;
    problem: "invalid-request" | "unauthorized" | "forbidden" | "rate-limited" | "internal" | "unavailable" | "misconfigured";
  };
  getTraffic: {
    path: { account: string };
    query: { minutes?: number };
    body: undefined | undefined;
    answer: Schemas['Traffic'];
    exports: never;
    problem: "invalid-request" | "unauthorized" | "forbidden" | "unknown-account" | "rate-limited" | "internal" | "unavailable" | "misconfigured";
  };
  getTrafficOfAll: {
    path: Record<never, never>;
    query: { minutes?: number };
    body: undefined | undefined;
    answer: Schemas['TrafficOfAll'];
    exports: never;
    problem: "invalid-request" | "unauthorized" | "forbidden" | "rate-limited" | "internal" | "unavailable" | "misconfigured";
  };
  searchAccount: {
    path: { account: string };
    query: { q: string };
    body: undefined | undefined;
    answer: Schemas['SearchHits'];
    exports: never;
    problem: "invalid-request" | "unauthorized" | "forbidden" | "unknown-account" | "rate-limited" | "internal" | "unavailable" | "misconfigured";
  };
  search: {
    path: Record<never, never>;
    query: { q: string };
    body: undefined | undefined;
    answer: Schemas['SearchHits'];
    exports: never;
    problem: "invalid-request" | "unauthorized" | "forbidden" | "rate-limited" | "internal" | "unavailable" | "misconfigured";
  };
};

export const PLACES: Readonly<Record<keyof Operations, readonly [method: string, path: string]>> = {
  getHealth: ['GET', '/health'],
  getMetrics: ['GET', '/metrics'],
  getOpenApi: ['GET', '/openapi.json'],
  getDocs: ['GET', '/docs'],
  createKey: ['POST', '/v1/keys'],
  listKeys: ['GET', '/v1/keys'],
  getKey: ['GET', '/v1/keys/{key}'],
  changeKey: ['PATCH', '/v1/keys/{key}'],
  revokeKey: ['DELETE', '/v1/keys/{key}'],
  createPortalToken: ['POST', '/v1/accounts/{account}/portal-tokens'],
  openSession: ['POST', '/v1/sessions'],
  getCaller: ['GET', '/v1/session'],
  putAccount: ['PUT', '/v1/accounts/{account}'],
  getAccount: ['GET', '/v1/accounts/{account}'],
  deleteAccount: ['DELETE', '/v1/accounts/{account}'],
  listAccounts: ['GET', '/v1/accounts'],
  createEndpoint: ['POST', '/v1/accounts/{account}/endpoints'],
  listEndpoints: ['GET', '/v1/accounts/{account}/endpoints'],
  getEndpoint: ['GET', '/v1/accounts/{account}/endpoints/{endpoint}'],
  changeEndpoint: ['PATCH', '/v1/accounts/{account}/endpoints/{endpoint}'],
  deleteEndpoint: ['DELETE', '/v1/accounts/{account}/endpoints/{endpoint}'],
  rotateSecret: ['POST', '/v1/accounts/{account}/endpoints/{endpoint}/secrets/rotate'],
  getSecret: ['GET', '/v1/accounts/{account}/endpoints/{endpoint}/secrets/{secret}'],
  deleteSecret: ['DELETE', '/v1/accounts/{account}/endpoints/{endpoint}/secrets/{secret}'],
  resealAccount: ['POST', '/v1/accounts/{account}/reseal'],
  listAuditEntries: ['GET', '/v1/accounts/{account}/audit'],
  listOperatorAuditEntries: ['GET', '/v1/audit'],
  putEventType: ['PUT', '/v1/event-types/{type}'],
  getEventType: ['GET', '/v1/event-types/{type}'],
  listEventTypes: ['GET', '/v1/event-types'],
  putSchemaVersion: ['PUT', '/v1/event-types/{type}/versions/{version}'],
  getSchemaVersion: ['GET', '/v1/event-types/{type}/versions/{version}'],
  diffSchemaVersions: ['GET', '/v1/event-types/{type}/versions/{from}/diff/{to}'],
  publishEvent: ['POST', '/v1/accounts/{account}/events'],
  listEvents: ['GET', '/v1/accounts/{account}/events'],
  publishEvents: ['POST', '/v1/accounts/{account}/events/batch'],
  getEvent: ['GET', '/v1/accounts/{account}/events/{event}'],
  erasePayload: ['DELETE', '/v1/accounts/{account}/events/{event}/payload'],
  getRecord: ['GET', '/v1/accounts/{account}/records/{record}'],
  listRecords: ['GET', '/v1/accounts/{account}/records'],
  getRecordByKey: ['GET', '/v1/accounts/{account}/record'],
  listRecordEvents: ['GET', '/v1/accounts/{account}/records/{record}/events'],
  watchRecord: ['GET', '/v1/accounts/{account}/records/{record}/live'],
  watchRecords: ['GET', '/v1/accounts/{account}/live'],
  listDeliveries: ['GET', '/v1/accounts/{account}/deliveries'],
  getDelivery: ['GET', '/v1/accounts/{account}/deliveries/{delivery}'],
  replayDelivery: ['POST', '/v1/accounts/{account}/deliveries/{delivery}/replay'],
  discardDelivery: ['POST', '/v1/accounts/{account}/deliveries/{delivery}/discard'],
  listDeadLetters: ['GET', '/v1/accounts/{account}/dead-letters'],
  countDeadLetters: ['GET', '/v1/accounts/{account}/dead-letters/summary'],
  listAllDeadLetters: ['GET', '/v1/dead-letters'],
  countAllDeadLetters: ['GET', '/v1/dead-letters/summary'],
  listAttempts: ['GET', '/v1/accounts/{account}/attempts'],
  getAttempt: ['GET', '/v1/accounts/{account}/attempts/{attempt}'],
  listAllDeliveries: ['GET', '/v1/deliveries'],
  listAllAttempts: ['GET', '/v1/attempts'],
  listAllEndpoints: ['GET', '/v1/endpoints'],
  broadcastEvent: ['POST', '/v1/broadcasts'],
  listJobs: ['GET', '/v1/jobs'],
  getJob: ['GET', '/v1/jobs/{job}'],
  pauseJob: ['POST', '/v1/jobs/{job}/pause'],
  resumeJob: ['POST', '/v1/jobs/{job}/resume'],
  cancelJob: ['POST', '/v1/jobs/{job}/cancel'],
  listAllAlerts: ['GET', '/v1/alerts'],
  listAlerts: ['GET', '/v1/accounts/{account}/alerts'],
  getAlertOfAccount: ['GET', '/v1/accounts/{account}/alerts/{alert}'],
  getAlert: ['GET', '/v1/alerts/{alert}'],
  acknowledgeAlert: ['POST', '/v1/alerts/{alert}/acknowledge'],
  listAlertRules: ['GET', '/v1/alert-rules'],
  putAlertRules: ['PUT', '/v1/alert-rules'],
  startReplay: ['POST', '/v1/accounts/{account}/replays'],
  listReplays: ['GET', '/v1/accounts/{account}/replays'],
  discardDeadLetters: ['POST', '/v1/accounts/{account}/dead-letters/discard'],
  getReplay: ['GET', '/v1/accounts/{account}/replays/{replay}'],
  listReplayedDeliveries: ['GET', '/v1/accounts/{account}/replays/{replay}/deliveries'],
  pauseReplay: ['POST', '/v1/accounts/{account}/replays/{replay}/pause'],
  resumeReplay: ['POST', '/v1/accounts/{account}/replays/{replay}/resume'],
  cancelReplay: ['POST', '/v1/accounts/{account}/replays/{replay}/cancel'],
  testEndpoint: ['POST', '/v1/accounts/{account}/endpoints/{endpoint}/test'],
  probeEndpoint: ['POST', '/v1/accounts/{account}/endpoints/{endpoint}/probe'],
  listSentEventTypes: ['GET', '/v1/accounts/{account}/endpoints/{endpoint}/event-types'],
  getEndpointHistory: ['GET', '/v1/accounts/{account}/endpoints/{endpoint}/history'],
  getEndpointHealth: ['GET', '/v1/accounts/{account}/endpoints/{endpoint}/health'],
  readRecordStatuses: ['POST', '/v1/accounts/{account}/record-statuses'],
  getOverview: ['GET', '/v1/accounts/{account}/overview'],
  getOverviewOfAll: ['GET', '/v1/overview'],
  getTraffic: ['GET', '/v1/accounts/{account}/traffic'],
  getTrafficOfAll: ['GET', '/v1/traffic'],
  searchAccount: ['GET', '/v1/accounts/{account}/search'],
  search: ['GET', '/v1/search'],
};
