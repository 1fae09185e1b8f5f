/**
 * Every bound of the system: name with unit, and the reason. Nothing else in `src/` may carry a
 * bare bound.
 */

export const SECOND_MS = 1_000;
export const MINUTE_MS = 60 * SECOND_MS;
export const HOUR_MS = 60 * MINUTE_MS;
export const DAY_MS = 24 * HOUR_MS;

// Publishing (P5)
/**
 * Largest `data`, in UTF-8 bytes of its JSON. With the envelope it stays far under a SQLite row's 2
 * MB.
 */
export const DATA_BYTES_MAX = 256 * 1024;
/** Largest request body of one publish: `data` plus its envelope and a publisher's white space. */
export const REQUEST_BYTES_MAX = 1024 * 1024;
/**
 * Largest request body of a batch: 100 events of ordinary size; a batch of 100 full ones must be
 * split.
 */
export const BATCH_REQUEST_BYTES_MAX = 8 * 1024 * 1024;
export const BATCH_EVENTS_MAX = 100;
/** Deliveries of a publish that its answer lists; `deliveryCount` counts all. */
export const PUBLISH_DELIVERIES_SHOWN_MAX = 100;
/** Open deliveries one record may hold (429 beyond): bounds the Shard's memory and its plan. */
export const OPEN_DELIVERIES_MAX = 10_000;
/**
 * Bytes of one Shard's database from which on it accepts nothing new (507): the platform's end is
 * 10 GB, and what it has accepted must still be tried, logged and ended.
 */
export const SHARD_BYTES_MAX = 8_000_000_000;
export const RECORD_KEY_BYTES_MAX = 256;
export const EVENT_TYPE_BYTES_MAX = 128;
/** JSON nesting of `data`: deep enough for real payloads, shallow enough for a recursive walk. */
export const DATA_DEPTH_MAX = 64;
/**
 * `occurredAt` is kept as given: nanoseconds and an offset take 35 characters, the rest is room.
 */
export const OCCURRED_AT_CHARS_MAX = 64;

/**
 * JSON nesting of any request: far more than any field allows, so that the field's own rule speaks.
 */
export const JSON_DEPTH_MAX = 1_000;
/**
 * Characters of a body after which reading lets others have the thread: some 20 ms where it is all
 * small values.
 */
export const JSON_SLICE_CHARS = 64 * 1024;

// Event types (P6, P7)
/** All of an operator: every isolate holds their rules, some 300 bytes each. */
export const EVENT_TYPES_MAX = 1_000;
/** Of one type: each is a schema that its publishers and readers still speak. */
export const SCHEMA_VERSIONS_MAX = 50;
/**
 * One schema as JSON: far more than people read; all versions of a type stay under 2 MB in one
 * answer.
 */
export const SCHEMA_BYTES_MAX = 32 * 1024;
/**
 * One step is one schema that looks at one value: some 0.1 µs. While one piece of data is checked
 * nothing else runs.
 */
export const CHECK_STEPS_MAX = 10_000;
/**
 * Large data may take this many for each of its values, where that is more: what `$ref` and a few
 * alternatives need.
 */
export const CHECK_STEPS_PER_VALUE = 4;
/** Schemas inside schemas. `data` itself may be nested DATA_DEPTH_MAX deep. */
export const SCHEMA_DEPTH_MAX = 32;
/**
 * Levels to which two schemas are compared: two that contain themselves in circles of different
 * lengths may need many; bounds the stack.
 */
export const COMPARED_DEPTH_MAX = 256;
/**
 * Schemas that look at one value in place (allOf, anyOf, $ref, …), counted with repeats: what one
 * value of `data` may cost.
 */
export const SCHEMA_STEPS_MAX = 1_000;
/** Faults of a schema, or of data against one, that a problem names. */
export const SCHEMA_FAULTS_MAX = 20;
export const EXAMPLE_BYTES_MAX = 32 * 1024;
export const TYPE_DESCRIPTION_BYTES_MAX = 4 * 1024;
/** Longer than any retry window with a long pause in it. */
export const EXPIRE_AFTER_SECONDS_MAX = 30 * 24 * 3_600;
/** Forms of one event: readers of more versions at a time are not worth their storage. */
export const FORMS_MAX = 10;
/**
 * All forms of an event together; each one alone has the limit of `data`. Half a request, and few
 * rows of a SQLite page size.
 */
export const FORMS_BYTES_MAX = 512 * 1024;
/** Endpoints pin versions of types by name: as many as they may name types. */
export const SCHEMA_VERSIONS_PINNED_MAX = 200;
/**
 * How old the catalogue may be when an event is checked against it. As for settings: below the
 * promised 5 s.
 */
export const CATALOGUE_FRESH_MS = 4 * SECOND_MS;
/** How long memory answers for a Catalogue that does not: a publish should not fail for it. */
export const CATALOGUE_STANDS_IN_MS = 10 * MINUTE_MS;
/** Schemas that an isolate remembers, as characters of JSON. */
export const SCHEMAS_CACHED_CHARS_MAX = 4 * 1024 * 1024;

// Endpoints (E1, E2)
export const ENDPOINTS_PER_ACCOUNT_MAX = 10_000;
/**
 * What an account's endpoints may take, in bytes of their JSON: 10,000 of 1.6 KB, where an ordinary
 * one has 0.8. Held in memory by its Account and by each isolate that publishes for it, at some
 * three times that, of the platform's 128 MB.
 */
export const SETTINGS_BYTES_MAX = 16 * 1024 * 1024;
/** Beyond it, for secrets alone: a full account can still rotate them. */
export const SETTINGS_BYTES_FOR_SECRETS = 8 * 1024 * 1024;
/** What one answer of an Account carries of them, far below the platform's 32 MiB for a call. */
export const SETTINGS_PART_BYTES = 4 * 1024 * 1024;
/** Endpoints that an Account reads in one statement when its instance begins. */
export const SETTINGS_ROWS_AT_ONCE = 200;
/**
 * Endpoints that an Account remembers as changed since its instance began; beyond, an isolate reads
 * all.
 */
export const SETTINGS_CHANGES_MAX = 2_000;
/** Settings that keep changing while they are read in parts are read anew this often. */
export const SETTINGS_READS_MAX = 5;
/**
 * Ceiling of a quota: one Account answers some 1,000 questions a second, each for a batch of up to
 * 100 events.
 */
export const QUOTA_EVENTS_PER_SECOND_MAX = 100_000;
/**
 * What an account may publish at once after a pause, in seconds of its quota: a burst of work is
 * not a flood.
 */
export const QUOTA_BURST_SECONDS = 5;
export const EVENT_TYPES_PER_ENDPOINT_MAX = 200;
export const HEADERS_PER_ENDPOINT_MAX = 20;
export const HEADERS_BYTES_MAX = 4 * 1024;
export const URL_BYTES_MAX = 2_048;
export const DESCRIPTION_BYTES_MAX = 1_024;
export const EXTERNAL_ID_BYTES_MAX = 256;
export const TIMEOUT_MS_MIN = 1_000;
export const TIMEOUT_MS_MAX = 30_000;
export const TIMEOUT_MS_DEFAULT = 15_000;
export const SECRET_BYTES_MIN = 24;
export const SECRET_BYTES_MAX = 64;
/** Live secrets of one endpoint, of both kinds: each is a signature in every request. */
export const LIVE_SECRETS_MAX = 10;
export const OVERLAP_SECONDS_DEFAULT = 24 * 3_600;
export const OVERLAP_SECONDS_MAX = 7 * 24 * 3_600;
/**
 * Endpoints that one reseal writes: each is a row and some decryptions, and the object answers
 * nobody else meanwhile.
 */
