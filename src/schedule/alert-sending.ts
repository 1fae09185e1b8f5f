/**
 * Alerts go out as events, through Tubepost itself (A2): to the operator's account, and to the
 * endpoints of an alert's own account that asked for alerts by name. Never about the operator's
 * account: an alert about a failing alert endpoint would fail there again.
 *
 * Two tracks that know nothing of each other: the operator is sent an alert whatever its owner's
 * objects do. In each, accounts take turns, what failed comes back after a wait that doubles, and
 * nothing begins after ALERT_SEND_MS.
 *
 * Owed until a Shard has accepted it: a run that dies in between sends it again, under the same
 * id, which is the same event.
 */
import { acceptRequest } from '../core/accept-request.ts';
import type { Alert } from '../core/alert.ts';
import { alertEvent, isSubscribed } from '../core/alert-event.ts';
import { namesOf, slackBody, withSlackForm } from '../core/alert-slack.ts';
import type { AccountSettings, EndpointSettings } from '../core/endpoint.ts';
import { recordName } from '../core/ids.ts';
import { ALERT_ANSWER_MS, ALERT_CALLS_AT_ONCE, ALERT_NAMES_MS, ALERT_SEND_MS } from '../core/limits.ts';
import { contentHash } from '../lookup/address.ts';
import { eventAddress } from '../lookup/event-address.ts';
import { withTimeout } from '../lookup/with-timeout.ts';
import { type Bindings, requireVars } from '../env.ts';
import { type AlertTrack, dropOwed, markSent, owedAlerts, sendLater } from '../store/config/alerts.ts';
import { readCursor, writeCursor } from '../store/log/retention.ts';
import { callObject } from '../lookup/objects.ts';
import { accountStub, recordStub } from '../lookup/stubs.ts';
import { inLanes } from './lanes.ts';
import { logLine } from '../log-line.ts';

/** `untilMs`: by the clock; no call begins later. */
type At = { nowMs: number; untilMs: number };

export async function sendAlerts(env: Bindings, nowMs: number): Promise<void> {
  const { alertAccount } = requireVars(env);
  const at = { nowMs, untilMs: Date.now() + ALERT_SEND_MS };
  const owners = async () => {
    if (alertAccount !== null) await dropOwed(env.CONFIG, 'owners', alertAccount);
    await sendToOwners(env, at);
  };
  const results = await Promise.allSettled([sendToOperator(env, alertAccount, at), owners()]);
  for (const result of results) {
    if (result.status === 'fulfilled') continue;
    logLine('error', 'alerts not sent', { error: String(result.reason) });
  }
}

async function sendToOperator(env: Bindings, alertAccount: string | null, at: At): Promise<void> {
  await dropOwed(env.CONFIG, 'operator', alertAccount);
  if (alertAccount === null) return;
  const owed = await nextOwed(env, 'operator', at);
  if (owed.length === 0) return;
  // Where it does not answer, all of it fails: nothing of the alerts' own back-off.
  const settings = await withTimeout(
    ALERT_ANSWER_MS,
    callObject(
      () => accountStub(env, alertAccount),
      (stub) => stub.settings(),
    ),
  );
  if (settings === null) {
    logLine('error', 'no account for alerts', { account: alertAccount });
    return dropOwed(env.CONFIG, 'operator', null);
  }
  await inLanes(owed, { lanes: ALERT_CALLS_AT_ONCE, untilMs: at.untilMs }, async (alert) => {
    await send(env, 'operator', alert, settings, settings.endpoints, at.nowMs);
  });
}

/** Account by account: one that fails is left alone with all that it is owed. */
async function sendToOwners(env: Bindings, at: At): Promise<void> {
  const owed = await nextOwed(env, 'owners', at);
  const ofAccount = [...Map.groupBy(owed, ({ account }) => account ?? '')];
  await inLanes(ofAccount, { lanes: ALERT_CALLS_AT_ONCE, untilMs: at.untilMs }, async ([account, alerts]) => {
    const settings = await subscribed(env, account, at.nowMs);
    if (settings === undefined) return;
    if (settings === null || settings.endpoints.length === 0) return dropOwed(env.CONFIG, 'owners', account);
    for (const alert of alerts) {
      if (Date.now() >= at.untilMs) return;
      const endpoints = settings.endpoints.filter((endpoint) => isSubscribed(endpoint, alert));
      if (!(await send(env, 'owners', alert, settings, endpoints, at.nowMs))) return;
    }
  });
}

