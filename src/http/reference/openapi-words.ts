/**
 * The glossary of the reference: what parameters and the fields of requests mean, with the rules
 * that JSON Schema does not carry.
 */
import * as limit from '../../core/limits.ts';

/** Parameters of paths, queries and headers. */
export const PARAMETER_WORDS: Readonly<Record<string, string>> = {
  account: 'Account id: 1 to 64 letters, digits, "_" or "-"',
  endpoint: 'Endpoint id (`ep_…`)',
  secret: 'Secret id (`sec_…`)',
  event: 'Event id',
  record: `Record key, URL-encoded in a path: at most ${limit.RECORD_KEY_BYTES_MAX} bytes of UTF-8`,
  key: 'Record key, URL-encoded',
  delivery: 'Delivery id (`dlv_…`)',
  attempt: 'Attempt id (`att_…`)',
  job: 'Job id (`job_…`)',
  replay: 'Id of the job that replays (`job_…`)',
  type: 'Event type: a dotted name like `ticket.created`',
  version: 'Schema version: "1", "2", …',
  limit: `Rows of a page: 1 to ${limit.LIST_LIMIT_MAX}`,
  cursor: '`next` of the page before',
  eventType: 'Event type; may be given several times',
  status: 'Status; may be given several times',
  statusCode: 'HTTP status of the newest attempt, or a class such as `5xx`; may be given several times',
  trigger: 'What made the attempt; may be given several times',
  action: 'What was done; may be given several times',
  kind: 'Kind; may be given several times',
  archived: 'Whether archived event types are listed instead of those in use',
  format: '`json`: a page; `ndjson` or `csv`: everything from the cursor on, as a stream',
  alert: 'Alert id',
  rule: 'Rule of alerts; may be given several times',
  minutes: 'Minutes to look back',
  hours: `Hours of UTC to look back, the current one included: 1 to ${limit.HISTORY_HOURS_MAX}`,
  days: `Days to look back: 1 to ${limit.SENT_TYPES_DAYS_MAX}`,
  after: 'Sequence after which events are wanted; 0 for all',
  prefix: 'How the keys of the records begin',
  search: 'Part of what a person knows of it, in either case of ASCII letters',
  q: 'The text: an id, a record key or its beginning, part of a name, a URL or host',
  reason: `Why, for the history: at most ${limit.DESCRIPTION_BYTES_MAX} bytes`,
};

/**
 * Where the same name means one thing in a path and another in a query. An operation may say its
 * own (`words`).
 */
export const PLACED_WORDS: Readonly<Record<string, string>> = {
  'path from': 'Schema version to compare from',
  'path to': 'Schema version to compare with',
  'query from': 'RFC 3339 time: this or later',
  'query to': 'RFC 3339 time: before this',
  'path key': 'Id of a key (`key_…`)',
};

/**
 * Fields of requests that are components, by place. Other bodies have theirs in their routes,
 * answers in their shapes.
 */
const EVENT = {
  id: 'Your id of the event, made where absent. The same id with the same content is one event',
  type: 'Event type: a dotted name like `ticket.created`; not one that we reserve (`tubepost.test`, `tubepost.alert.*`)',
  record:
    'Key of the record that the event is about, such as `ticket/4211`; its events are delivered in order. Null: none',
  version: 'Version of the record: a whole number that grows; not a schema version',
  occurredAt: 'When it happened: RFC 3339 with an offset or Z, without leap seconds',
  data: `Its data, any JSON: at most ${limit.DATA_BYTES_MAX} bytes and ${limit.DATA_DEPTH_MAX} levels; numbers keep their digits`,
  forms: 'Its data by schema version, instead of `data`',
  accounts: 'Ids of the accounts that get it; null: all',
};
export const COMPONENT_WORDS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  EventToPublish: EVENT,
  EventToBroadcast: EVENT,
  AlertRuleToSet: {
    enabled: 'Whether it is judged at all',
    threshold: 'The value from which on it opens an alert, in its unit (docs/alerts.md)',
    minimum: 'How much there must be for the rule to judge; of rules without one, null',
    unit: 'Only answered; passed over here',
    minimumOf: 'Only answered; passed over here',
  },
};

export const TAG_WORDS: Readonly<Record<string, string>> = {
  Accounts: 'A customer of yours: endpoints, quota and retention',
  Audit: 'Who changed what, and who read which secret',
  Endpoints: 'Where events are sent: subscriptions, retries, secrets, tests',
  Events: 'Publishing, and what was published',
  Search: 'One text, and whatever it may mean',
  Records: 'The sync status of what events are about',
  Deliveries: 'One event on its way to one endpoint',
  Attempts: 'Single requests and what came of them',
  'Event types': 'The catalogue: schemas and their versions',
  Alerts: 'Conditions that a person should know about, from their beginning to their end',
  Broadcasts: 'One event to every account',
  Keys: 'Who may ask, what for and how often',
  Jobs: 'Long work: progress, pause, resume, cancel',
  Replays: 'Sending a range of deliveries again',
  Health: 'Whether the service is ready, how it does, and its figures for Prometheus',
  Reference: 'What the API says of itself',
  Webhooks: 'What endpoints are sent; nothing of it is called here',
};