export const RESEAL_ENDPOINTS_MAX = 200;
/** Endpoints that a reseal names as unreadable; it counts all. */
export const RESEAL_NAMED_MAX = 20;
/** Endpoints whose texts are opened at once, only to see that they open. */
export const RESEAL_CHECKED_AT_ONCE = 50;
export const RETRY_STEPS_MAX = 20;
export const RETRY_STEP_SECONDS_MAX = 24 * 3_600;
export const RETRY_WINDOW_SECONDS_MAX = 7 * 24 * 3_600;
/** Far more than the codes anyone names by hand; keeps the settings of an account small. */
export const ALSO_RETRY_MAX = 50;
/** A whole filter as JSON: an account has up to 10,000 of them, and every publish looks at each. */
export const FILTER_BYTES_MAX = 4 * 1024;
export const FILTER_CONDITIONS_MAX = 32;
/** Levels of `and`, `or`, `not` and the condition itself: more than people read. */
export const FILTER_DEPTH_MAX = 5;
export const FILTER_IN_VALUES_MAX = 100;
/** One text of a filter: a field's path, or a value. */
export const FILTER_TEXT_BYTES_MAX = 256;
/**
 * Values of an event that one condition looks at, where lists are long; beyond, it is undecided and
 * the event is sent.
 */
export const FILTER_VALUES_LOOKED_AT_MAX = 1_000;
/**
 * Values that one filter looks at or compares with, for one event: ten long lists. Beyond, it is
 * undecided likewise.
 */
export const FILTER_STEPS_MAX = 10_000;
/**
 * The same for all filters of one publish, over its events and endpoints: 10,000 endpoints with ten
 * conditions each on a hundred events. Some 0.1 µs each, SLICE_STEPS at a time. Beyond, they are
 * undecided likewise.
 */
export const PUBLISH_FILTER_STEPS_MAX = 10_000_000;
/** Steps after which long work in a request lets others have the thread: some 10 ms. */
export const SLICE_STEPS = 100_000;
/** Event types whose endpoints are remembered for one state of an account's settings. */
export const MATCHED_TYPES_REMEMBERED_MAX = 1_000;
/** C4: nine attempts. */
export const RETRY_SCHEDULE_SECONDS_DEFAULT: readonly number[] = [10, 30, 120, 600, 3_600, 10_800, 21_600, 43_200];
export const RETRY_WINDOW_SECONDS_DEFAULT = 24 * 3_600;
/**
 * C4: each planned delay is shortened by a random share up to this, so that failures do not come
 * back as a herd.
 */
export const RETRY_JITTER_SHARE = 0.25;
/** C5: `Retry-After` is honoured up to the larger of twice the planned delay and this. */
export const RETRY_AFTER_MS_CAP = HOUR_MS;

// Settings (E7)
/**
 * How old settings may be when an attempt or a match uses them. Below the promised 5 s by the time
 * a read may take.
 */
export const SETTINGS_FRESH_MS = 4 * SECOND_MS;
/** Accounts whose settings an isolate remembers: a few MB where each has few endpoints. */
export const SETTINGS_CACHED_ACCOUNTS_MAX = 1_000;
/** Endpoints of all of them, in bytes of their JSON: some 60 MB of an isolate's 128. */
export const SETTINGS_CACHED_BYTES_MAX = 20 * 1024 * 1024;
/** The same of endpoints that an isolate remembers one by one, for attempts and lists. */
export const ENDPOINTS_CACHED_BYTES_MAX = 8 * 1024 * 1024;
/** What an endpoint of a release that does not say counts for. */
export const ENDPOINT_BYTES_ASSUMED = 2 * 1024;
/** What the API promises: a change is in force everywhere after this. */
export const EFFECTIVE_WITHIN_MS = 5 * SECOND_MS;
/** Endpoints whose settings travel with an event to its Shard; wider events read them there. */
export const SETTINGS_CARRIED_MAX = 50;
/**
 * Shards of an account: one for each so many events a second of its quota, and at least so many. An
 * object takes a few hundred.
 */
export const EVENTS_PER_SECOND_PER_SHARD = 50;
export const SHARDS_DEFAULT_MIN = 4;
/**
 * An isolate that has more events under way than this, the oldest of them for longer than
 * UNDER_WAY_MS_MAX, is behind: it refuses publishes of the accounts that have their share of it
 * (503). Without a wait nothing is refused, however many there are.
 */
export const UNDER_WAY_EVENTS_MAX = 100;
export const UNDER_WAY_MS_MAX = 1 * SECOND_MS;
/**
 * Characters of payloads that an isolate has under way: each is held some four times over, in 128
 * MB.
 */
export const UNDER_WAY_CHARS_MAX = 12 * 1024 * 1024;

// Shard
/**
 * Attempts a Shard runs itself. Workers allows 6 fetches that wait for headers in one object; the
 * others are for RPC and queues.
 */
export const SELF_ATTEMPTS_MAX = 4;
/**
 * The same on a machine of one's own: workerd there has no such bound, and its queues run one batch
 * at a time.
 */
export const SELF_ATTEMPTS_LOCAL_MAX = 64;
/**
 * Of these, the share that only endpoints whose last answer was quick may take, so that hung ones
 * never hold all.
 */
export const QUICK_SLOTS_SHARE = 0.5;
/** Records in a Shard's memory at a time, beyond those with work under way: some KB each. */
export const WORKING_SET_RECORDS = 512;
/** Tasks of one commit: more would hold up those who wait for it. */
export const GROUP_TASKS_MAX = 100;
/**
 * Tasks that wait for a commit from which on a Shard refuses publishes (503): some seconds of work.
 */
export const ADMITTED_TASKS_MAX = 500;
/** When a publisher is asked to come again. */
export const RETRY_AFTER_BUSY_SECONDS = 2;
/** Records that one alarm looks at in one turn: some ten milliseconds. */
export const DUE_RECORDS_PER_TURN = 100;
/** Records that wait for a slot and are looked at where one has become free. */
export const CAPPED_LOOKS_PER_TURN = 16;
/** A record that found no slot looks again by itself after this. */
export const CAPPED_LOOK_MS = 5 * SECOND_MS;
/**
 * Rows of `watch` before one is written over: a record that is published to again within so many
 * turns is still listed.
 */
export const WATCH_ROWS_KEPT = 64;
/** Records in one row of `watch`: 40 bytes each. */
export const WATCH_RECORDS_PER_ROW = 1_000;
/** A record that only waits, for longer than this, moves from `watch` to a row of its own. */
export const WATCH_TO_DUE_MS = MINUTE_MS;
/**
 * A record whose turn throws is looked at again after this, doubling with each failure in a row.
 */