/** Undefined: no answer, and it is left alone for a while. */
async function subscribed(env: Bindings, account: string, nowMs: number): Promise<AccountSettings | null | undefined> {
  try {
    return await withTimeout(
      ALERT_ANSWER_MS,
      callObject(
        () => accountStub(env, account),
        (stub) => stub.settingsForAlerts(),
      ),
    );
  } catch (error) {
    logLine('warn', 'an owner is sent no alerts', { account, error: String(error) });
    await sendLater(env.CONFIG, 'owners', { account }, nowMs);
    return undefined;
  }
}

/**
 * In turns of the accounts, the first of which is the one behind the last first of the run before.
 */
async function nextOwed(env: Bindings, track: AlertTrack, { nowMs }: At): Promise<Alert[]> {
  const task = `alerts-${track}`;
  const after = await readCursor(env.CONFIG, task);
  const owed = await owedAlerts(env.CONFIG, track, { after, nowMs });
  const accounts = [...new Set(owed.map(({ account }) => account ?? ''))];
  const next = accounts.at(-1);
  if (next !== undefined && next !== after) await writeCursor(env.CONFIG, task, next);
  return owed;
}

/** False: to be sent again later. */
async function send(
  env: Bindings,
  track: AlertTrack,
  alert: Alert,
  settings: AccountSettings,
  endpoints: EndpointSettings[],
  nowMs: number,
): Promise<boolean> {
  try {
    if (await publish(env, alert, { ...settings, endpoints }, nowMs)) {
      await markSent(env.CONFIG, track, alert);
      return true;
    }
  } catch (error) {
    logLine('error', 'alert not sent', { id: alert.id, track, error: String(error) });
  }
  const { id, account } = alert;
  await sendLater(env.CONFIG, track, track === 'owners' && account !== null ? { account } : { id }, nowMs);
  return false;
}

/** True: accepted, or nobody wants it. `settings`: with the endpoints that the alert is for. */
async function publish(env: Bindings, alert: Alert, settings: AccountSettings, readAtMs: number): Promise<boolean> {
  const { id, type, record, data } = alertEvent(alert);
  const content = { type, record, version: null, occurredAt: null };
  const ready = {
    id,
    ...content,
    schemaVersion: null,
    contentHash: await contentHash({ ...content, data }),
    dataJson: JSON.stringify(data),
    data,
  };
  const standard = acceptRequest(record, [ready], { settings, readAtMs });
  if (standard.endpoints.length === 0) return true;
  const address = await eventAddress(settings, { id, record });
  const isSlack = settings.endpoints.some(({ payloadFormat }) => payloadFormat === 'slack');
  const request = isSlack
    ? withSlackForm(standard, settings.endpoints, slackBody(alert, await names(env, alert)))
    : standard;
  const accepting = callObject(
    () => recordStub(env, recordName(address)),
    (stub) => stub.accept(request),
  );
  const [result] = await withTimeout(ALERT_ANSWER_MS, accepting);
  if (result?.kind === 'conflict') {
    const { account } = settings;
    logLine('error', 'the id of an alert is taken by other content', { id, account });
  }
  return result?.kind === 'accepted' || result?.kind === 'conflict';
}

/**
 * An account that does not answer at once keeps its alert from nobody: it goes out without names.
 */
async function names(env: Bindings, alert: Alert) {
  if (alert.account === null) return null;
  try {
    const wanted = alert.endpoint === null ? [] : [alert.endpoint];
    const { account } = alert;
    const settings = callObject(
      () => accountStub(env, account),
      (stub) => stub.settings(wanted),
    );
    return namesOf(await withTimeout(ALERT_NAMES_MS, settings), alert);
  } catch (error) {
    logLine('warn', 'an alert is sent without names', { id: alert.id, error: String(error) });
    return null;
  }
}
