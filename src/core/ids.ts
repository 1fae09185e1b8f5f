/**
 * Identifiers: their shapes, and how a delivery's or attempt's id leads to its Record without a search.
 * Hashing and randomness happen elsewhere (delivery/address.ts); this file only composes and parses.
 */

/** `k`: a record with a key, in order. `u`: a shard of an account's events without one, not ordered. */
export type RecordKind = 'k' | 'u';

/**
 * Where objects may run and store, in Cloudflare's words. It stands in the names of an account's Records and Gates, so that whoever
 * carries a name (a FANOUT message, a Gate's row) addresses the object without asking anybody.
 */
export const JURISDICTIONS = ['eu', 'fedramp'] as const;
export type Jurisdiction = (typeof JURISDICTIONS)[number];

/** What of an account stands in the names of its Records and Gates. Null, or absent as in releases before: no jurisdiction. */
export type AccountPlace = { account: string; jurisdiction?: Jurisdiction | null };

/** Where a record lives: `hash` is base32 (a-z2-7) of 160 bits of SHA-256 of the record key or of the shard's name. */
export type RecordAddress = Required<AccountPlace> & { kind: RecordKind; hash: string };

/** One delivery inside its Record. `replay` is 0 for the live delivery, 1.. for its replays in order. */
export type DeliveryRef = { sequence: number; endpoint: string; replay: number };

export type DeliveryLocator = DeliveryRef & { kind: RecordKind; hash: string };
export type AttemptLocator = DeliveryLocator & { number: number };

const HASH = '[a-z2-7]{32}';
const DELIVERY = new RegExp(`^dlv_([ku])(${HASH})_([1-9][0-9]{0,14})_([0-9a-z]{26})(?:_r([1-9][0-9]{0,5}))?$`);
const ATTEMPT = new RegExp(
  `^att_([ku])(${HASH})_([1-9][0-9]{0,14})_([0-9a-z]{26})(?:_r([1-9][0-9]{0,5}))?_a([1-9][0-9]{0,5})$`,
);
const MADE_EVENT = new RegExp(`^evt_([0-9a-z]{26})([ku])(${HASH})$`);
export const ENDPOINT = /^ep_[0-9a-z]{26}$/;
const JOB = /^job_[0-9a-z]{26}$/;
const ALERT = /^alr_[0-9a-z]{26}$/;

export const ACCOUNT_ID = /^[A-Za-z0-9_-]{1,64}$/;
export const EVENT_ID = /^[A-Za-z0-9_-]{1,128}$/;

/** The Account itself is bound to no place: it is found from its id alone, and says where the rest is. */
export function accountName(account: string): string {
  return `v1:${account}`;
}

/** `v1`, or `v1.eu`: names of accounts without a jurisdiction never change. */
function prefix({ account, jurisdiction = null }: AccountPlace): string {
  return `v1${jurisdiction === null ? '' : `.${jurisdiction}`}:${account}`;
}

/** Null for a first part that is none of ours. */
function parsePrefix(version: string | undefined): { jurisdiction: Jurisdiction | null } | null {
  if (version === 'v1') return { jurisdiction: null };
  const jurisdiction = JURISDICTIONS.find((one) => version === `v1.${one}`);
  return jurisdiction === undefined ? null : { jurisdiction };
}

export function gateName(place: AccountPlace, endpoint: string): string {
  return `${prefix(place)}:${endpoint}`;
}

export function parseGateName(name: string): (Required<AccountPlace> & { endpoint: string }) | null {
  const [version, account, endpoint, ...rest] = name.split(':');
  const place = parsePrefix(version);
  if (place === null || account === undefined || endpoint === undefined || rest.length > 0) return null;
  return ACCOUNT_ID.test(account) && isEndpointId(endpoint) ? { account, ...place, endpoint } : null;
}

/** The jurisdiction in the name of a Record or Gate. */
export function jurisdictionOf(name: string): Jurisdiction | null {
  return parsePrefix(name.split(':', 1)[0])?.jurisdiction ?? null;
}

/** The Durable Object name of a record. Hashed, because readable names collide ("a/b"+"c", "a"+"b/c") and long ones are lost in alarms. */
export function recordName(address: AccountPlace & { kind: RecordKind; hash: string }): string {
  return `${prefix(address)}:${address.kind}:${address.hash}`;
}