export const POISON_WAIT_MS_MIN = 5 * SECOND_MS;
export const POISON_WAIT_MS_CAP = HOUR_MS;
/**
 * Every so many events of a record, one is stored with what its lanes have learned: a load reads as
 * many rows at most, and those open.
 */
export const LANES_KEPT_EVERY = 16;
/** Rows that a load asks for at a time. */
export const LOAD_ROWS = 32;
/**
 * An id of our making is looked for among what was accepted this long before and after it was made:
 * clocks differ, and calls wait.
 */
export const MADE_ID_EARLY_MS = 5 * SECOND_MS;
export const MADE_ID_LATE_MS = MINUTE_MS;
/** Characters of one row of `past`, hundreds of records: rewritten whole when one of them goes. */
export const PAST_ROW_CHARS_MAX = 64 * 1024;
/** Steps from a superseded delivery to what is in force. */
export const SUPERSEDED_STEPS_MAX = 1_000;
/** A Shard that accepted events twice within this expects more soon. */
export const ACTIVE_WITHIN_MS = MINUTE_MS;
/** How often a Shard asks what its database holds. */
export const STORAGE_LOOK_MS = SECOND_MS;
/**
 * An alarm that says "the log is whole" is at a multiple of this after its Shard's phase, and no
 * other is.
 */
export const WHOLE_PHASE_MS = 100;
/** How long a removed Shard refuses what comes late: the retention of the queues, and a day. */
export const REMOVED_KEPT_MS = 5 * DAY_MS;
/** Records that one call of a sweep looks at. */
export const SWEEP_RECORDS_PER_CALL = 100;
/**
 * An endpoint that answers within this is quick. Above it a queue consumer is the cheaper place.
 */
export const QUICK_ANSWER_MS = 1 * SECOND_MS;
/**
 * How often an attempt that waits sees whether this machine stalls, and how late a timer is then.
 */
export const STALL_TICK_MS = 250;
export const STALL_MS_MIN = 50;
/**
 * By how much our stalls lengthen an attempt's time-out. Below CLAIM_GRACE_MS, or its outcome would
 * find the claim gone.
 */
export const STALL_CREDIT_MS_MAX = 2 * SECOND_MS;
/**
 * What the newest answer counts for in an endpoint's latency: one slow answer of a quick endpoint
 * does not make it slow.
 */
export const LATENCY_NEWEST_SHARE = 0.3;
/** Claims of one Shard out in the SLOW queue at a time, for one endpoint. */
export const SLOW_CLAIMS_MAX = 200;
/** Endpoints of which an isolate remembers latency and successes: some hundred bytes each. */
export const HINTS_MAX = 10_000;
/** Claims of one Shard out in the FANOUT queue at a time, and of these for one endpoint. */
export const FANOUT_CLAIMS_MAX = 1_000;
export const FANOUT_ENDPOINT_CLAIMS_MAX = 200;
/**
 * A claim handed to a queue and not begun by then is taken back; its message then finds it gone.
 */
export const CLAIM_BEGIN_WITHIN_MS = 60 * SECOND_MS;
/**
 * After begin + timeout, how long an outcome may still be on its way before the attempt counts as
 * lost.
 */
export const CLAIM_GRACE_MS = 5 * SECOND_MS;
/** What a self-run claim allows for reading settings before its request starts. */
export const CLAIM_SETTINGS_MS = 10 * SECOND_MS;
/**
 * Lost attempts of one delivery that are repeated at once; further ones wait, doubling between
 * these bounds.
 */
export const LOST_AT_ONCE_MAX = 3;
export const LOST_WAIT_MS_MIN = 10 * SECOND_MS;
export const LOST_WAIT_MS_MAX = HOUR_MS;
/**
 * What a fault of ours kept from leaving is tried again after this, doubling up to the other: soon
 * after the fault is mended.
 */
export const NOT_SENT_WAIT_MS_MIN = 10 * SECOND_MS;
export const NOT_SENT_WAIT_MS_MAX = 5 * MINUTE_MS;
/**
 * Settings or a Gate that do not answer: try again after this at the earliest, and after the other
 * at the latest.
 */
export const UNAVAILABLE_WAIT_MS_MIN = 10 * SECOND_MS;
export const UNAVAILABLE_WAIT_MS_MAX = 30 * SECOND_MS;
/** A queue that refuses a claim: the lane is due again after this. */
export const QUEUE_FAILED_WAIT_MS = 5 * SECOND_MS;
/** A parked lane looks again by itself after this at most, jittered downwards by a quarter. */
export const PARKED_WAIT_MS = 6 * HOUR_MS;
/**
 * An alarm whose turn failed runs again after this, doubling with each failure in a row: what was
 * due is late by no more.
 */
export const ALARM_FAILED_WAIT_MS_MIN = 1 * SECOND_MS;
export const ALARM_FAILED_WAIT_MS_CAP = MINUTE_MS;
/** Deliveries packed in one row: an event to few endpoints is one row written. */
export const DELIVERIES_PER_ROW = 16;
/** Lanes in one row: some 120 bytes each, far below the 2 MB of a row. */
export const LANES_PER_ROW = 1_000;
/**
 * Sequences of a lane that only replays were made of, which rows keep: what these superseded has
 * mostly gone too.
 */
export const REPLAYED_ONLY_KEPT_MAX = 100;

// Log
/** What still waits after this is logged as `queued`, so that lists show it. */
export const LOG_QUEUED_AFTER_MS = 10 * SECOND_MS;
/**
 * Unconfirmed log entries are sent again after these; the last repeats. The first is short: after a
 * crash the log is whole within a minute.
 */
export const LOG_RESEND_MS: readonly number[] = [MINUTE_MS, 10 * MINUTE_MS, HOUR_MS, 6 * HOUR_MS];
/** A LOG queue that refused the send is tried again after this. */
export const LOG_SEND_FAILED_WAIT_MS = 10 * SECOND_MS;
/**
 * Attempts that one log entry carries: as many as fit in this, in characters of JSON, and at least
 * one; the rest follow once these are confirmed.
 */
export const LOG_ENTRY_ATTEMPTS_CHARS_MAX = 24 * 1024;
/**
 * A log entry waits this long at most for others to share its message, where one left a moment ago.
 */
export const LOG_GATHER_MS = 250;
/** What Cloudflare takes of one message, serialized: not 128 KiB. The simulator takes more. */
export const QUEUE_MESSAGE_BYTES_MAX = 128_000;
/**
 * Bytes of one LOG message: an operation is billed per 64 KB, and the platform's limit is 128 KB.
 */
export const LOG_MESSAGE_BYTES_MAX = 60 * 1024;
/** First attempts that start within this of their acceptance live in the delivery's own log row. */
export const LOG_EMBED_WITHIN_MS = 2 * SECOND_MS;
/**
 * Bytes of one JSON parameter of a D1 statement: strings are refused at 2 MB, and a batch of large
 * messages is split below that.
 */
export const LOG_PARAMETER_BYTES_MAX = 1_500_000;
/**
 * A LOG message that could not be written comes back after this, doubled with each try up to the
 * cap: ten tries last half an hour.
 */
