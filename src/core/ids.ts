/**
 * Identifiers: their shapes, and how a delivery's or attempt's id leads to its Shard and
 * record without a search.
 * Hashing and randomness happen elsewhere (lookup/address.ts); this file only composes and parses.
 */

/** `k`: a record with a key, in order. `u`: a shard's events without one, not ordered. */
export type RecordKind = 'k' | 'u';

/**
 * Where objects may run and store, in Cloudflare's words. It is part of the names of an account's
 * Shards and Gates, so that a caller that carries a name (a FANOUT message, a Gate's row) addresses
 * the object without a question.
 */
export const JURISDICTIONS = ['eu', 'fedramp'] as const;
export type Jurisdiction = (typeof JURISDICTIONS)[number];

/** The part of an account in the names of its Gates. Null, or absent: no jurisdiction. */
export type AccountPlace = { account: string; jurisdiction?: Jurisdiction | null };

/**
 * The part of an account in the names of its Shards. `incarnation` is random and made with the
 * account: an account that is removed and created again under the same id never meets the objects
 * of the one before.
 */
export type ShardedPlace = AccountPlace & { incarnation: string };

/** The part of an account's settings by which its records are found. */
export type ShardsOf = ShardedPlace & { shards: number };

/** Of an account's settings, or of anything that has more. */
export function placeOf({ account, jurisdiction = null, incarnation, shards }: ShardsOf): Required<ShardsOf> {
  return { account, jurisdiction, incarnation, shards };
}

/**
 * A Shard within its account. `generation` grows when the account gets more shards. Both are fixed
 * for a stored record.
 */
export type ShardPlace = { generation: number; shard: number };

/** One Durable Object that holds many records of one account. */
export type ShardAddress = Required<ShardedPlace> & ShardPlace;

/**
 * A record within its Shard: `hash` is base32 (a-z2-7) of 160 bits of SHA-256 of the record key or
 * of the shard's name.
 */
export type RecordRef = { kind: RecordKind; hash: string };

/** Where a record lives. */
export type RecordAddress = ShardAddress & RecordRef;

/**
 * One delivery inside its record. `replay` is 0 for the live delivery, 1.. for its replays in
 * order.
 */
export type DeliveryRef = { sequence: number; endpoint: string; replay: number };

/** Where an id leads: a record's place without its account. */
export type RecordLocator = RecordRef & ShardPlace;
export type DeliveryLocator = DeliveryRef & RecordLocator;
export type AttemptLocator = DeliveryLocator & { number: number };

const HASH = '[a-z2-7]{32}';
/** Base 32: one character of generation, two of shard. */
const PLACE = '[0-9a-v]{3}';
const DELIVERY = new RegExp(
  `^dlv_([ku])(${HASH})(${PLACE})_([1-9][0-9]{0,14})_([0-9a-z]{26})(?:_r([1-9][0-9]{0,5}))?$`,
);
const ATTEMPT = new RegExp(
  `^att_([ku])(${HASH})(${PLACE})_([1-9][0-9]{0,14})_([0-9a-z]{26})(?:_r([1-9][0-9]{0,5}))?_a([1-9][0-9]{0,5})$`,
);
const MADE_EVENT = new RegExp(`^evt_([0-9a-z]{26})([ku])(${HASH})(${PLACE})$`);
const RECORD_ID = new RegExp(`^([ku])(${HASH})$`);
export const INCARNATION_CHARS = 12;
const INCARNATION = new RegExp(`^[a-z2-7]{${INCARNATION_CHARS}}$`);

/** A generation has one character in ids, a shard two, of base 32. */
export const GENERATIONS_MAX = 32;
export const SHARDS_MAX = 1_024;
export const ENDPOINT = /^ep_[0-9a-z]{26}$/;
const JOB = /^job_[0-9a-z]{26}$/;
const ALERT = /^alr_[0-9a-z]{26}$/;

export const ACCOUNT_ID = /^[A-Za-z0-9_-]{1,64}$/;
export const EVENT_ID = /^[A-Za-z0-9_-]{1,128}$/;

/**
 * The Account itself is bound to no place: it is found from its id alone, and says where the rest
 * is.
 */
export function accountName(account: string): string {
  return `v1:${account}`;
}

/** `v1`, or `v1.eu`: names of accounts without a jurisdiction name none. */
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

/**
 * The object that holds the live connections of an account. It is where the account's Shards and
 * Gates are.
 */
export function liveName(place: AccountPlace): string {
  return prefix(place);
}

export function parseLiveName(name: string): Required<AccountPlace> | null {
  const [version, account, ...rest] = name.split(':');
  const place = parsePrefix(version);
  if (place === null || account === undefined || rest.length > 0 || !ACCOUNT_ID.test(account)) return null;
  return { account, ...place };
}

/** The jurisdiction in the name of a Shard, record or Gate. */
export function jurisdictionOf(name: string): Jurisdiction | null {
  return parsePrefix(name.split(':', 1)[0])?.jurisdiction ?? null;
}

/** The Durable Object name of a Shard. */
export function shardName(address: ShardedPlace & ShardPlace): string {
  return `${prefix(address)}:${address.incarnation}:${address.generation}.${address.shard}`;
}