export function parseRecordName(name: string): RecordAddress | null {
  const [version, account, kind, hash, ...rest] = name.split(':');
  const place = parsePrefix(version);
  if (place === null || account === undefined || hash === undefined || rest.length > 0) return null;
  return kind === 'k' || kind === 'u' ? { account, ...place, kind, hash } : null;
}

function tail(ref: DeliveryRef): string {
  const replay = ref.replay === 0 ? '' : `_r${ref.replay}`;
  return `${ref.sequence}_${ref.endpoint.slice('ep_'.length)}${replay}`;
}

export function deliveryId(at: Pick<RecordAddress, 'kind' | 'hash'>, ref: DeliveryRef): string {
  return `dlv_${at.kind}${at.hash}_${tail(ref)}`;
}

export function attemptId(at: Pick<RecordAddress, 'kind' | 'hash'>, ref: DeliveryRef, number: number): string {
  return `att_${at.kind}${at.hash}_${tail(ref)}_a${number}`;
}

function locator(match: RegExpExecArray): DeliveryLocator {
  const [, kind, hash = '', sequence, endpoint = '', replay] = match;
  return {
    kind: kind === 'u' ? 'u' : 'k',
    hash,
    sequence: Number(sequence),
    endpoint: `ep_${endpoint}`,
    replay: replay === undefined ? 0 : Number(replay),
  };
}

/** Null for anything that is not a delivery id we made: the caller answers 404. */
export function parseDeliveryId(id: string): DeliveryLocator | null {
  const match = DELIVERY.exec(id);
  return match === null ? null : locator(match);
}

/** Also where it repeats no delivery: one of what was missing. */
export function isReplay(id: string): boolean {
  return (parseDeliveryId(id)?.replay ?? 0) > 0;
}

export function parseAttemptId(id: string): AttemptLocator | null {
  const match = ATTEMPT.exec(id);
  return match === null ? null : { ...locator(match), number: Number(match[6]) };
}

/** An event id of our making: sortable by its ULID, and leading to its Record. */
export function madeEventId(ulid: string, at: Pick<RecordAddress, 'kind' | 'hash'>): string {
  return `evt_${ulid.toLowerCase()}${at.kind}${at.hash}`;
}

export function parseMadeEventId(id: string): { kind: RecordKind; hash: string } | null {
  const match = MADE_EVENT.exec(id);
  if (match === null) return null;
  return { kind: match[2] === 'u' ? 'u' : 'k', hash: match[3] ?? '' };
}

export function endpointId(ulid: string): string {
  return `ep_${ulid.toLowerCase()}`;
}

export function isEndpointId(id: string): boolean {
  return ENDPOINT.test(id);
}

export function isJobId(id: string): boolean {
  return JOB.test(id);
}

export function isAlertId(id: string): boolean {
  return ALERT.test(id);
}

/** The Durable Object name of a job. */
export function jobName(id: string): string {
  return `v1:${id}`;
}

/** The Limiter of a key, or of all portal tokens of an account. */
/**
 * The Limiter that all jobs ask for their turns: one, for what they may take together is one
 * number.
 */
export const JOB_TURNS_NAME = 'v1:jobs';

export function limiterName(of: { key: string } | { portalOf: string }): string {
  return 'key' in of ? `v1:key:${of.key}` : `v1:portal:${of.portalOf}`;
}

const CROCKFORD = '0123456789abcdefghjkmnpqrstvwxyz';
/** Characters of base 32 that hold a time until the year 10889, as in a ULID. */
const TIME_CHARS = 10;
const TAIL_CHARS = 16;

/** Sorts by time. `tail` is base32 of at least ten bytes: random, or a hash where the same request must make the same id. */
export function jobId(atMs: number, tail: string): string {
  return `job_${timeAndTail(atMs, tail)}`;
}

/** Likewise. */
export function alertId(atMs: number, tail: string): string {
  return `alr_${timeAndTail(atMs, tail)}`;
}

/** Likewise. */
export function auditId(atMs: number, tail: string): string {
  return `aud_${timeAndTail(atMs, tail)}`;
}

function timeAndTail(atMs: number, tail: string): string {
  let time = '';
  for (let left = atMs; time.length < TIME_CHARS; left = Math.floor(left / 32))
    time = CROCKFORD.charAt(left % 32) + time;
  return time + tail.slice(0, TAIL_CHARS);
}