export const LOG_RETRY_SECONDS_MIN = 5;
export const LOG_RETRY_SECONDS_MAX = 300;
/** Deliveries that a list of events shows of each; `deliveryCount` counts all. */
export const EVENT_DELIVERIES_LISTED_MAX = 16;
/**
 * Records that are looked for when a publisher's event id is looked up; more than one is already an
 * ambiguity to report.
 */
export const EVENT_RECORDS_FOUND_MAX = 10;
/**
 * How many rows of the log a list may look at for one page: in a row by its key, or one by one (by
 * an index, or merged from accounts).
 */
export type Walk = { byKey: number; bySeek: number };
/**
 * For what is rare among much. A row by key takes 0.4 µs, one by one 2 µs (measured on D1 of
 * Miniflare), and where the page stays short half as much again to find where it ended: 30 ms of a
 * database that does one thing at a time.
 */
export const LIST_WALK: Walk = { byKey: 50_000, bySeek: 10_000 };
/** Accounts that one page of a search by part of a name looks at: 0.1 s of D1, $0.0001. */
export const ACCOUNTS_SEARCHED_MAX = 50_000;
/** Endpoints likewise, which are reached one by one. */
export const ENDPOINTS_SEARCHED_MAX = 10_000;
/** Hits of one kind that a search answers: a person reads them; for more there are lists. */
export const SEARCH_HITS_MAX = 10;
/** Characters of an account's or endpoint's list filter `search`. */
export const SEARCH_CHARS_MAX = 256;
/**
 * An export makes at most EXPORT_QUERIES_MAX queries, so each looks further: a quarter of a second
 * at most.
 */
export const EXPORT_WALK: Walk = { byKey: 500_000, bySeek: 100_000 };
/**
 * A page of attempts that gets nowhere, because all that it may look at was accepted within
 * LOG_EMBED_WITHIN_MS, looks so much further, so often.
 */
export const WALK_GROWTH = 4;
export const WALK_GROWTHS_MAX = 6;
/**
 * Events of a record that its Shard names for a list of the log: some hundred KB; a larger record
 * is looked for row by row.
 */
export const RECORD_EVENT_IDS_MAX = 5_000;

// Attempts (C6)
export const RESPONSE_BODY_BYTES_MAX = 4 * 1024;
export const RESPONSE_BODY_SUCCESS_BYTES_MAX = 256;
export const RESPONSE_HEADERS_MAX = 64;
export const RESPONSE_HEADER_BYTES_MAX = 1_024;
/** All kept response headers together, so that nine failures of sixteen lanes stay small. */
export const RESPONSE_HEADERS_BYTES_MAX = 8 * 1024;
export const ERROR_MESSAGE_BYTES_MAX = 512;

// Queues
/** The platform's limit for one sendBatch. */
export const QUEUE_SEND_BATCH_MAX = 100;
/**
 * A connection that breaks within this long of a request, before an answer, was most likely closed
 * while it was idle: the request is made once more. Longer than a round trip round the world, and
 * shorter than receivers take for work that they then fail at.
 */
export const BROKEN_AT_ONCE_MS = 500;
/** Outcomes of one Record's queued attempts that come within this go back to it in one call. */
export const SETTLE_GROUP_MS = 100;

// Gate and circuit (C8)
/**
 * `rateLimitPerSecond`: above it the Gate of an endpoint, one object that is asked before each
 * attempt, is itself the limit.
 */
export const RATE_LIMIT_PER_SECOND_MAX = 500;
/** Starts that may come at once after a rest, as a share of a second's worth. */
export const PACE_BURST_SHARE = 0.2;
/**
 * A start is promised at most this far ahead; what comes later parks. So a lowered limit is in
 * force within what E7 allows.
 */
export const RESERVE_AHEAD_MS = 5 * SECOND_MS;
/**
 * How late a promised start may be used: an overdue one is asked for again, or many would come at
 * once after a stall.
 */
export const PASS_MS = 200;
/** The same where the claim travels through a queue: there, starts are spread by the consumers. */
export const PASS_QUEUED_MS = 30 * SECOND_MS;
/**
 * The clock of a pace is stored this far ahead of its use: at most one row a second, and a restart
 * of the Gate rests that long.
 */
export const PACE_STORED_AHEAD_MS = 1 * SECOND_MS;
/**
 * The circuit opens at this many failures within the window, if they are this share of all outcomes
 * or more.
 */
export const CIRCUIT_WINDOW_MS = 30 * SECOND_MS;
export const CIRCUIT_FAILURES_MIN = 5;
export const CIRCUIT_FAILURE_SHARE = 0.5;
/**
 * And they come from this many records, or there are so many of them: events that one record cannot
 * get rid of are no outage.
 */
export const CIRCUIT_FAILING_RECORDS_MIN = 3;
export const CIRCUIT_FAILURES_OF_ONE_MIN = 25;
/**
 * An endpoint, and not single records of it, asks for patience (Retry-After of CIRCUIT_PAUSE_MS_MIN
 * or more) after so many such answers from as many records as an outage has, if they are this share
 * of all that left after the first of them. Below, a receiver that limits some of its records would
 * be taken for one that limits all: a fifth of them limited passes for it once in a hundred times.
 */
export const ASKS_MIN = 5;
export const ASKS_SHARE = 2 / 3;
/** Records that are remembered to have asked: more say nothing new. */
export const ASKERS_MAX = 100;
/** Pauses before a probe: doubling from the one to the other. */
export const CIRCUIT_PAUSE_MS_MIN = 10 * SECOND_MS;
export const CIRCUIT_PAUSE_MS_MAX = 5 * MINUTE_MS;
/**
 * A probe without an outcome by then (its Shard died) gives way to another. Longer than any
 * attempt.
 */
export const PROBE_MS = 45 * SECOND_MS;
/** The record of the probe may ask for it again after this. */
export const PROBE_AGAIN_MS = 1 * SECOND_MS;
/** The pace of a backlog at its fastest, where no rate limit says less. */
export const DRAIN_PER_SECOND_MAX = 100;
/**
 * Starts that a Gate hands out in one step, and the least time between two steps: together above
 * the highest limit.
 */
export const GATE_WAKE_BATCH = 150;
export const GATE_STEP_MS = 250;
/** A walk that was held up for longer than this does not catch up with it. */
export const GATE_CATCH_UP_MS = 2 * SECOND_MS;
/**
 * A closed circuit is watched for this long before Records stop asking: one that flaps does not
 * change settings each time.
 */
export const CIRCUIT_CALM_MS = 30 * SECOND_MS;
/** An endpoint with nothing but failures for this long is disabled. */
export const FAILING_MS_MAX = 5 * DAY_MS;
/** On at least this many days: two hiccups five days apart are no such thing. */
export const FAILING_DAYS_MIN = 4;
export const FAILING_DAY_MS = DAY_MS;
/**
 * How long before its success a delivery may have been accepted: the log is searched by acceptance.
 */