export function parseShardName(name: string): ShardAddress | null {
  const [version, account, incarnation, place, ...rest] = name.split(':');
  const bound = parsePrefix(version);
  if (bound === null || account === undefined || incarnation === undefined || rest.length > 0) return null;
  const [generation, shard, ...more] = (place ?? '').split('.').map(Number);
  if (!ACCOUNT_ID.test(account) || !INCARNATION.test(incarnation) || more.length > 0) return null;
  if (!isBelow(generation, GENERATIONS_MAX) || !isBelow(shard, SHARDS_MAX)) return null;
  return { account, ...bound, incarnation, generation, shard };
}

function isBelow(value: number | undefined, end: number): value is number {
  return value !== undefined && Number.isInteger(value) && value >= 0 && value < end;
}

/**
 * A record within its Shard, as rows and messages name it. Hashed, because readable names collide
 * ("a/b"+"c", "a"+"b/c").
 */
export function recordId({ kind, hash }: RecordRef): string {
  return kind + hash;
}

export function parseRecordId(id: string): RecordRef | null {
  const match = RECORD_ID.exec(id);
  return match === null ? null : { kind: match[1] === 'u' ? 'u' : 'k', hash: match[2] ?? '' };
}

/** A record by its Shard's name and its own: what a Gate keeps of those that wait for it. */
export function recordName(address: ShardedPlace & ShardPlace & RecordRef): string {
  return `${shardName(address)}/${recordId(address)}`;
}

/** Null for a name that is not of our making. */
export function splitRecordName(name: string): { shard: string; record: string } | null {
  const [shard, record, ...rest] = name.split('/');
  return shard === undefined || record === undefined || rest.length > 0 ? null : { shard, record };
}

export function parseRecordName(name: string): RecordAddress | null {
  const parts = splitRecordName(name);
  const shard = parts === null ? null : parseShardName(parts.shard);
  const record = parts === null ? null : parseRecordId(parts.record);
  return shard === null || record === null ? null : { ...shard, ...record };
}

function tail(ref: DeliveryRef): string {
  const replay = ref.replay === 0 ? '' : `_r${ref.replay}`;
  return `${ref.sequence}_${ref.endpoint.slice('ep_'.length)}${replay}`;
}

const RADIX = 32;
const SHARD_CHARS = 2;
const PLACE_CHARS = 3;

function place({ generation, shard }: ShardPlace): string {
  return generation.toString(RADIX) + shard.toString(RADIX).padStart(SHARD_CHARS, '0');
}

function parsePlace(text: string): ShardPlace {
  return { generation: Number.parseInt(text.slice(0, 1), RADIX), shard: Number.parseInt(text.slice(1), RADIX) };
}

/**
 * `dlv_`, and what all ids of a record have in common: the first characters of its deliveries' ids.
 */
export const RECORD_PREFIX_CHARS = 40;

/** Null for a text that begins as no delivery's id does. */
export function parseRecordPrefix(id: string): RecordLocator | null {
  const ref = parseRecordId(id.slice('dlv_'.length, RECORD_PREFIX_CHARS - PLACE_CHARS));
  return ref === null
    ? null
    : { ...ref, ...parsePlace(id.slice(RECORD_PREFIX_CHARS - PLACE_CHARS, RECORD_PREFIX_CHARS)) };
}

/** `k` or `u`, the record's hash and its shard: what all ids of a record have in common. */
export function recordPart(at: RecordLocator): string {
  return at.kind + at.hash + place(at);
}

export function deliveryId(at: RecordLocator, ref: DeliveryRef): string {
  return `dlv_${recordPart(at)}_${tail(ref)}`;
}

export function attemptId(at: RecordLocator, ref: DeliveryRef, number: number): string {
  return `att_${recordPart(at)}_${tail(ref)}_a${number}`;
}

/** The id of an attempt of a delivery, by the delivery's id. */
export function attemptOf(delivery: string, number: number): string {
  return `att_${delivery.slice('dlv_'.length)}_a${number}`;
}

function locator(match: RegExpExecArray): DeliveryLocator {
  const [, kind, hash = '', at = '', sequence, endpoint = '', replay] = match;
  return {
    kind: kind === 'u' ? 'u' : 'k',
    hash,
    ...parsePlace(at),
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
  return match === null ? null : { ...locator(match), number: Number(match[7]) };
}

/** An event id of our making: sortable by its ULID, and leading to its record. */
export function madeEventId(ulid: string, at: RecordLocator): string {
  return `evt_${ulid.toLowerCase()}${recordPart(at)}`;
}

/** `atMs`: when it was made. */
export function parseMadeEventId(id: string): (RecordLocator & { atMs: number }) | null {
  const match = MADE_EVENT.exec(id);
  if (match === null) return null;
  const [, ulid = '', kind, hash = '', at = ''] = match;
  return { kind: kind === 'u' ? 'u' : 'k', hash, ...parsePlace(at), atMs: timeOf(ulid) };
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

/**
 * Sorts by time. `tail` is base32 of at least ten bytes: random, or a hash where the same request
 * must make the same id.
 */
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

/** The milliseconds in the first characters of a lower-case ULID. */
function timeOf(ulid: string): number {
  let atMs = 0;
  for (const char of ulid.slice(0, TIME_CHARS)) atMs = atMs * RADIX + Math.max(0, CROCKFORD.indexOf(char));
  return atMs;
}
