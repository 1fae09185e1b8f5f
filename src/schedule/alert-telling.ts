/**
 * Alerts go out as events, through Tubepost itself (A2): to the operator's account, and to the endpoints of an alert's own account that
 * asked for alerts by name. Never about the operator's account: an alert about a failing alert endpoint would fail there again.
 *
 * Owed until a Record has accepted it: a run that dies in between tells again, under the same id, which is the same event.
 */
import { acceptRequest } from '../core/accept-request.ts';
import type { Alert } from '../core/alert.ts';
import { alertEvent, isSubscribed } from '../core/alert-event.ts';
import { namesOf, slackBody, withSlackForm } from '../core/alert-slack.ts';
import type { AccountSettings, EndpointSettings } from '../core/endpoint.ts';
import { recordName } from '../core/ids.ts';
import { ALERT_ANSWER_MS } from '../core/limits.ts';
import { contentHash } from '../delivery/address.ts';
import { eventAddress } from '../delivery/event-address.ts';
import { within } from '../delivery/within.ts';
import { type Bindings, requireVars } from '../env.ts';
import { markTold, untoldAlerts } from '../store/alerts.ts';
import { accountStub, recordStub } from '../stubs.ts';

export async function tellAlerts(env: Bindings, nowMs: number): Promise<void> {
  const { alertAccount } = requireVars(env);
  for (const alert of await untoldAlerts(env.CONFIG)) {
    try {
      if (await tell(env, alert, alertAccount, nowMs)) await markTold(env.CONFIG, alert);
    } catch (error) {
      // Still owed: the next run tells it. The others are told now.
      console.error(JSON.stringify({ message: 'alert not told', id: alert.id, error: String(error) }));
    }
  }
}

/** False: to be told again. */
async function tell(env: Bindings, alert: Alert, alertAccount: string | null, nowMs: number): Promise<boolean> {
  if (alert.account !== null && alert.account === alertAccount) return true;
  const told = { alert, slack: slackBody(alert, await names(env, alert)) };
  const operator = alertAccount === null || (await publish(env, told, alertAccount, nowMs, () => true));
  const isOwner = (endpoint: EndpointSettings) => isSubscribed(endpoint, alert);
  const owner = alert.account === null || (await publish(env, told, alert.account, nowMs, isOwner));
  return operator && owner;
}

type Told = { alert: Alert; slack: string };

/** An account that does not answer keeps its alert from nobody: that tells of it without names. */
async function names(env: Bindings, alert: Alert) {
  if (alert.account === null) return null;
  try {
    return namesOf(await settingsOf(env, alert.account), alert);
  } catch (error) {
    console.warn(JSON.stringify({ message: 'an alert is told without names', id: alert.id, error: String(error) }));
    return null;
  }
}

function settingsOf(env: Bindings, account: string): Promise<AccountSettings | null> {
  return within(ALERT_ANSWER_MS, Promise.resolve(accountStub(env, account).settings()));
}

async function publish(
  env: Bindings,
  { alert, slack }: Told,
  account: string,
  readAtMs: number,
  isFor: (endpoint: EndpointSettings) => boolean,
): Promise<boolean> {
  const settings = await settingsOf(env, account);
  if (settings === null) {
    // Told to nobody, and not for ever anew: the list has it.
    console.error(JSON.stringify({ message: 'no account for an alert', id: alert.id, account }));
    return true;
  }
  const endpoints = settings.endpoints.filter(isFor);
  if (endpoints.length === 0) return true;
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
  const standard = acceptRequest(record, [ready], { settings: { ...settings, endpoints }, readAtMs });
  if (standard.endpoints.length === 0) return true;
  const address = await eventAddress(settings, { id, record });
  const request = withSlackForm(standard, endpoints, slack);
  const accepting = recordStub(env, recordName(address)).accept(request);
  const [result] = await within(ALERT_ANSWER_MS, Promise.resolve(accepting));
  if (result?.kind === 'conflict') {
    console.error(JSON.stringify({ message: 'the id of an alert is taken by other content', id, account }));
  }
  return result?.kind === 'accepted' || result?.kind === 'conflict';
}