export const SUCCESS_ACCEPTED_WITHIN_MS = 7 * DAY_MS;
/** How exactly a Gate keeps since when: each correction is a row, and the log has the last word. */
export const FAILING_EXACT_MS = HOUR_MS;
/** A Gate that has not answered by then counts as gone: the lane waits and asks again. */
export const GATE_ANSWER_MS = 5 * SECOND_MS;
/**
 * An alarm that is so long overdue was lost: set anew sooner, one that is only late would be put
 * off again and again.
 */
export const ALARM_LOST_MS = 10 * SECOND_MS;
/** Gates that one read asks when they probe next: an answer waits for the slowest. */
export const PROBES_READ_MAX = 10;

// Jobs
/**
 * Jobs of one account that work at a time: the others wait for their turn, in the order in which
 * they first asked.
 */
export const JOBS_AT_WORK_OF_ACCOUNT = 2;
/**
 * Items a second of one account's jobs together, and of all jobs: what is published meanwhile is
 * served beside them.
 */
export const JOBS_PER_SECOND_OF_ACCOUNT = 100;
export const JOBS_PER_SECOND = 200;
/**
 * A job that has not asked for a turn for this long has ended, is paused, or waits for something
 * else: the next takes its place.
 */
export const JOB_TURN_MS = 15 * SECOND_MS;
/** A job that waits behind others asks again after this. */
export const JOB_TURN_AGAIN_MS = 5 * SECOND_MS;
/** How far a pace may be overdrawn: a step that would come later waits. */
export const JOB_TURN_AHEAD_MS = 500;
/**
 * Jobs whose turns are remembered; more are as many as ask within JOB_TURN_MS only where something
 * is wrong, and go on unasked.
 */
export const JOB_TURNS_REMEMBERED_MAX = 20_000;
/**
 * Without an answer by then a job makes its step, and rests as long: turns are for fairness and
 * hold nothing up.
 */
export const JOB_TURN_ANSWER_MS = 1 * SECOND_MS;
/**
 * Items of one step: they are worked on at the same time, what others ask for waits behind these,
 * and a crash repeats at most these.
 */
export const JOB_STEP_ITEMS = 10;
/** Nor more than the pace allows in this long: what is published meanwhile waits behind a step. */
export const JOB_STEP_MS = 100;
/**
 * Items per second, at most: a job also rests for as long as its last step took, so that it never
 * has more than half of what is there.
 */
export const JOB_PACE_PER_SECOND = 100;
/**
 * The same for looks at what a job has set going and waits for: a look is a read, and progress may
 * be seconds old.
 */
export const JOB_STEP_LOOKS = 10;
export const JOB_LOOKS_PER_SECOND = 100;
/**
 * Longest rest after a slow step; one that waited for something that does not answer says nothing
 * of the load.
 */
export const JOB_YIELD_MS_CAP = 2 * SECOND_MS;
/**
 * Items that one listing adds, and rows that one deletion takes: a D1 statement of some ten
 * milliseconds.
 */
export const JOB_PAGE = 1_000;
/**
 * Open items above which a job lists no further: those that cannot be reached must not hold up the
 * others, nor pile up.
 */
export const JOB_ITEMS_AHEAD_MAX = 2_000;
/** A call of a step that has not answered by then counts as failed; repeating it is harmless. */
export const JOB_CALL_MS = 30 * SECOND_MS;
/** The alarm that brings a step back that was cut off: later than any step may take. */
export const JOB_SAFETY_MS = MINUTE_MS;
/**
 * Backoff of an item, or of a step whose database did not answer, doubling from the one to the
 * other.
 */
export const JOB_WAIT_MS_MIN = 1 * SECOND_MS;
export const JOB_WAIT_MS_CAP = 5 * MINUTE_MS;
/** Tries of an item before it counts as failed, where a job may give up: about an hour. */
export const JOB_ITEM_TRIES_MAX = 20;
/**
 * The log is seconds behind: a job that finds its work there looks again until a pass that began
 * this long after its start finds nothing.
 */
export const JOB_QUIET_AFTER_MS = MINUTE_MS;
/** Between two passes, doubling from the one to the other. */
export const JOB_REST_MS_MIN = 15 * SECOND_MS;
export const JOB_REST_MS_CAP = 5 * MINUTE_MS;
/** Failed items that a job names; it counts all. */
export const JOB_FAILURES_NAMED_MAX = 100;
/** Acts on a job that its history keeps: the first and the newest. */
export const JOB_HISTORY_MAX = 100;
/** How often a running job writes its progress to the lists. */
export const JOB_PROJECT_MS = 2 * SECOND_MS;
/**
 * Deliveries of one record that one call cancels: each is a row and a log entry in one turn of its
 * object.
 */
export const SWEEP_DELIVERIES_MAX = 500;
/**
 * A delivery that is under way is looked at again after this: its attempt ends, or is given up,
 * within a minute.
 */
export const SWEEP_LEFT_WAIT_MS = 10 * SECOND_MS;
/** Rows of the log whose records are erased in one step, each by a call of its own. */
export const ERASE_CHUNK = 200;
/** Accounts that one broadcast may name: with `data` they fit in one request. */
export const BROADCAST_ACCOUNTS_MAX = 10_000;

// Reads
/**
 * An answer of a Shard that lists events ends once its bodies and deliveries pass this: the
 * platform's limit for a call is 32 MiB.
 */
export const READ_EVENTS_CHARS_MAX = 8 * 1024 * 1024;
/** What one delivery in such an answer counts for. */
export const DELIVERY_VIEW_CHARS = 1_024;

// Status (V1)
export const TARGET_DELIVER_MS_DEFAULT = 5 * SECOND_MS;
export const TARGET_WARN_MS_DEFAULT = MINUTE_MS;

// Retention (O4)
export const RETENTION_DAYS_DEFAULT = 30;
export const RETENTION_DAYS_MIN = 7;
export const RETENTION_DAYS_MAX = 365;
/** How much longer a Shard may keep something, as a share of its days: so often a pass comes. */
export const RETENTION_SLACK_SHARE = 0.1;
/**
 * Rows that one page of a retention pass looks at: some ten milliseconds in which a Shard answers
 * nobody else.
 */
export const RETENTION_PAGE_ROWS = 1_000;
/**
 * The next pass comes so soon where something was over and the log had not confirmed it yet, or
 * where a page failed.
 */
export const RETENTION_AGAIN_MS = HOUR_MS;
/** Pages of one look, a call to the Account before each. */
export const RETENTION_PAGES_PER_LOOK = 50;
/** How long an Idempotency-Key's answer is kept. */
export const IDEMPOTENCY_MS = 7 * DAY_MS;
/** How long a request may hold its Idempotency-Key; a crashed one is run again after this. */
export const IDEMPOTENCY_LOCK_MS = 60 * SECOND_MS;
/** Expired keys deleted when a new one arrives: keeps pace with any rate, in small steps. */
export const IDEMPOTENCY_SWEEP_MAX = 10;
/**
 * A longer answer is not kept, and the request is run again: a row may hold 2 MB on Cloudflare, and
 * sealing adds a third.
 */
export const IDEMPOTENT_ANSWER_CHARS_MAX = 400_000;
export const IDEMPOTENCY_KEY_CHARS_MAX = 255;

