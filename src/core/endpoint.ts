/**
 * An endpoint's settings as every part of the system passes them on, and an account's. Secrets and
 * headers are sealed: nothing here can be read without the master key. What a request may set is
 * checked in endpoint-rules.ts.
 */
import type { Filter } from './filter.ts';
import type { Jurisdiction } from './ids.ts';
import type { Quota } from './quota.ts';

export type Ordering = 'ordered' | 'latest' | 'unordered';
/** `slack`: for endpoints that get alerts and nothing else (alert-slack.ts). */
export const PAYLOAD_FORMATS = ['standard', 'slack'] as const;
export type PayloadFormat = (typeof PAYLOAD_FORMATS)[number];
export type EndpointStatus = 'enabled' | 'paused' | 'disabled';

export type RetryPolicy = {
  /** Delay before retry 1, 2, …; its length is the number of retries. */
  scheduleSeconds: number[];
  /** From the first attempt; stops while held. */
  windowSeconds: number;
  /** Status codes retried although C5 would not. */
  alsoRetry: number[];
};

/**
 * Text under AES-GCM with the master key `key`, bound to its account, endpoint and purpose:
 * `sealed` is base64 of iv + ciphertext.
 */
export type Sealed = { key: string; sealed: string };

/**
 * `hmac` is `whsec_…` and signs v1, `ed25519` is `whsk_…` and signs v1a; its `publicKey` is
 * `whpk_…`.
 */
export type EndpointSecret = { id: string; secret: Sealed; createdAtMs: number; expiresAtMs: number | null } & (
  { kind: 'hmac' } | { kind: 'ed25519'; publicKey: string }
);

export type EndpointSettings = {
  id: string;
  url: string;
  description: string;
  /** Exact names or `prefix.*`; empty = all. */
  eventTypes: string[];
  /** Null, or absent as releases before filters saved it: every event of these types. */
  filter?: Filter | null;
  /**
   * Event type → the schema version that it is sent (P7); the newest of those that are not named.
   * Absent as releases before saved it.
   */
  schemaVersions?: Record<string, string>;
  /** Absent as releases before saved it: `standard`. */
  payloadFormat?: PayloadFormat;
  /** Names are readable, values are not: the sealed text is JSON of [name, value] pairs. */
  headerNames: string[];
  headers: Sealed | null;
  externalId: string | null;
  ordering: Ordering;
  timeoutMs: number;
  retry: RetryPolicy;
  /**
   * Requests a second over all of its records; null, or absent as earlier releases saved it: no
   * limit.
   */
  rateLimitPerSecond?: number | null;
  /**
   * It is sent the trace of the publish (W3C Trace Context). Absent as earlier releases saved it:
   * no.
   */
  traceContext?: boolean;
  /**
   * Its Gate is asked before each attempt: the circuit is not closed, or a backlog is sent after a
   * pause.
   */
  isWatched?: boolean;
  status: EndpointStatus;
  statusReason: string | null;
  /**
   * Deliveries accepted at or before this are cancelled: set when the endpoint is disabled, and
   * kept when it is enabled again.
   */
  cutoff: { atMs: number; reason: string } | null;
  secrets: EndpointSecret[];
  createdAtMs: number;
  updatedAtMs: number;
};

export type AccountSettings = {
  account: string;
  /** Grows with every change of the account or of any of its endpoints. */
  revision: number;
  name: string;
  /** Random, made with the account: the names of its Shards hold it. */
  incarnation: string;
  /** Objects that hold its records. Fixed: a record is found by it. */
  shards: number;
  /** Null, or absent in releases before: its objects may be anywhere. */
  jurisdiction?: Jurisdiction | null;
  targets: { deliverWithinMs: number; warnAfterMs: number };
  retention: { payloadDays: number; logDays: number };
  /** Absent in releases before: none. */
  quota?: Quota;
  createdAtMs: number;
  endpoints: EndpointSettings[];
  /** How many there are, where `endpoints` are only some of them. */
  endpointCount?: number;
};

/** An account without its endpoints. */
export type AccountFacts = Omit<AccountSettings, 'endpoints'>;
