/**
 * An alert as Slack's incoming webhooks take it (A2): one JSON object with `text` at its top, to be
 * read by a person on call. Pure.
 *
 * Slack's rules, as documented in November 2026: a JSON body whose `text` is the message
 * (docs.slack.dev/tools/java-slack-sdk/guides/ incoming-webhooks); `&`, `<` and `>` are control
 * characters, so what is not meant as such stands as an entity, and nothing else does
 * (api.slack.com/docs/message-formatting); a text beyond 40,000 characters is cut
 * (api.slack.com/changelog/ 2018-04-truncating-really-long-messages). `text` alone is what every
 * Slack-compatible receiver takes, so there are no blocks.
 */
import { type Alert, unitOf } from './alert.ts';
import { alertKind } from './alert-event.ts';
import { rfc3339 } from './body.ts';
import type { AccountSettings, EndpointSettings } from './endpoint.ts';
import { SLACK_DETAIL_CHARS_MAX, SLACK_NAME_CHARS_MAX } from './limits.ts';
import type { AcceptRequest } from './publish.ts';

/** Names the form in its Shard's table, beside the numbers of schema versions. */
export const SLACK_FORM = 'slack';

/**
 * What people call the account and the endpoint. Of the URL the host only: the path of a webhook is
 * often its secret.
 */
type Names = { account: string; endpoint: { description: string; host: string } | null };

/**
 * Null where the account is not known, or not readable just now: an alert is sent without names
 * then.
 */
export function namesOf(settings: AccountSettings | null, { endpoint }: Alert): Names | null {
  if (settings === null) return null;
  const found = settings.endpoints.find(({ id }) => id === endpoint);
  const named = found === undefined ? null : { description: found.description, host: hostOf(found.url) };
  return { account: settings.name, endpoint: named };
}

export function slackBody(alert: Alert, names: Names | null): string {
  const { rule, value, threshold, detail } = alert;
  const kind = alertKind(alert);
  const lines = [
    `${MARK[kind]} *${rule} ${kind}*: ${clean(detail, SLACK_DETAIL_CHARS_MAX)}`,
    ...where(alert, names),
    `Value ${value}, threshold ${threshold} (${unitOf(alert)})`,
    when(alert),
    `Alert \`${alert.id}\``,
  ];
  return message(lines.join('\n'));
}

/**
 * An alert that an endpoint missed, by the data of its event (alert-event.ts): without names, which
 * no event keeps.
 */
export function slackBodyOfEvent(type: string, data: unknown): string {
  const text = typeof data === 'object' && data !== null && 'text' in data ? data.text : null;
  const mark = type.endsWith('.resolved') ? MARK.resolved : MARK.opened;
  return message(`${mark} ${clean(typeof text === 'string' ? text : type, SLACK_DETAIL_CHARS_MAX)}`);
}

/** What a test send (E4) shows there: Slack answers 400 to our envelope. */
export function slackTestBody(text: string): string {
  return message(`:wave: ${clean(text, SLACK_DETAIL_CHARS_MAX)}`);
}

/** Endpoints that asked for it are sent this body, whole, in the place of the envelope. */
export function withSlackForm(
  request: AcceptRequest,
  endpoints: readonly EndpointSettings[],
  body: string,
): AcceptRequest {
  const asking = new Set(endpoints.flatMap(({ id, payloadFormat }) => (payloadFormat === 'slack' ? [id] : [])));
  const events = request.events.map((event) => {
    const sent = event.matches.filter((id) => asking.has(id));
    if (sent.length === 0) return event;
    return { ...event, forms: [{ schemaVersion: SLACK_FORM, dataJson: event.dataJson, body, endpoints: sent }] };
  });
  return { ...request, events };
}

const MARK = { opened: ':red_circle:', updated: ':red_circle:', resolved: ':white_check_mark:' } as const;

function where({ account, endpoint }: Alert, names: Names | null): string[] {
  if (account === null) return ['About the whole service'];
  const ofAccount = `Account ${named(names?.account ?? '')}\`${account}\``;
  if (endpoint === null) return [ofAccount];
  const host = names?.endpoint?.host ?? '';
  const at = host === '' ? '' : `, at \`${clean(host, SLACK_NAME_CHARS_MAX)}\``;
  return [ofAccount, `Endpoint ${named(names?.endpoint?.description ?? '')}\`${endpoint}\`${at}`];
}

function named(name: string): string {
  return name === '' ? '' : `${clean(name, SLACK_NAME_CHARS_MAX)}, `;
}

function when({ openedAtMs, resolvedAtMs }: Alert): string {
  if (resolvedAtMs === null) return `Since ${rfc3339(openedAtMs)}`;
  return `From ${rfc3339(openedAtMs)} to ${rfc3339(resolvedAtMs)}: ${lasted(resolvedAtMs - openedAtMs)}`;
}

function lasted(ms: number): string {
  const minutes = Math.round(ms / 60_000);
  if (minutes < 1) return 'less than a minute';
  if (minutes < 60) return `${minutes} min`;
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/**
 * Cut before it is escaped, so that no entity is cut in two; a name that would end a code span does
 * not.
 */
function clean(text: string, charsMax: number): string {
  const chars = Array.from(text.replaceAll(/\p{Cc}/gu, ' ').replaceAll('`', "'"));
  const cut = chars.length > charsMax ? `${chars.slice(0, charsMax - 1).join('')}…` : chars.join('');
  return cut.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

function hostOf(url: string): string {
  return URL.parse(url)?.host ?? '';
}

function message(text: string): string {
  return JSON.stringify({ text });
}