// Tests (E4, S4)
/** Test sends of one account within the window. */
export const TEST_SENDS_MAX = 5;
export const TEST_SENDS_WINDOW_MS = MINUTE_MS;
/**
 * How far the clocks of an Account and of the Worker that makes the attempt may be apart, for a
 * test's attempt to be found by its id.
 */
export const TEST_CLOCKS_APART_MS = MINUTE_MS;

// Account
export const ACCOUNT_NAME_BYTES_MAX = 256;
/** Longest target a status page can usefully promise. */
export const TARGET_MS_MAX = DAY_MS;
/** Changes that an Account sends at once; the rest follows in the same alarm. */
export const OUTBOX_BATCH = 20;
/**
 * The alarm that repeats a first try whose outcome is unknown: longer than the try itself may take.
 */
export const OUTBOX_FIRST_WAIT_MS = 15 * SECOND_MS;
/** A D1 or Gate that does not answer by then counts as failed; telling it twice is harmless. */
export const OUTBOX_TRY_MS = 10 * SECOND_MS;
/** Backoff of the outbox, doubling from the one to the other. */
export const OUTBOX_WAIT_MS_MIN = 1 * SECOND_MS;
export const OUTBOX_WAIT_MS_CAP = 5 * MINUTE_MS;

// HTTP
/** `/health` calls a store dead when it has not answered by then. */
export const HEALTH_MS = 2 * SECOND_MS;
/**
 * For so long an isolate answers "ready" without asking again: load balancers ask often, and each
 * time costs three calls.
 */
export const HEALTH_REMEMBERED_MS = SECOND_MS;
/** An object shows at most so often that it can write: a row each time. */
export const HEARTBEAT_MS = MINUTE_MS;
/** Tries of a Shard or Account call that the platform marks retryable, each on a new stub. */
export const OBJECT_TRIES_MAX = 3;
/**
 * Longest `Retry-After` of ours: undici's retry agent waits no longer, whatever the header says.
 */
export const RETRY_AFTER_SECONDS_MAX = 30;
/**
 * What `Retry-After` says where a record is full: an open delivery ends or is retried within
 * seconds.
 */
export const FULL_RETRY_AFTER_SECONDS = 10;
/** Wrong fields that one problem names. */
export const FIELD_ERRORS_MAX = 20;
/** A pointer into a field holds names that the caller chose: cut to this. */
export const FIELD_POINTER_CHARS_MAX = 200;

// Lists
export const LIST_LIMIT_DEFAULT = 50;
export const LIST_LIMIT_MAX = 200;
/** E6. */
export const SENT_TYPES_DAYS_MAX = 90;
/** Deliveries of the account that one such count reads: about a second of D1. */
export const SENT_TYPES_ROWS_MAX = 200_000;
export const SENT_TYPES_SHOWN_MAX = 1_000;
/**
 * Deliveries that one event shows; `deliveryCount` counts all, and the list of deliveries pages
 * through them.
 */
export const EVENT_DELIVERIES_SHOWN_MAX = 200;
/**
 * Endpoints that an event or a record names as not sent to: those with a reason of their own come
 * first.
 */
export const NOT_SENT_SHOWN_MAX = 100;
/** Values of a condition that such a sentence names. */
export const FILTER_VALUES_NAMED_MAX = 3;
/** Values of one filter in a query. */
export const FILTER_VALUES_MAX = 100;
/** Foreign or user text shown back in an error message is cut to this. */
export const SHOWN_VALUE_CHARS_MAX = 80;

// Dead letters and exports (V6, V7)
/** Dead letters that one answer of their depth looks at: some hundred milliseconds of D1. */
export const DEAD_LETTERS_COUNTED_MAX = 200_000;
/** Endpoints that it names. */
export const DEAD_LETTERS_ENDPOINTS_MAX = 1_000;
/**
 * Characters of a page of an export, which it holds as a whole: what its rows took so far decides
 * how many the next page has.
 */
export const EXPORT_PAGE_CHARS = 2 * 1024 * 1024;
/** The first page, and where rows are largest (attempts, of some 12 KB). */
export const EXPORT_PAGE_ROWS_MIN = 500;
/** So that EXPORT_QUERIES_MAX are enough for more than a million of any list. */
export const EXPORT_PAGE_ROWS_MAX = 4_000;
/**
 * Queries of one export: the platform allows 1,000 of an invocation. What is longer breaks off,
 * visibly, and is asked for in parts.
 */
export const EXPORT_QUERIES_MAX = 900;
// Alerts (A1, A2)
/** Over which attempts and dead letters are counted. */
export const ALERT_WINDOW_MS = 15 * MINUTE_MS;
/**
 * An alert resolves once its condition has been false for so long: longer than a burst pauses, so
 * that it does not open again and again.
 */
export const ALERT_RESOLVE_AFTER_MS = 5 * MINUTE_MS;
/**
 * An open alert is sent again when its value has grown by this factor: a hundredfold makes six
 * updates, not a hundred.
 */
export const ALERT_UPDATE_FACTOR = 2;
/**
 * Endpoints of an account that a rule has an alert of its own for: more than that is one trouble,
 * and one more alert says how many more there are.
 */
export const ALERT_LIKE_MAX = 20;
/**
 * Accounts that one run looks at, in the order of their ids; the next run continues after them.
 * Each is looked at within the window up to 15,000.
 */
export const ALERT_ACCOUNTS_PER_RUN = 1_000;
/**
 * They are looked at in groups: each is five queries, and what one of them costs or breaks concerns
 * no other.
 */
export const ALERT_ACCOUNTS_AT_ONCE = 50;
/**
 * A run begins no further group after this, nor a call: the minute is shared with the other tasks
 * of the cron.
 */
export const ALERT_LOOK_MS = 20 * SECOND_MS;
/** The same for sending alerts. */
export const ALERT_SEND_MS = 25 * SECOND_MS;
/**
 * Endpoints of one account that may be in trouble, which a run reads. Over any of these bounds it
 * opens, but resolves nothing of the account.
 */
export const ALERT_ENDPOINTS_PER_ACCOUNT = 1_000;
/** Rows of the log that one count of a run reads for each account: a fifth of a second of D1. */
export const ALERT_LOG_ROWS_MAX = 200_000;
/**
 * Endpoints with open deliveries that a run looks at for each account, and open deliveries of each:
 * a count shows at most so many.
 */
export const ALERT_BACKLOGS_PER_ACCOUNT = 100;
export const ALERT_BACKLOG_ROWS_MAX = 1_000;
/** Gates that a group asks about circuits, in turns of the accounts. */
export const ALERT_GATES_AT_ONCE = 100;
/**
 * Calls after which a run begins no further group: an invocation has 1,000, and its queries are
 * some hundred.
 */
export const ALERT_CALLS_PER_RUN = 400;
/** Calls of a run that are under way at once. */
export const ALERT_CALLS_AT_ONCE = 6;
/**
 * Alerts that one run writes, in turns of the accounts; once they are written it begins no further
 * group.
 */
export const ALERT_CHANGES_PER_RUN = 200;
/** Alerts that one run sends to the operator, and as many to owners, in turns of the accounts. */
export const ALERT_TELLS_PER_RUN = 50;
/** Alerts that one statement marks as sent because nobody is to be sent them. */
export const ALERT_DROPS_PER_RUN = 1_000;
/** An object that does not answer a run by then is asked by a later one. */
export const ALERT_ANSWER_MS = 5 * SECOND_MS;
/**
 * The names in an alert are not worth a longer wait: without an answer by then it goes out without
 * them.
 */
export const ALERT_NAMES_MS = 1 * SECOND_MS;
/**
 * An alert that could not be sent is tried again after these, doubling from the one to the other.
 */
export const ALERT_AGAIN_MS_MIN = MINUTE_MS;
export const ALERT_AGAIN_MS_CAP = HOUR_MS;
/** Faults that one run counts: beyond it the alert says so many, and is no less urgent. */
export const ALERT_FAULTS_MAX = 10_000;
/**
 * A fault that lasts is written again after this: far less than the window in which it is counted.
 */
export const FAULT_AGAIN_MS = MINUTE_MS;
/**
 * Of an alert's text for Slack, in characters: its sentence, and each name in it. Escaped, a
 * character is five at most, so that a text stays below the 4,000 that Slack recommends.
 */
export const SLACK_DETAIL_CHARS_MAX = 400;
export const SLACK_NAME_CHARS_MAX = 80;
/** Open alerts that one run reads; those beyond it stay as they are until others have ended. */
export const ALERT_OPEN_MAX = 10_000;
/** Highest threshold and minimum that can be set: beyond, a rule would be off without saying so. */
export const ALERT_THRESHOLD_MAX = 1_000_000;
// Health, overview, metrics (V4, V5, V7)
/**
 * Rows of each log table that one account's figures read: half a second of D1 at most. Beyond it,
 * the newest, and it says so.
 */
export const WINDOW_ROWS_MAX = 50_000;
export const HEALTH_RECENT_MS = 15 * MINUTE_MS;
export const HEALTH_DAY_MS = DAY_MS;
/**
 * Times WINDOW_ROWS_MAX that figures of one endpoint read, in queries of their own: an hour of 140
 * events a second.
 */
export const WINDOW_SLICES_MAX = 10;
/**
 * An hour is rolled up this long after its end: by then an outcome of which two messages to the log
 * were lost has arrived.
 */
export const ROLL_UP_AFTER_MS = 15 * MINUTE_MS;
/**
 * And once more after the last repetition of a Shard that was not confirmed (LOG_RESEND_MS): what
 * has not changed is not written.
 */
export const ROLL_UP_AGAIN_AFTER_MS = 7 * HOUR_MS;
/** Hours that the first run looks back. */
export const ROLL_UP_FIRST_HOURS = 24;
/**
 * Queries of one of the two passes in a minute, of the thousand that a Worker may make: 9,000
 * accounts with traffic in each hour.
 */
export const ROLL_UP_QUERIES_PER_RUN = 150;
/** Queries of one account's hour: five million rows, more than D1 takes in an hour. */
export const ROLL_UP_SLICES_MAX = 100;
export const ROLL_UP_DAYS = 90;
/** Hours since the acceptance that a roll-up tells apart: longer than any window. */
export const ROLL_UP_AGE_HOURS_MAX = 25;
/** Hours of one answer of an endpoint's history. */
export const HISTORY_HOURS_DEFAULT = 24;
export const HISTORY_HOURS_MAX = 7 * 24;
/** Open deliveries that one count reads. */
export const OPEN_ROWS_MAX = 50_000;
/** Longest window of an overview: what lies further back is for lists. */
export const OVERVIEW_MINUTES_MAX = 24 * 60;
export const OVERVIEW_MINUTES_DEFAULT = 60;
/**
 * Groups (endpoint, code, error) that D1 answers for one account: an answer of about a megabyte.
 */
export const OVERVIEW_GROUPS_MAX = 5_000;
/** Minutes that charts of traffic show; further back, an endpoint's history has hours. */
export const TRAFFIC_MINUTES_MAX = 60;
/**
 * Rows of each log table that one account's traffic reads: a fifth of a second of D1. Beyond it,
 * the newest, and it says so.
 */
export const TRAFFIC_ROWS_MAX = 20_000;
/** Entries of each list that an overview shows, the worst first. */
export const OVERVIEW_SHOWN_MAX = 100;
/**
 * Accounts that one call over all accounts looks at: two statements each, of the thousand that D1
 * allows a request.
 */
export const OVERVIEW_ACCOUNTS_MAX = 400;
/** Accounts whose statements travel to D1 together: as one transaction, which should stay short. */
export const OVERVIEW_ACCOUNTS_BATCH = 20;
/**
 * Rows after which a call over all accounts ends, and says after which account: a few seconds of
 * D1.
 */
export const OVERVIEW_ROWS_MAX = 300_000;
/** Records that one call for statuses asks, as subrequests. */
export const RECORD_STATUSES_MAX = 50;
/** What `/metrics` says of attempts and deliveries is of this long back. */
export const METRICS_WINDOW_MS = 15 * MINUTE_MS;
/** Upper ends of its latency buckets, in ms: the usual ones, up to the longest timeout. */
export const METRICS_LATENCY_MS = [10, 25, 50, 100, 250, 500, 1_000, 2_500, 5_000, 10_000, 30_000] as const;
// Retention by cron (O4)
/** Rows of each table deleted in one transaction: tens of milliseconds of D1. */
export const RETENTION_CHUNK_ROWS = 1_000;
/** Rows deleted in one minute before it is enough: 29 million a day. */
export const RETENTION_ROWS_PER_RUN = 20_000;
/** Accounts looked at in one minute, a call of D1 each (a Worker may make 1,000): 144,000 a day. */
export const RETENTION_ACCOUNTS_PER_RUN = 100;
/** How long an ended job can be read. */
export const JOB_RETENTION_DAYS = 90;
/** How long a resolved alert can be read, and a fault. */
export const ALERT_RETENTION_DAYS = 90;
/** Of each deleted in one minute. */
export const RETENTION_ALERTS_PER_RUN = 1_000;
/** Ended jobs erased in one minute, a call of its object each. */
export const RETENTION_JOBS_PER_RUN = 20;

// Audit log (S3)
/** How long a row is kept: a year, and time to look at it. */
export const AUDIT_DAYS = 400;
/** Rows too old that go with each new one. */
export const AUDIT_SWEEP_MAX = 10;
/** Rows of D1 that one run of the cron deletes. */
export const AUDIT_ROWS_PER_RUN = 1_000;
/** Fields that a row names: more than any request has. */
export const AUDIT_CHANGES_MAX = 50;
/** Old and new value, each cut to this: enough to see what was done. In characters of JSON. */
export const AUDIT_VALUE_CHARS_MAX = 200;

// Keys (S1, S2)
/**
 * An isolate believes a key this long: with the reading itself a revocation is in force within 5 s.
 */
export const KEY_REMEMBERED_MS = 4 * SECOND_MS;
/** Keys that an isolate remembers; more are read from the store again. */
export const KEYS_REMEMBERED_MAX = 1_000;
/** How often an isolate writes when a key was last used. */
export const KEY_USED_MS = MINUTE_MS;
/** A key store that has not answered by then is a 503. */
export const KEY_STORE_MS = 3 * SECOND_MS;
export const KEY_NAME_BYTES_MAX = 128;
/**
 * Highest limit of a key: at a quarter of it in a lease, its object is asked some times a second by
 * each isolate.
 */
export const KEY_RATE_LIMIT_PER_SECOND_MAX = 10_000;
/**
 * Requests that may come at once after a rest, in seconds of the limit. Shorter than an idle object
 * stays: its end grants no more.
 */
export const KEY_BURST_SECONDS = 2;
/** How long an isolate may spend what it was lent. */
export const KEY_LEASE_MS = 1 * SECOND_MS;
/** Largest lease, as a share of a second's worth: what an isolate can hold back from the others. */
export const KEY_LEASE_SHARE = 0.25;
/** A request waits this long for the object that counts its key. */
export const KEY_LEASE_ANSWER_MS = 500;
/**
 * How long an isolate then counts alone: an object that hangs holds up one request in this time.
 */
export const KEY_ALONE_MS = 5 * SECOND_MS;
/** Portal tokens of one account together: a page that refreshes, open on some hundred screens. */
export const PORTAL_REQUESTS_PER_SECOND = 100;
/** A page holds a portal token: an hour at most, a quarter where nothing is said. */
export const PORTAL_TOKEN_SECONDS_MAX = 3_600;
export const PORTAL_TOKEN_SECONDS_DEFAULT = 900;
/**
 * Of a session that a key opened for the pages: a working day, so that nobody pastes the key twice
 * in one.
 */
export const SESSION_SECONDS = 43_200;
/**
 * What a portal token is shown of a stored response body: it may come from inside a network. In
 * characters.
 */
export const PORTAL_RESPONSE_CHARS_MAX = 256;
/**
 * Milliseconds that a replay or discard of a range spans at most: what is older is seldom wanted,
 * and the log is read for it.
 */
export const BULK_SPAN_MS_MAX = 14 * 24 * 60 * MINUTE_MS;
/**
 * Deliveries of one replay or discard: a larger one is usually a forgotten filter. The second:
 * where `limit` asks for it.
 */
export const BULK_DELIVERIES_DEFAULT = 10_000;
export const BULK_DELIVERIES_MAX = 100_000;
/**
 * Replays a second: gentle to a receiver that has just come back; and the most that may be asked
 * for.
 */
export const REPLAY_PACE_DEFAULT = 50;
export const REPLAY_PACE_MAX = 500;
/** Event types counted by name in a dry run; the rest is in the count. */
export const DRY_RUN_TYPES_MAX = 100;
/**
 * Milliseconds between two looks at a replay that has not ended: the first ones soon, a long retry
 * seldom.
 */
export const REPLAY_LOOK_MS_MIN = 2 * SECOND_MS;
export const REPLAY_LOOK_MS_CAP = 5 * MINUTE_MS;

// Live status (L1). A viewer is a connection that is shown the status of records.
/** Records of one connection: as many as one call of record-statuses reads. */
export const VIEWER_RECORDS_MAX = 50;
/**
 * Connections to one record: a page that many people look at. Each change is sent to all of them in
 * one turn.
 */
export const VIEWERS_PER_RECORD_MAX = 1_000;
/** Of one account: all are in one object, which some 30 MB of them leave room to work. */
export const VIEWERS_PER_ACCOUNT_MAX = 5_000;
/**
 * By one key and the tokens that it made, in one account: one that leaked takes no more than this.
 */
export const VIEWERS_PER_KEY_MAX = 2_000;
/**
 * Records of one account that somebody looks at, all viewers together; a Shard keeps as many rows.
 */
export const VIEWED_RECORDS_MAX = 10_000;
/**
 * Connections that are not WebSockets keep their object awake, which is billed: few, and not for
 * long.
 */
export const STREAMS_PER_ACCOUNT_MAX = 100;
export const STREAM_LIFE_MS = 5 * MINUTE_MS;
/** A comment in a stream: only a write shows that its reader has left. */
export const STREAM_COMMENT_MS = 15 * SECOND_MS;
/** A Shard gathers changes this long: a quick delivery is then one message, not three. */
export const VIEWERS_GATHER_MS = 20;
/** Records of one call to the object that holds the viewers. */
export const VIEWERS_CALL_RECORDS_MAX = 500;
/**
 * How often a Shard tries to say what changed, doubling its wait from a second; viewers are
 * refreshed by VIEWERS_LOOK_MS anyway.
 */
export const VIEWERS_TRIES_MAX = 6;
/**
 * From the start of one round of messages to the next: a viewer gets 20 a second of one record at
 * most.
 */
export const VIEWERS_ROUND_MS = 50;
/** A Live that has not answered by then counts as gone: it is notified again. */
export const LIVE_ANSWER_MS = 5 * SECOND_MS;
/** Records of one round. */
export const VIEWERS_ROUND_RECORDS_MAX = 200;
/** Refreshes of all that is viewed, after changes of settings or circuits, come this far apart. */
export const VIEWERS_REFRESH_MS = 150;
/**
 * Endpoints of a record that a message names, the worst first: a message is sent again with each
 * change.
 */
export const VIEWER_ENDPOINTS_SHOWN_MAX = 100;
/**
 * Bytes sent after which a viewer must say that it has read them: nothing else shows that one has
 * stalled.
 */
export const VIEWER_UNREAD_BYTES_MAX = 64 * 1024;
export const VIEWER_READ_MS = 30 * SECOND_MS;
/** Longest message of a viewer: an acknowledgement has a tenth of it. */
export const VIEWER_MESSAGE_BYTES_MAX = 256;
/** A viewer sends "ping" each 30 s; one that has not for this long has gone. */
export const VIEWER_SILENT_MS = 2 * MINUTE_MS;
/**
 * How often those who have gone are looked for, and all others are shown what a lost message would
 * have shown.
 */
export const VIEWERS_LOOK_MS = 15 * MINUTE_MS;
/** Longest life of a connection; its client connects again. */
export const VIEWER_LIFE_MS = DAY_MS;
/** After a failed round: doubling. */
export const VIEWERS_AGAIN_MS = 1 * SECOND_MS;
export const VIEWERS_AGAIN_MS_CAP = 30 * SECOND_MS;
/** Milliseconds between two looks at a circuit that is being probed. */
export const PROBE_LOOK_MS = 1 * SECOND_MS;

// Tracing
/**
 * Spans of one request to the collector: some 400 kB of JSON. What a batch of the log has beyond is
 * dropped.
 */
export const SPANS_PER_EXPORT_MAX = 512;
/** How long the collector may take. */
export const SPAN_EXPORT_MS_MAX = 5 * SECOND_MS;
/** Requests to the collector under way in one isolate. */
export const SPAN_EXPORTS_MAX = 4;
/**
 * After a failure spans are dropped for so long: a collector that hangs costs one request in that
 * time.
 */
export const SPAN_PAUSE_MS = 30 * SECOND_MS;
